"""Spherical k-means: clusters around directions (Dhillon and Modha, "Concept Decompositions for Large Sparse Text
Data using Clustering", Machine Learning 42, 2001), initialised by greedy k-means++ (Arthur and Vassilvitskii, 2007).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.search.assignment import Check, assign, centres_of, no_check

_ROUNDS = 30  # most runs converge after 10 to 20
_CONVERGED = 1e-5  # growth of the mean cosine
_SMALL = 8_192  # rows: up to here several initialisations cost little
_TRIES = 4
_SEEDED_FROM = 20  # rows per centre to choose the initial centres from
_SEEDED_FROM_LEAST = 4_096


def spherical_kmeans(rows: Rows, k: int, seed: int, check: Check = no_check, *, tries: int = 0) -> Rows:
    """The centres of ``k`` clusters, shape (at most k, dim), float32, normalised.

    Fewer centres are returned if there are fewer distinct rows. The same rows in the same order with the same seed give
    the same clusters.

    Args:
        rows: shape (n, dim), float32, normalised, at least one, in memory: a sample of a large collection.
        k: number of clusters, at least 1.
        seed: of the initialisation.
        check: called between steps of a fraction of a second; may raise to stop.
        tries: initialisations, of which the best result is returned; 0: chosen by the number of rows.
    """
    rng = np.random.default_rng(seed)
    tries = tries or (_TRIES if len(rows) <= _SMALL else 1)
    best, best_score = rows[:0], -math.inf
    for _ in range(tries):
        centres, score = _iterate(rows, _initial_centres(rows, min(k, len(rows)), rng, check), check)
        if score > best_score:
            best, best_score = centres, score
    return best


def _iterate(rows: Rows, centres: Rows, check: Check) -> tuple[Rows, float]:
    """Assign and average until convergence. Returns the centres and the mean cosine to them."""
    everything = np.arange(len(rows))
    found, before = assign(rows, everything, centres, check), -math.inf
    for _ in range(_ROUNDS):
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
    return centres[np.unique(found.labels)], float(found.scores.mean(dtype=np.float64))


def _initial_centres(rows: Rows, k: int, rng: np.random.Generator, check: Check) -> Rows:
    """Greedy k-means++: rows far from those chosen before, each the best of a few candidates.

    The probability of a row is proportional to 1 - cosine, half the squared distance of normalised rows.
    """
    among = min(len(rows), max(_SEEDED_FROM_LEAST, _SEEDED_FROM * k))
    if among < len(rows):
        rows = rows[np.sort(rng.choice(len(rows), among, replace=False))]
    candidates = 2 + int(math.log(k))
    first = int(rng.integers(len(rows)))
    chosen = [first]
    distances = _distances(rows, rows[first : first + 1])[:, 0]
    while len(chosen) < k:
        check()
        total = distances.sum(dtype=np.float64)
        if total <= 0:
            break  # every row equals a chosen one
        drawn = np.searchsorted(np.cumsum(distances, dtype=np.float64), rng.random(candidates) * total)
        drawn = np.minimum(drawn, len(rows) - 1)
        left = np.minimum(distances[:, None], _distances(rows, rows[drawn]))
        best = int(left.sum(axis=0, dtype=np.float64).argmin())
        chosen.append(int(drawn[best]))
        distances = left[:, best]
    return rows[chosen]


def _distances(rows: Rows, centres: Rows) -> npt.NDArray[np.float32]:
    """1 - cosine, shape (rows, centres); rounding errors between equal rows are set to 0."""
    distances = 1 - rows @ centres.T
    distances[distances < 1e-6] = 0
    return np.asarray(distances, np.float32)
