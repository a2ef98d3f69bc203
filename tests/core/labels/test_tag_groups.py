"""The groups of an answer as tags below one tag."""

from __future__ import annotations

import pytest

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.labels.tag_groups import tag_groups
from core.labels.tags import Tags
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS, UNKNOWN, labels


def tree(catalog: Catalog) -> dict[str, tuple[str | None, int]]:
    """Of each tag: the one above, and its pictures."""
    tags = Tags(catalog).all()
    names = {tag.id: tag.name for tag in tags}
    return {tag.name: (names[tag.parent] if tag.parent is not None else None, tag.pictures) for tag in tags}


def test_each_part_becomes_a_tag_in_one_step(catalog: Catalog) -> None:
    parts = {"red, car": KEYS[:5], "blue sky": KEYS[5:8], "nothing": [], "ünïcode [b]": [*KEYS[8:9], UNKNOWN]}
    assert tag_groups(catalog, "clusters", parts) == ["red, car", "blue sky", "ünïcode [b]"]
    assert tree(catalog) == {
        "clusters": (None, 0),
        "red, car": ("clusters", 5),
        "blue sky": ("clusters", 3),
        "ünïcode [b]": ("clusters", 1),
    }
    assert Tags(catalog).keys("clusters").size == 9
    assert [step.name for step in History(catalog).steps()] == ["tag 9 pictures as 3 tags under clusters"]
    History(catalog).undo()
    assert not any(labels(catalog).values())


def test_a_tag_of_that_name_elsewhere_stays_as_it_is(catalog: Catalog) -> None:
    Tags(catalog).add("cat", KEYS[:2])
    Tags(catalog).create("cat (clusters)")
    assert tag_groups(catalog, "clusters", {"cat": KEYS[5:], "clusters": KEYS[:1]}) == [
        "cat (clusters) 2",
        "clusters (clusters)",
    ]
    assert tree(catalog)["cat"] == (None, 2)
    assert tree(catalog)["cat (clusters) 2"] == ("clusters", len(KEYS) - 5)


def test_kept_again_the_parts_go_to_the_same_tags(catalog: Catalog) -> None:
    tag_groups(catalog, "clusters", {"cat": KEYS[:2]})
    assert tag_groups(catalog, "clusters", {"cat": KEYS[:4], "dog": KEYS[4:]}) == ["cat", "dog"]
    assert tree(catalog)["cat"] == ("clusters", 4)
    History(catalog).undo()
    assert tree(catalog) == {"clusters": (None, 0), "cat": ("clusters", 2)}


def test_names_of_any_length_are_cut_to_fit(catalog: Catalog) -> None:
    long = "x" * 300
    Tags(catalog).create("y" * 89 + "…")
    (first, second) = tag_groups(catalog, "p" * 200, {long: KEYS[:1], "y" * 200: KEYS[1:]})
    assert first == "x" * 89 + "…"
    assert second.startswith("y" * 89 + "… (ppp")
    assert len(second) <= 200


@pytest.mark.parametrize("parent,parts", [("", {"cat": KEYS}), ("clusters", {}), ("clusters", {"cat": []})])
def test_without_a_name_or_pictures_nothing_is_made(
    catalog: Catalog, parent: str, parts: dict[str, list[bytes]]
) -> None:
    with pytest.raises(UsageError):
        tag_groups(catalog, parent, parts)
    with pytest.raises(UsageError):
        tag_groups(catalog, "clusters", {"good": KEYS, " ": KEYS})
    assert not any(labels(catalog).values())
