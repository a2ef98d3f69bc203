"""With which others each is compared: what any ranking calls nearest is among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actions.shortlist import Plane, Score, interleaved, shortlists


def by(places: np.ndarray) -> Score:
    """Ranks numbers by how near their places on a line are."""

    def score(some: Sequence[int], others: Sequence[int]) -> Plane:
        return -np.abs(places[list(some)][:, None] - places[list(others)][None, :]).astype(np.float32)

    return score


@pytest.mark.parametrize("count", [0, 1, 2, 65])
def test_in_a_small_group_each_is_compared_with_all_that_come_after(count: int) -> None:
    group = list(range(100, 100 + count))
    found = list(shortlists(group, [by(np.arange(200.0))]))
    assert found == [(head, group[place + 1 :]) for place, head in enumerate(group)]


def test_in_a_large_group_the_nearest_by_each_ranking_are_compared() -> None:
    dice = np.random.default_rng(0)
    count = 300
    rankings = [dice.permutation(count).astype(float) for _ in range(2)]
    for head, others in shortlists(range(count), [by(places) for places in rankings]):
        after = np.arange(head + 1, count)
        assert len(others) <= 64
        assert set(others) <= set(after.tolist())
        for places in rankings:
            nearest = after[np.argsort(np.abs(places[after] - places[head]), kind="stable")]
            assert set(nearest[:5].tolist()) <= set(others)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_each_place_comes_once_and_the_best_by_each_score_first(scores: list[tuple[int, int]]) -> None:
    first, second = (np.array([score[which] for score in scores], float) for which in (0, 1))
    order = interleaved(first, second)
    assert sorted(order) == list(range(len(scores)))
    if scores:
        assert first[order[0]] == first.max()
        assert max(second[order[:2]]) == second.max()
