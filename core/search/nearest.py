"""Exact nearest-neighbour search: products of blocks of the mapped file with the query. Each row is read once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Rows per block: 65,536 x 512 float32 are 128 MB of mapped file, their scores 256 KB, which stay in the cache.
_BLOCK = 65_536

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Nearest:
    """The best rows for a query, best first; equal scores in the order of the rows.

    Attributes:
        numbers: of the rows, shape (k,), int64.
        scores: cosines, shape (k,), float32.
    """

    numbers: npt.NDArray[np.int64]
    scores: Scores


def cosines(rows: npt.NDArray[np.float32], query: npt.NDArray[np.float32]) -> Scores:
    """Products of all rows with ``query``.

    Args:
        rows: shape (n, dim), float32, normalised; usually mapped from a file.
        query: shape (dim,), float32, normalised.

    Returns:
        Shape (n,), float32: 4 MB for a million.
    """
    scores = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        np.dot(block, query, out=scores[start : start + len(block)])
    return scores


def best(scores: Scores, k: int, allowed: npt.NDArray[np.bool_] | None = None) -> Nearest:
    """The ``k`` best scores; fewer if fewer rows are allowed.

    Args:
        scores: shape (n,).
        k: how many.
        allowed: mask of the rows to consider, shape (n,); all by default.
    """
    best_numbers = np.zeros(0, np.int64)
    best_scores = np.zeros(0, np.float32)
    for start in range(0, len(scores), _BLOCK):
        part = scores[start : start + _BLOCK]
        reach = np.ones(len(part), bool) if allowed is None else allowed[start : start + _BLOCK]
        if len(best_scores) >= k > 0:
            reach = reach & (part > best_scores[-1])
        numbers = np.flatnonzero(reach) + start
        best_numbers, best_scores = _best(
            np.concatenate([best_numbers, numbers]), np.concatenate([best_scores, scores[numbers]]), k
        )
    return Nearest(best_numbers, best_scores)


def nearest(
    rows: npt.NDArray[np.float32],
    query: npt.NDArray[np.float32],
    k: int,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> Nearest:
    """The ``k`` rows with the largest product with ``query``; see :func:`cosines` and :func:`best`."""
    return best(cosines(rows, query), k, allowed)


def _best(numbers: npt.NDArray[np.int64], scores: Scores, k: int) -> tuple[npt.NDArray[np.int64], Scores]:
    if k <= 0:
        return numbers[:0], scores[:0]
    if len(scores) > k:
        # Keep all that reach the k-th best score, so that the order of the rows decides among equals.
        limit = np.partition(scores, len(scores) - k)[len(scores) - k]
        reach = scores >= limit
        numbers, scores = numbers[reach], scores[reach]
    order = np.lexsort((numbers, -scores))[:k]
    return numbers[order], scores[order]
