"""Clusters are merged in the order that a search over all pairs finds, and nothing of them is lost."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.arrays import normalise
from core.search.assignment import Sums
from core.search.merging import merged


def _sums(seed: int, count: int, dim: int) -> Sums:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, dim)) * rng.uniform(0.5, 20, (count, 1))


def _by_all_pairs(sums: Sums, k: int) -> Sums:
    """The same, each time looking at every pair."""
    clusters = list(sums)
    while len(clusters) > k:
        lost = {
            (one, other): np.linalg.norm(clusters[one])
            + np.linalg.norm(clusters[other])
            - np.linalg.norm(clusters[one] + clusters[other])
            for one, other in combinations(range(len(clusters)), 2)
        }
        one, other = min(lost, key=lambda pair: lost[pair])
        clusters[one] = clusters[one] + clusters.pop(other)
    return np.array(clusters)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 25), dim=st.integers(2, 12), k=st.integers(1, 25))
@settings(max_examples=60, deadline=None)
def test_each_time_the_two_that_lose_the_least_are_merged(seed: int, count: int, dim: int, k: int) -> None:
    sums = _sums(seed, count, dim)
    found, expected = merged(sums, k), normalise(_by_all_pairs(sums, k).astype(np.float32))
    assert found.shape == (min(count, k), dim)
    nearest = (found @ expected.T).argmax(axis=1)  # they are in another order where the second of two stays
    assert sorted(nearest.tolist()) == list(range(len(expected)))
    np.testing.assert_allclose(found, expected[nearest], atol=1e-5)


def test_large_clusters_stay_and_small_ones_beside_them_join() -> None:
    sums = np.array([[100.0, 0, 0], [0, 100, 0], [3, 1, 0], [0, 0, 2], [1, 4, 0]])
    found = merged(sums, 3)
    np.testing.assert_allclose(found, normalise(np.float32([[103, 1, 0], [1, 104, 0], [0, 0, 2]])), atol=1e-6)


def test_empty_clusters_are_left_out() -> None:
    sums = np.array([[0.0, 0], [1, 0], [0, 0], [0, 2]])
    np.testing.assert_array_equal(merged(sums, 4), np.float32([[1, 0], [0, 1]]))


def test_it_can_be_stopped() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        merged(_sums(0, 10, 4), 3, stop)
