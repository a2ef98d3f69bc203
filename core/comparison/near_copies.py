"""Pairs of near copies: the same photograph twice would lift any model that finds copies.

A pair counts if any of the compared models calls it a candidate for copies and the outlines of both pictures agree: by
cosines alone, a model that puts all drawings close together would hide the best neighbours of the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from core.actions.duplicate_candidates import copies_cosine
from core.arrays import Rows
from core.comparison.common_rows import CommonRows
from core.images.outline import DIM
from core.key_arrays import whole_keys
from core.search.assignment import Check, Numbers, no_check

Outline = Callable[[bytes], npt.NDArray[np.float32]]
Say = Callable[[str], None]

OUTLINES_AGREE = 0.95  # cosine; copies turned by a quarter reach 0.98, the next pictures of a burst about this
MOST_LOOKED_AT = 20_000  # pictures: some minutes where they have no thumbnails, less than one where they have
_MOST_OF_ONE = 200  # candidates of one picture: in a series of thousands the nearest are enough
_SCORES = 12_500_000  # of a block: 50 MB of float32
_MOST_THREADS = 16
_AT_ONCE = 64  # pictures between two looks at whether to stop


@dataclass(frozen=True)
class NearCopies:
    """Pairs of near copies.

    Attributes:
        pairs: shape (n, n), bool, symmetric.
        unseen: candidates that were not looked at, because there were too many.
    """

    pairs: csr_array
    unseen: int

    @property
    def count(self) -> int:
        """How many pairs there are."""
        return int(self.pairs.nnz) // 2


def near_copies(
    common: CommonRows,
    queries: Numbers,
    outline: Outline,
    check: Check = no_check,
    say: Say = lambda text: None,
) -> NearCopies:
    """Which pictures are near copies of the queries.

    Where candidates lead to more than 20,000 pictures, those that are nearer to their query go first.

    Args:
        common: the compared pictures.
        queries: their indices that will be asked about, shape (q,); pairs of two others are not looked for.
        outline: the outline of a picture by its key, shape (256,), float32, of length 1; zeros if it cannot be read.
            Called from several threads.
        check: called before each block and every few pictures; may raise to stop.
        say: is told how far it is.
    """
    pairs, ranks = np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    for one in common.of:
        rows = one.rows()
        own, own_ranks = _candidates(rows, queries, copies_cosine(one.vec_type, rows), check)
        pairs, ranks = _each_once(np.vstack([pairs, own]), np.concatenate([ranks, own_ranks]))
    seen = _affordable(pairs[np.argsort(ranks, kind="stable")])
    agree = _agreeing(seen, common, outline, check, say)
    both = np.vstack([seen[agree], seen[agree][:, ::-1]])
    size = len(common.keys)
    graph = csr_array((np.ones(len(both), bool), (both[:, 0], both[:, 1])), (size, size), dtype=bool)
    return NearCopies(graph, len(pairs) - len(seen))


def _candidates(rows: Rows, queries: Numbers, threshold: float, check: Check) -> tuple[Numbers, Numbers]:
    """Pairs of a query and another row that reach the threshold, the smaller index first, shape (k, 2).

    The second array, shape (k,), says how many rows are nearer to the query.
    """
    pairs, ranks = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.int64)]
    step = max(1, _SCORES // max(1, len(rows)))
    for start in range(0, len(queries), step):
        check()
        own = queries[start : start + step]
        scores = rows[own] @ rows.T
        scores[np.arange(len(own)), own] = -1
        for query, line in zip(own.tolist(), scores, strict=True):
            near = np.flatnonzero(line >= threshold)
            near = near[np.argsort(-line[near], kind="stable")][:_MOST_OF_ONE]
            pairs.append(np.stack([np.minimum(near, query), np.maximum(near, query)], axis=1))
            ranks.append(np.arange(len(near)))
    return np.vstack(pairs), np.concatenate(ranks)


def _each_once(pairs: Numbers, ranks: Numbers) -> tuple[Numbers, Numbers]:
    """Each pair once, with its best rank."""
    order = np.lexsort((ranks, pairs[:, 1], pairs[:, 0]))
    pairs, ranks = pairs[order], ranks[order]
    first = np.ones(len(pairs), bool)
    first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    return pairs[first], ranks[first]


def _affordable(pairs: Numbers) -> Numbers:
    """As many of the first pairs as lead to no more pictures than can be looked at."""
    _, first = np.unique(pairs, return_index=True)  # where each picture comes first
    if len(first) <= MOST_LOOKED_AT:
        return pairs
    return pairs[: np.sort(first)[MOST_LOOKED_AT] // 2]


def _agreeing(pairs: Numbers, common: CommonRows, outline: Outline, check: Check, say: Say) -> npt.NDArray[np.bool_]:
    members = np.unique(pairs)
    table = np.zeros((len(members), DIM), np.float32)  # 1 KB a picture
    keys = whole_keys(common.keys[members])
    pool = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="outlines")
    try:
        for start in range(0, len(keys), _AT_ONCE):
            check()
            say(f"looking at near copies: {start:,} of {len(keys):,} pictures")
            for place, found in enumerate(pool.map(outline, keys[start : start + _AT_ONCE]), start):
                table[place] = found
    finally:  # when stopped, drop the waiting ones
        pool.shutdown(cancel_futures=True)
    places = np.searchsorted(members, pairs)
    cosines = np.einsum("ij,ij->i", table[places[:, 0]], table[places[:, 1]])
    return np.asarray(cosines >= OUTLINES_AGREE)
