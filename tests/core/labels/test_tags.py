"""Tags: what they are called, the tree they make, and the pictures that carry them."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.labels.decisions import DecisionKind, Decisions
from core.labels.tags import Tag, Tags
from core.labels.undo import History
from core.text import printable
from tests.core.labels.label_helpers import KEYS, UNKNOWN, labels


@pytest.fixture
def tags(catalog: Catalog) -> Tags:
    return Tags(catalog)


def names(tags: Tags) -> list[str]:
    return [tag.name for tag in tags.all()]


def parents(tags: Tags) -> dict[str, str | None]:
    by_id = {tag.id: tag.name for tag in tags.all()}
    return {tag.name: by_id[tag.parent] if tag.parent else None for tag in tags.all()}


def carriers(tags: Tags, name: str, below: bool = False) -> set[bytes]:
    return {bytes(key).ljust(20, b"\0") for key in tags.keys(name, below)}


# Pictures


def test_a_tag_is_made_by_the_first_picture_that_carries_it(tags: Tags) -> None:
    assert tags.add("cat", KEYS[:3]) == 3
    assert tags.add("cat", KEYS[1:5]) == 2
    assert tags.all() == [Tag(1, "cat", "", None, 5)]
    assert carriers(tags, "cat") == set(KEYS[:5])


def test_pictures_that_the_catalog_does_not_know_are_left_out(tags: Tags) -> None:
    assert tags.add("cat", [UNKNOWN, KEYS[0], KEYS[0]]) == 1
    assert tags.remove("cat", [UNKNOWN]) == 0
    assert tags.remove("cat", [UNKNOWN, *KEYS]) == 1
    assert carriers(tags, "cat") == set()


def test_keys_may_come_out_of_an_array(tags: Tags, catalog: Catalog) -> None:
    assert tags.add("all", catalog.keys()) == len(KEYS)
    assert np.array_equal(tags.keys("all"), catalog.keys())


def test_a_picture_says_its_tags(tags: Tags) -> None:
    tags.add("cat", KEYS[:2])
    tags.add("animal", KEYS[1:3])
    assert tags.of(2) == ["animal", "cat"]
    assert tags.of_many([3, 1, 9]) == {3: ["animal"], 1: ["cat"], 9: []}
    assert len(tags.of_many(list(range(1, 1300)))) == 1299


def test_a_picture_without_a_file_keeps_its_tags_but_is_not_counted(tags: Tags, catalog: Catalog) -> None:
    tags.add("cat", KEYS[:3])
    with catalog.transaction() as database:
        database.execute("DELETE FROM files WHERE picture = 1")
    found = tags.find("cat")
    assert found
    assert found.pictures == 2
    assert tags.all() == [found]
    assert carriers(tags, "cat") == set(KEYS[1:3])
    with catalog.transaction() as database:
        database.execute("INSERT INTO files VALUES (NULL, 1, 'back.png', 1, 1, 1)")
    assert carriers(tags, "cat") == set(KEYS[:3])


def test_a_picture_that_is_tagged_is_refused_no_more(tags: Tags, catalog: Catalog) -> None:
    decisions = Decisions(catalog)
    decisions.remember(DecisionKind.REFUSED, "tag:cat", KEYS[:2])
    tags.add("cat", KEYS[:1])
    assert decisions.refused("tag:cat") == {KEYS[1]}


# Names


def test_names_are_trimmed_on_one_line_and_composed(tags: Tags) -> None:
    tags.create("  old\r\n  press\n")
    tags.create(unicodedata.normalize("NFD", "café"))
    assert names(tags) == ["café", "old press"]
    assert tags.find(unicodedata.normalize("NFD", "café "))
    assert tags.find("Old press") is None  # case tells tags apart


@pytest.mark.parametrize("name", ["[bold red]x[/]", "[/]", "قطة", "\x1b[31mred", "a\u202eb", "'; DROP TABLE tags; --"])
def test_any_text_is_a_name_and_is_kept_as_given(tags: Tags, name: str) -> None:
    assert tags.create(name).name == name
    assert tags.add(name, KEYS[:2]) == 2
    assert names(tags) == [name]
    assert carriers(tags, name) == set(KEYS[:2])


@pytest.mark.parametrize("name", ["", "  ", "\n", "x" * 201, "x" * 300, "bad\udcff"])
def test_what_is_no_name_is_refused_with_what_to_do(tags: Tags, name: str) -> None:
    for attempt in (lambda: tags.create(name), lambda: tags.add(name, KEYS), lambda: tags.find(name)):
        with pytest.raises(UsageError) as caught:
            attempt()
        assert caught.value.hint
        assert len(caught.value.message) < 150
        assert printable(caught.value.message) == caught.value.message
    assert names(tags) == []


def test_a_name_of_200_characters_is_taken(tags: Tags) -> None:
    assert tags.create("x" * 200).name == "x" * 200


def test_a_name_is_given_once(tags: Tags) -> None:
    tags.create("cat")
    tags.create("dog")
    with pytest.raises(UsageError, match="there is a tag cat already"):
        tags.create(" cat")
    with pytest.raises(UsageError, match="there is a tag cat already") as caught:
        tags.rename("dog", "cat")
    assert "merge" in caught.value.hint
    assert names(tags) == ["cat", "dog"]


def test_a_tag_that_is_not_there_is_said_with_the_nearest(tags: Tags) -> None:
    tags.create("market")
    for attempt in (
        lambda: tags.rename("makret", "x"),
        lambda: tags.delete("makret"),
        lambda: tags.remove("makret", KEYS),
        lambda: tags.merge("makret", "market"),
        lambda: tags.set_parent("market", "makret"),
        lambda: tags.create("x", parent="makret"),
        lambda: tags.keys("makret"),
    ):
        with pytest.raises(UsageError, match="no tag makret") as caught:
            attempt()
        assert caught.value.hint == "did you mean market?"
    assert names(tags) == ["market"]


def test_a_renamed_tag_keeps_its_pictures_and_what_was_refused(tags: Tags, catalog: Catalog) -> None:
    tags.add("cat", KEYS[:2])
    Decisions(catalog).remember(DecisionKind.REFUSED, "tag:cat", KEYS[5:])
    tags.rename("cat", "feline")
    assert carriers(tags, "feline") == set(KEYS[:2])
    assert Decisions(catalog).refused("tag:feline") == set(KEYS[5:])
    assert Decisions(catalog).refused("tag:cat") == set()


# Colour and tree


def test_colours_are_six_digits(tags: Tags) -> None:
    assert tags.create("cat", colour="#AABBCC").colour == "#aabbcc"
    tags.set_colour("cat", None)
    assert tags.all()[0].colour == ""
    for colour in ("red", "#fff", "#12345g", "[b]"):
        with pytest.raises(UsageError, match="is not a colour"):
            tags.set_colour("cat", colour)


def test_a_tag_answers_for_those_below_it(tags: Tags) -> None:
    tags.create("animal")
    tags.create("cat", parent="animal")
    tags.create("kitten", parent="cat")
    tags.add("kitten", KEYS[:2])
    tags.add("animal", KEYS[1:3])
    assert carriers(tags, "animal") == set(KEYS[1:3])
    assert carriers(tags, "animal", below=True) == set(KEYS[:3])
    assert carriers(tags, "cat", below=True) == set(KEYS[:2])


def test_pictures_of_a_tag_and_those_below_are_counted_once_and_only_with_a_file(tags: Tags, catalog: Catalog) -> None:
    for name, parent, carrying in (("a", None, [0]), ("b", "a", [1, 2, 3]), ("c", "b", [3, 4]), ("d", None, [5])):
        tags.create(name, parent=parent)
        tags.add(name, [KEYS[number] for number in carrying])
    assert tags.counts_with_descendants() == {1: 5, 2: 4}
    with catalog.transaction() as database:
        database.execute("DELETE FROM files WHERE picture IN (4, 5)")
    assert tags.counts_with_descendants() == {1: 3, 2: 2}
    assert all(
        count == len(tags.keys(tag.name)) for tag in tags.all() if (count := tags.counts_with_descendants().get(tag.id))
    )
    tags.create("e", parent="d")
    tags.remove("d", KEYS)
    assert tags.counts_with_descendants()[4] == 0


def test_a_tag_never_comes_to_lie_below_itself(tags: Tags) -> None:
    tags.create("a")
    tags.create("b", parent="a")
    tags.create("c", parent="b")
    for parent in ("a", "b", "c"):
        with pytest.raises(UsageError, match="itself or is below it"):
            tags.set_parent("a", parent)
    tags.set_parent("c", None)
    tags.set_parent("a", "c")
    assert parents(tags) == {"a": "c", "b": "a", "c": None}


def test_what_lies_below_a_deleted_tag_moves_up(tags: Tags, catalog: Catalog) -> None:
    for name, parent in (("a", None), ("b", "a"), ("c", "b"), ("d", "b")):
        tags.create(name, parent=parent)
    tags.add("b", KEYS)
    Decisions(catalog).remember(DecisionKind.REFUSED, "tag:b", KEYS[:1])
    tags.delete("b")
    assert parents(tags) == {"a": None, "c": "a", "d": "a"}
    assert labels(catalog)["picture_tags"] == labels(catalog)["decisions"] == []


# Merging


def test_a_merged_tag_leaves_its_pictures_refusals_and_children_to_the_other(tags: Tags, catalog: Catalog) -> None:
    for name, parent in (("cat", None), ("kitty", None), ("kitten", "kitty")):
        tags.create(name, parent=parent)
    tags.add("cat", KEYS[:3])
    tags.add("kitty", KEYS[2:5])
    Decisions(catalog).remember(DecisionKind.REFUSED, "tag:kitty", KEYS[8:])
    tags.merge("kitty", "cat")
    assert parents(tags) == {"cat": None, "kitten": "cat"}
    assert carriers(tags, "cat") == set(KEYS[:5])
    assert Decisions(catalog).refused("tag:cat") == set(KEYS[8:])


def test_merging_into_a_tag_below_keeps_the_tree_a_tree(tags: Tags) -> None:
    for name, parent in (("top", None), ("old", "top"), ("x", "old"), ("new", "x"), ("y", "old")):
        tags.create(name, parent=parent)
    tags.merge("old", "new")
    assert parents(tags) == {"top": None, "x": "top", "new": "x", "y": "new"}


def test_a_tag_is_not_merged_with_itself(tags: Tags, catalog: Catalog) -> None:
    tags.add("cat", KEYS)
    before = labels(catalog)
    with pytest.raises(UsageError, match="cannot be merged with itself"):
        tags.merge("cat", " cat\n")
    assert labels(catalog) == before
    assert len(History(catalog).steps()) == 1
