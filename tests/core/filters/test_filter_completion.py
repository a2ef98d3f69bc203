"""What could be typed next."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.filters.completion import Vocabulary, complete
from core.filters.parser import parse
from core.filters.syntax import Filter
from tests.core.filters.filter_strategies import ANY_FILTER

KNOWN = Vocabulary(
    tags=["cat", "Cathedral", "old press", "(odd)", "bobcat"],
    groups=["posters"],
    folders=["1931/january", "1931"],
    formats=["JPEG", "PNG"],
    vec_types=["clip", "clip+grey"],
    properties={"place": ["Paris", "New York"], "date of print": [], "note": []},
)


def lines(line: str, cursor: int | None = None) -> list[str]:
    """``|`` in the line is where the cursor is."""
    at = line.index("|") if "|" in line else len(line)
    typed = line.replace("|", "")
    return [one.apply(typed) for one in complete(typed, at, KNOWN)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tag:c", ["tag:cat", "tag:Cathedral", "tag:bobcat"]),
        ("tag:", ["tag:cat", "tag:Cathedral", 'tag:"old press"', 'tag:"(odd)"', "tag:bobcat"]),
        ("tag: ca", ["tag: cat", "tag: Cathedral", "tag: bobcat"]),
        ('tag:"old', ['tag:"old press"']),
        ("width>3 and (tag:ol", ['width>3 and (tag:"old press"']),
        ("tag:ca| and width>3", ["tag:cat and width>3", "tag:Cathedral and width>3", "tag:bobcat and width>3"]),
        ("tag:c|ab) or x", ["tag:cat) or x", "tag:Cathedral) or x", "tag:bobcat) or x"]),
        ("group:", ["group:posters"]),
        ("folder:ja", ["folder:1931/january"]),
        ("format:p", ["format:PNG", "format:JPEG"]),
        ("orientation:po", ["orientation:portrait"]),
        ("covered:clip+", ["covered:clip+grey"]),
        ("failed:x", []),
        ("has:pl", ["has:place"]),
        ("place:new", ['place:"New York"']),
        ("place=", ["place=Paris", 'place="New York"']),
        ("width>", []),
        ("note~", []),
        ("unt", ["untagged"]),
        ("wid", ["width<"]),
        ("tag:cat a", ["tag:cat and"]),
        ("tag:cat and o", ["tag:cat and orientation:", "tag:cat and group:"]),
        ("print", ['"date of print":']),
    ],
)
def test_what_fits_where_the_cursor_is(line: str, expected: list[str]) -> None:
    found = lines(line)
    assert found[: len(expected)] == expected


def test_an_empty_line_may_begin_with_anything_but_and() -> None:
    found = set(lines(""))
    assert {"tag:", "width<", "place:", '"date of print":', "untagged", "not"} <= found
    assert not {"and", "or"} & found
    assert {"tag:cat and", "tag:cat or"} <= set(lines("tag:cat "))
    assert "not and" not in lines("not ")


def test_no_more_than_wanted() -> None:
    assert len(complete("", 0, KNOWN, limit=3)) == 3


@settings(max_examples=150, deadline=None)
@given(ANY_FILTER, st.integers(0, 60))
def test_any_line_can_be_completed_anywhere(filter_: Filter, cursor: int) -> None:
    line = str(filter_)
    at = min(cursor, len(line))
    for one in complete(line, at, KNOWN):
        assert 0 <= one.start <= at <= one.end <= len(line)


@pytest.mark.parametrize("name", [*KNOWN.tags])
def test_a_completed_value_is_read_as_the_name(name: str) -> None:
    suggestion = next(one for one in complete("tag:", 4, KNOWN) if name in one.text)
    assert parse(suggestion.apply("tag:")) == parse(f'tag:"{name}"')
