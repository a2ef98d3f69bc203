"""How well the nearest neighbours of pictures share their labels: k-nearest-neighbour votes, MAP@R, precision at ten.

Sources: leave-one-out k-nearest-neighbour accuracy is the measure that ranks models best in Sorkhei et al. 2025; MAP@R
is defined in Musgrave, Belongie and Lim 2020, "A Metric Learning Reality Check", section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import digamma

from core.arrays import Rows
from core.search.assignment import Check, Numbers, no_check

NEIGHBOURS = 10  # of the vote and of the precision
_SCORES = 12_500_000  # scores per block of queries: 50 MB of float32, and two arrays of its size beside it

PerQuery = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LabelScores:
    """What each query scored. All arrays have the shape (queries,), float64, from 0 to 1.

    Attributes:
        vote: 1 if the label with the most votes among the nearest ten is one of the query's own; ties share it.
        average_precision: MAP@R of the query: R is how many other pictures share a label with it.
        precision: share of the nearest ten that share a label with it.
        chance: share of all candidates that share a label with it: the precision of a random ranking.
        average_by_chance: MAP@R of the query by a random ranking.
    """

    vote: PerQuery
    average_precision: PerQuery
    precision: PerQuery
    chance: PerQuery
    average_by_chance: PerQuery


def label_scores(
    rows: Rows,
    labels: csr_array,
    queries: Numbers,
    excluded: csr_array | None = None,
    check: Check = no_check,
) -> LabelScores:
    """Score the ranking of all other rows for each query.

    Args:
        rows: shape (n, dim), float32, normalised.
        labels: which labels each row has, shape (n, labels), bool; a row may have several.
        queries: numbers of the rows that are queries, each with at least one label, shape (q,).
        excluded: pairs of rows that are copies of each other, shape (n, n), bool, symmetric; a query never sees its
            copies. Itself is always left out.
        check: called before each block; may raise to stop.

    Returns:
        NaN for a query that no candidate shares a label with.
    """
    count = len(queries)
    vote, average, precision, chance, average_by_chance = (np.full(count, np.nan) for _ in range(5))
    own_labels = labels[queries].astype(np.float32)
    step = max(1, _SCORES // len(rows))
    for start in range(0, count, step):
        check()
        span = slice(start, min(start + step, count))
        scores = rows[queries[span]] @ rows.T
        hidden = _hidden(queries[span], excluded, len(rows))
        scores[hidden] = -np.inf
        relevant = (own_labels[span] @ labels.T.astype(np.float32)).toarray() > 0
        relevant[hidden] = False
        candidates = len(rows) - np.bincount(hidden[0], minlength=span.stop - span.start)
        for index in range(span.stop - span.start):
            wanted = int(np.count_nonzero(relevant[index]))
            if not wanted:
                continue
            near = _ranked(scores[index], max(min(NEIGHBOURS, candidates[index]), wanted))
            hits = relevant[index, near]
            first = near[: min(NEIGHBOURS, candidates[index])]
            vote[start + index] = _vote(labels, first, int(queries[start + index]))
            average[start + index] = average_precision(hits[:wanted], wanted)
            precision[start + index] = hits[: len(first)].mean()
            chance[start + index] = wanted / candidates[index]
            average_by_chance[start + index] = average_precision_by_chance(wanted, int(candidates[index]))
    return LabelScores(vote, average, precision, chance, average_by_chance)


def average_precision(hits: npt.NDArray[np.bool_], wanted: int) -> float:
    """MAP@R of one ranking: the mean over the first R places of the precision up to each hit.

    Args:
        hits: whether the picture at each place is relevant, shape (R,) or longer.
        wanted: R, the number of relevant pictures; at least 1.
    """
    hits = hits[:wanted]
    precisions = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precisions * hits).sum() / wanted)


def average_precision_by_chance(wanted: int, candidates: int) -> float:
    """MAP@R that a random ranking has on average.

    A hit at place i, of probability p = R/n, has a precision of 1/i for itself and (i - 1)/i times the share of hits
    before it, q = (R - 1)/(n - 1). The mean over the places is p/R (H + q (R - H)), with the harmonic number H of R.

    Args:
        wanted: R, the number of relevant pictures; at least 1.
        candidates: n, how many are ranked.
    """
    harmonic = float(digamma(wanted + 1) + np.euler_gamma)
    before = (wanted - 1) / (candidates - 1) if candidates > 1 else 0.0
    return (harmonic + before * (wanted - harmonic)) / candidates


def _hidden(queries: Numbers, excluded: csr_array | None, rows: int) -> tuple[Numbers, Numbers]:
    """What no query may see, as index arrays (query, row): itself and its copies."""
    own = np.arange(len(queries))
    if excluded is None:
        return own, queries
    copies = (
        excluded[queries] + csr_array((np.ones(len(queries), bool), (own, queries)), (len(queries), rows))
    ).tocoo()
    return copies.coords[0].astype(np.int64), copies.coords[1].astype(np.int64)


def _ranked(scores: npt.NDArray[np.float32], k: int) -> Numbers:
    """The ``k`` best, best first; equal ones in the order of the rows."""
    k = min(k, len(scores))
    limit = -np.partition(-scores, k - 1)[k - 1]
    near = np.flatnonzero(scores >= limit)  # more than k where scores at the limit are equal
    return near[np.argsort(-scores[near], kind="stable")][:k].astype(np.int64)


def _vote(labels: csr_array, near: Numbers, query: int) -> float:
    """Share of the winning labels that are the query's own: 1 or 0 unless several labels have as many votes."""
    votes = np.bincount(labels[near].indices, minlength=labels.shape[1])
    winners = np.flatnonzero(votes == votes.max()) if votes.max() else np.zeros(0, np.int64)
    if not len(winners):
        return 0.0
    own = labels[[query]].indices
    return float(np.isin(winners, own).mean())
