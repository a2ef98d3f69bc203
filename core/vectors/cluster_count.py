"""How many groups a collection falls into.

The simplified silhouette (Hruschka, de Castro and Campello, "Evolutionary Algorithms for Clustering Gene-Expression
Data", ICDM 2004): how much nearer a row is to the centre of its own group than to the next one. It costs one product
with the centres, where the silhouette proper costs all pairs. It is judged on rows that the centres were not made from:
else it grows with the number of groups until each row is one of its own.

Where groups stand apart, its highest value finds them. Pictures seldom do: their silhouettes lie around 0.1 to 0.3 for
every number, and the highest, often 2, says nothing. Then there is no right number but a handy one: the best between
half and twice of sqrt(n / 2), the rule of thumb of Mardia, Kent and Bibby ("Multivariate Analysis", 1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.models.backend import Rows
from core.vectors.assignment import Check, assign, no_check
from core.vectors.kmeans import spherical_kmeans

SAMPLE = 8_192  # rows that are looked at: half of them make the centres, the other half judge
_LEAST_A_GROUP = 4  # rows that make its centre
_MOST = 256
_STEP = 2**0.5  # from one number of groups to the next
_APART = 0.5  # "a reasonable structure has been found": Kaufman and Rousseeuw, "Finding Groups in Data", 1990


@dataclass(frozen=True)
class GroupCount:
    """A number of groups.

    Attributes:
        k: at least 1.
        silhouette: the mean simplified silhouette, -1 to 1.
        apart: whether the groups stand apart, so that there is a right number and this is it.
    """

    k: int
    silhouette: float
    apart: bool


def automatic_k(rows: Rows, total: int, seed: int, check: Check = no_check) -> GroupCount:
    """The number of groups, of a geometric series from 2 on, that suits best.

    Args:
        rows: shape (n, dim), float32, normalised, in an order that tells nothing; the first :data:`SAMPLE` are used.
        total: rows of the collection that these are a sample of.
        seed: of the beginnings.
        check: called between steps.
    """
    makers, judges = rows[:SAMPLE:2], rows[1:SAMPLE:2]
    scores = {}
    for k in candidates(len(makers)):
        scores[k] = silhouette(judges, spherical_kmeans(makers, k, seed, check, tries=1))
        check()
    if not scores:
        return GroupCount(1, 0.0, apart=False)
    best = max(scores, key=lambda k: scores[k])
    if scores[best] >= _APART:
        return GroupCount(best, scores[best], apart=True)
    thumb = (total / 2) ** 0.5
    handy = [k for k in scores if thumb / 2 <= k <= thumb * 2] or [max(scores)]
    best = max(handy, key=lambda k: scores[k])
    return GroupCount(best, scores[best], apart=False)


def candidates(rows: int) -> list[int]:
    """Numbers of groups worth a try for so many rows: 2, 3, 4, 6, 8, 11, … up to 256."""
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
