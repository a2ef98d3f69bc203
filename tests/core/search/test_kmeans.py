"""Spherical k-means finds what was planted, repeats itself, and takes any rows; so does the search for k."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from core.arrays import Rows, normalise
from core.search.assignment import assign, centres_of
from core.search.cluster_count import candidates, choose_k, silhouette
from core.search.kmeans import spherical_kmeans
from tests.core.search.cluster_rows import partition, planted


def labels_of(rows: Rows, centres: Rows) -> np.ndarray:
    return assign(rows, np.arange(len(rows)), centres).labels


@pytest.mark.parametrize("groups", [2, 5, 20])
def test_planted_groups_are_found(groups: int) -> None:
    rows, truth = planted(groups, 30)
    centres = spherical_kmeans(rows, groups, seed=1)
    assert partition(labels_of(rows, centres)) == partition(truth)
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 1, atol=1e-5)


def test_the_rows_are_as_near_to_their_centres_as_those_of_scikit_learn() -> None:
    rows = normalise(np.random.default_rng(5).standard_normal((500, 24)))
    own = assign(rows, np.arange(500), spherical_kmeans(rows, 12, seed=0)).scores.mean()
    other = KMeans(12, n_init=2, random_state=0).fit(rows)
    theirs = centres_of(rows, np.arange(500), other.labels_.astype(np.int32), 12)
    assert own >= np.einsum("ij,ij->i", rows, theirs[other.labels_]).mean() - 0.003


def test_where_there_are_more_groups_than_clusters_whole_groups_share_one() -> None:
    """Of k-means++ alone, the rows of loose groups are spread over many clusters: 0.91 to 0.95 with these rows."""
    rng = np.random.default_rng(5)
    directions = rng.standard_normal((60, 128)) * rng.uniform(0.5, 1.5, (60, 1))
    groups = rng.integers(0, 60, 3_000)
    rows = normalise(directions[groups] + rng.standard_normal((3_000, 128)))
    for seed in range(3):
        labels = labels_of(rows, spherical_kmeans(rows, 40, seed, tries=1))
        counts = np.zeros((60, 40), np.int64)
        np.add.at(counts, (groups, labels), 1)
        assert counts.max(axis=1).sum() / len(rows) > 0.97  # share of the rows that are with most of their group


def test_the_same_seed_gives_the_same_centres_and_another_seed_others() -> None:
    rows = normalise(np.random.default_rng(5).standard_normal((400, 24)))
    first, again, other = (spherical_kmeans(rows, 9, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert partition(labels_of(rows, first)) != partition(labels_of(rows, other))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), groups=st.integers(2, 6))
def test_rows_in_another_order_fall_into_the_same_groups_where_they_stand_apart(seed: int, groups: int) -> None:
    rows, _ = planted(groups, 12, seed=seed, spread=0.1)
    order = np.random.default_rng(seed).permutation(len(rows))
    straight = labels_of(rows, spherical_kmeans(rows, groups, seed))
    mixed = labels_of(rows, spherical_kmeans(rows[order], groups, seed))
    assert partition(straight) == partition(mixed)


@pytest.mark.parametrize(("rows", "k", "expected"), [(1, 1, 1), (1, 9, 1), (2, 2, 2), (2, 9, 2), (5, 5, 5)])
def test_more_groups_than_rows_are_as_many_groups_as_rows(rows: int, k: int, expected: int) -> None:
    values = np.eye(5, dtype=np.float32)[:rows]
    assert len(spherical_kmeans(values, k, seed=0)) == expected


@pytest.mark.parametrize("different", [1, 3])
def test_equal_rows_make_no_more_groups_than_there_are_different_ones(different: int) -> None:
    values = np.repeat(np.eye(4, dtype=np.float32)[:different], 20, axis=0)
    centres = spherical_kmeans(values, 10, seed=0)
    assert len(centres) == different
    assert len(partition(labels_of(values, centres))) == different


@pytest.mark.parametrize("groups", [3, 11, 23])
def test_where_groups_stand_apart_their_number_is_found(groups: int) -> None:
    rows, _ = planted(groups, 40, dim=64)
    found = choose_k(rows, len(rows), seed=0)
    assert (found.k, found.separated) == (groups, True)
    assert found.silhouette > 0.5


def test_where_none_stand_apart_a_practical_number_is_marked_as_such() -> None:
    rows = normalise(np.random.default_rng(0).standard_normal((800, 64)))
    found = choose_k(rows, len(rows), seed=0)
    assert not found.separated
    assert 10 <= found.k <= 40


@pytest.mark.parametrize("count", [1, 2, 3, 9, 20])
def test_a_number_is_found_for_the_smallest_collections(count: int) -> None:
    found = choose_k(np.eye(32, dtype=np.float32)[:count], count, seed=0)
    assert 1 <= found.k <= count


def test_candidates_are_a_geometric_series_as_far_as_the_rows_bear() -> None:
    assert candidates(60) == [2, 3, 4, 6, 8, 11]
    assert candidates(100_000)[-1] == 256
    assert candidates(7) == []


def test_the_silhouette_is_high_where_groups_stand_apart_and_near_zero_where_they_do_not() -> None:
    rows, truth = planted(6, 30, spread=0.1)
    centres = centres_of(rows, np.arange(len(rows)), truth.astype(np.int32), 6)
    assert silhouette(rows, centres) > 0.8
    assert silhouette(rows, centres[:1]) == 0
    assert silhouette(rows, np.repeat(centres[:1], 2, axis=0)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize("count", [1, 3, 30])
@pytest.mark.parametrize("k", [1, 2, 40])
def test_rows_of_zeros_have_no_direction_and_harm_no_others(share: float, count: int, k: int) -> None:
    rng = np.random.default_rng(count)
    rows = normalise(rng.standard_normal((count, 8)))
    rows[: round(share * count)] = 0
    directed = rows[round(share * count) :]
    centres = spherical_kmeans(rows, k, seed=0)
    if len(directed):
        np.testing.assert_array_equal(centres, spherical_kmeans(directed, k, seed=0))
        assert sorted(set(labels_of(directed, centres).tolist())) == list(range(len(centres)))
    else:
        np.testing.assert_array_equal(centres, np.zeros((1, 8)))
    assert 1 <= choose_k(rows, count, seed=0).k <= count


def test_rows_that_are_not_quite_of_length_one_are_chosen_once_each() -> None:
    rows = normalise(np.random.default_rng(2).standard_normal((6, 5))) * np.float32(0.999)
    centres = spherical_kmeans(rows, 6, seed=0)
    assert len(centres) == len(set(labels_of(rows, centres).tolist())) == 6
