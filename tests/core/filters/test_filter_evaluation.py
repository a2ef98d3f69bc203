"""Which pictures a filter means, held against a plain evaluation picture by picture."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.catalog import Catalog
from core.catalog.folded_names import fold
from core.catalog.property_types import PropertyType
from core.errors import UsageError
from core.fields import interval
from core.filters.contradiction import Contradiction
from core.filters.evaluation import ids_where, keys_where
from core.filters.parser import parse
from core.filters.saved import SavedFilters
from core.filters.syntax import (
    And,
    DateCondition,
    Everything,
    Filter,
    FilterError,
    FlagCondition,
    NameCondition,
    Not,
    NumberCondition,
    Or,
    PropertyCondition,
)
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.stacks import Stacks
from core.labels.tags import Tags
from core.labels.undo import History
from tests.core.filters.filter_strategies import combined, conditions
from tests.core.labels.label_helpers import picture_key

ROOTS = (b"/data/Photos", b"/other/scans")
PARENTS = {"animal": None, "cat": "animal", "kitten": "cat", "old press": None}
PLACES = ("Paris", "Rome")
SAVED = {"large": "width>=100 or tag:cat", "not large": "not saved:large"}


@dataclass
class Known:
    """A picture as the plain evaluation sees it."""

    number: int
    files: list[tuple[int, bytes, bytes]]
    width: int
    height: int
    format: str
    size: int
    day: date
    tags: set[str] = field(default_factory=set)
    in_group: bool = False
    year: float | None = None
    printed: str | None = None
    places: tuple[str, ...] = ()
    checked: bool | None = None
    note: str | None = None
    covered: bool = False
    taken: date | None = None
    camera: str = ""
    looks: tuple[int, int] | None = None  # mean colour, sharpness
    stacked: bool = False


COLOURED = {0xFF0000: "red", 0xFA0505: "red", 0x000000: "black", 0x228B22: "green"}
FOLDERS = (b"x/1931", b"1931/JANUARY-2", b"19", b"1931/January", b"", b"1931")
# Numbered against the order of their paths: only a sort brings them into it.
LISTED = [(root, folder) for folder in FOLDERS for root in (1, 0)]
NAMES = st.sampled_from(
    [b"market.jpg", b"MARKET 2.png", b"Caf\xc3\xa9.png", b"cafe\xcc\x81", b"\xff\xfe", b"19", b"a\nb"]
)
DAYS = st.dates(date(1925, 1, 1), date(1940, 1, 1))
PICTURES = st.lists(
    st.builds(
        Known,
        st.just(0),
        st.lists(st.tuples(st.integers(0, 1), st.sampled_from(FOLDERS), NAMES), max_size=3, unique=True),
        st.sampled_from([0, 50, 100]),
        st.sampled_from([50, 100]),
        st.sampled_from(["JPEG", "PNG", ""]),
        st.integers(0, 120),
        DAYS,
        st.sets(st.sampled_from(sorted(PARENTS))),
        st.booleans(),
        st.none() | st.integers(0, 120).map(float),
        st.none() | DAYS.map(lambda day: day.isoformat()) | DAYS.map(lambda day: day.isoformat()[:4]),
        st.sampled_from([(), ("Paris",), ("Rome",), PLACES]),
        st.none() | st.booleans(),
        st.none() | st.sampled_from(["Old Press", "ÉTÉ 1931", "100%", "a_b", "straße"]),
        st.booleans(),
        st.none() | DAYS,
        st.sampled_from(["", "Canon EOS 5D", "Étoile 1"]),
        st.none() | st.tuples(st.sampled_from(sorted(COLOURED)), st.integers(0, 120)),
    ),
    max_size=12,
)
ENDS = st.sampled_from([4, 7, 10])  # of a year, month, day
COMPARED = st.sampled_from(["<", "<=", "=", ">=", ">", "!="])
PROPERTIES = st.one_of(
    st.builds(PropertyCondition, st.just("year"), COMPARED, st.integers(0, 120).map(str)),
    st.builds(
        PropertyCondition, st.just("printed"), COMPARED, st.builds(lambda day, end: day.isoformat()[:end], DAYS, ENDS)
    ),
    st.builds(PropertyCondition, st.just("places"), st.sampled_from(["=", "!="]), st.sampled_from(PLACES)),
    st.builds(PropertyCondition, st.just("checked"), st.sampled_from(["=", "!="]), st.sampled_from(["yes", "no"])),
    st.builds(
        PropertyCondition, st.just("note"), st.just("~"), st.sampled_from(["press", "été", "%", "_", "STRASSE", "x"])
    ),
    st.builds(
        PropertyCondition, st.just("note"), st.sampled_from(["=", "!="]), st.sampled_from(["Old Press", "old press"])
    ),
)
FILTERS = combined(
    conditions(
        {
            "tag": st.sampled_from(sorted(PARENTS)),
            "group": st.just("posters"),
            "folder": st.sampled_from(["/data/Photos", "/data/Photos/1931/", "photos", "/"]),
            "path": st.sampled_from(
                ["market", "1931/j", "photos/1931", "/", "y/mar", "café", "É", "\udcff", "9", "\n"]
            ),
            "name": st.sampled_from(["market", "CAFÉ", "19", "\udcff"]),
            "camera": st.sampled_from(["eos", "étoile", "x"]),
            "format": st.sampled_from(["png", "JPG", ".jpeg", "tiff"]),
            "covered": st.just("clip"),
            "failed": st.just("clip"),
            "has": st.sampled_from(["year", "places"]),
            "saved": st.sampled_from(sorted(SAVED)),
        },
        PROPERTIES,
    )
)


@contextmanager
def filled(pictures: list[Known]) -> Iterator[Catalog]:
    """A catalog of these pictures; a file that two of them claim is the first one's."""
    with tempfile.TemporaryDirectory() as folder, Catalog(Path(folder) / "catalog.sqlite", Path(folder)) as catalog:
        taken: set[tuple[int, bytes, bytes]] = set()
        with catalog.transaction() as database:
            database.executemany("INSERT INTO roots VALUES (?, ?)", enumerate(ROOTS))
            places = {place: number for number, place in enumerate(LISTED, 1)}
            database.executemany("INSERT INTO folders VALUES (?, ?, ?)", ((n, *place) for place, n in places.items()))
            for number, picture in enumerate(pictures, 1):
                picture.number = number
                picture.files = [place for place in picture.files if place not in taken]
                taken.update(picture.files)
                database.execute(
                    "INSERT INTO pictures VALUES (?, ?, ?, ?, ?, '')",
                    (number, picture_key(number), picture.width, picture.height, picture.format),
                )
                moment_taken = f"{picture.taken}T23:59:59" if picture.taken else ""
                if moment_taken or picture.camera:
                    database.execute("INSERT INTO exif VALUES (?, ?, ?)", (number, moment_taken, picture.camera))
                if picture.looks:
                    database.execute("INSERT INTO appearance VALUES (?, ?, ?)", (number, *picture.looks))
                moment = int(datetime(picture.day.year, picture.day.month, picture.day.day, 12).timestamp()) * 10**9
                for root, path, name in picture.files:
                    values = (places[root, path], name, number, picture.size, moment)
                    database.execute("INSERT INTO files VALUES (NULL, ?, ?, ?, ?, ?)", values)
        _label(catalog, pictures)
        yield catalog


