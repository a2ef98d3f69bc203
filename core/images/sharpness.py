"""How sharp the picture in a file is, for choosing between copies of it."""

from __future__ import annotations

import os

from core.errors import UnreadablePicture
from core.images.appearance import SIDE, appearance
from core.images.read import read_picture


def sharpness(path: str | bytes | os.PathLike[str]) -> float:
    """See :class:`core.images.appearance.Appearance`; 0 where the file cannot be read."""
    try:
        return appearance(read_picture(path, at_least=SIDE)).sharpness
    except UnreadablePicture:
        return 0.0
