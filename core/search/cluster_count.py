"""Chooses the number of clusters.

The simplified silhouette (Hruschka, de Castro and Campello, "Evolutionary Algorithms for Clustering Gene-Expression
Data", ICDM 2004) compares the distance of a row to its own centre with that to the next one. It costs one product
with the centres, where the full silhouette costs all pairs. It is evaluated on rows that were not used to compute the
centres: otherwise it grows with the number of clusters until each row is its own cluster.

If clusters are well separated, the maximum finds them. Pictures seldom are: their silhouettes are around 0.1 to 0.3 for
every number, and the maximum, often at 2, is meaningless. Then no number is right, and a common one is used: the best
between half and twice sqrt(n / 2), the rule of thumb of Mardia, Kent and Bibby ("Multivariate Analysis", 1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import Rows
from core.search.assignment import Check, assign, no_check
from core.search.kmeans import spherical_kmeans

SAMPLE = 8_192  # rows to use: half to compute the centres, the other half to evaluate them
_LEAST_A_GROUP = 4  # rows per centre
_MOST = 256
_STEP = 2**0.5  # factor from one number of clusters to the next
_APART = 0.5  # "a reasonable structure has been found": Kaufman and Rousseeuw, "Finding Groups in Data", 1990


@dataclass(frozen=True)
class ClusterCount:
    """A number of clusters.

    Attributes:
        k: at least 1.
        silhouette: the mean simplified silhouette, -1 to 1.
        separated: whether the clusters are well separated, so that this number is meaningful.
    """

    k: int
    silhouette: float
    separated: bool


def choose_k(rows: Rows, total: int, seed: int, check: Check = no_check) -> ClusterCount:
    """The best number of clusters from a geometric series that starts at 2.

    Args:
        rows: shape (n, dim), float32, normalised, in random order; the first :data:`SAMPLE` are used.
        total: rows of the collection that they were sampled from.
        seed: of the initialisation.
        check: called between steps; may raise to stop.
    """
    fitted, held_out = rows[:SAMPLE:2], rows[1:SAMPLE:2]
    scores = {}
    for k in candidates(len(fitted)):
        scores[k] = silhouette(held_out, spherical_kmeans(fitted, k, seed, check, tries=1))
        check()
    if not scores:
        return ClusterCount(1, 0.0, separated=False)
    best = max(scores, key=lambda k: scores[k])
    if scores[best] >= _APART:
        return ClusterCount(best, scores[best], separated=True)
    thumb = (total / 2) ** 0.5
    practical = [k for k in scores if thumb / 2 <= k <= thumb * 2] or [max(scores)]
    best = max(practical, key=lambda k: scores[k])
    return ClusterCount(best, scores[best], separated=False)


def candidates(rows: int) -> list[int]:
    """Numbers of clusters to try for so many rows: 2, 3, 4, 6, 8, 11, … up to 256."""
    most = min(_MOST, rows // _LEAST_A_GROUP)
    numbers = {round(2 * _STEP**power) for power in range(15)}
    return sorted(number for number in numbers if number <= most)


def silhouette(rows: Rows, centres: Rows) -> float:
    """The mean simplified silhouette, -1 to 1, by the Euclidean distance of normalised rows; 0 with a single centre."""
    if len(centres) < 2:
        return 0.0
    found = assign(rows, np.arange(len(rows)), centres, with_second=True)
    own, other = np.sqrt(np.maximum(1 - found.scores, 0)), np.sqrt(np.maximum(1 - found.seconds, 1e-12))
    return float(np.mean((other - own) / other))
