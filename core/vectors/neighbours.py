"""Each row's nearest other rows: blocked products, never all pairs in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.models.backend import Rows
from core.vectors.assignment import Check, Numbers, no_check

_PRODUCTS = 25_000_000  # a block's distances: 100 MB of float32
_LEAST = 1e-6  # distances below are rounding; and a sparse matrix takes a zero for no edge


@dataclass(frozen=True)
class Neighbours:
    """The nearest other rows of each row, nearest first.

    Attributes:
        numbers: of the neighbours, shape (n, k), int64.
        distances: Euclidean, at least a millionth, shape (n, k), float32.
    """

    numbers: Numbers
    distances: npt.NDArray[np.float32]


def neighbours(rows: Rows, k: int, check: Check = no_check) -> Neighbours:
    """The ``k`` nearest other rows of each row, exactly; all others where there are fewer.

    Args:
        rows: shape (n, dim), float32.
        k: how many.
        check: called before each block.
    """
    k = min(k, len(rows) - 1)
    numbers = np.empty((len(rows), k), np.int64)
    distances = np.empty((len(rows), k), np.float32)
    squares = np.einsum("ij,ij->i", rows, rows)
    height = max(1, _PRODUCTS // len(rows))
    for start in range(0, len(rows), height):
        check()
        place = slice(start, min(start + height, len(rows)))
        found = _squared(rows, squares, place)
        own = np.arange(place.start, place.stop)
        found[own - start, own] = np.inf
        near = np.argpartition(found, k - 1, axis=1)[:, :k] if k else np.empty((len(own), 0), np.int64)
        values = np.take_along_axis(found, near, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        numbers[place] = np.take_along_axis(near, order, axis=1)
        distances[place] = np.sqrt(np.take_along_axis(values, order, axis=1))
    return Neighbours(numbers, np.maximum(distances, np.float32(_LEAST)))


def nearest_of_others(
    rows: Rows, members: Numbers, reach: npt.NDArray[np.float32], groups: npt.NDArray[np.int32], check: Check = no_check
) -> tuple[int, int, float]:
    """The shortest way from some rows to any row of another group: from where, to where, and how far.

    Args:
        rows: shape (n, dim), float32.
        members: numbers of the rows to start from, all of one group.
        reach: shape (n,), float32: a way is at least as long as either end's reach.
        groups: of all rows, shape (n,); at least two.
        check: called before each block.
    """
    squares = np.einsum("ij,ij->i", rows, rows)
    others = np.flatnonzero(groups != groups[members[0]])
    best = (-1, -1, np.inf)
    height = max(1, _PRODUCTS // len(rows))
    for start in range(0, len(members), height):
        check()
        block = members[start : start + height]
        found = squares[block, None] + squares[others] - 2 * (rows[block] @ rows[others].T)
        found = np.maximum(np.sqrt(np.maximum(found, 0)), np.maximum(reach[block, None], reach[others]))
        place = int(found.argmin())
        here, there = divmod(place, len(others))
        if found.flat[place] < best[2]:
            best = (int(block[here]), int(others[there]), max(float(found.flat[place]), _LEAST))
    return best


def _squared(rows: Rows, squares: npt.NDArray[np.float32], place: slice) -> npt.NDArray[np.float32]:
    """Squared Euclidean distances of a block of rows to all rows."""
    found = rows[place] @ rows.T
    found *= -2
    found += squares
    found += squares[place, None]
    return np.asarray(np.maximum(found, 0, out=found), np.float32)
