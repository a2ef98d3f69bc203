"""Each row's nearest other rows: blocked products, never all pairs in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.models.backend import Rows
from core.vectors.assignment import Check, Numbers, no_check

_PRODUCTS = 25_000_000  # a block's distances: 100 MB of float32
LEAST = 1e-6  # distances below are rounding; and a sparse matrix takes a zero for no edge


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
    for start in range(0, len(rows), height_of(rows)):
        check()
        own = np.arange(start, min(start + height_of(rows), len(rows)))
        place = slice(start, start + len(own))
        found = squared_distances(rows, own)
        found[own - start, own] = np.inf
        near = np.argpartition(found, k - 1, axis=1)[:, :k] if k else np.empty((len(own), 0), np.int64)
        values = np.take_along_axis(found, near, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        numbers[place] = np.take_along_axis(near, order, axis=1)
        distances[place] = np.sqrt(np.take_along_axis(values, order, axis=1))
    return Neighbours(numbers, np.maximum(distances, np.float32(LEAST)))


def height_of(rows: Rows) -> int:
    """How many rows a block of distances to all rows has."""
    return max(1, _PRODUCTS // len(rows))


def squared_distances(rows: Rows, block: Numbers) -> npt.NDArray[np.float32]:
    """Squared Euclidean distances of the rows ``block`` to all rows, shape (len(block), n), float32."""
    squares = np.einsum("ij,ij->i", rows, rows)
    found = rows[block] @ rows.T
    found *= -2
    found += squares
    found += squares[block, None]
    return np.asarray(np.maximum(found, 0, out=found), np.float32)