def _label(catalog: Catalog, pictures: list[Known]) -> None:
    tags, properties = Tags(catalog), Properties(catalog)
    for name, parent in PARENTS.items():
        tags.create(name, parent=parent)
        tags.add(name, [picture_key(one.number) for one in pictures if name in one.tags])
    Groups(catalog).save("posters", [(picture_key(one.number), None) for one in pictures if one.in_group])
    for name, kind in (("year", "number"), ("printed", "date"), ("checked", "checkbox"), ("note", "text")):
        properties.define(name, PropertyType(kind))
        values = {picture_key(one.number): getattr(one, name) for one in pictures}
        properties.set_each(name, {key: value for key, value in values.items() if value is not None})
    for name, line in SAVED.items():
        SavedFilters(catalog).save(name, line)
    together = [one for one in pictures if one.in_group and one.files]
    if len(together) > 1:
        Stacks(catalog).stack([picture_key(one.number) for one in together])
        for one in together:
            one.stacked = True
    properties.define("places", PropertyType.CHOICES, PLACES)
    properties.set_each("places", {picture_key(one.number): one.places for one in pictures})


def plain(part: Filter, one: Known) -> bool:  # noqa: C901  a case for each kind of filter
    """What ``part`` says of one picture."""
    match part:
        case Everything():
            return True
        case Not():
            return not plain(part.part, one)
        case And():
            return all(plain(each, one) for each in part.parts)
        case Or():
            return any(plain(each, one) for each in part.parts)
        case FlagCondition():
            return {"untagged": not one.tags, "duplicates": len(one.files) > 1, "stacked": one.stacked}[part.field]
        case NumberCondition():
            values = {"width": one.width, "height": one.height, "megapixels": one.width * one.height / 1e6}
            if part.field == "size":
                return compare(one.size, part.operator, part.value)
            if part.field == "sharpness":
                return one.looks is not None and compare(one.looks[1], part.operator, part.value)
            return one.width > 0 and compare(values[part.field], part.operator, part.value)
        case DateCondition():
            return dated(one.taken or one.day, part.operator, part.value)
        case PropertyCondition():
            return plain_property(part, one)
        case NameCondition():
            return plain_named(part, one)


