"""Groups of near rows: what brute force finds, in blocks, with every guarantee that the module gives."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.arrays import Rows, normalise
from core.errors import Cancelled
from core.search import near_duplicates as module
from core.search.near_duplicates import NearGroups, near_groups
from core.search.sketch import SLACK, sketch_for


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """Blocks and tiles that a handful of rows fills, and sketches for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", 7)
        patch.setattr(module, "_TILE", 5)
        yield


def clouds(seed: int, count: int, dim: int = 24) -> Rows:
    """Rows around a few directions at many distances."""
    rng = np.random.default_rng(seed)
    middles = rng.standard_normal((max(1, count // 4), dim))
    noise = rng.standard_normal((count, dim)) * rng.choice([0.0, 0.05, 0.2, 0.4], (count, 1))
    return normalise(middles[rng.integers(0, len(middles), count)] + noise)


def greedy(rows: Rows, threshold: float) -> NearGroups:
    """The definition, one row at a time."""
    cosines = rows.astype(np.float64) @ rows.astype(np.float64).T
    centre, score = np.arange(len(rows)), np.ones(len(rows), np.float32)
    centres: list[int] = []
    for number in range(len(rows)):
        near = [other for other in centres if cosines[number, other] >= threshold]
        if near:
            centre[number] = max(near, key=lambda other: (round(cosines[number, other], 6), -other))
            score[number] = cosines[number, centre[number]]
        else:
            centres.append(number)
    return NearGroups(centre, score)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), threshold=st.sampled_from([0.6, 0.8, 0.9, 0.97]))
def test_the_groups_are_those_of_brute_force(seed: int, count: int, threshold: float) -> None:
    rows = clouds(seed, count)
    cosines = rows.astype(np.float64) @ rows.astype(np.float64).T
    assume((np.abs(cosines - threshold) > 1e-5).all())
    found, expected = near_groups(rows, np.arange(count), threshold), greedy(rows, threshold)
    assert np.allclose(found.score, expected.score, atol=1e-5)
    differs = found.centre != expected.centre  # only between centres that are equally near
    assert np.allclose(cosines[np.arange(count), found.centre][differs], expected.score[differs], atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), threshold=st.sampled_from([0.6, 0.8, 0.9]))
def test_every_guarantee_holds(seed: int, count: int, threshold: float) -> None:
    rows = clouds(seed, count)
    numbers = np.random.default_rng(seed).permutation(count)
    found = near_groups(rows, numbers, threshold)
    groups = found.groups()
    places = [place for group in groups for place in group]
    assert len(places) == len(set(places))  # they do not overlap
    cosines = rows[numbers] @ rows[numbers].T
    for centre, *members in groups:
        assert members == sorted(members) and centre < members[0]  # the centre is the best
        assert (cosines[centre, members] >= threshold - 1e-5).all()  # what is given up is like what is kept
    centres = np.flatnonzero(found.centre == np.arange(count))
    left = cosines[np.ix_(centres, centres)] - np.eye(len(centres))
    assert (left < threshold + 1e-5).all()  # nothing is left to find


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 30), data=st.data())
def test_pairs_that_are_told_apart_never_share_a_group(seed: int, count: int, data: st.DataObject) -> None:
    rows = clouds(seed, count)
    one = st.integers(0, count - 1)
    apart = data.draw(st.sets(st.tuples(one, one).filter(lambda pair: pair[0] != pair[1]), max_size=20))
    for group in near_groups(rows, np.arange(count), 0.8, apart=apart).groups():
        assert not any(first in group and second in group for first, second in apart)


def test_a_chain_does_not_bind_its_ends_together() -> None:
    angles = np.radians([0, 15, 30, 45, 60])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    found = near_groups(rows, np.arange(5), float(np.cos(np.radians(20))))
    assert found.groups() == [[0, 1], [2, 3]]


def test_only_the_rows_that_are_asked_for_are_grouped_in_their_order() -> None:
    rows = normalise([[1, 0], [1, 0.01], [1, 0.02], [0, 1]])
    assert near_groups(rows, np.array([3, 2, 0]), 0.9).groups() == [[1, 2]]
    assert near_groups(rows, np.array([1]), 0.9).groups() == []
    assert near_groups(rows, np.zeros(0, np.int64), 0.9).groups() == []


def test_at_a_threshold_of_one_equal_rows_are_found_and_others_are_not() -> None:
    row = normalise(np.random.default_rng(0).standard_normal(1280))
    near = normalise(row + 0.002 * normalise(np.random.default_rng(1).standard_normal(1280)))
    assert near_groups(np.stack([row, near, row]), np.arange(3), 1.0).groups() == [[0, 2]]


def test_many_equal_rows_are_one_group_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 256)
    monkeypatch.setattr(module, "_TILE", 256)
    rows = np.tile(normalise(np.ones(8)), (6_000, 1))
    tracemalloc.start()
    found = near_groups(rows, np.arange(len(rows)), 0.99)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.centre == 0).all()
    assert peak < 10e6  # a list of the 18 million pairs would be 288 MB


def test_with_sketches_the_groups_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    middles = rng.standard_normal((2_000, 128))
    rows = normalise(np.concatenate([middles, middles[:500] + 0.2 * rng.standard_normal((500, 128))]))
    monkeypatch.setattr(module, "_BLOCK", 300)
    monkeypatch.setattr(module, "_TILE", 400)
    plain = near_groups(rows, np.arange(len(rows)), 0.95)
    monkeypatch.setattr(module, "_SKETCHED_FROM", 2_048)
    assert sketch_for(rows, 0.95) is not None
    sketched = near_groups(rows, np.arange(len(rows)), 0.95)
    assert (plain.centre == sketched.centre).all()
    assert len(plain.groups()) > 400


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), spread=st.sampled_from([0.01, 0.3, 3.0]))
def test_a_product_of_sketches_is_never_below_the_cosine(seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    rows = normalise(rng.standard_normal(96) + spread * rng.standard_normal((60, 96)))
    sketch = sketch_for(rows[:30], 0.9999)
    assume(sketch is not None and sketch.directions.shape == (96, 32))
    assert sketch is not None
    short = sketch.of(rows)
    assert (short @ short.T >= rows @ rows.T - SLACK).all()


def test_rows_without_a_main_direction_get_no_sketch_that_rules_nothing_out() -> None:
    rows = normalise(np.random.default_rng(0).standard_normal((2_048, 64)))
    assert sketch_for(rows, 0.3) is None


def test_it_tells_how_far_it_is_and_can_be_stopped_at_any_time() -> None:
    rows = clouds(1, 60)
    told: list[float] = []
    near_groups(rows, np.arange(60), 0.9, check=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    for calls in range(1, len(told), 7):
        left = iter(range(calls))

        def stop(done: float, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Cancelled("cancelled")

        with pytest.raises(Cancelled):
            near_groups(rows, np.arange(60), 0.9, check=stop)
