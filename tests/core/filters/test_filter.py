"""The filter line: what is read, what is written, and where a mistake is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.fields import interval
from core.filters.parser import parse
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
from tests.core.filters.filter_strategies import ANY_FILTER, DATES

CAT, DOG, OWL = NameCondition("tag", "cat"), NameCondition("tag", "dog"), NameCondition("tag", "owl")


@settings(max_examples=200, deadline=None)
@given(ANY_FILTER)
def test_what_is_written_is_read_as_the_same(filter_: Filter) -> None:
    assert parse(str(filter_)) == filter_


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('ab:~<>=!()" \\9-') | st.characters(), max_size=20))
def test_any_line_is_a_filter_or_a_mistake_with_its_place(line: str) -> None:
    try:
        found = parse(line)
    except FilterError as error:
        assert 0 <= error.at <= len(line)
        assert error.message
        assert error.hint
    else:
        assert parse(str(found)) == found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Everything()),
        ("  ", Everything()),
        ("tag:cat and width>2000", And((CAT, NumberCondition("width", ">", 2000)))),
        ("tag:cat width > 2000", And((CAT, NumberCondition("width", ">", 2000)))),
        ("tag = cat OR tag:dog tag:owl", Or((CAT, And((DOG, OWL))))),
        ("(tag:cat or tag:dog) and not tag:owl", And((Or((CAT, DOG)), Not(OWL)))),
        ("not not tag:cat", Not(Not(CAT))),
        ("((tag:cat))", CAT),
        ("tag:cat(tag:dog)", And((CAT, DOG))),
        ('tag:"old press"', NameCondition("tag", "old press")),
        (r'tag:"a \"b\" \\c"', NameCondition("tag", r'a "b" \c')),
        ("folder:1931/january", NameCondition("folder", "1931/january")),
        ("path~market", NameCondition("path", "market")),
        ("market", NameCondition("path", "market")),
        ('"tag:cat"', NameCondition("path", "tag:cat")),
        ("width", NameCondition("path", "width")),
        ("name~.JPG format:png", And((NameCondition("name", ".JPG"), NameCondition("format", "png")))),
        ("orientation:Portrait", NameCondition("orientation", "portrait")),
        ("colour:Red", NameCondition("colour", "red")),
        ("colour:#FF8C00", NameCondition("colour", "#ff8c00")),
        ('"colour":red', PropertyCondition("colour", "=", "red")),
        ("sharpness<100", NumberCondition("sharpness", "<", 100)),
        ("size>=2MB", NumberCondition("size", ">=", 2_000_000)),
        ("size<1.5kb", NumberCondition("size", "<", 1500)),
        ("megapixels!=.5", NumberCondition("megapixels", "!=", 0.5)),
        ("width:640", NumberCondition("width", "=", 640)),
        ("date>=1931-02 date<1935", And((DateCondition(">=", "1931-02"), DateCondition("<", "1935")))),
        ("untagged or DUPLICATES", Or((FlagCondition("untagged"), FlagCondition("duplicates")))),
        ("covered:clip+grey", NameCondition("covered", "clip+grey")),
        ("failed:hf.ORG--NAME", NameCondition("failed", "hf.ORG--NAME")),
        ("place:Paris", PropertyCondition("place", "=", "Paris")),
        ("source~https://x.org/?a=b", PropertyCondition("source", "~", "https://x.org/?a=b")),
        ('"date of print">=1931', PropertyCondition("date of print", ">=", "1931")),
        ('"and":1', PropertyCondition("and", "=", "1")),
        ("has:place", NameCondition("has", "place")),
        ("tag:قطة", NameCondition("tag", "قطة")),
        ("wow!", NameCondition("path", "wow!")),
    ],
)
def test_lines_as_people_type_them(line: str, expected: Filter) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("line", "at", "message", "hint"),
    [
        ("tag:", 4, "tag has no value after its operator", "expected a value"),
        ("tag:cat and", 11, "ends too early", "expected a condition"),
        ("tag:cat and or tag:dog", 12, "or is not allowed here", "expected a condition"),
        ("or", 0, "or is not allowed here", "expected a condition"),
        ("tag:cat or not", 14, "ends too early", "expected a condition"),
        ("(tag:cat", 0, "not closed", ")"),
        ("tag:cat)", 7, "closes nothing", "open a ("),
        ("width>wide", 6, "wide is not a number", "such as 2000"),
        ("width>2MB", 6, "2MB is not a number", "such as 2000"),
        ("width>1e999", 6, "is not a number", "such as 2000"),
        ("size>2TBB", 5, "is not a number", "2MB"),
        ("date>soon", 5, "soon is not a date", "1931-02"),
        ("date>1931-13", 5, "is not a date", "1931-02"),
        ("date=0000", 5, "is not a date", "1931-02"),
        ("tag>3", 3, "tag does not support >", ": ="),
        ("path<3", 4, "path does not support <", "~"),
        ("width~3", 5, "width does not support ~", "<"),
        ("orientation:tall", 12, "tall is not an orientation", "portrait"),
        ("colour:mauve", 7, "mauve is not a colour", "purple"),
        ("colour:#ff8c0", 7, "#ff8c0 is not a colour", "#rrggbb"),
        ("format:xyz", 7, "xyz is not a format that is read", "expected jpeg, mpo, png"),
        ("not (cat or format=pgn)", 19, "pgn is not a format that is read", "did you mean png?"),
        ("orientation:portrit", 12, "portrit is not an orientation", "did you mean portrait?"),
        ("sharpness>2MB", 10, "2MB is not a number", "such as 2000"),
        ('tag:"old', 4, "quote is not closed", '"'),
        ('a "b', 2, "quote is not closed", '"'),
        ('"":3', 0, "a property needs a name", "name"),
        (">3", 0, "is not allowed here", "expected a condition"),
        ("and:1", 0, "and:1 is not allowed here", "expected a condition"),
        ("a or:1", 2, "or is not a property", '"or"'),
        ("(" * 60 + "a" + ")" * 60, 50, "brackets are nested too deeply", "50"),
        ("not " * 5000 + "a", 200, "brackets are nested too deeply", "50"),
    ],
)
def test_a_mistake_is_shown_where_it_is(line: str, at: int, message: str, hint: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(line)
    assert (caught.value.at, message in caught.value.message, hint in caught.value.hint) == (at, True, True), (
        caught.value.at,
        caught.value.message,
        caught.value.hint,
    )


def test_conditions_know_where_they_begin() -> None:
    found = parse("a and (place:Paris or not tag:cat)")
    assert isinstance(found, And)
    either = found.parts[1]
    assert isinstance(either, Or)
    paris, no_cat = either.parts
    assert isinstance(paris, PropertyCondition)
    assert isinstance(no_cat, Not)
    assert isinstance(no_cat.part, NameCondition)
    assert (paris.at, no_cat.part.at) == (7, 26)


@given(DATES)
def test_a_date_is_a_span_of_days(text: str) -> None:
    first, after = interval(text)
    assert first.isoformat().startswith(text)
    last = after - timedelta(1) if after else date.max
    assert last.isoformat().startswith(text)
    assert not after or not after.isoformat().startswith(text)
