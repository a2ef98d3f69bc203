"""Stacks as arrays: finds the hidden pictures in a list of a million at once."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from core.catalog.catalog import Catalog

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Folded:
    """A list of pictures with one visible picture for each stack.

    Attributes:
        ids: numbers of the visible pictures, in order.
        behind: how many pictures of the list are hidden.
    """

    ids: array[int]
    behind: int


class StackTable:
    """All stacks of two or more pictures that have a file, at the time of construction.

    Args:
        catalog: read once.

    Attributes:
        pictures: the numbers of all pictures in stacks, sorted, shape (k,).
        stacks: the stack number of each, shape (k,).
        places: its position in the stack, from 1 at the top, shape (k,).
        sizes: the size of the stack of each, shape (k,).
    """

    def __init__(self, catalog: Catalog) -> None:
        rows = catalog.integers(
            ("picture", "stack", "position"), "FROM stacked WHERE picture IN (SELECT picture FROM files)"
        )
        rows = rows[np.lexsort((rows[:, 2], rows[:, 1]))]
        _, first, which, sizes = np.unique(rows[:, 1], return_index=True, return_inverse=True, return_counts=True)
        places = np.arange(len(rows)) - first[which] + 1
        several = sizes[which] > 1
        order = np.argsort(rows[several, 0])
        self.pictures: Integers = rows[several, 0][order]
        self.stacks: Integers = rows[several, 1][order]
        self.places: Integers = places[several][order]
        self.sizes: Integers = sizes[which][several][order]

    def stack_of(self, picture: int) -> int | None:
        """The number of a picture's stack; None if it is in none."""
        at = self._index_of(picture)
        return None if at is None else int(self.stacks[at])

    def mark(self, picture: int, unfolded: Collection[int] = ()) -> str:
        """The mark before a picture's name: the size of its stack, or its position in an unfolded one; else empty."""
        at = self._index_of(picture)
        if at is None:
            return ""
        position = f"{self.places[at]}/" if int(self.stacks[at]) in unfolded else ""
        return f"▣{position}{self.sizes[at]}"

    def fold(self, ids: array[int], unfolded: Collection[int] = ()) -> Folded:
        """Keep of each stack only the topmost picture among ``ids``.

        Args:
            ids: numbers of pictures, each once.
            unfolded: numbers of stacks that show all their pictures in the list, together where the first one is.
        """
        listed = np.frombuffer(ids, np.int64) if len(ids) else np.zeros(0, np.int64)
        if not len(self.pictures) or not len(listed):
            return Folded(ids, 0)
        slots = np.minimum(np.searchsorted(self.pictures, listed), len(self.pictures) - 1)
        at = np.flatnonzero(self.pictures[slots] == listed)  # positions in the list of those in stacks
        slots = slots[at]
        order = np.lexsort((self.places[slots], self.stacks[slots]))
        at, slots = at[order], slots[order]
        stacks = self.stacks[slots]
        _, first, which = np.unique(stacks, return_index=True, return_inverse=True)
        top = np.zeros(len(at), bool)
        top[first] = True
        opened = np.isin(stacks, list(unfolded))
        shown = np.ones(len(listed), bool)
        shown[at[~top & ~opened]] = False
        anchors, ranks = np.arange(len(listed)), np.zeros(len(listed), np.int64)
        if opened.any():
            anchors[at[opened]] = at[first][which[opened]]
            ranks[at[opened]] = self.places[slots[opened]]
            listed, shown = (part[np.lexsort((ranks, anchors))] for part in (listed, shown))
        return Folded(array("q", listed[shown].tobytes()), int(len(shown) - shown.sum()))

    def _index_of(self, picture: int) -> int | None:
        at = int(np.searchsorted(self.pictures, picture))
        return at if at < len(self.pictures) and self.pictures[at] == picture else None
