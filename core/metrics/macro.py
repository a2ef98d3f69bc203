"""Averages in which every label counts the same, their intervals, and paired tests between two models.

A class that is most of the collection would decide a plain average. Each query gets the weight 1 / (labels x queries of
its label), so that the weighted sum is the macro average.

Sources: the paired randomisation test is Smucker, Allan and Carterette 2007, "A Comparison of Statistical Significance
Tests for Information Retrieval Evaluation"; the interval is a stratified bootstrap (Efron and Tibshirani 1993, ch. 12);
that of a share is Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.search.assignment import Check, Numbers, no_check

_TRIALS = 10_000  # the smallest p-value that can be seen: 1 in 10,001
_NORMAL = 1.959964  # quantile of the normal distribution for 95 %
_BLOCK = 500  # trials at once: 500 x 5,000 queries are 20 MB

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval.

    Attributes:
        value: the figure.
        low: lower end of the interval.
        high: upper end.
        queries: how many queries it rests on.
    """

    value: float
    low: float
    high: float
    queries: int


@dataclass(frozen=True)
class Difference:
    """How much better one model is than another, on the same queries.

    Attributes:
        value: mean difference.
        low: lower end of its 95 % interval.
        high: upper end.
        p: how often a difference at least as large comes by chance, were both the same.
    """

    value: float
    low: float
    high: float
    p: float


def macro_weights(strata: Numbers) -> Values:
    """The weight of each query, sum 1.

    Args:
        strata: the label of each query, shape (q,), int64.
    """
    _, label, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    return np.asarray(1 / (len(sizes) * sizes[label]), np.float64)


def estimate(values: Values, strata: Numbers, seed: int = 0, check: Check = no_check) -> Estimate:
    """The macro average and its interval. NaN values are left out; all NaN where none is left.

    Args:
        values: one of each query, shape (q,).
        strata: the label of each query, shape (q,), int64.
        seed: of the resampling.
        check: called between blocks of trials; may raise to stop.
    """
    known = ~np.isnan(values)
    values, strata = values[known], strata[known]
    if not len(values):
        return Estimate(np.nan, np.nan, np.nan, 0)
    means = _resampled(values, strata, seed, check)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(values @ macro_weights(strata)), float(low), float(high), len(values))


def share(hits: Values) -> Estimate:
    """The share of hits and its 95 % interval by Wilson: wide for few queries, also where all or none of them hit.

    A bootstrap of one hit in one query says that the share is 1 for sure.

    Args:
        hits: 1 or 0 for each query, shape (q,); all NaN where there are none.
    """
    if not len(hits):
        return Estimate(np.nan, np.nan, np.nan, 0)
    value = float(hits.mean())
    spread = _NORMAL**2 / len(hits)
    middle = (value + spread / 2) / (1 + spread)
    half = np.sqrt(spread * value * (1 - value) + spread**2 / 4) / (1 + spread)
    return Estimate(value, float(max(0.0, middle - half)), float(min(1.0, middle + half)), len(hits))


def difference(one: Values, other: Values, strata: Numbers, seed: int = 0, check: Check = no_check) -> Difference:
    """How much better ``one`` is than ``other``, with a paired randomisation test (two-sided).

    The test flips the sign of each query's difference at random: were both models the same, either sign were as likely.

    Args:
        one: a value of each query, shape (q,).
        other: of the other model, for the same queries, shape (q,).
        strata: the label of each query, shape (q,), int64.
        seed: of the flips and of the resampling.
        check: called between blocks of trials; may raise to stop.
    """
    known = ~(np.isnan(one) | np.isnan(other))
    differences, strata = one[known] - other[known], strata[known]
    if not len(differences):
        return Difference(np.nan, np.nan, np.nan, 1.0)
    weighted = differences * macro_weights(strata)
    value = float(weighted.sum())
    low, high = np.quantile(_resampled(differences, strata, seed, check), [0.025, 0.975])
    return Difference(value, float(low), float(high), _p_value(weighted, abs(value), seed, check))


def _p_value(weighted: Values, seen: float, seed: int, check: Check) -> float:
    random = np.random.default_rng(seed)
    as_large = 0
    for start in range(0, _TRIALS, _BLOCK):
        check()
        signs = random.integers(0, 2, (min(_BLOCK, _TRIALS - start), len(weighted)), np.int8) * 2 - 1
        as_large += int(np.count_nonzero(np.abs(signs @ weighted) >= seen - 1e-12))
    return (as_large + 1) / (_TRIALS + 1)


def _resampled(values: Values, strata: Numbers, seed: int, check: Check, trials: int = 2_000) -> Values:
    """Macro averages of queries drawn again within their label, shape (trials,)."""
    random = np.random.default_rng(seed)
    order = np.argsort(strata, kind="stable")
    _, starts, sizes = np.unique(strata[order], return_index=True, return_counts=True)
    means = np.zeros(trials)
    for start, size in zip(starts, sizes, strict=True):
        own = values[order[start : start + size]]
        step = max(1, 1_000_000 // size)
        for first in range(0, trials, step):
            check()
            drawn = random.integers(0, size, (min(step, trials - first), size))
            means[first : first + step] += own[drawn].mean(axis=1)
    return means / len(sizes)
