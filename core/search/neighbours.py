"""The nearest other rows of each row: blocked products, never all pairs in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from core.arrays import Rows
from core.search.assignment import Check, Numbers, no_check

LEAST = 1e-6  # smaller distances are rounding errors, and a sparse matrix takes a zero for no edge
# A core's products at a time, 8 MB of float32: what is done with them finds most of them in its caches.
_PRODUCTS = 2_000_000
_MOST_ROWS = 256  # of a block
_MOST_THREADS = 16
_GROUP = 16  # neighbours are looked for in groups of so many rows

Distances = npt.NDArray[np.float32]
S = TypeVar("S")
T = TypeVar("T")


class Map(Protocol):
    """As the function ``map`` of one argument."""

    def __call__(self, function: Callable[[S], T], over: Iterable[S], /) -> Iterator[T]:
        """The results in order."""
        ...


@dataclass(frozen=True)
class Neighbours:
    """The nearest other rows of each row, nearest first.

    Attributes:
        numbers: of the neighbours, shape (n, k), int64.
        distances: Euclidean, at least a millionth, shape (n, k), float32.
    """

    numbers: Numbers
    distances: Distances


class AllDistances:
    """Squared Euclidean distances to all of some rows.

    One product gives them: of (-2x, |x|², 1) and (y, 1, |y|²).

    Args:
        rows: shape (n, dim), float32.
    """

    def __init__(self, rows: Rows) -> None:
        squares = np.einsum("ij,ij->i", rows, rows)[:, None]
        one = np.ones_like(squares)
        self.count = len(rows)
        self._from = np.hstack([-2 * rows, squares, one])
        self._to = np.ascontiguousarray(np.hstack([rows, one, squares]).T)

    @property
    def rows_per_block(self) -> int:
        """Rows whose distances to all rows a core can keep at hand."""
        return max(1, min(_MOST_ROWS, _PRODUCTS // max(1, self.count)))

    def of(self, block: Numbers) -> Distances:
        """Of the rows ``block`` to all rows, shape (len(block), n), float32: by rounding also slightly below 0."""
        found: Distances = self._from[block] @ self._to
        return found


def neighbours(rows: Rows, k: int, check: Check = no_check) -> Neighbours:
    """The exact ``k`` nearest other rows of each row; all others if there are fewer.

    Args:
        rows: shape (n, dim), float32.
        k: how many.
        check: called before each block.
    """
    k = min(k, len(rows) - 1)
    numbers, distances = np.empty((len(rows), k), np.int64), np.empty((len(rows), k), np.float32)
    if k <= 0:
        return Neighbours(numbers, distances)
    every = AllDistances(rows)

    def search(start: int) -> tuple[slice, Numbers, Distances]:
        own = np.arange(start, min(start + every.rows_per_block, len(rows)))
        found = every.of(own)
        found[own - start, own] = np.inf
        return slice(start, start + len(own)), *_smallest(found, k)

    with on_all_cores() as over:
        for span, near, values in over(search, range(0, len(rows), every.rows_per_block)):
            check()
            numbers[span], distances[span] = near, np.sqrt(np.maximum(values, 0))
    return Neighbours(numbers, np.maximum(distances, np.float32(LEAST)))


def _smallest(found: Distances, k: int) -> tuple[Numbers, Distances]:
    """The ``k`` smallest values of each row, smallest first: where, and which; shape (rows, k) each.

    They are in the ``k`` groups of columns with the smallest minima: outside there is no value below these k minima.
    """
    groups = found.shape[1] // _GROUP
    if groups <= 2 * k:
        return _in_order(found, np.broadcast_to(np.arange(found.shape[1]), found.shape), k)
    grouped = groups * _GROUP
    least = found[:, :grouped].reshape(len(found), _GROUP, groups).min(axis=1)  # of columns that are ``groups`` apart
    near = np.argpartition(least, k - 1, axis=1)[:, :k]
    columns = (near[:, :, None] + np.arange(0, grouped, groups)).reshape(len(found), -1)
    rest = np.broadcast_to(np.arange(grouped, found.shape[1]), (len(found), found.shape[1] - grouped))
    columns = np.hstack([columns, rest])
    return _in_order(np.take_along_axis(found, columns, axis=1), columns, k)


def _in_order(values: Distances, columns: Numbers, k: int) -> tuple[Numbers, Distances]:
    near = np.argpartition(values, k - 1, axis=1)[:, :k]
    near = np.take_along_axis(near, np.argsort(np.take_along_axis(values, near, axis=1), axis=1, kind="stable"), axis=1)
    return np.take_along_axis(columns, near, axis=1), np.take_along_axis(values, near, axis=1)


@contextmanager
def on_all_cores() -> Iterator[Map]:
    """A ``map`` whose calls run on all cores, each with one thread of the BLAS library; results come in order.

    When it is left early, what has not begun is dropped.
    """
    pool = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="distances")
    limits = threadpool_limits(1, "blas")
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)
        limits.restore_original_limits()
