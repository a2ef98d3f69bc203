"""What a backend gives: pictures to rows, texts to rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.errors import ModelError
from core.models.catalogue import ModelSpec

Rows = npt.NDArray[np.float32]
# What `prepare` makes of a picture is the backend's own affair (a tensor, a dictionary of patches).
Prepared = Any


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
        spec: its line of the catalogue.
        provenance: its weights and preprocessing.
        batch_size: pictures a forward pass that suits this machine.
    """

    spec: ModelSpec
    provenance: Provenance
    batch_size: int

    def prepare(self, picture: Image.Image) -> Prepared:
        """One RGB picture to what ``encode_pictures`` takes. Called by several threads at once."""
        ...

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        """Prepared pictures to rows: shape (len(batch), dim), float32, each of length 1."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """Texts to rows: shape (len(texts), dim), float32, each of length 1.

        Raises:
            ModelError: the model reads no text.
        """
        ...


def load(spec: ModelSpec, log: Callable[[str], None] = lambda line: None) -> Model:
    """Load a model's weights. Takes seconds: the libraries alone take two.

    Raises:
        ModelError: the weights are not here, or are not what they should be.
    """
    # Threads that wait for each other must not spin: with the app or another job on the same processors, spinning made
    # the text model three times slower. Read when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if spec.backend == "builtin":
        from core.models import builtin

        return builtin.load(spec, log)
    raise ModelError(f"no backend called {spec.backend!r}", "upgrade: pip install -U pictoscope")


def normalise(rows: npt.ArrayLike) -> Rows:
    """Rows of length 1, float32. A row of zeros, or one that is not finite, stays as it is: it has no direction."""
    values = np.array(rows, dtype=np.float32)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    values /= np.where(lengths > 0, lengths, 1)
    return values