def plain_named(part: NameCondition, one: Known) -> bool:  # noqa: C901  a case for each field
    paths = [os.path.join(ROOTS[root], path, name) for root, path, name in one.files]
    shown = [fold(os.fsdecode(path.partition(b"/data/" if b"/data/" in path else b"/other/")[2])) for path in paths]
    piece = fold(part.value)
    match part.field:
        case "tag":
            below = {"animal": {"animal", "cat", "kitten"}, "cat": {"cat", "kitten"}}.get(part.value, {part.value})
            return bool(one.tags & below)
        case "group":
            return one.in_group
        case "folder" if part.value.startswith("/"):
            return any(path.startswith(os.fsencode(part.value.rstrip("/")) + b"/") for path in paths)
        case "folder":
            return any(f"/{piece}/" in f"/{path}" for path in shown)
        case "path":
            return any(piece in path for path in shown)
        case "name":
            return any(piece in fold(os.fsdecode(os.path.basename(path))) for path in paths)
        case "camera":
            return bool(one.camera) and piece in fold(one.camera)
        case "format":
            return one.format.lower() == {"JPG": "jpeg", ".jpeg": "jpeg"}.get(part.value, part.value)
        case "orientation":
            sizes = {"portrait": one.width < one.height, "landscape": one.width > one.height}
            return one.width > 0 and sizes.get(part.value, one.width == one.height)
        case "colour":
            wanted = "red" if part.value == "#fe0000" else part.value
            return one.looks is not None and COLOURED[one.looks[0]] == wanted
        case "covered":
            return one.covered
        case "failed":
            return not one.covered
        case "has":
            return one.year is not None if part.value == "year" else bool(one.places)
        case "saved":
            return plain(parse(SAVED[part.value]), one)
    raise AssertionError(part)


def plain_property(part: PropertyCondition, one: Known) -> bool:
    if part.name == "year":
        return one.year is not None and compare(one.year, part.operator, float(part.value))
    if part.name == "printed":
        if one.printed is None:
            return False
        return dated(date.fromisoformat((one.printed + "-01-01")[:10]), part.operator, part.value)
    if part.name == "places":
        return bool(one.places) and (part.value in one.places) == (part.operator == "=")
    if part.name == "checked":
        return bool(one.checked) == ((part.value == "yes") == (part.operator == "="))
    if one.note is None:
        return False
    if part.operator == "~":
        return fold(part.value) in fold(one.note)
    return (one.note == part.value) == (part.operator == "=")


def within(filter_: Filter) -> Iterator[Filter]:
    """All conjunctions and single conditions of a filter."""
    if isinstance(filter_, And | Or):
        for part in filter_.parts:
            yield from within(part)
    elif isinstance(filter_, Not):
        yield from within(filter_.part)
    elif isinstance(filter_, NameCondition) and filter_.field == "saved":
        yield from within(parse(SAVED[filter_.value]))
    if isinstance(filter_, And | NumberCondition):
        yield filter_


def compare(value: float, operator: str, other: float) -> bool:
    return {
        "<": value < other,
        "<=": value <= other,
        "=": value == other,
        ">=": value >= other,
        ">": value > other,
        "!=": value != other,
    }[operator]


def dated(day: date, operator: str, text: str) -> bool:
    first, after = interval(text)
    before, behind = day < first, after is not None and day >= after
    return {
        "<": before,
        "<=": not behind,
        "=": not before and not behind,
        ">=": not before,
        ">": behind,
        "!=": before or behind,
    }[operator]


@settings(max_examples=50, deadline=None)
@given(PICTURES, st.lists(FILTERS, min_size=1, max_size=10))
def test_a_filter_means_what_it_says(pictures: list[Known], filters: list[Filter]) -> None:
    with filled(pictures) as catalog:
        keys = {
            "covered": np.array([picture_key(one.number) for one in pictures if one.covered], "S20"),
            "failed": np.array([picture_key(one.number) for one in pictures if not one.covered], "S20"),
        }
        order = list(catalog.picture_ids())
        for filter_ in filters:
            wanted = {one.number for one in pictures if one.files and plain(filter_, one)}
            try:
                found = list(ids_where(catalog, filter_, lambda field, name: keys[field]))
            except Contradiction:  # nothing is refused that a picture matches
                assert any(not any(plain(part, one) for one in pictures) for part in within(filter_)), str(filter_)
                continue
            assert found == [number for number in order if number in wanted], str(filter_)
            again = keys_where(catalog, str(filter_), lambda field, name: keys[field])
            assert [bytes(key).ljust(20, b"\0") for key in again] == sorted(map(picture_key, wanted))


