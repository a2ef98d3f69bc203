"""``conse`` as questions need it: sentences at once, its network only when a picture comes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import cached_property

from PIL import Image

from core.arrays import Rows
from core.models import minilm
from core.models.backend import Model, Prepared
from core.models.builtin_provenance import conse_provenance
from core.models.catalogue import ModelSpec


class ConseTexts(minilm.MiniLMTexts):
    """See :class:`core.models.backend.Model`. Texts need NumPy only; pictures load the whole model.

    Raises:
        ModelError: a package with weights is missing, or its files are not the published ones.
    """

    def __init__(self, spec: ModelSpec, precision: str, whole: Callable[[], Model]) -> None:
        """
        Args:
            spec: its catalogue entry.
            precision: in which pictures are computed; ``auto`` is float32. Texts always are in float32.
            whole: loads the model with its network.
        """
        self.spec = dataclasses.replace(spec, dim=minilm.DIM)
        self.precision = "float32" if precision == "auto" else precision
        self.provenance = conse_provenance()
        self._load = whole
        self._text = minilm.MiniLM()

    @property
    def batch_size(self) -> int:
        """Of the whole model."""
        return self._whole.batch_size

    @property
    def runs_on(self) -> str:
        """Of the whole model."""
        return self._whole.runs_on

    def prepare(self, picture: Image.Image) -> Prepared:
        """By the whole model."""
        return self._whole.prepare(picture)

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        """Rows of prepared pictures, shape (n, 384), by the whole model."""
        return self._whole.encode_pictures(batch)

    @cached_property
    def _whole(self) -> Model:
        return self._load()
