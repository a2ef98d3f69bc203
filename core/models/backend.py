"""The interface of backends: encode pictures and texts to rows."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from PIL import Image

from core.arrays import Rows
from core.errors import ModelError
from core.models import named_weights
from core.models.catalogue import ModelSpec
from core.models.foreign_model import ForeignModel
from core.models.options import LoadOptions
from core.plugins import answers_for

# The type of a prepared picture depends on the backend (a tensor, a dictionary of patches).
Prepared = Any
Log = Callable[[str], None]

__all__ = ["LoadOptions", "Log", "Model", "Prepared", "Provenance", "fetch", "load"]

LARGEST_INPUT = 50_000  # pixels
LARGEST_DIM = 65_536
_OURS = ("builtin", "transformers", "open_clip", "timm", "imported")
_FETCHES = {"transformers": "core.models.transformers_files"}  # other backends need their library to fetch


@dataclass(frozen=True)
class Provenance:
    """The exact weights and preprocessing of a model. Stored in the manifest.

    Attributes:
        revision: commit or version of the weights.
        sha256: of the weights' files, by name.
        preprocessing: one line in words.
        tools: versions of the libraries.
    """

    revision: str
    sha256: dict[str, str]
    preprocessing: str
    tools: dict[str, str] = field(default_factory=dict)


class Model(Protocol):
    """A loaded model.

    Attributes:
        spec: its catalogue entry, completed from its config: ``dim``, ``text``, ``input_size``.
        provenance: its weights and preprocessing.
        longest_text: maximum number of tokens of a text; 0 if it reads no text.
    """

    spec: ModelSpec
    provenance: Provenance
    longest_text: int

    @property
    def batch_size(self) -> int:
        """Batch size that suits the model and this machine. May shrink when memory runs out."""
        ...

    @property
    def precision(self) -> str:
        """Name of the computing precision, one of ``PRECISIONS``."""
        ...

    @property
    def runs_on(self) -> str:
        """Device and precision in words, for the log."""
        ...

    def prepare(self, picture: Image.Image) -> Prepared:
        """Preprocess an RGB picture for ``encode_pictures``. Thread-safe."""
        ...

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        """Encode prepared pictures: shape (len(batch), dim), float32, normalised.

        Raises:
            ModelError: the device failed.
        """
        ...

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """Encode texts: shape (len(texts), dim), float32, normalised. Long texts are truncated.

        Raises:
            ModelError: the model reads no text.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Number of tokens of a text before truncation; 0 if the model reads no text."""
        ...

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Distinct parts of a text that the model has no token for."""
        ...


def fetch(spec: ModelSpec, log: Log = lambda line: None) -> None:
    """Download the weights unless they are on this machine.

    Raises:
        ModelError: they cannot be downloaded (no network, a licence to accept, pickle only); raised within seconds.
    """
    # The weights of a package, and those that were here before, are known without importing a library.
    if not (spec.packages and spec.available) and not named_weights.are_here(spec):
        _module(_FETCHES.get(spec.backend) or _module_name(spec), spec).fetch(spec, log)


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> Model:
    """Load a model's weights. Takes seconds: the libraries alone take two.

    Raises:
        ModelError: the weights are not here, or are not what they should be; or the backend does not give the model's
            dimensions, without which its vectors could not be read back.
    """
    # Waiting threads must not spin: with the app or another job on the same processors, spinning made
    # the text model three times slower. Must be set before torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    options = options or LoadOptions()
    model: Model = _load_ours(spec, log, options) if spec.backend in _OURS else _load_foreign(spec, log, options)
    for name, value, largest in (
        ("dim", model.spec.dim, LARGEST_DIM),
        ("input_size", model.spec.input_size, LARGEST_INPUT),
    ):
        if not (isinstance(value, int) and 1 <= value <= largest):
            raise ModelError(
                f"{spec.key} cannot be used: its {name} is {value}, not a whole number from 1 to {largest:,}",
                "choose another model"
                if spec.backend in _OURS
                else f"correct the spec that {spec.backend}.load returns",
            )
    return model


def _load_ours(spec: ModelSpec, log: Log, options: LoadOptions) -> Model:
    model: Model = _module(_module_name(spec), spec).load(spec, log, options)
    return model


def _load_foreign(spec: ModelSpec, log: Log, options: LoadOptions) -> Model:
    named = f"the model {spec.key} (plug-in {spec.backend})"
    with answers_for(named):
        return ForeignModel(_module(_module_name(spec), spec).load(spec, log, options), named)


def _module_name(spec: ModelSpec) -> str:
    return f"core.models.{spec.backend}_backend" if spec.backend in _OURS else spec.backend


def _module(name: str, spec: ModelSpec) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{spec.key} needs {error.name}, which is not installed", f"pip install {error.name}"
        ) from error