def test_a_filter_sees_what_changed_since(tmp_path: Path) -> None:
    with Catalog(tmp_path / "c.sqlite", tmp_path) as catalog, Catalog(tmp_path / "c.sqlite", tmp_path) as other:
        assert list(ids_where(catalog, "")) == []
        with other.transaction() as database:
            database.execute("INSERT INTO roots VALUES (1, ?)", (b"/r",))
            database.execute("INSERT INTO folders VALUES (1, 1, ?)", (b"",))
            database.execute("INSERT INTO pictures VALUES (1, ?, 5, 5, 'PNG', '')", (picture_key(1),))
            database.execute("INSERT INTO files VALUES (1, 1, ?, 1, 5, 5)", (b"a.png",))
        assert list(ids_where(catalog, "width=5")) == [1]
        Tags(other).add("cat", [picture_key(1)])
        assert list(ids_where(catalog, "tag:cat")) == [1]
        with other.transaction() as database:
            database.execute("UPDATE files SET name = ?", (b"b.png",))
        assert list(ids_where(catalog, "name~b")) == [1]
        assert catalog.facts() is catalog.facts()
        with other.transaction() as database:
            database.execute("DELETE FROM files")
        assert list(ids_where(catalog, "tag:cat")) == []


def test_saved_filters_that_lead_to_themselves_or_too_deep_are_refused(catalog: Catalog) -> None:
    filters = SavedFilters(catalog)
    filters.save("c", "untagged")
    filters.save("b", "not saved:c")
    filters.save("a", "width>3 and saved:b")
    with pytest.raises(FilterError, match=r"c refers to itself.*c → a → b → c"):
        filters.save("c", "saved:a or untagged", replace=True)
    put(catalog, "c", "saved:a or untagged")
    with pytest.raises(FilterError, match=r"a refers to itself.*a → b → c → a") as caught:
        ids_where(catalog, "width>2 or saved:a")
    assert caught.value.at == 11
    put(catalog, "c", "width>30 and widht>3")
    with pytest.raises(FilterError, match=r"in the filter a: in the filter b: in the filter c: .*no property widht"):
        ids_where(catalog, "saved:a")
    filters.save("d000", "untagged")
    for number in range(1, 20):  # evaluated once each: else 2 ** 20 times
        filters.save(f"d{number:03d}", f"saved:d{number - 1:03d} or saved:d{number - 1:03d}")
    assert list(ids_where(catalog, "saved:d019")) == list(catalog.picture_ids())
    with pytest.raises(FilterError, match="or is nested too deeply"):
        filters.save("d020", "saved:d019")
    put(catalog, "d020", "saved:d019")
    with pytest.raises(FilterError, match="or is nested too deeply"):
        ids_where(catalog, "saved:d020")


def put(catalog: Catalog, name: str, line: str) -> None:
    """Write a saved filter unchecked, as an older version did."""
    with History(catalog).step("save") as step:
        step.database.execute("DELETE FROM saved_filters WHERE name = ?", (name,))
        step.database.execute("INSERT INTO saved_filters (name, line) VALUES (?, ?)", (name, line))


def test_a_filter_within_a_folder(catalog: Catalog) -> None:
    below = next(folder.id for folder in catalog.folders() if folder.path == b"below")
    assert list(ids_where(catalog, "width>40", folder=below)) == [8, 12]


