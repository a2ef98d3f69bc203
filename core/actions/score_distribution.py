"""The distribution of a query's scores over the collection, and the cut above which pictures stand out.

No threshold fits two models or two collections: 0.3 is a close match for CLIP and none for SigLIP. The scores of most
of the collection are the reference instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from core.actions.answer import Distribution
from core.search.nearest import Scores

_BINS = 48
_SAMPLE = 100_000  # scores to use, evenly spaced: the shape needs no more
_TO_SIGMA = 1.4826  # of a normal distribution, from its median absolute deviation
_LEAST = 8  # scores: fewer have no shape


@dataclass(frozen=True, slots=True)
class Bulk:
    """The bulk of the scores: those of most of the collection.

    Attributes:
        median: of the scores.
        spread: robust standard deviation of the upper half of the bulk.
        cut: where the pictures that stand out begin.
    """

    median: float
    spread: float
    cut: float


def bulk(scores: Scores) -> Bulk:
    """Median, spread and cut of ``scores``, shape (n,).

    The cut is where fewer than one picture would be expected if all scores belonged to the
    bulk: for n scores the quantile 1 - 1/n of the normal distribution fitted to the upper half of the bulk
    (Hampel, "The influence curve and its role in robust estimation", 1974, for the median and its deviation). The upper
    half alone, because the scores of most models are skewed to the right. Of fewer than two scores none stands out.
    """
    count = len(scores)
    if count < 2:
        return Bulk(0.0, 0.0, math.inf)
    looked = _sample(scores)
    median = float(np.median(looked))
    above = looked[looked > median]
    spread = _TO_SIGMA * float(np.median(above - median)) if len(above) else 0.0
    return Bulk(median, spread, median + NormalDist().inv_cdf(1 - 1 / count) * spread)


def distribution(scores: Scores) -> Distribution | None:
    """The distribution of ``scores``, shape (n,); None where there are too few to have one. See :func:`bulk`."""
    count = len(scores)
    if count < _LEAST:
        return None
    looked, most = _sample(scores), bulk(scores)
    low, high = float(scores.min()), float(scores.max())
    counts, _ = np.histogram(looked, bins=_BINS, range=(low, max(high, low + 1e-9)))
    return Distribution(
        low=low,
        high=high,
        counts=tuple(math.ceil(number * count / len(looked)) for number in counts.tolist()),
        median=most.median,
        spread=most.spread,
        cut=min(most.cut, high),
    )


def _sample(scores: Scores) -> npt.NDArray[np.float64]:
    """An evenly spaced sample; float64, as float32 cannot separate bins of nearly equal scores."""
    return scores[:: max(1, len(scores) // _SAMPLE)].astype(np.float64)
