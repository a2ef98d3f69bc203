"""How far two models agree on neighbours. Agreement is not quality: it says whether choosing matters at all.

Sources: rank-biased overlap is Webber, Moffat and Zobel 2010, "A Similarity Measure for Indefinite Rankings", equation
32 (extrapolated); mutual nearest neighbours are Huh et al. 2024, "The Platonic Representation Hypothesis".
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.search.assignment import Numbers

PERSISTENCE = 0.9  # the first ten places carry 86 % of the weight


def rank_biased_overlap(one: Numbers, other: Numbers, persistence: float = PERSISTENCE) -> float:
    """Overlap of two rankings, from 0 (nothing in common) to 1 (the same), first places counting most.

    Args:
        one: what stands at each place, without repetition, shape (depth,).
        other: of the other ranking, shape (depth,).
        persistence: how likely a reader goes on to the next place, between 0 and 1.

    Raises:
        ValueError: the rankings differ in depth.
    """
    if len(one) != len(other):
        raise ValueError("rank-biased overlap needs two rankings of the same depth")
    if not len(one):
        return 1.0
    common = common_counts(one, other)
    places = np.arange(1, len(one) + 1)
    agreement = common / places
    seen = (1 - persistence) / persistence * float((agreement * persistence**places).sum())
    return seen + float(agreement[-1]) * persistence ** len(one)


def common_counts(one: Numbers, other: Numbers) -> npt.NDArray[np.int64]:
    """How many the first 1, 2, 3, … places of two rankings have in common, shape (depth,), int64."""
    depth = len(one)
    place = {int(number): index for index, number in enumerate(other)}
    joined = np.zeros(depth, np.int64)
    for index, number in enumerate(one):
        at = place.get(int(number))
        if at is not None:
            joined[max(index, at)] += 1
    return np.cumsum(joined)


def mutual_neighbours(one: Numbers, other: Numbers) -> npt.NDArray[np.float64]:
    """Share of the neighbours of each row that two models have in common.

    Args:
        one: neighbours of each row, shape (n, k).
        other: by the other model, shape (n, k).

    Returns:
        Shape (n,), float64; 1 for rows without neighbours.
    """
    if not one.shape[1]:
        return np.ones(len(one))
    both = np.sort(np.hstack([one, other]), axis=1)
    common = np.count_nonzero(both[:, 1:] == both[:, :-1], axis=1)
    return np.asarray(common / one.shape[1], np.float64)
