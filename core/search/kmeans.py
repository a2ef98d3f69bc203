"""Spherical k-means: clusters around directions (Dhillon and Modha, "Concept Decompositions for Large Sparse Text
Data using Clustering", Machine Learning 42, 2001).

The initial centres decide how good the clusters are. Twice as many as are wanted are chosen by k-means|| (Bahmani et
al., "Scalable K-Means++", VLDB 2012), improved for a few rounds, and merged, each time the two that lose the least
(:mod:`core.search.merging`). Where there are more groups than clusters, whole groups share a cluster; after k-means++
alone, the rows of loose groups are spread over many.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.search.assignment import Assignment, Check, assign, centres_of, no_check, sums_of
from core.search.merging import merged

_ROUNDS = 30  # most runs converge after 5 to 10
_CONVERGED = 5e-5  # growth of the mean cosine
_SMALL = 8_192  # rows: up to here several initialisations cost little
_TRIES = 4
_TIMES = 2  # as many centres as are wanted at first
_ROUGH_ROUNDS = 4  # with them
_ROUGH_FROM = 64  # rows for each of them
_SEEDED_FROM = 20  # rows per cluster to choose them from
_SEEDED_FROM_LEAST = 4_096
_STEPS = 8  # in which they are chosen

Distances = npt.NDArray[np.float32]


def spherical_kmeans(rows: Rows, k: int, seed: int, check: Check = no_check, *, tries: int = 0) -> Rows:
    """The centres of ``k`` clusters, shape (at most k, dim), float32, normalised.

    Fewer centres are returned if there are fewer distinct rows. The same rows in the same order with the same seed give
    the same clusters. Rows of zeros, which have no direction, count for none; of such rows alone zeros are returned.

    Args:
        rows: shape (n, dim), float32, normalised or zeros, at least one, in memory: a sample of a large collection.
        k: number of clusters, at least 1.
        seed: of the initialisation.
        check: called between steps of a fraction of a second; may raise to stop.
        tries: initialisations, of which the best result is returned; 0: chosen by the number of rows.
    """
    directed = rows.any(axis=1)
    if not directed.any():
        return rows[:1].copy()  # the model found nothing in any picture: they are one cluster
    rows = rows if directed.all() else rows[directed]
    rng = np.random.default_rng(seed)
    tries = tries or (_TRIES if len(rows) <= _SMALL else 1)
    best, best_score = rows[:0], -math.inf
    for _ in range(tries):
        found, centres = _iterate(rows, _initial_centres(rows, k, rng, check), check)
        score = float(found.scores.mean(dtype=np.float64))
        if score > best_score:
            best, best_score = centres[np.unique(found.labels)], score
    return best


def _iterate(rows: Rows, centres: Rows, check: Check, rounds: int = _ROUNDS) -> tuple[Assignment, Rows]:
    """Assign and average until convergence, at most ``rounds`` times: what is assigned to which centres."""
    everything = np.arange(len(rows))
    found, before = assign(rows, everything, centres, check), -math.inf
    for _ in range(rounds):
        score = float(found.scores.mean(dtype=np.float64))
        if score - before < _CONVERGED:
            break
        before = score
        sizes = np.bincount(found.labels, minlength=len(centres))
        centres = centres_of(rows, everything, found.labels, len(centres), check)
        empty = np.flatnonzero(sizes == 0)
        if empty.size:
            # Empty clusters restart at the rows with the lowest cosine to their centres.
            centres[empty] = rows[np.argsort(found.scores, kind="stable")[: empty.size]]
        found = assign(rows, everything, centres, check)
    return found, centres


def _initial_centres(rows: Rows, k: int, rng: np.random.Generator, check: Check) -> Rows:
    """Centres of at most ``k`` clusters of some of the rows, merged from twice as many."""
    rows = _some(rows, _ROUGH_FROM * _TIMES * k, rng)
    seeds = _seeds(_some(rows, max(_SEEDED_FROM_LEAST, _SEEDED_FROM * k), rng), _TIMES * k, rng, check)
    found, centres = _iterate(rows, seeds, check, _ROUGH_ROUNDS)
    return merged(sums_of(rows, np.arange(len(rows)), found.labels, len(centres), check), k, check)


def _some(rows: Rows, count: int, rng: np.random.Generator) -> Rows:
    return rows if len(rows) <= count else rows[np.sort(rng.choice(len(rows), count, replace=False))]


def _seeds(rows: Rows, count: int, rng: np.random.Generator, check: Check) -> Rows:
    """Rows far from those chosen before, some at each step; fewer than ``count`` if there are fewer different ones.

    The probability of a row is proportional to 1 - cosine, half the squared distance of normalised rows.
    """
    chosen = [int(rng.integers(len(rows)))]
    distances = _distances(rows, rows[chosen])
    distances[chosen] = 0  # whatever its length is exactly: no row is chosen twice
    while len(chosen) < count:
        check()
        total = distances.sum(dtype=np.float64)
        if total <= 0:
            break  # every row equals a chosen one
        more = min(-(-count // _STEPS), count - len(chosen))
        drawn = np.searchsorted(np.cumsum(distances, dtype=np.float64), rng.random(more) * total)
        drawn = np.unique(np.minimum(drawn, len(rows) - 1))
        drawn = drawn[distances[drawn] > 0]
        if not drawn.size:  # the last row, for which a rounding error was drawn
            continue
        distances = np.minimum(distances, _distances(rows, rows[drawn]))
        distances[drawn] = 0
        chosen += drawn.tolist()
    return rows[chosen]


def _distances(rows: Rows, centres: Rows) -> Distances:
    """1 - cosine to the nearest centre, shape (n,); rounding errors between equal rows are set to 0."""
    distances = 1 - (rows @ centres.T).max(axis=1)
    distances[distances < 1e-6] = 0
    return np.asarray(distances, np.float32)
