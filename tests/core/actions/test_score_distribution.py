"""The distribution of scores and its cut."""

from __future__ import annotations

import numpy as np
import pytest

from core.actions.score_distribution import bulk, distribution


def test_the_cut_parts_what_stands_out_from_the_rest_at_any_scale_of_scores() -> None:
    rng = np.random.default_rng(1)
    for centre, width in ((0.2, 0.02), (0.7, 0.05), (-0.1, 0.01)):
        rest, close = rng.normal(centre, width, 5_000), rng.normal(centre + 9 * width, width, 40)
        found = distribution(np.concatenate([rest, close]).astype(np.float32))
        assert found is not None
        assert np.count_nonzero(close >= found.cut) == 40
        assert np.count_nonzero(rest >= found.cut) <= 3
        assert found.median == pytest.approx(centre, abs=width / 10)
        assert found.z_score(found.median + 2 * found.spread) == pytest.approx(2)


def test_every_score_is_counted_in_a_bin() -> None:
    scores = np.linspace(-1, 1, 977, dtype=np.float32)
    found = distribution(scores)
    assert found is not None
    assert (sum(found.counts), found.low, found.high) == (977, -1, 1)


def test_equal_scores_have_no_spread_and_all_reach_the_cut() -> None:
    found = distribution(np.full(20, 0.5, np.float32))
    assert found is not None
    assert (found.spread, found.z_score(0.9)) == (0, 0)
    assert found.cut <= 0.5


def test_too_few_scores_have_no_distribution() -> None:
    assert distribution(np.zeros(7, np.float32)) is None
    assert distribution(np.zeros(0, np.float32)) is None


def test_scores_that_differ_in_their_last_bit_only_are_counted_too() -> None:
    scores = np.full(20, 0.5, np.float32)
    scores[3] = np.nextafter(np.float32(0.5), np.float32(1))
    found = distribution(scores)
    assert found is not None
    assert sum(found.counts) == 20


@pytest.mark.parametrize("count", [8, 300, 250_000])
def test_what_stands_out_in_the_histogram_stands_out_everywhere(count: int) -> None:
    scores = np.random.default_rng(1).normal(0.2, 0.03, count).astype(np.float32)
    scores[: count // 8] += 1
    found, most = distribution(scores), bulk(scores)
    assert found is not None
    assert (found.cut, found.median, found.spread) == (most.cut, most.median, most.spread)
    assert (scores[: count // 8] >= most.cut).all()
    assert (scores[count // 8 :] >= most.cut).sum() <= 3


@pytest.mark.parametrize("count", [0, 1])
def test_of_fewer_than_two_scores_none_stands_out(count: int) -> None:
    scores = np.full(count, 0.5, np.float32)
    assert not (scores >= bulk(scores).cut).any()
