"""Saved groups: ordered, scored, combined."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.labels.decisions import DecisionKind, Decisions
from core.labels.groups import Combination, GroupEntry, Groups
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS, UNKNOWN, labels, open_filled


@pytest.fixture
def groups(catalog: Catalog) -> Groups:
    return Groups(catalog)


def test_a_group_keeps_its_order_and_its_exact_scores(groups: Groups) -> None:
    entries = [(KEYS[4], 0.1 + 0.2), (KEYS[0], 1 / 3), (KEYS[2], None), (KEYS[1], -0.0)]
    saved = groups.save("posters", entries, origin="similar, clip: a.png")
    assert (saved.pictures, saved.origin) == (4, "similar, clip: a.png")
    assert groups.open("posters") == entries
    assert groups.all() == [saved]


def test_a_picture_stands_in_a_group_once_and_unknown_ones_do_not(groups: Groups) -> None:
    saved = groups.save("a", [(KEYS[0], 0.5), (UNKNOWN, 0.4), (KEYS[1], 0.3), (KEYS[0], 0.2)])
    assert saved.pictures == 2
    assert groups.open("a") == [(KEYS[0], 0.5), (KEYS[1], 0.3)]
    assert groups.save("empty", []).pictures == 0
    assert groups.open("empty") == []


def test_a_group_is_replaced_only_when_told(groups: Groups) -> None:
    groups.save("a", [(KEYS[0], 0.5)])
    with pytest.raises(UsageError, match="there is a group a already") as caught:
        groups.save(" a", [(KEYS[1], 0.5)])
    assert "replace" in caught.value.hint
    assert groups.open("a") == [(KEYS[0], 0.5)]
    groups.save("a", [(KEYS[1], 0.5), (KEYS[0], 0.1)], replace=True)
    assert groups.open("a") == [(KEYS[1], 0.5), (KEYS[0], 0.1)]
    assert len(groups.all()) == 1


@pytest.mark.parametrize(("how", "expected"), [("union", [3, 1, 2, 5]), ("intersection", [1]), ("difference", [3, 2])])
def test_groups_are_combined_in_the_order_of_the_first(groups: Groups, how: Combination, expected: list[int]) -> None:
    groups.save("a", [(KEYS[3], 0.9), (KEYS[1], 0.8), (KEYS[2], 0.7)])
    groups.save("b", [(KEYS[5], 0.6), (KEYS[1], 0.5)])
    saved = groups.combine("c", how, "a", "b")
    scores = {3: 0.9, 1: 0.8, 2: 0.7, 5: 0.6}
    assert groups.open("c") == [(KEYS[number], scores[number]) for number in expected]
    assert saved.origin == f"{how} of a and b"
    groups.combine("a", how, "a", "b", replace=True)
    assert groups.open("a") == groups.open("c")


@pytest.mark.parametrize(
    ("how", "expected"), [("union", [3, 1, 2, 5, 4]), ("intersection", [1]), ("difference", [3, 2])]
)
def test_more_than_two_groups_are_combined(groups: Groups, how: Combination, expected: list[int]) -> None:
    groups.save("a", [(KEYS[3], 0.9), (KEYS[1], 0.8), (KEYS[2], 0.7)])
    groups.save("b", [(KEYS[5], 0.6), (KEYS[1], 0.5)])
    groups.save("c", [(KEYS[1], 0.1), (KEYS[4], None)])
    saved = groups.combine("d", how, "a", "b", "c")
    assert [key for key, _ in groups.open("d")] == [KEYS[number] for number in expected]
    assert dict(groups.open("d")).get(KEYS[1], 0.8) == 0.8
    assert saved.origin == f"{how} of a, b and c"


@given(order=st.lists(st.sampled_from([*KEYS, UNKNOWN])), held=st.permutations(KEYS[:6]))
@settings(max_examples=50, deadline=None)
def test_a_group_in_another_order_holds_the_same_and_undo_gives_the_old_one(
    order: list[bytes], held: list[bytes]
) -> None:
    with TemporaryDirectory() as folder, open_filled(Path(folder)) as catalog:
        groups = Groups(catalog)
        entries: list[GroupEntry] = [(key, None if place == 1 else place / 7) for place, key in enumerate(held)]
        groups.save("a", entries)
        groups.order("a", order)
        named = [key for key in dict.fromkeys(order) if key in held]
        assert groups.open("a") == sorted(
            entries, key=lambda entry: named.index(entry[0]) if entry[0] in named else len(named)
        )
        if groups.open("a") != entries:
            assert History(catalog).undo() == "order group a"
        assert groups.open("a") == entries


def test_a_renamed_group_keeps_what_was_refused_and_a_deleted_one_does_not(groups: Groups, catalog: Catalog) -> None:
    groups.save("a", [(KEYS[0], 0.5)])
    Decisions(catalog).remember(DecisionKind.REFUSED, "group:a", KEYS[1:3])
    groups.rename("a", "b")
    assert groups.open("b") == [(KEYS[0], 0.5)]
    assert Decisions(catalog).refused("group:b") == set(KEYS[1:3])
    groups.delete("b")
    assert not any(labels(catalog).values())


def test_what_makes_no_sense_is_refused(groups: Groups) -> None:
    groups.save("posters", [])
    groups.save("other", [])
    for attempt, words in (
        (lambda: groups.open("poster"), "no group poster"),
        (lambda: groups.delete("poster"), "no group poster"),
        (lambda: groups.rename("poster", "x"), "no group poster"),
        (lambda: groups.rename("other", "posters"), "there is a group posters already"),
        (lambda: groups.combine("x", "union", "posters", "poster"), "no group poster"),
        (lambda: groups.combine("x", "sum", "posters", "other"), "groups cannot be combined by sum"),  # type: ignore[arg-type]
        (lambda: groups.combine("x", "union", "posters"), "two groups or more"),
        (lambda: groups.order("poster", []), "no group poster"),
        (lambda: groups.save("x" * 300, []), "at most 200 characters"),
    ):
        with pytest.raises(UsageError, match=words) as caught:
            attempt()
        assert caught.value.hint
    assert [group.name for group in groups.all()] == ["other", "posters"]
