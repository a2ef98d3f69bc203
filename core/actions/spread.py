"""How the scores of a query lie in this collection, and where those that stand out begin.

No threshold fits two models or two collections: 0.3 is a close match for CLIP and none for SigLIP. What most of the
collection scores is the measure instead.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from core.actions.answer import Distribution
from core.vectors.nearest import Scores

_BINS = 48
_SAMPLE = 100_000  # scores that are looked at, evenly spaced: the shape needs no more
_TO_SIGMA = 1.4826  # of a normal distribution, from its median absolute deviation
_LEAST = 8  # scores: fewer have no shape


def distribution(scores: Scores) -> Distribution | None:
    """The distribution of ``scores``, shape (n,); None where there are too few to have one.

    The cut lies where fewer than one picture in the whole collection would be expected if all of them were like the
    most: for n scores the quantile 1 - 1/n of the normal distribution that fits the upper half of the bulk
    (Hampel, "The influence curve and its role in robust estimation", 1974, for the median and its deviation). The upper
    half alone, because the scores of most models lean to the right.
    """
    count = len(scores)
    if count < _LEAST:
        return None
    looked = scores[:: max(1, count // _SAMPLE)].astype(np.float64)  # float32 cannot part bins of nearly equal scores
    median = float(np.median(looked))
    above = looked[looked > median]
    spread = _TO_SIGMA * float(np.median(above - median)) if len(above) else 0.0
    low, high = float(scores.min()), float(scores.max())
    cut = median + NormalDist().inv_cdf(1 - 1 / count) * spread
    counts, _ = np.histogram(looked, bins=_BINS, range=(low, max(high, low + 1e-9)))
    return Distribution(
        low=low,
        high=high,
        counts=tuple(math.ceil(number * count / len(looked)) for number in counts.tolist()),
        median=median,
        spread=spread,
        cut=min(cut, high),
    )
