"""The nearest other rows of each row: blocked products, never all pairs in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.search.assignment import Check, Numbers, no_check

_PRODUCTS = 25_000_000  # a block's distances: 100 MB of float32
LEAST = 1e-6  # smaller distances are rounding errors, and a sparse matrix takes a zero for no edge


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
    """The exact ``k`` nearest other rows of each row; all others if there are fewer.

    Args:
        rows: shape (n, dim), float32.
        k: how many.
        check: called before each block.
    """
    k = min(k, len(rows) - 1)
    numbers = np.empty((len(rows), k), np.int64)
    distances = np.empty((len(rows), k), np.float32)
    for start in range(0, len(rows), rows_per_block(rows)):
        check()
        own = np.arange(start, min(start + rows_per_block(rows), len(rows)))
        span = slice(start, start + len(own))
        found = squared_distances(rows, own)
        found[own - start, own] = np.inf
        near = np.argpartition(found, k - 1, axis=1)[:, :k] if k else np.empty((len(own), 0), np.int64)
        values = np.take_along_axis(found, near, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        numbers[span] = np.take_along_axis(near, order, axis=1)
        distances[span] = np.sqrt(np.take_along_axis(values, order, axis=1))
    return Neighbours(numbers, np.maximum(distances, np.float32(LEAST)))


def rows_per_block(rows: Rows) -> int:
    """Rows per block of distances to all rows."""
    return max(1, _PRODUCTS // len(rows))


def squared_distances(rows: Rows, block: Numbers) -> npt.NDArray[np.float32]:
    """Squared Euclidean distances of the rows ``block`` to all rows, shape (len(block), n), float32."""
    squares = np.einsum("ij,ij->i", rows, rows)
    found = rows[block] @ rows.T
    found *= -2
    found += squares
    found += squares[block, None]
    return np.asarray(np.maximum(found, 0, out=found), np.float32)
