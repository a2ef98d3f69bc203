"""HDBSCAN over the graph of neighbours gives what it gives over all pairs; what lies alone belongs to none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_rand_score

from core.arrays import normalise
from core.search import neighbours as module
from core.search.assignment import UNASSIGNED
from core.search.hdbscan import dense_clusters, principal_directions
from core.search.neighbours import neighbours
from core.search.spanning_tree import spanning_edges
from tests.core.search.cluster_rows import partition, planted


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), total=st.integers(1, 40), k=st.integers(1, 12))
def test_the_nearest_neighbours_are_those_of_all_pairs(seed: int, total: int, k: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((total, 6)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PRODUCTS", 5 * total)
        found = neighbours(rows, k)
    distances = np.linalg.norm(rows[:, None].astype(np.float64) - rows, axis=2)
    np.fill_diagonal(distances, np.inf)
    expected = np.sort(distances, axis=1)[:, : min(k, total - 1)]
    np.testing.assert_allclose(found.distances, expected, atol=1e-3)
    chosen = np.take_along_axis(distances, found.numbers, axis=1)
    np.testing.assert_allclose(chosen, expected, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), total=st.integers(2, 60), k=st.integers(1, 6))
def test_a_minimum_spanning_tree_is_among_the_edges(seed: int, total: int, k: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((total, 3)).astype(np.float32) ** 3
    near = neighbours(rows, k)
    reach = near.distances[:, -1]
    here, there = spanning_edges(rows, near, reach)
    distances = np.linalg.norm(rows[:, None].astype(np.float64) - rows, axis=2)
    ways = np.maximum(distances, np.maximum(reach[:, None], reach))
    np.fill_diagonal(ways, 0)
    some = np.zeros_like(ways)
    some[here, there] = some[there, here] = ways[here, there]
    assert minimum_spanning_tree(some).sum() == pytest.approx(minimum_spanning_tree(ways).sum(), rel=1e-3)


@pytest.mark.parametrize("spread", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("each", [30, 90])
def test_the_groups_are_those_that_scikit_learn_finds_over_all_pairs(spread: float, each: int) -> None:
    rows, _ = planted(8, each, dim=24, spread=spread)
    scattered = normalise(np.random.default_rng(9).standard_normal((80, 24)))
    rows = np.concatenate([rows, scattered])
    found = dense_clusters(rows, 10)
    exact = HDBSCAN(min_cluster_size=10, min_samples=5, cluster_selection_method="leaf", copy=False)
    # Distances that are nearly equal are ordered by rounding, which differs between processors: 0.985 was seen.
    assert adjusted_rand_score(exact.fit_predict(principal_directions(rows, 50)), found) > 0.97


def test_rows_further_out_than_the_groups_are_from_each_other_belong_to_none() -> None:
    rows, truth = planted(6, 40, spread=0.1)
    near_each_other = normalise(rows + 3 * np.eye(32, dtype=np.float32)[0])
    scattered = normalise(np.random.default_rng(9).standard_normal((30, 32)))
    found = dense_clusters(np.concatenate([near_each_other, scattered]), 20)
    assert partition(found[: len(truth)]) == partition(truth)
    assert set(found[len(truth) :].tolist()) == {UNASSIGNED}


def test_groups_so_far_apart_that_no_neighbour_leads_to_another_are_found() -> None:
    rows, truth = planted(3, 100, spread=0.01)  # more rows in each than the graph has neighbours
    assert partition(dense_clusters(rows, 20)) == partition(truth)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 12])
def test_few_rows_belong_to_no_group_or_to_one(count: int) -> None:
    found = dense_clusters(normalise(np.random.default_rng(0).standard_normal((count, 8))), 5)
    assert found.shape == (count,)
    assert set(found.tolist()) <= {UNASSIGNED, 0, 1}


def test_equal_rows_are_one_group() -> None:
    assert set(dense_clusters(np.tile(np.eye(4, dtype=np.float32)[0], (300, 1)), 5).tolist()) == {0}


def test_it_can_be_stopped() -> None:
    def check() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        dense_clusters(planted(3, 20)[0], 5, check)
