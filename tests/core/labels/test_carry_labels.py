"""Labels of a copy that goes are on the copy that stays, by the same step; what contradicts keeps both."""

from __future__ import annotations

import pytest

from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType
from core.labels.carry_labels import carry_labels, missing_labels
from core.labels.decisions import DecisionKind, Decisions
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS, UNKNOWN, labels

OLD, NEW = KEYS[0], KEYS[1]


def carried(catalog: Catalog) -> None:
    with History(catalog).step("mark a copy") as step:
        carry_labels(step.database, OLD, NEW)


def test_tags_values_and_groups_go_over_and_come_back_by_one_undo(catalog: Catalog) -> None:
    properties = Properties(catalog)
    Tags(catalog).add("cat", [OLD])
    Tags(catalog).add("dog", [OLD, NEW])
    properties.define("year", PropertyType.NUMBER)
    properties.set("year", [OLD], 1931)
    properties.define("moods", PropertyType.CHOICES, ("calm", "wild"))
    properties.set("moods", [OLD], ("calm",))
    properties.set("moods", [NEW], ("wild",))
    Groups(catalog).save("best", [(OLD, 0.5), (KEYS[2], 0.25)])
    before = labels(catalog)
    found = missing_labels(catalog, OLD, NEW)
    assert (found.tags, found.properties, found.groups, found.conflict) == (
        ("cat",),
        ("moods", "year"),
        ("best",),
        "",
    )
    assert str(found) == "tag cat and 3 more"
    carried(catalog)
    assert not missing_labels(catalog, OLD, NEW)
    numbers = {key: catalog.query("SELECT id FROM pictures WHERE key = ?", (key,))[0][0] for key in (OLD, NEW)}
    assert Tags(catalog).of(numbers[NEW]) == ["cat", "dog"]
    assert properties.of(numbers[NEW]) == {"year": 1931.0, "moods": ("calm", "wild")}
    assert Groups(catalog).open("best") == [(OLD, 0.5), (KEYS[2], 0.25), (NEW, 0.5)]
    assert History(catalog).undo() == "mark a copy"
    assert labels(catalog) == before


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (PropertyType.TEXT, "a", "b"),
        (PropertyType.NUMBER, 1.0, 2.0),
        (PropertyType.CHECKBOX, True, False),
        (PropertyType.DATE, "1931", "1932"),
    ],
)
def test_another_value_of_a_property_is_a_conflict(
    catalog: Catalog, kind: PropertyType, one: str | float | bool, other: str | float | bool
) -> None:
    Properties(catalog).define("note", kind)
    Properties(catalog).set("note", [OLD], one)
    assert missing_labels(catalog, OLD, NEW).conflict == ""
    Properties(catalog).set("note", [NEW], other)
    assert missing_labels(catalog, OLD, NEW).conflict == "another value of note"
    Properties(catalog).set("note", [NEW], one)
    assert not missing_labels(catalog, OLD, NEW)


def test_a_tag_that_was_refused_for_the_other_is_a_conflict(catalog: Catalog) -> None:
    Tags(catalog).add("cat", [OLD])
    Decisions(catalog).remember(DecisionKind.REFUSED, "tag:cat", [NEW])
    assert "refused" in missing_labels(catalog, OLD, NEW).conflict


def test_nothing_is_carried_where_there_is_nothing(catalog: Catalog) -> None:
    Tags(catalog).add("cat", [OLD])
    assert not missing_labels(catalog, OLD, OLD)
    assert not missing_labels(catalog, OLD, UNKNOWN)
    before = labels(catalog)
    with History(catalog).step("nothing") as step:
        carry_labels(step.database, OLD, OLD)
        carry_labels(step.database, OLD, UNKNOWN)
    assert labels(catalog) == before
