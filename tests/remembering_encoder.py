"""An encoder that asks its model once for each picture and text, for tests that ask the same again and again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.arrays import Rows
from core.vectors.encoder import Encoder, EncodingSpec, TextRows

_TextRow = tuple[Rows, int, tuple[str, ...]]


class RememberingEncoder:
    """See :class:`core.vectors.encoder.Encoder`. A picture is known again by what is in its file."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._pictures: dict[tuple[EncodingSpec, bytes], Rows] = {}
        self._texts: dict[tuple[EncodingSpec, str], _TextRow] = {}

    def texts(self, how: EncodingSpec, texts: Sequence[str]) -> TextRows:
        new = [text for text in dict.fromkeys(texts) if (how, text) not in self._texts]
        if new or not texts:
            found = self._encoder.texts(how, new)
            if not texts:
                return found
            self._texts |= {
                (how, text): one
                for text, *one in zip(new, found.rows, found.cut, found.unknown, strict=True)  # type: ignore[misc]
            }
        rows, cut, unknown = zip(*(self._texts[how, text] for text in texts), strict=True)
        return TextRows(np.stack(rows), cut, unknown)

    def pictures(self, how: EncodingSpec, paths: Sequence[bytes]) -> Rows:
        if not all(os.path.isfile(path) and os.access(path, os.R_OK) for path in paths):
            return self._encoder.pictures(how, paths)  # it says what is wrong
        known = [(how, os.path.splitext(path)[1] + Path(os.fsdecode(path)).read_bytes()) for path in paths]
        new = {key: path for key, path in zip(known, paths, strict=True) if key not in self._pictures}
        if new or not paths:
            found = self._encoder.pictures(how, list(new.values()))
            if not paths:
                return found
            self._pictures |= dict(zip(new, found, strict=True))
        return np.stack([self._pictures[key] for key in known])
