"""Sorting and grouping pictures by anything known of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.catalog.catalog import Catalog
from core.catalog.computed import COMPUTED, computed
from core.catalog.folded_names import fold
from core.catalog.property_types import PropertyType
from core.errors import UsageError
from core.filters.arrange import PictureGroup, group_ids, sort_ids
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS, open_filled

COLOURS = [0x000000, 0x202020, 0xFFFFFF, 0x8B4513, 0x8B0000, 0xFF0000, 0x0000FF]  # in their order
DAY = 86_400 * 10**9


@pytest.fixture
def varied(catalog: Catalog) -> Catalog:
    """Names, sizes, dates and formats that differ; picture 12 cannot be read, picture 11 has no file."""
    rng = random.Random(0)
    with catalog.transaction() as database:
        for number in range(1, 13):
            size = (rng.choice([10, 20]), rng.choice([10, 20]), rng.choice(["PNG", "JPEG"]))
            database.execute("UPDATE pictures SET width = ?, height = ?, format = ? WHERE id = ?", (*size, number))
            noon = int(datetime(1958 + 4 * number, rng.randint(1, 12), 3, 12).timestamp()) * 10**9
            database.execute(
                "UPDATE files SET size = ?, mtime_ns = ?, name = ? WHERE picture = ?",
                (rng.randint(1, 4), noon, rng.choice([b"A", b"b", b"\xff", "É".encode()]) + b"%d" % number, number),
            )
        database.execute(
            "INSERT INTO exif VALUES (1, '1901-02-03T23:59:59', 'B'), (2, '', 'A'), (3, '2101-01-01T00:00:00', '')"
        )
        database.execute("UPDATE pictures SET width = 0, height = 0, format = '' WHERE id = 12")
        database.execute("DELETE FROM files WHERE picture = 11")
        looks = [(number, rng.choice(COLOURS), rng.choice([0, 1, 6, 7, 900])) for number in range(1, 11)]
        database.executemany("INSERT INTO appearance VALUES (?, ?, ?)", looks)
    return catalog


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", COMPUTED)
def test_computed_properties_sort_and_group(varied: Catalog, by: str, descending: bool) -> None:
    given = [5, 3, 12, 1, 11, 4, 2, 8, 7, 10, 9, 6]
    present = [number for number in given if number != 11]
    values = {picture.id: computed(picture).get(by) for picture in varied.pictures(present)}
    if by == "path":
        values = {number: place for place, number in enumerate(varied.picture_ids())}
    if by == "colour":  # dark before light within a name; each of COLOURS has its own
        values = {
            number: value and [f"#{colour:06x}" for colour in COLOURS].index(str(value))
            for number, value in values.items()
        }
    if by == "name":
        values = {number: fold(str(value)) for number, value in values.items()}
    with_value = [number for number in present if values[number] is not None]
    ordered = sorted(with_value, key=lambda number: values[number], reverse=descending)  # type: ignore[arg-type,return-value]
    assert list(sort_ids(varied, given, by, descending)) == ordered + [n for n in present if n not in with_value]
    if not descending and by not in ("path", "colour", "sharpness"):
        assert [number for bucket in group_ids(varied, given, by) for number in bucket.ids] == ordered + [
            number for number in present if number not in with_value
        ]


def test_colours_are_grouped_by_name_and_sharpness_by_its_magnitude(catalog: Catalog) -> None:
    with catalog.transaction() as database:
        looks = [(1, 0xFF0000, 0), (2, 0, 6), (3, 0x8B0000, 3), (4, 0x202020, 7), (5, 0xFFFFFF, 900)]
        database.executemany("INSERT INTO appearance VALUES (?, ?, ?)", looks)
    colours = [(bucket.name, list(bucket.ids)) for bucket in group_ids(catalog, [6, 5, 4, 3, 2, 1], "colour")]
    assert colours == [("black", [4, 2]), ("white", [5]), ("red", [3, 1]), (None, [6])]
    magnitudes = [(bucket.name, list(bucket.ids)) for bucket in group_ids(catalog, [1, 2, 3, 4, 5, 6], "sharpness")]
    assert magnitudes == [("0", [1]), ("3 to 6", [2, 3]), ("7 to 14", [4]), ("511 to 1,022", [5]), (None, [6])]


def test_what_is_measured_meanwhile_counts_at_once(catalog: Catalog) -> None:
    assert list(sort_ids(catalog, [1, 2, 3], "sharpness")) == [1, 2, 3]
    for number, sharpness in ((3, 5), (2, 9)):
        with catalog.transaction() as database:
            database.execute("INSERT INTO appearance VALUES (?, 0, ?)", (number, sharpness))
    assert list(sort_ids(catalog, [1, 2, 3], "sharpness")) == [3, 2, 1]


def test_groups_are_named(varied: Catalog) -> None:
    everything = varied.picture_ids()
    for by, names in (
        ("format", {"JPEG", "PNG", None}),
        ("orientation", {"landscape", "portrait", "square", None}),
        ("folder", {"/pictures", "/pictures/below"}),
    ):
        buckets = group_ids(varied, everything, by)
        assert {bucket.name for bucket in buckets} <= names
        for picture in varied.pictures(everything):
            (bucket,) = [bucket for bucket in buckets if picture.id in bucket.ids]
            assert bucket.name == computed(picture).get(by)


@pytest.mark.parametrize(("span", "letters"), [("day", 10), ("month", 7), ("year", 4), ("decade", 3)])
def test_dates_are_grouped_by_day_to_decade(varied: Catalog, span: str, letters: int) -> None:
    buckets = group_ids(varied, varied.picture_ids(), "date", span)  # type: ignore[arg-type]
    assert [bucket.name for bucket in buckets] == sorted(bucket.name or "" for bucket in buckets)
    for bucket in buckets:
        for picture in varied.pictures(bucket.ids):
            day = str(computed(picture)["date"])
            assert bucket.name == day[:letters] + ("0s" if span == "decade" else "")


def test_a_picture_is_in_the_group_of_each_of_its_tags(varied: Catalog) -> None:
    Tags(varied).add("dog", KEYS[:3])
    Tags(varied).add("cat", KEYS[1:4])
    found = group_ids(varied, [4, 3, 2, 1, 5], "tag")
    assert [(bucket.name, list(bucket.ids)) for bucket in found] == [
        ("cat", [4, 3, 2]),
        ("dog", [3, 2, 1]),
        (None, [5]),
    ]
    assert list(sort_ids(varied, [5, 1, 2, 3, 4], "tag")) == [2, 3, 4, 1, 5]


def test_properties_sort_and_group(varied: Catalog) -> None:
    properties = Properties(varied)
    properties.define("year", PropertyType.NUMBER)
    properties.define("Printed", PropertyType.DATE)
    properties.define("places", PropertyType.CHOICES, ["Paris", "Rome"])
    properties.define("done", PropertyType.CHECKBOX)
    properties.set_each("year", {KEYS[0]: 10, KEYS[1]: 9, KEYS[2]: 9.5, KEYS[10]: 1})
    properties.set_each("Printed", {KEYS[0]: "1931", KEYS[1]: "1931-05-02", KEYS[2]: "1929-12"})
    properties.set_each("places", {KEYS[0]: ("Paris", "Rome"), KEYS[1]: "Rome"})
    properties.set("done", KEYS[:1], "yes")
    some = [4, 1, 2, 3, 11]

    def groups(*by: str) -> list[tuple[str | None, list[int]]]:
        return [(bucket.name, list(bucket.ids)) for bucket in group_ids(varied, some, *by)]  # type: ignore[arg-type]

    assert list(sort_ids(varied, some, "year")) == [2, 3, 1, 4]
    assert list(sort_ids(varied, some, "year", descending=True)) == [1, 3, 2, 4]
    assert list(sort_ids(varied, some, "Printed")) == [3, 1, 2, 4]
    assert groups("year") == [("9", [2]), ("9.5", [3]), ("10", [1]), (None, [4])]
    assert groups("Printed", "decade") == [("1920s", [3]), ("1930s", [1, 2]), (None, [4])]
    assert groups("Printed", "month") == [("1929-12", [3]), ("1931", [1]), ("1931-05", [2]), (None, [4])]
    assert groups("places") == [("Paris", [1]), ("Rome", [1, 2]), (None, [4, 3])]
    assert groups("done") == [("yes", [1]), (None, [4, 2, 3])]


def test_nothing_is_no_groups(varied: Catalog) -> None:
    assert group_ids(varied, [], "tag") == []
    assert list(sort_ids(varied, [], "tag")) == []
    assert group_ids(varied, [11, 77], "format") == []
    assert [bucket.name for bucket in group_ids(varied, [1, 2], "tag")] == [None]
    assert isinstance(group_ids(varied, [1], "tag")[0], PictureGroup)


def test_what_is_not_there_is_said(varied: Catalog) -> None:
    with pytest.raises(UsageError, match="no property sise") as caught:
        sort_ids(varied, [1], "sise")
    assert caught.value.hint == "did you mean size?"
    with pytest.raises(UsageError, match="a different path"):
        group_ids(varied, [1], "path")
    with pytest.raises(UsageError, match="no span week"):
        group_ids(varied, [1], "date", "week")  # type: ignore[arg-type]


def test_many_different_numbers_are_grouped_in_ranges(varied: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.filters.arrange._MOST_NUMBERS", 5)
    properties = Properties(varied)
    properties.define("weight", PropertyType.NUMBER)
    properties.set_each("weight", {KEYS[number - 1]: 1001 * number for number in range(1, 11)})
    found = [(one.name, list(one.ids)) for one in group_ids(varied, varied.picture_ids(), "weight")]
    assert found[0] == ("1000 to 1499", [1])
    assert found[9:] == [("10,000 to 10,499", [10]), (None, [12])]
    assert [name for name, _ in found[:9]] == [f"{1000 * number} to {1000 * number + 499}" for number in range(1, 10)]


def test_groups_of_labels_follow_every_change_of_labels(catalog: Catalog) -> None:
    tags, history = Tags(catalog), History(catalog)

    def groups() -> dict[str | None, list[int]]:
        return {one.name: one.ids.tolist() for one in group_ids(catalog, [1, 2, 3], "tag")}

    assert groups() == {None: [1, 2, 3]}
    tags.add("cat", KEYS[:2])
    assert groups() == groups() == {"cat": [1, 2], None: [3]}
    history.undo()
    assert groups() == {None: [1, 2, 3]}
    history.redo()
    assert groups() == {"cat": [1, 2], None: [3]}
    tags.rename("cat", "dog")
    assert groups() == {"dog": [1, 2], None: [3]}
    with history.step("two"):
        tags.add("eel", KEYS[2:3])
        assert groups() == {"dog": [1, 2], "eel": [3]}
        tags.remove("eel", KEYS[2:3])
        assert groups() == {"dog": [1, 2], None: [3]}
    with Catalog(catalog.path, catalog.path.parent) as other:  # as another program changes them
        Tags(other).remove("dog", KEYS[:1])
    assert groups() == {"dog": [2], None: [1, 3]}
    history.undo()
    history.forget()
    assert groups() == {"dog": [1, 2], None: [3]}


class Disturbed(Catalog):
    """A catalog that another program changes after its query number ``at``."""

    def begin(self, at: int, change: Callable[[Catalog], object]) -> None:
        self._left, self._change = at, change

    def query(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        rows = super().query(statement, values)
        self._left = getattr(self, "_left", 0) - 1
        if self._left == 0:
            with Catalog(self.path, self.path.parent) as other:
                self._change(other)
        return rows


def _another_type(catalog: Catalog) -> None:
    """The next property gets the number of the one that is deleted."""
    properties = Properties(catalog)
    properties.delete("year")
    properties.define("when", PropertyType.TEXT)
    properties.set("when", KEYS[:2], "in spring")


@pytest.mark.parametrize("by", ["tag", "year"])
@pytest.mark.parametrize(
    "change",
    [
        lambda catalog: Tags(catalog).delete("cat"),
        lambda catalog: Tags(catalog).rename("cat", "kitten"),
        lambda catalog: Tags(catalog).add("dog", KEYS[:3]),
        lambda catalog: History(catalog).undo(),
        lambda catalog: Properties(catalog).delete("year"),
        lambda catalog: Properties(catalog).set("year", KEYS[:3], 1950),
        _another_type,
    ],
)
def test_what_another_program_changes_meanwhile_counts_as_a_whole_or_not_at_all(
    tmp_path: Path, by: str, change: Callable[[Catalog], object]
) -> None:
    ids = [1, 2, 3]

    def groups(catalog: Catalog) -> list[tuple[str | None, list[int]]]:
        try:
            return [(one.name, one.ids.tolist()) for one in group_ids(catalog, ids, by)]
        except UsageError:  # there is no such property any more
            return [(None, ids)]

    for at in range(1, 30):
        (tmp_path / str(at)).mkdir()
        with open_filled(tmp_path / str(at), 3) as catalog:
            Tags(catalog).add("cat", KEYS[:1])
            Properties(catalog).define("year", PropertyType.NUMBER)
            Properties(catalog).set_each("year", {KEYS[0]: 1931, KEYS[1]: 1930})
            Tags(catalog).add("eel", KEYS[1:2])
        with Disturbed(tmp_path / str(at) / "catalog.sqlite", tmp_path / str(at)) as catalog:
            before = groups(catalog)
            catalog.begin(at, change)
            meanwhile = groups(catalog)
            done = catalog._left > 0  # it asked fewer questions
            after = groups(catalog)
            assert meanwhile in (before, before if done else after)
            if done:
                assert at > 2
                return
    raise AssertionError("it never comes to an end")


def test_several_threads_order_by_different_labels_at_once(catalog: Catalog) -> None:
    names = [f"property {number}" for number in range(7)]  # more than are kept
    for name in names:
        Properties(catalog).define(name, PropertyType.NUMBER)
        Properties(catalog).set_each(name, {KEYS[0]: 2, KEYS[1]: 1})
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: list(sort_ids(catalog, [1, 2, 3], names[number % 7])), range(200)))
    assert found == [[2, 1, 3]] * 200
