"""Exact nearest rows: blocks of the mapped file times the query, the best kept. Each row is read once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Rows a block: 65,536 x 512 float32 are 128 MB of mapped file, their scores 256 KB, which stay in the cache.
_BLOCK = 65_536


@dataclass(frozen=True)
class Nearest:
    """The best rows for a query, best first; equal scores in the order of the rows.

    Attributes:
        numbers: of the rows, shape (k,), int64.
        scores: cosines, shape (k,), float32.
    """

    numbers: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


def nearest(
    rows: npt.NDArray[np.float32],
    query: npt.NDArray[np.float32],
    k: int,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> Nearest:
    """The ``k`` rows with the largest product with ``query``.

    Args:
        rows: shape (n, dim), float32, normalised; usually mapped from a file.
        query: shape (dim,), float32, normalised.
        k: how many; fewer come back where fewer are allowed.
        allowed: shape (n,), which rows may be returned; all by default.
    """
    best_numbers = np.zeros(0, np.int64)
    best_scores = np.zeros(0, np.float32)
    for start in range(0, len(rows), _BLOCK):
        scores = rows[start : start + _BLOCK] @ query
        numbers = np.arange(start, start + len(scores))
        if allowed is not None:
            keep = allowed[start : start + _BLOCK]
            scores, numbers = scores[keep], numbers[keep]
        if len(best_scores) >= k > 0:
            beats = scores > best_scores[-1]
            scores, numbers = scores[beats], numbers[beats]
        best_numbers, best_scores = _best(
            np.concatenate([best_numbers, numbers]), np.concatenate([best_scores, scores]), k
        )
    return Nearest(best_numbers, best_scores)


def _best(
    numbers: npt.NDArray[np.int64], scores: npt.NDArray[np.float32], k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    if k <= 0:
        return numbers[:0], scores[:0]
    if len(scores) > k:
        # All that reach the k-th best score, so that among equals the order of the rows decides and not the partition.
        limit = np.partition(scores, len(scores) - k)[len(scores) - k]
        reach = scores >= limit
        numbers, scores = numbers[reach], scores[reach]
    order = np.lexsort((numbers, -scores))[:k]
    return numbers[order], scores[order]
