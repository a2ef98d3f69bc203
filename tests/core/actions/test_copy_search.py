"""Copies among candidates: what a series hides at a low cosine is found, and groups never overlap."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actions.copy_search import CopySearch
from core.arrays import Rows, normalise


def rows_of(*cosines: tuple[float, float]) -> Rows:
    """Rows by two coordinates; the third makes their length 1."""
    rows = np.array([(x, y, np.sqrt(max(0.0, 1 - x * x - y * y))) for x, y in cosines], np.float32)
    return normalise(rows)


def search(rows: Rows, copies: set[frozenset[int]], **more: object) -> CopySearch:
    return CopySearch(
        rows,
        lambda one, other: frozenset((one, other)) in copies,
        lambda one, others: [True] * len(others),
        **more,  # type: ignore[arg-type]
    )


def test_a_copy_is_found_though_both_are_near_to_another_picture_of_the_series() -> None:
    rows = rows_of((1.0, 0.0), (0.82, 0.30), (0.78, 0.34))  # the first is near to the second, not to the third
    copies, alike = search(rows, {frozenset((1, 2))}).run(np.arange(3), 0.8)
    assert copies == [[1, 2]]
    assert all({1, 2}.isdisjoint(group[1:]) for group in alike)


def test_pairs_that_are_apart_never_come_into_one_group() -> None:
    rows = normalise(np.ones((3, 4), np.float32))
    same = {frozenset(pair) for pair in itertools.combinations(range(3), 2)}
    copies, alike = search(rows, same, apart={(0, 1)}).run(np.arange(3), 0.9)
    assert (copies, alike) == ([[0, 2]], [])
    copies, alike = search(rows, set(), apart={(0, 1)}).run(np.arange(3), 0.9)
    assert all(not {0, 1} <= set(group) for group in copies + alike)


def test_a_copy_below_the_threshold_is_found_where_something_else_tells_of_it() -> None:
    rows = rows_of((1.0, 0.0), (0.99, 0.05), (0.0, 1.0), (0.05, 0.99))
    same = {frozenset(pair) for pair in itertools.combinations(range(4), 2)}
    assert search(rows, same).run(np.arange(4), 0.9)[0] == [[0, 1], [2, 3]]
    told = search(rows, same, distant=lambda left: [(2, [0])] if {0, 2} <= set(left.tolist()) else [])
    assert told.run(np.arange(4), 0.9) == ([[0, 1, 2, 3]], [])


def test_what_is_told_of_is_not_compared_where_it_cannot_match() -> None:
    rows = rows_of((1.0, 0.0), (0.0, 1.0))
    same = {frozenset((0, 1))}
    never = search(rows, same, distant=lambda left: [(1, [0])], likeness=lambda one, others: np.zeros(len(others)))
    assert never.run(np.arange(2), 0.9) == ([], [])
    apart = search(rows, same, distant=lambda left: [(1, [0])], apart={(0, 1)})
    assert apart.run(np.arange(2), 0.9) == ([], [])


@given(st.integers(1, 14), st.randoms(use_true_random=False))
def test_groups_never_overlap_and_each_member_is_a_copy_of_the_first(count: int, chance: object) -> None:
    pairs = [frozenset(pair) for pair in itertools.combinations(range(count), 2)]
    same = {pair for pair in pairs if chance.random() < 0.4}  # type: ignore[attr-defined]
    # All are near enough to be compared: cosines above 0.89.
    rows = normalise(np.array([[1.0, chance.random() / 2] for _ in range(count)], np.float32))  # type: ignore[attr-defined]
    threshold = chance.choice((0.75, 0.95))  # type: ignore[attr-defined]
    told = [(one, [n for n in range(count) if n != one and chance.random() < 0.3]) for one in range(count)]  # type: ignore[attr-defined]

    def distant(left: np.ndarray) -> list[tuple[int, list[int]]]:
        there = set(left.tolist())
        return [(one, [n for n in others if n in there]) for one, others in told if one in there]

    asked = search(rows, same, distant=distant if threshold > 0.9 else lambda left: [])
    copies, alike = asked.run(np.arange(count), threshold)
    members = [number for group in copies + alike for number in group]
    assert len(members) == len(set(members))
    assert all(frozenset((group[0], member)) in same for group in copies for member in group[1:])
    heads = [group[0] for group in copies]
    if threshold < 0.8:
        assert all(frozenset(pair) not in same for pair in itertools.combinations(heads, 2))


@pytest.mark.parametrize("count", [0, 1])
def test_of_none_or_one_there_are_no_groups(count: int) -> None:
    rows = normalise(np.ones((max(1, count), 4), np.float32))
    assert search(rows, set()).run(np.arange(count), 0.9) == ([], [])
