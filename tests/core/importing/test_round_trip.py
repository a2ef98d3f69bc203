"""What export writes, import reads back exactly, whatever the names and values are."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.catalog.computed import COMPUTED
from core.catalog.property_types import PropertyType, Value, to_stored
from core.errors import UsageError
from core.export import listing
from core.export.export import Form, export
from core.export.listing import Listing
from core.fields import RESERVED
from core.importing.options import Options
from core.importing.plan import plan
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from core.names import clean_name
from core.project import Project
from tests.core.importing.conftest import key, labels_of, open_project

HOSTILE = (
    "=SUM(1,2)",
    "'=x",
    "''+x",
    "@x, =y",
    "＝x",
    '"',
    '""',
    'a "b", c',
    ",",
    ";",
    "a;b;c",
    "\t",
    "'",
    "صحافة قديمة",
    "e\u0301",
    "\u202eevil",
    "\x1b[31m",
    "a\\b",
    "-1",
    "007",
    "yes",
    "1931-02",
    "null",
    "[]",
    "path",
    "key",
    "Tags",
    "property:tags",
    "property:property:x",
    "path;key;tags",
    "score",
    "group",
    "\ufeffx",
    "\x1c",
    "x" * 200,
)
# A NUL is in no table: import refuses it. Surrogates and line ends are in no name.
TEXTS = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
)


def _name(text: str) -> bool:
    try:
        return bool(clean_name(text, "name"))
    except UsageError:
        return False


NAMES = TEXTS.filter(_name).map(lambda text: clean_name(text, "name"))
PROPERTY_NAMES = NAMES.filter(lambda name: name.lower() not in RESERVED and name.lower() not in COMPUTED)
CHOICES = st.lists(NAMES, min_size=1, max_size=4, unique=True)
DATES = st.dates().map(lambda day: day.isoformat()).flatmap(lambda day: st.sampled_from([day, day[:7], day[:4]]))
VALUES: dict[PropertyType, st.SearchStrategy[Value]] = {
    PropertyType.TEXT: TEXTS,
    PropertyType.NUMBER: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**18), 10**18).map(float),
    PropertyType.DATE: DATES,
    PropertyType.URL: TEXTS.map(lambda text: f"https://example.org/{text}"),
    PropertyType.CHECKBOX: st.booleans(),
    PropertyType.COLOUR: st.integers(0, 2**24 - 1).map("#{:06x}".format),
}


@st.composite
def properties(draw: st.DrawFn) -> dict[str, tuple[PropertyType, tuple[str, ...], dict[int, Value]]]:
    """Definitions by name, with a value for some of four pictures."""
    defined = {}
    for name in draw(st.lists(PROPERTY_NAMES, max_size=4, unique=True)):
        kind = draw(st.sampled_from(PropertyType))
        choices: tuple[str, ...] = ()
        values = VALUES.get(kind)
        if values is None:
            choices = tuple(draw(CHOICES))
            if kind == PropertyType.CHOICES:
                choices = tuple(dict.fromkeys(choice.replace(",", "_") for choice in choices))
                values = st.lists(st.sampled_from(choices), min_size=1, unique=True).map(tuple)
            else:
                values = st.sampled_from(choices)
        given_to = draw(st.dictionaries(st.integers(0, 3), values))
        defined[name] = (kind, choices, given_to)
    return defined


TAGS = st.dictionaries(NAMES, st.sets(st.integers(0, 3), min_size=1), max_size=5)
PICTURES = ("one/a.png", "one/b.png", "one/c.png", "one/d.png")


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Project]:
    """Two projects of the same pictures at different places."""
    return (
        open_project(tmp_path_factory.mktemp("from"), PICTURES),
        open_project(tmp_path_factory.mktemp("to"), PICTURES),
    )


def label(
    project: Project,
    tags: Mapping[str, set[int]],
    defined: Mapping[str, tuple[PropertyType, tuple[str, ...], dict[int, Value]]],
) -> None:
    """Write them down; values that are none of their type are left out."""
    keys = [key(project, name) for name in PICTURES]
    for name, pictures in tags.items():
        Tags(project.catalog).add(name, [keys[number] for number in pictures])
    for name, (kind, choices, values) in defined.items():
        definition = Properties(project.catalog).define(name, kind, choices)
        for number, value in values.items():
            try:
                to_stored(kind, definition.choices, value)
            except UsageError:
                continue
            Properties(project.catalog).set(name, [keys[number]], value)


def undo_all(*projects: Project) -> None:
    """For the next example."""
    for project in projects:
        history = History(project.catalog)
        while history.undo():
            pass
        history.forget()


def defined_in(project: Project) -> list[tuple[str, PropertyType, tuple[str, ...]]]:
    return [(one.name, one.type, one.choices) for one in Properties(project.catalog).all()]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(tags=TAGS, defined=properties())
def test_labels_come_back_as_they_were(
    projects: tuple[Project, Project],
    form: Form,
    tags: dict[str, set[int]],
    defined: dict[str, tuple[PropertyType, tuple[str, ...], dict[int, Value]]],
) -> None:
    source, target = projects
    undo_all(source, target)
    label(source, tags, defined)
    for name, (kind, choices, _) in defined.items():
        Properties(target.catalog).define(name, kind, choices)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"labels.{form}"
        export(source, listing.of_filter(source, ""), form, file)
        with plan(target, file) as planned:
            assert (planned.report.matched, planned.report.unknown) == (4, ())
            assert planned.report.refused.first == []
            said = planned.report.changes
            planned.apply()
        assert labels_of(target) == labels_of(source)
        assert said.tags.put == sum(len(pictures) for pictures in tags.values())
        with plan(target, file, Options(tags="replace", clear_empty=True)) as planned:
            assert not planned.report.changes.any


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(tags=TAGS, defined=properties())
def test_parquet_brings_its_properties_along(
    projects: tuple[Project, Project],
    tags: dict[str, set[int]],
    defined: dict[str, tuple[PropertyType, tuple[str, ...], dict[int, Value]]],
) -> None:
    source, target = projects
    undo_all(source, target)
    label(source, tags, defined)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "labels.parquet"
        export(source, listing.of_filter(source, ""), "parquet", file)
        with plan(target, file, Options(new_properties=True)) as planned:
            planned.apply()
    assert labels_of(target) == labels_of(source)
    assert {one[0] for one in defined_in(source) if any(one[0] in had for _, had in labels_of(source).values())} <= {
        one[0] for one in defined_in(target)
    }
    assert set(defined_in(target)) <= set(defined_in(source))


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_groups_come_back_with_their_order_and_scores(tmp_path: Path, form: Form) -> None:
    with (
        open_project(tmp_path / "from", PICTURES) as source,
        open_project(tmp_path / "to", PICTURES) as target,
    ):
        a, b, c, _ = (key(source, name) for name in PICTURES)
        listed = Listing("x", [b, a, a, c], [0.5, 1 / 3, None, -2.0], ["one", "one", "=two", "=two"])
        file = tmp_path / f"x.{form}"
        export(source, listed, form, file)
        with plan(target, file, Options(groups=True)) as planned:
            assert planned.report.refused.count == 0
            planned.apply()
        assert Groups(target.catalog).open("one") == [(b, 0.5), (a, 1 / 3)]
        assert Groups(target.catalog).open("=two") == [(a, None), (c, -2.0)]


def test_pictures_whose_names_are_no_text_are_found_by_key(tmp_path: Path) -> None:
    with open_project(tmp_path, PICTURES) as project:
        (tmp_path / "one" / "a.png").rename(tmp_path / "one" / "caf\udce9.png")
        project.scan()
        Tags(project.catalog).add("cat", [key(project, "one/caf\udce9.png")])
        for form in ("csv", "jsonl", "parquet"):
            export(project, listing.of_filter(project, ""), form, tmp_path / f"x.{form}")
            with plan(project, tmp_path / f"x.{form}") as planned:
                assert (planned.report.matched, planned.report.changes.tags.there) == (4, 1)
        with plan(project, tmp_path / "x.jsonl", Options(by="path")) as planned:
            assert planned.report.matched == 4  # JSON keeps such bytes
