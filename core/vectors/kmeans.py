"""Spherical k-means: groups of rows around directions (Dhillon and Modha, "Concept Decompositions for Large Sparse Text
Data using Clustering", Machine Learning 42, 2001), begun as greedy k-means++ begins (Arthur and Vassilvitskii, 2007).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.models.backend import Rows
from core.vectors.assignment import Check, assign, centres_of, no_check

_ROUNDS = 30  # most groups stand still after 10 to 20
_STANDS_STILL = 1e-5  # the mean cosine grows by less than this: nobody could see the difference
_SMALL = 8_192  # rows: up to here a few beginnings cost little, and the best one is better than any single one
_TRIES = 4
_SEEDED_FROM = 20  # rows for each centre among which the first centres are looked for
_SEEDED_FROM_LEAST = 4_096


def spherical_kmeans(rows: Rows, k: int, seed: int, check: Check = no_check, *, tries: int = 0) -> Rows:
    """The directions of ``k`` groups, shape (at most k, dim), float32, normalised.

    Fewer come back where there are fewer different rows. The same rows in the same order with the same seed give the
    same groups.

    Args:
        rows: shape (n, dim), float32, normalised; at least one. In memory: for a large collection a sample of it.
        k: how many groups, at least 1.
        seed: of the beginning.
        check: called between steps of a fraction of a second, to give up by raising.
        tries: beginnings of which the best one counts; 0: as many as the number of rows bears.
    """
    rng = np.random.default_rng(seed)
    tries = tries or (_TRIES if len(rows) <= _SMALL else 1)
    best, best_score = rows[:0], -math.inf
    for _ in range(tries):
        centres, score = _settle(rows, _beginning(rows, min(k, len(rows)), rng, check), check)
        if score > best_score:
            best, best_score = centres, score
    return best


def _settle(rows: Rows, centres: Rows, check: Check) -> tuple[Rows, float]:
    """Assign and average until it stands still. Returns the centres and the mean cosine to them."""
    everything = np.arange(len(rows))
    before = -math.inf
    for _ in range(_ROUNDS):
        found = assign(rows, everything, centres, check)
        score = float(found.scores.mean(dtype=np.float64))
        if score - before < _STANDS_STILL:
            break
        before = score
        sizes = np.bincount(found.labels, minlength=len(centres))
        centres = centres_of(rows, everything, found.labels, len(centres), check)
        empty = np.flatnonzero(sizes == 0)
        if empty.size:
            # Where nobody came, the rows that fit worst where they are begin a group of their own.
            centres[empty] = rows[np.argsort(found.scores, kind="stable")[: empty.size]]
    last = assign(rows, everything, centres, check)
    return centres[np.unique(last.labels)], float(last.scores.mean(dtype=np.float64))


def _beginning(rows: Rows, k: int, rng: np.random.Generator, check: Check) -> Rows:
    """First centres: rows far from those chosen before, the best of a few candidates each time.

    The chance of a row is its distance 1 - cosine, which is half the squared distance of normalised rows.
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
            break  # every row is one of the chosen
        drawn = np.searchsorted(np.cumsum(distances, dtype=np.float64), rng.random(candidates) * total)
        drawn = np.minimum(drawn, len(rows) - 1)
        left = np.minimum(distances[:, None], _distances(rows, rows[drawn]))
        best = int(left.sum(axis=0, dtype=np.float64).argmin())
        chosen.append(int(drawn[best]))
        distances = left[:, best]
    return rows[chosen]


def _distances(rows: Rows, centres: Rows) -> npt.NDArray[np.float32]:
    """1 - cosine, shape (rows, centres); what rounding leaves between equal rows is none."""
    distances = 1 - rows @ centres.T
    distances[distances < 1e-6] = 0
    return np.asarray(distances, np.float32)
