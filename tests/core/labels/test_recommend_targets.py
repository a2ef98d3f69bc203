"""What pictures belong to: a tag, a saved group, a selection. Accepting, refusing, undo, saving."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.labels.decisions import DecisionKind, Decisions
from core.labels.groups import Groups
from core.labels.recommend_targets import RecommendTarget, Selection, find_target
from core.labels.tags import Tags
from core.labels.undo import History
from tests.core.catalog.catalog_helpers import Collection, key


@pytest.fixture
def catalog(collection: Collection) -> Catalog:
    """Ten pictures; 0, 1 and 2 are tagged ``cat`` and kept as the group ``posters``."""
    for number in range(10):
        collection.write(f"{number}.png", number)
    collection.scan()
    Tags(collection.catalog).add("cat", [key(0), key(1), key(2)])
    Groups(collection.catalog).save("posters", [(key(number), 0.5) for number in (2, 0, 1)], "search")
    return collection.catalog


def selection(catalog: Catalog) -> RecommendTarget:
    return Selection([key(0), key(1), key(2)])


def tag(catalog: Catalog) -> RecommendTarget:
    return find_target(catalog, "tag:cat")


def group(catalog: Catalog) -> RecommendTarget:
    return find_target(catalog, " group: posters ")


@pytest.mark.parametrize("made", [tag, group, selection])
def test_accepted_ones_belong_and_refused_ones_are_remembered(
    catalog: Catalog, made: Callable[[Catalog], RecommendTarget]
) -> None:
    subject = made(catalog)
    subject.accept([key(3), key(4)])
    subject.refuse([key(5)])
    assert set(subject.members()) == {key(number) for number in range(5)}
    assert subject.refused() == {key(5)}


@pytest.mark.parametrize("made", [tag, group, selection])
def test_undo_takes_one_decision_back_after_the_other_and_no_older_ones(
    catalog: Catalog, made: Callable[[Catalog], RecommendTarget]
) -> None:
    subject = made(catalog)
    subject.accept([key(3), key(4)])
    subject.refuse([key(5), key(6)])
    assert "2 pictures" in subject.undo()
    assert (len(subject.members()), subject.refused()) == (5, set())
    assert "2 pictures" in subject.undo()
    assert set(subject.members()) == {key(0), key(1), key(2)}
    assert subject.undo() == ""
    assert set(subject.members()) == {key(0), key(1), key(2)}


@pytest.mark.parametrize("made", [tag, group])
def test_another_object_of_the_same_name_knows_what_was_decided(
    catalog: Catalog, made: Callable[[Catalog], RecommendTarget]
) -> None:
    made(catalog).refuse([key(5)])
    made(catalog).accept([key(6)])
    assert made(catalog).refused() == {key(5)}
    assert key(6) in made(catalog).members()


def test_refused_for_one_is_not_refused_for_another(catalog: Catalog) -> None:
    tag(catalog).refuse([key(5)])
    assert group(catalog).refused() == set()


def test_a_tag_takes_those_below_it_in(catalog: Catalog) -> None:
    Tags(catalog).create("kitten", parent="cat")
    Tags(catalog).add("kitten", [key(7)])
    assert key(7) in tag(catalog).members()


def test_a_group_grows_at_its_end_and_holds_no_picture_twice(catalog: Catalog) -> None:
    Decisions(catalog).remember(DecisionKind.REFUSED, "group:posters", [key(8)])
    assert Groups(catalog).add("posters", [(key(8), 0.25), (key(0), 0.9), (key(8), 0.1), (b"x" * 20, 1.0)]) == 1
    assert Groups(catalog).open("posters") == [(key(2), 0.5), (key(0), 0.5), (key(1), 0.5), (key(8), 0.1)]
    assert group(catalog).refused() == set()
    assert History(catalog).undo() == "add 1 picture to group posters"
    assert len(Groups(catalog).open("posters")) == 3
    assert Decisions(catalog).refused("group:posters") == {key(8)}


def test_a_group_that_is_not_there_cannot_grow(catalog: Catalog) -> None:
    with pytest.raises(UsageError) as caught:
        Groups(catalog).add("poster", [(key(0), None)])
    assert caught.value.hint == "did you mean posters?"


@pytest.mark.parametrize("name", ["tag:dog", "group:dogs"])
def test_a_selection_is_saved_with_what_was_refused_in_one_step(catalog: Catalog, name: str) -> None:
    chosen = Selection([key(0)], [key(9)])
    chosen.accept([key(3)])
    chosen.refuse([key(4)])
    saved = chosen.save(catalog, name)
    assert saved.name == name
    assert set(saved.members()) == {key(0), key(3)}
    assert saved.refused() == {key(4), key(9)}
    assert saved.undo() == ""  # the saving is older than what was saved
    assert History(catalog).undo() == f"save 2 pictures as {name}"
    with pytest.raises(UsageError):
        find_target(catalog, name)


def test_a_selection_does_not_replace_a_group_that_is_there(catalog: Catalog) -> None:
    with pytest.raises(UsageError) as caught:
        Selection([key(5)]).save(catalog, "group:posters")
    assert caught.value.message == "there is a group posters already"
    assert len(Groups(catalog).open("posters")) == 3


def test_a_picture_is_decided_once(catalog: Catalog) -> None:
    chosen = Selection([key(0)], [key(0), key(1)])
    assert (chosen.members(), chosen.refused()) == ([key(0)], {key(1)})
    chosen.refuse([key(0)])
    chosen.accept([key(1)])
    assert (chosen.members(), chosen.refused(), chosen.undo()) == ([key(0)], {key(1)}, "")


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("tag:cst", "there is no tag cst", "did you mean cat?"),
        ("group:poster", "there is no group poster", "did you mean posters?"),
        ("cat", "cat is neither a tag nor a group", "write tag:NAME or group:NAME"),
        ("tag:", "a tag needs a name", "give one that is not empty"),
        ("tag:\x1b[31m", "there is no tag \\x1b[31m", "there are: cat"),
    ],
)
def test_a_name_that_is_not_there_says_what_is(catalog: Catalog, name: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_target(catalog, name)
    assert (caught.value.message, caught.value.hint) == (message, hint)
