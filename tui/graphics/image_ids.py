"""Ids of the pictures that the terminal keeps."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

MOST = 255 * 256


class IdParts(NamedTuple):
    """An id as placeholders say it.

    Attributes:
        low: bits 0 to 7, never 0: the number of a palette colour. A colour in 24 bits would not survive a terminal of
            256 colours or tmux.
        high: bits 24 to 31: the third diacritic.
    """

    low: int
    high: int


def parts_of(image_id: int) -> IdParts:
    """Of an id that :class:`ImageIds` gave out."""
    return IdParts(image_id & 0xFF, image_id >> 24)


class ImageIds:
    """Gives out ids, each to one picture at a time; that which was freed longest ago comes first.

    Any thread may call it, and so may a finaliser: there is no lock to wait for.

    Args:
        begin: the high byte of the first ids.
    """

    def __init__(self, begin: int = 0) -> None:
        highs = [(begin + high) % 256 for high in range(256)]
        self._free = deque(high << 24 | low for high in highs for low in range(1, 256))

    def take(self) -> int | None:
        """An id that nobody has; None if all are given out."""
        try:
            return self._free.popleft()
        except IndexError:
            return None

    def free(self, image_id: int) -> None:
        """Only when the terminal has no picture of that id any more."""
        self._free.append(image_id)