@pytest.mark.parametrize(
    ("line", "at", "message", "hint"),
    [
        ("width>3 tag:ca", 8, "no tag ca", "did you mean cat?"),
        ("saved:x", 0, "no filter x", "there are none yet"),
        ("group:x", 0, "no group x", "there are none yet"),
        ("width>3 and yaer>1931", 12, "no property yaer", "did you mean year?"),
        ("has:yaer", 0, "no property yaer", "did you mean year?"),
        ("year>old", 0, "old is not a number", "1931"),
        ("year~3", 0, "year is a number: it does not support ~", "expected ="),
        ("place>Paris", 0, "place is a choice: it does not support >", "expected = != ~"),
        ("place:Pari", 0, "Pari is not one of the choices", "Paris"),
        ("done:maybe", 0, "maybe is neither yes nor no", "yes or no"),
        ("done>yes", 0, "done is a checkbox: it does not support >", "expected = !="),
        ("printed>soon", 0, "soon is not a date", "1931-02"),
        ("folder:nowhere", 0, "no folder nowhere", "1931/january"),
        ('folder:""', 0, "no folder", "1931/january"),
        ('tag:" "', 0, "a tag needs a name", "not empty"),
        ("covered:clip", 0, "not available here", "leave it out"),
        (f"tag:{'x' * 300}", 0, "at most 200 characters", "shorter"),
        ("tag:\x1b[1m", 0, "no tag \\x1b[1m", "did"),
    ],
)
def test_what_is_not_there_is_said_with_its_place(
    catalog: Catalog, line: str, at: int, message: str, hint: str
) -> None:
    Tags(catalog).create("cat")
    properties = Properties(catalog)
    properties.define("year", PropertyType.NUMBER)
    properties.define("place", PropertyType.CHOICE, ["Paris"])
    properties.define("done", PropertyType.CHECKBOX)
    properties.define("printed", PropertyType.DATE)
    with pytest.raises(FilterError) as caught:
        ids_where(catalog, line)
    assert (caught.value.at, message in caught.value.message) == (at, True), caught.value.message
    assert hint in caught.value.hint or hint == "did"


def test_a_vec_type_that_is_not_there_is_said_with_its_place(catalog: Catalog) -> None:
    def refuse(field: str, name: str) -> np.ndarray:
        raise UsageError(f"no vec type {name}", "create it")

    with pytest.raises(FilterError, match="no vec type clip") as caught:
        ids_where(catalog, parse("width>3 covered:clip"), refuse)
    assert (caught.value.at, caught.value.hint) == (8, "create it")


def test_dates_beyond_what_a_clock_says_are_compared(catalog: Catalog) -> None:
    for line in ("date>=0001", "date<9999", "date<=9999-12-31", "date!=1500"):
        assert len(ids_where(catalog, line)) == 12
    for line in ("date<0001", "date>9999-12-31", "date=1500"):
        assert len(ids_where(catalog, line)) == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sharpness>-1 and sharpness<-1", "sharpness<-1"),
        ("width>=100 and width<50", "both width>=100 and width<50"),
        ("width>100 and width<101", "both width>100 and width<101"),
        ("width=100.5", "width=100.5 matches no picture"),
        ("width<1", "width<1 matches no picture"),
        ("size=5 cat size!=5", "both size=5 and size!=5"),
        ("width>5 (height>3 width<=5)", "both width>5 and width<=5"),
        ("width>200 and not width>100", "both width>200 and not width>100"),
        ("cat or (date>1931 and date<1931-06)", "both date>1931 and date<1931-06"),
        ("date=1931 and date!=1931", "both date=1931 and date!=1931"),
        ("format:jpg and format:png", "both format:jpg and format:png"),
        ("format:jpg and not format:jpeg", "both format:jpg and not format:jpeg"),
        ("orientation:portrait orientation:square", "both orientation"),
        ("colour:red and colour:blue", "both colour:red and colour:blue"),
        ("tag:cat and not tag:cat", "both tag:cat and not tag:cat"),
        ("untagged and tag:cat", "both untagged and tag:cat"),
        ("year>5 and year<=5", "both year>5 and year<=5"),
        ("printed>1931 and printed<1931-05", "both printed>1931 and printed<1931-05"),
        ("note=a and note=b", "both note=a and note=b"),
        ("checked=yes and checked=off", "both checked=yes and checked=off"),
        ('saved:large and saved:"not large"', "both"),
        ("saved:wide and width<50", "both width>=100 and width<50"),
    ],
)
def test_a_contradiction_is_said(line: str, message: str) -> None:
    with filled([]) as catalog:
        SavedFilters(catalog).save("wide", "width>=100 and height>5")
        with pytest.raises(Contradiction, match=re.escape(message)) as caught:
            ids_where(catalog, line)
        assert 0 <= caught.value.at < len(line)


@pytest.mark.parametrize(
    "line",
    [
        "width>=100 and width<=100",
        "width>100 and width<102",
        "megapixels>1 and megapixels<1.0001",
        "width>100 or width<50",
        "not width>100 and not width<=100",  # pictures whose size is unknown
        "date>=1931 and date<=1931",
        "format:jpg and format:jpeg",
        "colour:red and colour:#fe0000",
        "tag:cat and tag:animal",
        "places=Paris and places=Rome",
        "year>5 and year!=6",
        "year>5.1 and year<5.2",
        "path~a and path~b",
        "size>=0",
        "not note=a and not note!=a",
    ],
)
def test_what_some_picture_could_match_is_no_contradiction(line: str) -> None:
    with filled([]) as catalog:
        assert list(ids_where(catalog, line)) == []
