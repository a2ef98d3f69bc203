"""Agreement of rankings: known answers of the papers' definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.overlap import common_counts, mutual_neighbours, rank_biased_overlap


def test_overlap_follows_the_definition() -> None:
    one, other = np.array([1, 2, 3]), np.array([1, 3, 4])
    assert common_counts(one, other).tolist() == [1, 1, 2]
    p = 0.9
    expected = (1 - p) / p * (1 * p + 0.5 * p**2 + 2 / 3 * p**3) + 2 / 3 * p**3
    assert rank_biased_overlap(one, other) == pytest.approx(expected)


def test_the_same_and_nothing_in_common() -> None:
    assert rank_biased_overlap(np.arange(10), np.arange(10)) == pytest.approx(1)
    assert rank_biased_overlap(np.arange(10), np.arange(10, 20)) == 0
    assert rank_biased_overlap(np.arange(0), np.arange(0)) == 1


def test_first_places_count_most() -> None:
    best = np.arange(10)
    swapped_first = np.array([1, 0, 2, 3, 4, 5, 6, 7, 8, 9])
    swapped_last = np.array([0, 1, 2, 3, 4, 5, 6, 7, 9, 8])
    assert rank_biased_overlap(best, swapped_first) < rank_biased_overlap(best, swapped_last) < 1


@given(st.permutations(range(12)), st.permutations(range(12)), st.integers(1, 12))
def test_overlap_is_symmetric_and_within_bounds(one: list[int], other: list[int], depth: int) -> None:
    a, b = np.array(one[:depth]), np.array(other[:depth])
    assert rank_biased_overlap(a, b) == pytest.approx(rank_biased_overlap(b, a))
    assert -1e-12 <= rank_biased_overlap(a, b) <= 1 + 1e-12
    assert common_counts(a, b).tolist() == [len(set(one[:n]) & set(other[:n])) for n in range(1, depth + 1)]


def test_rankings_of_different_depth_are_refused() -> None:
    with pytest.raises(ValueError, match="same depth"):
        rank_biased_overlap(np.arange(3), np.arange(4))


def test_mutual_neighbours_count_what_is_common() -> None:
    one = np.array([[1, 2], [0, 2], [0, 1]])
    other = np.array([[2, 1], [2, 3], [3, 4]])
    assert mutual_neighbours(one, other).tolist() == [1, 0.5, 0]
    assert mutual_neighbours(np.zeros((2, 0), np.int64), np.zeros((2, 0), np.int64)).tolist() == [1, 1]
