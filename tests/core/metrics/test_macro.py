"""Macro averages, their intervals and paired tests: known answers, and how often they are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.metrics.macro import difference, estimate, macro_weights, share


def test_every_label_weighs_the_same() -> None:
    strata = np.array([0] * 95 + [1] * 5)
    values = np.array([1.0] * 95 + [0.0] * 5)
    assert values.mean() == 0.95
    assert estimate(values, strata).value == pytest.approx(0.5)
    assert macro_weights(strata).sum() == pytest.approx(1)


def test_the_interval_is_that_of_scipys_bootstrap() -> None:
    values = np.random.default_rng(4).beta(2, 3, 80)
    ours = estimate(values, np.zeros(80, np.int64))
    theirs = stats.bootstrap((values,), np.mean, n_resamples=5_000, method="percentile", random_state=2)
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.01)
    assert ours.low < ours.value < ours.high and ours.queries == 80


@pytest.mark.parametrize(("hits", "of"), [(1, 1), (0, 1), (3, 3), (17, 23), (0, 50), (100, 100)])
def test_the_interval_of_a_share_is_that_of_wilson(hits: int, of: int) -> None:
    ours = share(np.array([1.0] * hits + [0.0] * (of - hits)))
    theirs = stats.binomtest(hits, of).proportion_ci(0.95, method="wilson")
    assert (ours.value, ours.queries) == (hits / of, of)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-6)
    assert ours.low < ours.high and ours.low <= ours.value <= ours.high


def test_of_no_queries_there_is_no_share() -> None:
    assert share(np.zeros(0)).queries == 0 and np.isnan(share(np.zeros(0)).value)


def test_the_p_value_is_that_of_scipys_permutation_test() -> None:
    random = np.random.default_rng(5)
    one, other = random.normal(0.3, 1, 12), random.normal(0, 1, 12)
    ours = difference(one, other, np.zeros(12, np.int64))
    theirs = stats.permutation_test(
        (one, other), lambda a, b, axis: np.mean(a - b, axis=axis), permutation_type="samples", vectorized=True
    )
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.02)
    assert ours.value == pytest.approx((one - other).mean())


def test_the_same_model_twice_differs_by_nothing() -> None:
    values = np.random.default_rng(6).random(50)
    same = difference(values, values, np.zeros(50, np.int64))
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)


def test_equal_models_are_called_different_no_more_often_than_promised() -> None:
    random = np.random.default_rng(7)
    strata = np.array([0] * 30 + [1] * 10)
    called = sum(
        difference(random.normal(size=40), random.normal(size=40), strata, seed=run).p <= 0.05 for run in range(200)
    )
    assert called <= stats.binom.ppf(0.999, 200, 0.05)


def test_unknown_values_are_left_out() -> None:
    values = np.array([1, np.nan, 0, 1])
    assert estimate(values, np.array([0, 1, 2, 2])).value == pytest.approx(0.75)
    nothing = estimate(np.full(3, np.nan), np.zeros(3, np.int64))
    assert np.isnan(nothing.value) and nothing.queries == 0
    assert difference(values, np.full(4, np.nan), np.arange(4)).p == 1


def test_the_same_seed_gives_the_same_figures() -> None:
    values = np.random.default_rng(8).random(40)
    strata = np.arange(40) % 3
    assert estimate(values, strata, seed=3) == estimate(values, strata, seed=3)
    assert difference(values, values[::-1], strata, 3) == difference(values, values[::-1], strata, 3)
