"""Typed properties: what a value may be, and that many are set at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.catalog import Catalog
from core.catalog.computed import COMPUTED, computed
from core.catalog.property_types import LONGEST_TEXT, PropertyType, Value, from_stored, to_stored, to_text
from core.errors import UsageError
from core.labels.properties import Properties, PropertyDefinition
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS, UNKNOWN, labels

CHOICES = ("Paris", "Rome", "قطة")


@pytest.fixture
def properties(catalog: Catalog) -> Properties:
    return Properties(catalog)


def define(properties: Properties, kind: PropertyType) -> PropertyDefinition:
    choices = CHOICES if kind in (PropertyType.CHOICE, PropertyType.CHOICES) else ()
    return properties.define(f"my {kind}", kind, choices)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (PropertyType.TEXT, "  [bold]two\nlines\x1b ", "  [bold]two\nlines\x1b "),
        (PropertyType.TEXT, "cafe\u0301", "café"),
        (PropertyType.NUMBER, "1931", 1931.0),
        (PropertyType.NUMBER, "-2.5e3", -2500.0),
        (PropertyType.NUMBER, 0.1, 0.1),
        (PropertyType.DATE, "1931", "1931"),
        (PropertyType.DATE, "1931-02", "1931-02"),
        (PropertyType.DATE, "1931-02-28", "1931-02-28"),
        (PropertyType.URL, "https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        (PropertyType.URL, "mailto:a@example.org", "mailto:a@example.org"),
        (PropertyType.CHECKBOX, "Yes", True),
        (PropertyType.CHECKBOX, False, False),
        (PropertyType.COLOUR, "#D04A02", "#d04a02"),
        (PropertyType.CHOICE, "Rome", "Rome"),
        (PropertyType.CHOICES, "Rome, Paris, Rome", ("Paris", "Rome")),
        (PropertyType.CHOICES, ("قطة",), ("قطة",)),
    ],
)
def test_a_value_is_read_as_it_was_given(properties: Properties, kind: PropertyType, value: Value, kept: Value) -> None:
    name = define(properties, kind).name
    assert properties.set(name, [*KEYS[:3], UNKNOWN], value) == 3
    assert properties.of(1) == {name: kept}
    assert properties.of_many([3, 4]) == {3: {name: kept}, 4: {}}
    found = properties.find(name)
    assert found
    assert to_stored(found.type, found.choices, to_text(kept)) == to_stored(found.type, found.choices, kept)
    properties.set_each(name, {KEYS[3]: value, KEYS[0]: ""})
    assert properties.of_many([1, 4]) == {1: {}, 4: {name: kept}}


@pytest.mark.parametrize(
    ("kind", "value", "hint"),
    [
        (PropertyType.TEXT, "x" * (LONGEST_TEXT + 1), "at most"),
        (PropertyType.TEXT, "\udcff", "UTF-8"),
        (PropertyType.NUMBER, "many", "1931 or 2.5"),
        (PropertyType.NUMBER, "nan", "1931 or 2.5"),
        (PropertyType.NUMBER, "1e999", "1931 or 2.5"),
        (PropertyType.DATE, "28.2.1931", "1931-02-28"),
        (PropertyType.DATE, "1931-02-30", "1931-02-28"),
        (PropertyType.URL, "example.org", "https://"),
        (PropertyType.URL, "https://a b", "https://"),
        (PropertyType.URL, "https://[::1", "https://"),
        (PropertyType.CHECKBOX, "perhaps", "yes or no"),
        (PropertyType.COLOUR, "red", "#rrggbb"),
        (PropertyType.CHOICE, "paris", "choose Paris"),
        (PropertyType.CHOICES, "Paris,Oslo", "choose Paris"),
    ],
)
def test_what_is_no_value_of_the_type_is_refused_and_sets_nothing(
    properties: Properties, catalog: Catalog, kind: PropertyType, value: Value, hint: str
) -> None:
    name = define(properties, kind).name
    before = labels(catalog)
    with pytest.raises(UsageError) as caught:
        properties.set(name, KEYS, value)
    assert hint in caught.value.hint
    with pytest.raises(UsageError):
        properties.set_each(name, {KEYS[0]: "", KEYS[1]: value})
    assert labels(catalog) == before


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_kept_exactly(value: float) -> None:
    assert from_stored(PropertyType.NUMBER, to_stored(PropertyType.NUMBER, (), value)) == value
    assert from_stored(PropertyType.NUMBER, to_stored(PropertyType.NUMBER, (), repr(value))) == value


def test_a_new_value_replaces_the_old_one(properties: Properties) -> None:
    many, one = define(properties, PropertyType.CHOICES).name, define(properties, PropertyType.NUMBER).name
    properties.set(many, KEYS, ("Paris", "Rome"))
    properties.set(many, KEYS[:2], ("Rome", "قطة"))
    properties.set(one, KEYS, 1)
    properties.set(one, KEYS[:1], 2)
    assert properties.of_many([1, 2, 3]) == {
        1: {many: ("Rome", "قطة"), one: 2.0},
        2: {many: ("Rome", "قطة"), one: 1.0},
        3: {many: ("Paris", "Rome"), one: 1.0},
    }


@pytest.mark.parametrize("value", ["", "  ", ()])
def test_an_empty_value_clears(properties: Properties, catalog: Catalog, value: Value) -> None:
    name = define(properties, PropertyType.CHOICES).name
    properties.set(name, KEYS, "Paris")
    assert properties.set(name, KEYS[:2], value) == 2
    assert properties.clear(name, KEYS[2:3]) == 1
    assert [bool(values) for values in properties.of_many([1, 2, 3, 4]).values()] == [False, False, False, True]
    assert [step.name for step in History(catalog).steps(2)] == [
        f"clear {name} of {n}" for n in ("1 picture", "2 pictures")
    ]


def test_definitions_are_listed_renamed_and_deleted(properties: Properties, catalog: Catalog) -> None:
    properties.define("year", PropertyType.NUMBER)
    properties.define(" place\n", PropertyType.CHOICE, ["Rome", "Paris", "Rome"])
    assert [(one.name, one.type, one.choices) for one in properties.all()] == [
        ("place", PropertyType.CHOICE, ("Rome", "Paris")),
        ("year", PropertyType.NUMBER, ()),
    ]
    properties.set("year", KEYS, 1931)
    properties.rename("year", "year of print")
    assert properties.of(1) == {"year of print": 1931.0}
    properties.delete("year of print")
    properties.delete("place")
    assert not any(labels(catalog).values())
    for _ in range(3):
        History(catalog).undo()
    assert properties.of(1) == {"year": 1931.0}


def test_pictures_with_a_value_and_a_file_are_counted_once(properties: Properties, catalog: Catalog) -> None:
    cities = define(properties, PropertyType.CHOICES)
    define(properties, PropertyType.TEXT)
    properties.set(cities.name, KEYS[:4], "Rome, Paris")
    assert properties.counts() == {cities.id: 4}
    with catalog.transaction() as database:
        database.execute("DELETE FROM files WHERE picture IN (1, 9)")
    assert properties.counts() == {cities.id: 3}


def test_choices_that_pictures_have_stay(properties: Properties) -> None:
    properties.define("place", PropertyType.CHOICE, ["Rome", "Paris"])
    properties.set("place", KEYS[:1], "Rome")
    properties.set_choices("place", ["Oslo", "Rome"])
    with pytest.raises(UsageError, match="some pictures have place Rome"):
        properties.set_choices("place", ["Oslo"])
    found = properties.find("place")
    assert found
    assert found.choices == ("Oslo", "Rome")


def test_definitions_that_make_no_sense_are_refused(properties: Properties) -> None:
    properties.define("year", PropertyType.NUMBER)
    properties.define("other", PropertyType.NUMBER)
    for attempt, words in (
        (lambda: properties.define("year", PropertyType.TEXT), "there is a property year already"),
        (lambda: properties.define("Width", PropertyType.TEXT), "is a reserved word"),
        (lambda: properties.define("tag", PropertyType.TEXT), "is a reserved word"),
        (lambda: properties.define("not", PropertyType.TEXT), "is a reserved word"),
        (lambda: properties.rename("other", "megapixels"), "is a reserved word"),
        (lambda: properties.rename("other", "year"), "there is a property year already"),
        (lambda: properties.define("x" * 300, PropertyType.TEXT), "at most 200 characters"),
        (lambda: properties.define("a", PropertyType.CHOICE), "choices"),
        (lambda: properties.define("a", PropertyType.TEXT, ["b"]), "choices"),
        (lambda: properties.define("a", PropertyType.CHOICES, ["b,c"]), "must not contain a comma"),
        (lambda: properties.set("yaer", KEYS, 1), "no property yaer"),
        (lambda: properties.delete("yaer"), "no property yaer"),
    ):
        with pytest.raises(UsageError, match=words) as caught:
            attempt()
        assert caught.value.hint
    assert [one.name for one in properties.all()] == ["other", "year"]


def test_computed_properties_say_what_the_file_says(catalog: Catalog) -> None:
    with catalog.transaction() as database:
        database.execute("UPDATE pictures SET width = 0, height = 0, format = '' WHERE id = 2")
        database.execute("UPDATE files SET mtime_ns = 1000000000000000000 WHERE picture = 1")
    whole, unreadable = catalog.pictures([1, 2])
    values = computed(whole)
    assert tuple(values) == COMPUTED[:-3]
    with catalog.transaction() as database:
        database.execute("INSERT INTO exif VALUES (1, '1999-12-31T23:59:59', 'Canon EOS 5D')")
        database.execute("INSERT INTO appearance VALUES (1, 0x00d04a, 0)")
    taken = computed(catalog.pictures([1])[0])
    assert (taken["date"], taken["camera"]) == ("1999-12-31", "Canon EOS 5D")
    assert (taken["colour"], taken["sharpness"]) == ("#00d04a", 0)
    assert tuple(taken) == COMPUTED
    assert values | {"date": ""} == {
        "path": "/pictures/0001.png",
        "folder": "/pictures",
        "name": "0001.png",
        "width": 10,
        "height": 60,
        "megapixels": 0.0006,
        "orientation": "portrait",
        "format": "PNG",
        "size": 100,
        "date": "",
    }
    assert str(values["date"]).startswith("2001-09-")
    assert set(computed(unreadable)) == {"path", "folder", "name", "size", "date"}
    assert Path(str(values["path"])).name == values["name"]
