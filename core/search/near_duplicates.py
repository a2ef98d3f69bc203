"""Near-duplicates as groups around their best row, in blocked products, without an N x N matrix or a list of pairs.

Rows are processed best first. A row that reaches the threshold to an earlier centre joins the nearest one; any other
becomes a centre itself. Hence (greedy maximal independent set):

- groups do not overlap, and every member reaches the threshold to its centre: A~B~C never chains A to C;
- a centre is the best row of its group, so every member is similar to the row that replaces it;
- no two centres reach the threshold: once the members are removed, no near-duplicates remain.

Time: n² / 2 products of rows, n² x dim operations, less what :mod:`core.search.sketch` rules out. Memory: O(n) and
a tile per core; n equal rows are one centre and n - 1 members.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from core.arrays import Rows
from core.search.sketch import SLACK, Sketch, sketch_for

# 2,048 x 1,024 float32 scores are 8 MB, one tile per core: each core multiplies and scans its own. With the threads of
# the BLAS library instead, the short products of sketches take six times as long because of contention.
_BLOCK = 2_048
_TILE = 1_024
_MOST_THREADS = 16
_SAMPLE = 4_096  # rows to fit a sketch on
_SKETCHED_FROM = 20_000  # fewer rows take seconds without a sketch
_DENSE = 64  # if more than one pair in 64 is a candidate, the whole tile is multiplied
_GATHERED = 8_192  # candidates at a time: 2 x 8,192 x 1,280 float32 are 84 MB
# Error of the product of equal float32 rows, around 1.
_ROUNDING = 1e-6

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NearGroups:
    """The centre of each row.

    Attributes:
        centre: for each index in the given order the index of its centre; a centre's own index. Shape (n,), int64.
        score: cosine to the centre, unrounded; 1 for a centre. Shape (n,), float32.
    """

    centre: Numbers
    score: npt.NDArray[np.float32]

    def groups(self) -> list[list[int]]:
        """Groups of at least two, as indices in the given order, the centre first."""
        members: dict[int, list[int]] = {}
        for index in np.flatnonzero(self.centre != np.arange(len(self.centre))).tolist():
            members.setdefault(int(self.centre[index]), []).append(index)
        return [[centre, *found] for centre, found in sorted(members.items())]


def near_groups(
    rows: Rows,
    numbers: Numbers,
    threshold: float,
    *,
    apart: Collection[tuple[int, int]] = (),
    check: Callable[[float], None] = lambda done: None,
) -> NearGroups:
    """Group the rows ``numbers``, best first, by a cosine of at least ``threshold`` to the best of the group.

    Args:
        rows: shape (count, dim), float32, normalised; usually mapped from a file.
        numbers: distinct row numbers, best first, shape (n,).
        threshold: cosine, compared with unrounded scores. At 1 equal rows are found, despite rounding errors.
        apart: pairs of row numbers that are never put in one group.
        check: called several times a second with the share of the work that is done; may raise to stop.
    """
    return _Grouping(rows, numbers, threshold, apart).run(check)


class _Grouping:
    def __init__(self, rows: Rows, numbers: Numbers, threshold: float, apart: Collection[tuple[int, int]]) -> None:
        self._rows = rows
        self._numbers = np.asarray(numbers, np.int64)
        self._limit = np.float32(min(threshold, 1.0 - _ROUNDING))
        self._sketch = self._fit()
        self._apart: dict[int, set[int]] = {}
        index_of = {number: index for index, number in enumerate(self._numbers.tolist())} if apart else {}
        for one, other in apart:
            if one in index_of and other in index_of:
                self._apart.setdefault(index_of[one], set()).add(index_of[other])
                self._apart.setdefault(index_of[other], set()).add(index_of[one])
        self._watched: dict[int, set[int]] = {}  # per centre: members that must be kept apart from other rows
        count = len(self._numbers)
        self._centre = np.arange(count)
        self._score = np.ones(count, np.float32)
        self._centres = np.empty(count, np.int64)  # indices, in the order of discovery
        self._found = 0
        self._memory = threading.local()
        self._short = np.empty((count, self._sketch.directions.shape[1] + 1), np.float32) if self._sketch else None

    def run(self, check: Callable[[float], None]) -> NearGroups:
        count = len(self._numbers)
        pool = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="near")
        limits = threadpool_limits(1, "blas")
        try:
            for start in range(0, count, _BLOCK):
                block = np.arange(start, min(start + _BLOCK, count))
                exact, short = self._load(block)
                tiles = [self._centres[first : self._found][:_TILE] for first in range(0, self._found, _TILE)]
                hits: dict[int, list[tuple[float, int]]] = {}
                for number, part in enumerate(pool.map(functools.partial(self._hits, exact, short), tiles)):
                    check(((start + len(block) * number / len(tiles)) / count) ** 2)
                    for row, index, score in part:
                        hits.setdefault(row, []).append((score, index))
                self._settle(block, exact, short, hits)
                check(((start + len(block)) / count) ** 2)
        finally:  # when stopped, drop the waiting tiles
            pool.shutdown(cancel_futures=True)
            limits.restore_original_limits()
        return NearGroups(self._centre, self._score)

    def _fit(self) -> Sketch | None:
        count = len(self._numbers)
        if count < _SKETCHED_FROM:
            return None
        sample = np.random.default_rng(0).choice(count, min(_SAMPLE, count), replace=False)
        return sketch_for(np.asarray(self._rows[self._numbers[sample]]), float(self._limit))

    def _load(self, block: Numbers) -> tuple[Rows, Rows | None]:
        """The rows of a block and their sketches."""
        exact = np.asarray(self._rows[self._numbers[block]])
        return exact, self._sketch.of(exact) if self._sketch else None

    def _hits(self, exact: Rows, short: Rows | None, tile: Numbers) -> list[tuple[int, int, float]]:
        """Row of the block, index of the centre and score of each pair that reaches the limit."""
        scores = self._scores(exact, short, tile)
        found = []
        for row in np.flatnonzero(scores.max(axis=1) >= self._limit).tolist():
            for column in np.flatnonzero(scores[row] >= self._limit).tolist():
                found.append((row, int(tile[column]), float(scores[row, column])))
        return found

    def _scores(self, exact: Rows, short: Rows | None, tile: Numbers, *, others: Rows | None = None) -> Rows:
        """Products of a block with the centres of a tile (or with ``others``, its own rows), shape (rows, len(tile)).

        Exact if they reach the limit; else an upper bound that is below the limit.
        """
        if short is None or self._short is None:
            return self._product(exact, self._exact(tile) if others is None else others)
        scores = self._product(short, short if others is not None else self._short[tile])
        near = np.flatnonzero(scores.max(axis=1) >= self._limit - SLACK)
        if not near.size:
            return scores
        rows, columns = np.nonzero(scores[near] >= self._limit - SLACK)
        if len(rows) > scores.size // _DENSE:
            return self._product(exact, self._exact(tile) if others is None else others)
        rows = near[rows]
        for start in range(0, len(rows), _GATHERED):
            mine, theirs = rows[start : start + _GATHERED], columns[start : start + _GATHERED]
            gathered = self._exact(tile[theirs]) if others is None else others[theirs]
            scores[mine, theirs] = np.einsum("ij,ij->i", exact[mine], gathered)
        return scores

    def _product(self, one: Rows, other: Rows) -> Rows:
        """``one @ other.T`` in a buffer of this thread, valid until its next call: allocation is slow."""
        size = len(one) * len(other)
        kept: Rows | None = getattr(self._memory, "kept", None)
        if kept is None or len(kept) < size:
            kept = self._memory.kept = np.empty(size, np.float32)
        out = kept[:size].reshape(len(one), len(other))
        return np.matmul(one, other.T, out=out)

    def _exact(self, indices: Numbers) -> Rows:
        return np.asarray(self._rows[self._numbers[indices]])

    def _settle(
        self, block: Numbers, exact: Rows, short: Rows | None, hits: dict[int, list[tuple[float, int]]]
    ) -> None:
        """Assign each row of the block to a centre, best first."""
        scores = np.tril(self._scores(exact, short, block, others=exact), -1)
        centres = np.ones(len(block), bool)
        near = np.flatnonzero((scores >= self._limit).any(axis=1)).tolist()
        for row in sorted({*near, *hits}):
            own = np.flatnonzero((scores[row, :row] >= self._limit) & centres[:row])
            choice = hits.get(row, []) + [(float(scores[row, column]), int(block[column])) for column in own.tolist()]
            centres[row] = not self._join(int(block[row]), choice)
        fresh = np.flatnonzero(centres)
        if self._short is not None and short is not None:
            self._short[block] = short
        self._centres[self._found : self._found + len(fresh)] = block[fresh]
        self._found += len(fresh)

    def _join(self, index: int, choice: list[tuple[float, int]]) -> bool:
        """Join the nearest centre (of equals the best) that no pair keeps apart. False if there is none."""
        for score, centre in sorted(choice, key=lambda pair: (-pair[0], pair[1])):
            if index in self._apart:
                others = self._watched.setdefault(centre, set())
                if centre in self._apart[index] or others & self._apart[index]:
                    continue
                others.add(index)
            self._centre[index], self._score[index] = centre, score
            return True
        return False
