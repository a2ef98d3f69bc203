"""The tests that one may stop at will: how often they are wrong, by simulation with fixed seeds."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics.sequential import MOST_QUERIES, Verdict, decisive, false_alarms, mean_interval, standing


def stops(share: float, runs: int, seed: int) -> list[tuple[Verdict, int]]:
    """Verdict and decided queries of each run, looked at after every query."""
    random = np.random.default_rng(seed)
    won = random.random((runs, MOST_QUERIES)) < share
    verdicts = {
        (wins, decided - wins): standing(wins, decided - wins).verdict
        for decided in range(MOST_QUERIES + 1)
        for wins in range(decided + 1)
    }
    ended: list[tuple[Verdict, int]] = []
    for run in won:
        wins = 0
        for decided, one in enumerate(run, 1):
            wins += int(one)
            verdict = verdicts[wins, decided - wins]
            if verdict is not Verdict.OPEN:
                ended.append((verdict, decided))
                break
    return ended


def test_equal_models_are_called_different_in_five_percent_of_ten_thousand_runs_at_most() -> None:
    ended = stops(0.5, 10_000, 1)
    assert len(ended) == 10_000
    assert sum(verdict is not Verdict.NO_DIFFERENCE for verdict, _ in ended) <= 500 + 3 * 22  # three standard errors


@pytest.mark.parametrize("alarm", [0.05, 0.05 / 3, 0.01, 0.001])
def test_the_limit_keeps_the_promise_exactly_and_wastes_little_of_it(alarm: float) -> None:
    assert 0.4 * alarm < false_alarms(decisive(alarm)) <= alarm


def test_the_exact_probability_is_that_of_the_simulation() -> None:
    ended = stops(0.5, 10_000, 4)
    called = np.mean([verdict is not Verdict.NO_DIFFERENCE for verdict, _ in ended])
    assert called == pytest.approx(false_alarms(decisive(0.05)), abs=0.007)


@pytest.mark.parametrize(("share", "right", "median"), [(0.7, 0.6, 31), (0.8, 0.95, 18), (0.9, 0.99, 13)])
def test_a_better_model_is_found_with_few_queries(share: float, right: float, median: int) -> None:
    ended = stops(share, 2_000, 2)
    assert np.mean([verdict is Verdict.FIRST for verdict, _ in ended]) >= right
    assert np.mean([verdict is Verdict.SECOND for verdict, _ in ended]) <= 0.01
    assert np.median([decided for _, decided in ended]) <= median


def test_both_models_are_treated_alike() -> None:
    for wins in range(20):
        for losses in range(20):
            one, other = standing(wins, losses), standing(losses, wins)
            swapped = {Verdict.FIRST: Verdict.SECOND, Verdict.SECOND: Verdict.FIRST}
            assert other.verdict is swapped.get(one.verdict, one.verdict)
            assert one.more == other.more


def test_it_says_how_many_more_it_takes() -> None:
    start = standing(0, 0)
    assert start.verdict is Verdict.OPEN and 0 < start.more <= MOST_QUERIES
    assert standing(5, 0).more < standing(3, 2).more
    assert standing(10, 0).verdict is Verdict.FIRST and standing(10, 0).more == 0
    near = standing(5, 0)
    assert standing(5 + near.more, 0).verdict is Verdict.FIRST


def test_ties_do_not_count() -> None:
    assert standing(3, 1, 100).verdict is standing(3, 1).verdict
    assert standing(0, 0, 100).verdict is Verdict.OPEN


def test_the_interval_holds_the_mean_at_all_times() -> None:
    random = np.random.default_rng(3)
    missed = 0
    for _ in range(200):
        values = random.choice([-0.4, 0.0, 0.2, 0.6], 60)  # mean 0.1
        low, high = mean_interval(values)
        missed += not low <= 0.1 <= high
    assert missed <= 10


def test_the_interval_narrows_and_covers_everything_without_data() -> None:
    assert mean_interval(np.zeros(0)) == pytest.approx((-1, 1))
    few, many = mean_interval(np.full(10, 0.3)), mean_interval(np.full(200, 0.3))
    assert many[1] - many[0] < few[1] - few[0] < 2
    assert many[0] <= 0.3 <= many[1]


def test_a_wider_span_scales_the_interval() -> None:
    values = np.array([0.1, -0.3, 0.5])
    low, high = mean_interval(values)
    wide = mean_interval(2 * values, span=2)
    assert wide == pytest.approx((2 * low, 2 * high))
