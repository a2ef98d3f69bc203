"""From examples to a direction: what must hold for any rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.arrays import Rows, normalise
from core.search.ridge import MOST, RIDGE, Direction, fit_direction
from core.search.whitening import Whitening, fit_whitening

NONE = np.zeros((0, 8), np.float32)


def drawn(seed: int, count: int, dim: int = 8) -> Rows:
    return normalise(np.random.default_rng(seed).normal(size=(count, dim)))


def of_all(rows: Rows) -> Whitening:
    return fit_whitening(rows, np.arange(len(rows)))


def scores(direction: Direction, rows: Rows) -> npt.NDArray[np.float64]:
    return (rows @ direction.weights).astype(np.float64) + direction.offset


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), examples=st.integers(1, 12), refused=st.integers(0, 12))
def test_the_solution_is_that_of_the_regression_written_out(seed: int, examples: int, refused: int) -> None:
    """In its primal form: dim equations for the weights, whatever the number of examples."""
    rows = drawn(seed, 60)
    statistics = of_all(rows)
    direction = fit_direction(statistics, rows[:examples], rows[examples : examples + refused])
    given_rows = rows[: examples + refused] - statistics.mean
    wanted = np.r_[np.ones(examples), np.zeros(refused)]
    system = given_rows.T @ given_rows + RIDGE * 8 * np.linalg.inv(statistics.precision)
    np.testing.assert_allclose(direction.weights, np.linalg.solve(system, given_rows.T @ wanted), atol=1e-4)
    assert abs(scores(direction, rows).mean()) < 1e-4  # 0 is the average picture


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), examples=st.integers(2, 8))
def test_held_out_scores_are_those_of_learning_without_the_example(seed: int, examples: int) -> None:
    rows = drawn(seed, 60)
    statistics = of_all(rows)
    held_out = fit_direction(statistics, rows[:examples], rows[20:23]).held_out
    for left_out in range(examples):
        rest = np.delete(rows[:examples], left_out, axis=0)
        without = fit_direction(statistics, rest, rows[20:23])
        assert held_out[left_out] == pytest.approx(scores(without, rows[left_out : left_out + 1])[0], abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), number=st.integers(10, 59))
def test_refusing_a_picture_pushes_it_and_its_copies_down(seed: int, number: int) -> None:
    rows = drawn(seed, 60)
    statistics = of_all(rows)
    before = scores(fit_direction(statistics, rows[:5], NONE), rows)
    after = scores(fit_direction(statistics, rows[:5], rows[number : number + 1]), rows)
    assert abs(after[number]) <= abs(before[number]) + 1e-6  # nearer to 0, the average
    if before[number] > 0.05:
        assert after[number] < before[number]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), number=st.integers(10, 59))
def test_accepting_a_picture_pulls_it_up(seed: int, number: int) -> None:
    rows = drawn(seed, 60)
    statistics = of_all(rows)
    before = scores(fit_direction(statistics, rows[:5], NONE), rows)[number]
    after = scores(fit_direction(statistics, np.concatenate([rows[:5], rows[number : number + 1]]), NONE), rows)[number]
    assert abs(1 - after) <= abs(1 - before) + 1e-6


def test_what_all_pictures_have_in_common_does_not_count() -> None:
    """Along one axis the collection differs much, along another little: likeness in the little one tells more."""
    rng = np.random.default_rng(0)
    rows = normalise(rng.normal(size=(4_000, 8)) * [5, 1, 1, 1, 1, 1, 1, 1])
    weights = fit_direction(of_all(rows), normalise(np.array([[1.0, 1, 0, 0, 0, 0, 0, 0]])), NONE).weights
    assert weights[1] > 1.3 * weights[0] > 0


def test_equal_rows_give_equal_scores_and_no_error() -> None:
    rows = np.repeat(drawn(1, 1), 20, axis=0)
    direction = fit_direction(of_all(rows), rows[:3], rows[5:6])
    assert np.isfinite(direction.weights).all()
    np.testing.assert_allclose(scores(direction, rows), 0, atol=1e-5)


def test_very_many_examples_are_thinned_out_evenly_and_the_same_each_time() -> None:
    rows = drawn(2, 3 * MOST)
    statistics = of_all(rows)
    one, other = (fit_direction(statistics, rows, rows[:1]) for _ in range(2))
    np.testing.assert_array_equal(one.weights, other.weights)
    assert len(one.used) == len(one.held_out) == MOST
    assert (one.used[0], one.used[-1]) == (0, len(rows) - 1)


def test_the_statistics_are_those_of_the_rows_that_were_asked_for() -> None:
    rows = drawn(3, 500)
    numbers = np.arange(100, 300)
    np.testing.assert_allclose(fit_whitening(rows, numbers).mean, rows[100:300].mean(axis=0), atol=1e-6)


def test_large_collections_are_sampled_alike_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.search.whitening._SAMPLE", 50)
    rows = drawn(4, 500)
    one, other = of_all(rows), of_all(rows)
    np.testing.assert_array_equal(one.precision, other.precision)
    assert not np.allclose(one.mean, rows.mean(axis=0), atol=1e-6)
