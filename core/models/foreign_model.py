"""A model of a plug-in, whose defects end what was asked of it with a reason, and whose rows are checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from core.arrays import Rows
from core.errors import ModelError
from core.plugins import answers_for


class ForeignModel:
    """A :class:`core.models.backend.Model` that checks another.

    Args:
        model: of a plug-in; should be such a model, but may be anything.
        named: its name and plug-in, for messages.

    Raises:
        PictoscopeError: an attribute is missing or cannot be read.
    """

    def __init__(self, model: Any, named: str) -> None:
        self._model = model
        self._name = named
        with answers_for(self._name):
            self.spec = model.spec
            self.provenance = model.provenance
            self.longest_text = model.longest_text

    @property
    def batch_size(self) -> int:
        with answers_for(self._name):
            return int(self._model.batch_size)

    @property
    def precision(self) -> str:
        with answers_for(self._name):
            return str(self._model.precision)

    @property
    def runs_on(self) -> str:
        with answers_for(self._name):
            return str(self._model.runs_on)

    def prepare(self, picture: Image.Image) -> Any:
        with answers_for(self._name):
            return self._model.prepare(picture)

    def encode_pictures(self, batch: Sequence[Any]) -> Rows:
        with answers_for(self._name):
            rows = self._model.encode_pictures(batch)
        return self._checked(rows, len(batch))

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        with answers_for(self._name):
            rows = self._model.encode_texts(texts)
        rows = self._checked(rows, len(texts))
        if not np.isfinite(rows).all():
            raise ModelError(f"{self._name} returned numbers that are not finite for a text", "choose another model")
        return rows

    def count_tokens(self, text: str) -> int:
        with answers_for(self._name):
            return int(self._model.count_tokens(text))

    def unknown_words(self, text: str) -> tuple[str, ...]:
        with answers_for(self._name):
            return tuple(self._model.unknown_words(text))

    def _checked(self, rows: object, count: int) -> Rows:
        """Rows as float32, if there is one for each input."""
        wanted = (count, self.spec.dim)
        if not (isinstance(rows, np.ndarray) and rows.shape == wanted and rows.dtype.kind == "f"):
            got = f"{rows.dtype} of shape {rows.shape}" if isinstance(rows, np.ndarray) else type(rows).__name__
            raise ModelError(
                f"{self._name} returned {got} instead of float32 of shape {wanted}", "a defect of that plug-in"
            )
        return rows.astype(np.float32, copy=False)
