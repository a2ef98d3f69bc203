"""Many file names in one buffer, for searching and sorting that ignore case."""

from __future__ import annotations

import os
import unicodedata
from functools import cached_property

import numpy as np
import numpy.typing as npt

_STEP = 8  # bytes of a name that are compared at once, as one number


def fold(text: str) -> str:
    """``text`` for a comparison that ignores case."""
    return unicodedata.normalize("NFC", text).casefold()


class FoldedNames:
    """File names for text search that ignores case. One buffer: 20 MB for a million.

    Args:
        names: bytes as on disk, with "/" between them; None for no names at all.
    """

    def __init__(self, names: bytes | None) -> None:
        self._joined = b"/" if names is None else _bytes(fold(os.fsdecode(b"/" + names + b"/")))
        # Name i is between the slashes i and i + 1.
        self._slashes = np.flatnonzero(np.frombuffer(self._joined, np.uint8) == ord("/"))

    def __len__(self) -> int:
        return len(self._slashes) - 1

    def text(self, number: int) -> str:
        """One folded name."""
        return self._joined[self._slashes[number] + 1 : self._slashes[number + 1]].decode("utf-8", "surrogatepass")

    @cached_property
    def ranks(self) -> npt.NDArray[np.int64]:
        """How many names come before each one in the order of their characters, shape (n,). 8 MB for a million.

        A radix sort by eight bytes at a time, since UTF-8 has the order of the characters: each pass looks only at
        names that are equal so far. Python's sort of a million texts takes four times as long.
        """
        ranks = np.zeros(len(self), np.int64)
        starts, ends = self._slashes[:-1] + 1, self._slashes[1:]  # of what is not compared yet
        equal = np.arange(len(self))
        while len(equal):
            pieces = self._pieces(starts[equal], ends[equal])
            order = np.lexsort((pieces, ranks[equal]))
            equal, pieces = equal[order], pieces[order]
            group = _begins(ranks[equal])
            alike = np.maximum(group, _begins(pieces))
            first = np.maximum.accumulate(np.where(alike, np.arange(len(equal)), 0))
            ranks[equal] += first - np.maximum.accumulate(np.where(group, np.arange(len(equal)), 0))
            starts[equal] += _STEP
            number = np.cumsum(alike) - 1
            goes_on = np.bincount(number, weights=starts[equal] < ends[equal]) > 0
            equal = equal[(goes_on & (np.bincount(number) > 1))[number]]
        return ranks

    def holding(self, piece: str, beginning: bool = False) -> npt.NDArray[np.bool_]:
        """Which names contain ``piece``, or begin with it; shape (n,)."""
        mask = np.zeros(len(self), bool)
        if "/" in piece or not piece:
            mask[:] = not piece
            return mask
        wanted = _bytes(("/" if beginning else "") + fold(piece))
        parts = self._joined.split(wanted)  # a regular expression would create an object for each match
        lengths = np.fromiter(map(len, parts), np.int64, len(parts))[:-1]
        starts = np.cumsum(lengths + len(wanted)) - len(wanted)
        mask[np.searchsorted(self._slashes, starts, "right") - 1] = True
        return mask

    def _pieces(self, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
        """The next eight bytes of each name as a number that sorts like them; zeros after its end."""
        buffer = np.frombuffer(self._joined, np.uint8)
        pieces = np.zeros(len(starts), np.uint64)
        for place in range(_STEP):
            at = starts + place
            byte = np.where(at < ends, buffer[np.minimum(at, len(buffer) - 1)], 0)
            pieces = pieces << np.uint64(8) | byte.astype(np.uint64)
        return pieces


def _begins(values: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Where a value differs from the one before, shape (n,); the first does."""
    begins = np.ones(len(values), bool)
    begins[1:] = values[1:] != values[:-1]
    return begins


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
