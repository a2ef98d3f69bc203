"""Assigns rows to their nearest centres and computes the centres of clusters, in blocks of constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.arrays import Rows, normalise

Labels = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Sums = npt.NDArray[np.float64]
Check = Callable[[], None]

UNASSIGNED = -1  # label of a row that belongs to no cluster
# Rows per block: 8,192 x 512 float32 are 16 MB, their scores for 1,000 centres 32 MB, a fraction of a second of work.
BLOCK = 8_192


@dataclass(frozen=True)
class Assignment:
    """The cluster of each row.

    Attributes:
        labels: index of the nearest centre (the first of equals), shape (n,), int32.
        scores: cosine to it, shape (n,), float32.
        seconds: cosine to the second nearest centre, shape (n,), float32; -1 if there is none or it was not requested.
    """

    labels: Labels
    scores: npt.NDArray[np.float32]
    seconds: npt.NDArray[np.float32]


def no_check() -> None:
    """For callers that are never cancelled."""


def blocks(rows: Rows, numbers: Numbers, check: Check = no_check) -> Iterator[tuple[slice, Rows]]:
    """Iterate over the rows ``numbers`` in blocks: the slice of ``numbers``, and its rows.

    Args:
        rows: shape (total, dim), float32; usually mapped from a file.
        numbers: which rows, shape (n,), int64; ascending reads the file from front to back.
        check: called before each block; may raise to stop.
    """
    for start in range(0, len(numbers), BLOCK):
        check()
        span = slice(start, min(start + BLOCK, len(numbers)))
        first, last = int(numbers[span.start]), int(numbers[span.stop - 1])
        without_gaps = last - first + 1 == span.stop - span.start and bool((np.diff(numbers[span]) == 1).all())
        yield span, rows[first : last + 1] if without_gaps else rows[numbers[span]]  # a slice is no copy


def assign(
    rows: Rows, numbers: Numbers, centres: Rows, check: Check = no_check, *, with_second: bool = False
) -> Assignment:
    """The nearest centre of each of the rows ``numbers``; see :func:`blocks`.

    Args:
        rows: shape (total, dim), float32, normalised.
        numbers: which rows, shape (n,).
        centres: shape (k, dim), float32, normalised; at least one.
        check: called before each block.
        with_second: also find the second nearest centre, which doubles the time.
    """
    labels = np.empty(len(numbers), np.int32)
    scores = np.empty(len(numbers), np.float32)
    seconds = np.full(len(numbers), -1, np.float32)
    for span, block in blocks(rows, numbers, check):
        products = block @ centres.T
        best = products.argmax(axis=1)
        labels[span] = best
        scores[span] = np.take_along_axis(products, best[:, None], axis=1)[:, 0]
        if with_second and len(centres) > 1:
            np.put_along_axis(products, best[:, None], -np.inf, axis=1)
            seconds[span] = products.max(axis=1)
    return Assignment(labels, scores, seconds)


def centres_of(rows: Rows, numbers: Numbers, labels: Labels, count: int, check: Check = no_check) -> Rows:
    """The mean direction of each cluster's rows, shape (count, dim), float32, normalised; zeros for an empty cluster.

    The arguments are those of :func:`sums_of`.
    """
    return normalise(sums_of(rows, numbers, labels, count, check).astype(np.float32))


def sums_of(rows: Rows, numbers: Numbers, labels: Labels, count: int, check: Check = no_check) -> Sums:
    """The sum of each cluster's rows, shape (count, dim), float64.

    Args:
        rows: shape (total, dim), float32.
        numbers: which rows, shape (n,).
        labels: the cluster of each row, shape (n,), below ``count``; :data:`UNASSIGNED` for none.
        count: of clusters.
        check: called before each block.
    """
    from scipy.sparse import csr_array

    sums = np.zeros((count, rows.shape[1]), np.float64)
    for span, block in blocks(rows, numbers, check):
        order = np.argsort(labels[span], kind="stable")
        edges = np.searchsorted(labels[span][order], np.arange(count + 1))
        order, edges = order[edges[0] :], edges - edges[0]  # without those of no cluster
        # A product with zeros and ones adds rows where they are: sorting them first takes fifteen times as long.
        ones = np.ones(len(order), np.float32)
        sums += csr_array((ones, order, edges), shape=(count, len(block))) @ np.asarray(block, np.float32)
    return sums


def scores_of(
    rows: Rows, numbers: Numbers, labels: Labels, centres: Rows, check: Check = no_check
) -> npt.NDArray[np.float32]:
    """The cosine of each row to the centre of its cluster, shape (n,), float32; -1 without a cluster."""
    scores = np.full(len(numbers), -1, np.float32)
    for span, block in blocks(rows, numbers, check):
        mine = labels[span] >= 0
        scores[span][mine] = np.einsum("ij,ij->i", block[mine], centres[labels[span][mine]])
    return scores


def members_of(labels: Labels, count: int) -> list[Numbers]:
    """The indices of each cluster's rows, ascending: one sort instead of a comparison per cluster."""
    order = np.argsort(labels, kind="stable")
    edges = np.searchsorted(labels[order], np.arange(count + 1))
    return [order[start:end] for start, end in pairwise(edges.tolist())]
