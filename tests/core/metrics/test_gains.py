"""nDCG against scikit-learn, its bounds against every possible judgement, recall."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from core.metrics.gains import ndcg_bounds, recall_at


@given(st.lists(st.integers(0, 1), min_size=10, max_size=10).filter(any))
def test_with_everything_judged_it_is_scikit_learns(judged: list[int]) -> None:
    bounds = ndcg_bounds(np.array(judged, np.int8), sum(judged))
    expected = ndcg_score([judged], [np.arange(10, 0, -1)])
    assert bounds.low == bounds.high == pytest.approx(expected)


@given(st.lists(st.integers(-1, 1), min_size=1, max_size=6), st.integers(0, 2), st.integers(0, 2))
def test_bounds_are_the_extremes_of_all_possible_judgements(judged: list[int], relevant: int, elsewhere: int) -> None:
    places = [place for place, value in enumerate(judged) if value == -1]
    possible = []
    for choice in product((0, 1), repeat=len(places)):
        whole = np.array(judged, np.int8)
        whole[places] = choice
        for others in range(elsewhere + 1):
            total = relevant + judged.count(1) + sum(choice) + others
            possible.append(ndcg_bounds(whole, total).low)
    bounds = ndcg_bounds(np.array(judged, np.int8), relevant + judged.count(1), elsewhere)
    assert bounds.low == pytest.approx(min(possible))
    assert bounds.high == pytest.approx(max(possible))


def test_nothing_relevant_scores_nothing() -> None:
    assert ndcg_bounds(np.zeros(10, np.int8), 0).high == 0


def test_recall_counts_first_places() -> None:
    assert recall_at(np.array([1, 5, 6]), 5).tolist() == [1, 1, 0]
