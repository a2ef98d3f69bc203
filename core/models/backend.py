"""What a backend gives: pictures to rows, texts to rows."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.errors import ModelError
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions

Rows = npt.NDArray[np.float32]
# What `prepare` makes of a picture is the backend's own affair (a tensor, a dictionary of patches).
Prepared = Any
Log = Callable[[str], None]

__all__ = ["LoadOptions", "Log", "Model", "Prepared", "Provenance", "Rows", "fetch", "load", "normalise"]

_OURS = ("builtin", "transformers", "open_clip", "timm")


@dataclass(frozen=True)
class Provenance:
    """Which weights exactly, and what was done to a picture before they saw it. Goes into the manifest.

    Attributes:
        revision: commit or version of the weights.
        sha256: of the weights' files, by name.
        preprocessing: one line in words.
        tools: versions of the libraries that computed.
    """

    revision: str
    sha256: dict[str, str]
    preprocessing: str
    tools: dict[str, str] = field(default_factory=dict)


class Model(Protocol):
    """A loaded model.

    Attributes:
        spec: its line of the catalogue, with what only its config says: ``dim``, ``text``, ``input_size``.
        provenance: its weights and preprocessing.
        longest_text: tokens it reads of a text; 0 where it reads none.
    """

    spec: ModelSpec
    provenance: Provenance
    longest_text: int

    @property
    def batch_size(self) -> int:
        """Pictures at a time that suit the model and this machine. May become less while it works."""
        ...

    @property
    def precision(self) -> str:
        """Name of the type it computes in, one of ``PRECISIONS``."""
        ...

    @property
    def runs_on(self) -> str:
        """Device and precision in words, for the log."""
        ...

    def prepare(self, picture: Image.Image) -> Prepared:
        """One RGB picture to what ``encode_pictures`` takes. Called by several threads at once."""
        ...

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        """Prepared pictures to rows: shape (len(batch), dim), float32, each of length 1.

        Raises:
            ModelError: the device cannot go on.
        """
        ...

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """Texts to rows: shape (len(texts), dim), float32, each of length 1. Longer ones are cut.

        Raises:
            ModelError: the model reads no text.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a text as this model counts them, whether it reads them all or not; 0 where it reads none."""
        ...


def fetch(spec: ModelSpec, log: Log = lambda line: None) -> None:
    """Have the weights on this machine: nothing is done where they are, else they are downloaded.

    Raises:
        ModelError: they cannot be had (no network, a licence to accept, pickle only); within seconds, with ways on.
    """
    if not (spec.packages and spec.available):  # a built-in model: no library need be imported to know that
        _module(spec).fetch(spec, log)


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> Model:
    """Load a model's weights. Takes seconds: the libraries alone take two.

    Raises:
        ModelError: the weights are not here, or are not what they should be.
    """
    # Threads that wait for each other must not spin: with the app or another job on the same processors, spinning made
    # the text model three times slower. Read when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    model: Model = _module(spec).load(spec, log, options or LoadOptions())
    return model


def normalise(rows: npt.ArrayLike) -> Rows:
    """Rows of length 1, float32. A row of zeros, or one that is not finite, stays as it is: it has no direction."""
    values = np.array(rows, dtype=np.float32)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    values /= np.where(lengths > 0, lengths, 1)
    return values


def _module(spec: ModelSpec) -> Any:
    name = f"core.models.{spec.backend}_backend" if spec.backend in _OURS else spec.backend
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{spec.key} needs {error.name}, which is not installed", f"pip install {error.name}"
        ) from error
