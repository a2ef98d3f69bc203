"""No value changes on its way in: a type is guessed only where text to value to text gives the same text."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.property_types import PropertyType, from_stored, to_stored, to_text
from core.errors import UsageError
from core.export.export import export
from core.export.forms import Form
from core.export.listing import Listing
from core.export.text_tables import split_names
from core.importing.guess import Guess
from core.importing.notation import DAY_ORDERS, Notation
from core.importing.options import Options
from core.importing.plan import plan
from core.labels.properties import Properties
from core.project import Project
from tests.core.importing.conftest import Plan, labels_of

TABLES = Path(__file__).parents[2] / "faults"
AWKWARD = (
    *("1294030472427835393", "9780306406157123456", "9007199254740993", "12e4", "1E5", "+49170123", "007", "-0"),
    *("1_000", "1,000", "12.50", ".5", "5.", "1e400", "nan", "inf", "Infinity", "٣", "１２", "0x10", "1 000", " 7"),
    *("yes", "no", "Yes", "true", "FALSE", "on", "1", "0", "1931", "1931-02", "1931-2", "1931-02-30", "0000"),
    *("12,5", "0.1", "1e-07", "1e-7", "123456789.123456789", "0.30000000000000004", "#FF0000", "-", "--1"),
    *("31/12/1999", "1e16", "1e+16", "-007"),
)


def guessed(*texts: str, notation: Notation | None = None) -> PropertyType:
    guess = Guess(notation or Notation())
    for text in texts:
        guess.add(text)
    return guess.definition()[0]


def there_and_back(kind: PropertyType, text: str) -> str:
    return to_text(from_stored(kind, to_stored(kind, (), text)))


@pytest.mark.parametrize("text", [text for text in AWKWARD if text.strip()])
def test_what_is_guessed_gives_back_the_text(text: str) -> None:
    kind = guessed(text)
    assert there_and_back(kind, text) == (text if kind == PropertyType.TEXT else text.strip())


@given(st.lists(st.text("0123456789+-.,eE_ ×", min_size=1, max_size=24).filter(str.strip), min_size=1, max_size=3))
def test_what_is_guessed_gives_back_the_text_of_every_line(texts: list[str]) -> None:
    kind = guessed(*texts)
    wanted = texts if kind == PropertyType.TEXT else [text.strip() for text in texts]
    assert [there_and_back(kind, text) for text in texts] == wanted


@given(st.one_of(st.integers(-(2**63) + 1, 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_as_this_program_writes_them_are_guessed_and_exact(number: int | float) -> None:
    text = to_text(number)
    assert guessed(text) == PropertyType.NUMBER
    assert from_stored(PropertyType.NUMBER, to_stored(PropertyType.NUMBER, (), text)) == number


@pytest.mark.parametrize(
    "text", ["1_000", "٣", "nan", "1e400", "0x10", "1,5", "１２", "9223372036854775808", "9" * 5_000]
)
def test_what_would_be_altered_is_refused_as_a_number(text: str) -> None:
    with pytest.raises(UsageError):
        to_stored(PropertyType.NUMBER, (), text)


def test_long_identifiers_stay_what_they_are(project: Project, done: Plan) -> None:
    report = done(
        (TABLES / "ids.csv").read_text().replace("p/cat", "one/a").replace("p/dog", "one/b").replace("jpg", "png"),
        new_properties=True,
    )
    assert labels_of(project) == {
        "one/a.png": (
            [],
            {"code": "12e4", "isbn": "9780306406157123456", "phone": "+49170123", "tweet": 1294030472427835393},
        ),
        "one/b.png": (
            [],
            {"code": "13e4", "isbn": "9780306406157123457", "phone": "+49170124", "tweet": 1294030472427835394},
        ),
    }
    words = "\n".join(report.in_words())
    assert "kept as text code (as a number 12e4 would become 120000)" in words
    assert "isbn (9780306406157123456 has more digits than a number keeps exactly)" in words


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_long_integers_come_back_from_every_table(project: Project, tmp_path: Path, form: Form) -> None:
    properties = Properties(project.catalog)
    values = dict(
        zip(project.catalog.keys().tolist(), (9007199254740993, 9007199254740992, 2.5, -(2**63) + 1), strict=False)
    )
    properties.define("n", PropertyType.NUMBER)
    properties.set_each("n", values)
    before = labels_of(project)
    file = tmp_path / f"labels.{form}"
    export(project, Listing("x", list(values)), form, file)
    properties.delete("n")
    define = {} if form == "parquet" else {"n": (PropertyType.NUMBER, ())}
    with plan(project, file, Options(new_properties=True, define=define)) as planned:
        planned.apply()
    assert labels_of(project) == before


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_blanks_round_a_text_come_back_from_every_table(project: Project, tmp_path: Path, form: Form) -> None:
    properties = Properties(project.catalog)
    texts = dict(zip(project.catalog.keys().tolist(), ("  two\t", "a\n\n b \n", "\u3000wide"), strict=False))
    properties.define("note", PropertyType.TEXT)
    properties.set_each("note", texts)
    before = labels_of(project)
    assert {values["note"] for _, values in before.values() if values} == set(texts.values())
    file = tmp_path / f"labels.{form}"
    export(project, Listing("x", list(texts)), form, file)
    properties.delete("note")
    with plan(project, file, Options(new_properties=True)) as planned:
        planned.apply()
    assert labels_of(project) == before


@pytest.mark.parametrize(
    "number", ["9007199254740993", "1.0", "0.1", "1e-7", "1e300", "0.10000000000000000001", "-0.0"]
)
def test_numbers_in_json_lose_no_digit(project: Project, done: Plan, table: Callable[..., Path], number: str) -> None:
    line = f'{{"path": "one/a.png", "properties": {{"n": {number}}}}}\n'
    done(table(line, "l.jsonl"), new_properties=True)
    value = labels_of(project)["one/a.png"][1]["n"]
    assert Decimal(str(value)) == Decimal(number)


# -- decimal commas and dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("literal", ["12.50", "true", "false", "1e3", "-0", "1.0", "123456789012345678901234", "1e999"])
def test_a_text_keeps_the_literal_of_json(
    project: Project, done: Plan, table: Callable[..., Path], literal: str
) -> None:
    Properties(project.catalog).define("note", PropertyType.TEXT)
    done(table(f'{{"path": "one/a.png", "properties": {{"note": {literal}}}}}\n', "l.jsonl"))
    assert labels_of(project)["one/a.png"][1]["note"] == literal


def test_decimal_commas_and_days_first_are_read_where_said(project: Project, done: Plan) -> None:
    done(
        "path;price;taken\none/a.png;12,5;31/12/1999\none/b.png;3,75;01/01/2000\n",
        new_properties=True,
        decimal=",",
        dates="dmy",
    )
    assert labels_of(project) == {
        "one/a.png": ([], {"price": 12.5, "taken": "1999-12-31"}),
        "one/b.png": ([], {"price": 3.75, "taken": "2000-01-01"}),
    }


def test_decimal_commas_and_days_first_are_named_where_not_said(project: Project, done: Plan) -> None:
    report = done("path;price;taken\none/a.png;12,5;31/12/1999\n", new_properties=True)
    assert labels_of(project) == {"one/a.png": ([], {"price": "12,5", "taken": "31/12/1999"})}
    words = "\n".join(report.in_words())
    assert "price (12,5: a number with --decimal ,)" in words
    assert "--dates dmy or --dates mdy" in words


@pytest.mark.parametrize(
    ("order", "text", "day"),
    [
        ("dmy", "31/12/1999", "1999-12-31"),
        ("dmy", "1.2.1999", "1999-02-01"),
        ("mdy", "12-31-1999", "1999-12-31"),
        ("dmy", "12/1999", "1999-12"),
        ("dmy", "1999", "1999"),
        ("ymd", "1999-12-31T00:00:00Z", "1999-12-31"),
    ],
)
def test_dates_are_read_in_the_order_that_was_given(order: str, text: str, day: str) -> None:
    assert Notation(dates=order).date(text) == day  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["31/12/1999", "12/31/1999", "1999-12-31T08:30:00Z", "31/12.1999", "1/2/99", "99/99/1999"]
)
@pytest.mark.parametrize("order", DAY_ORDERS)
def test_a_date_is_either_read_in_its_order_or_refused(order: str, text: str) -> None:
    try:
        (kept,) = to_stored(PropertyType.DATE, (), Notation(dates=order).date(text))  # type: ignore[arg-type]
    except UsageError:
        return
    day, month = ("31", "12") if order == "dmy" else ("12", "31")
    assert (text, kept) == (f"{day}/{month}/1999", "1999-12-31")


def test_a_number_in_the_other_notation_is_refused_with_its_line(project: Project, look: Plan) -> None:
    Properties(project.catalog).define("price", PropertyType.NUMBER)
    report = look("path;price\none/a.png;1.234,5\n", decimal=",")
    assert [(one.line, "has a point" in one.reason) for one in report.refused.first] == [(2, True)]


# -- headings that carry types -----------------------------------------------------------------------------------------


def test_typed_headings_make_properties_of_these_types(project: Project, done: Plan) -> None:
    done(
        "path;title[text];width[number];kind[tag];themes[multi_tags];date[date];ok[checkbox];n[number];where[path];c[color]\n"
        "one/a.png;0012;640;a, b;animal,indoor;2020-01-02;True;7;/x/y;3\n",
        new_properties=True,
    )
    assert {one.name: one.type.value for one in Properties(project.catalog).all()} == {
        "title": "text",
        "kind": "choice",
        "themes": "choices",
        "my date": "date",
        "ok": "checkbox",
        "n": "number",
        "where": "text",
        "c": "number",
    }
    assert labels_of(project)["one/a.png"][1] == {
        "title": "0012",
        "kind": "a, b",
        "themes": ("animal", "indoor"),
        "my date": "2020-01-02",
        "ok": True,
        "n": 7,
        "where": "/x/y",
        "c": 3,
    }


def test_a_typed_heading_fills_the_property_of_its_name(project: Project, done: Plan) -> None:
    Properties(project.catalog).define("title", PropertyType.NUMBER)
    done("path;title[text]\none/a.png;12\n")
    assert labels_of(project) == {"one/a.png": ([], {"title": 12})}


def test_brackets_that_name_no_type_belong_to_the_name(project: Project, done: Plan) -> None:
    done("path,size[cm],x[text]y\none/a.png,7,z\n", new_properties=True)
    assert set(labels_of(project)["one/a.png"][1]) == {"size[cm]", "x[text]y"}


def test_an_export_by_the_numbers_of_another_program_is_explained(look: Plan) -> None:
    with pytest.raises(UsageError) as caught:
        look("id;title[text]\n1;x\n")
    assert "export it by path" in caught.value.hint


def test_the_report_in_json_names_what_was_kept_as_text(look: Plan) -> None:
    report = look("path,code\none/a.png,12e4\n", new_properties=True)
    assert json.loads(json.dumps(report.as_json()))["kept_as_text"] == [
        {"column": "code", "reason": "as a number 12e4 would become 120000"}
    ]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("e\u0301", None), (" e\u0301", PropertyType.TEXT), (" https://example.org ", PropertyType.URL)],
    ids=["new", "text", "url"],
)
def test_a_text_that_is_tidied_is_counted(project: Project, done: Plan, cell: str, kind: PropertyType | None) -> None:
    if kind:
        Properties(project.catalog).define("note", kind)
    report = done(f"path,note\none/a.png,{cell}\none/b.png,\none/sub/c.png,{cell}\n", new_properties=True)
    (kept,) = labels_of(project)["one/a.png"][1].values()
    assert kept != cell
    assert report.tidied == (("note", 2),)
    assert "tidied       note: 2 values (normalised to" in "\n".join(report.in_words())
    assert report.as_json()["tidied"] == [{"column": "note", "count": 2}]


@pytest.mark.parametrize("cell", ["  lead", "trail ", "\u00a0wide\u00a0", "\u00e9 and  two blanks"])
def test_a_text_that_stays_letter_for_letter_is_not_called_tidied(project: Project, done: Plan, cell: str) -> None:
    report = done(f"path,note,year\none/a.png,{cell}, 1931 \n", new_properties=True)
    assert report.tidied == ()
    assert cell in labels_of(project)["one/a.png"][1].values()


# -- what is no text, and what cannot be meant ------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize(
    "items", [["a", "b,c"], ["x" * 300, "b"], [f"c{number}" for number in range(1_500)]], ids=["comma", "long", "many"]
)
def test_no_item_of_a_list_is_lost_where_they_cannot_be_choices(
    project: Project, tmp_path: Path, items: list[str], form: Form
) -> None:
    file = tmp_path / f"lists.{form}"
    if form == "jsonl":
        file.write_text(json.dumps({"path": "one/a.png", "v": items}) + "\n")
    else:
        pyarrow.parquet.write_table(pyarrow.table({"path": ["one/a.png"], "v": [items]}), file)
    with plan(project, file, Options(new_properties=True)) as planned:
        planned.apply()
    value = labels_of(project)["one/a.png"][1]["v"]
    assert isinstance(value, str)
    assert split_names(value) == items
    assert "kept as text v (lists" in "\n".join(planned.report.in_words())


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("text", ["2020", "12.5", "yes", "1931-02"])
def test_a_text_of_a_typed_table_becomes_no_number(project: Project, tmp_path: Path, form: Form, text: str) -> None:
    file = tmp_path / f"texts.{form}"
    if form == "jsonl":
        file.write_text(json.dumps({"path": "one/a.png", "v": text}) + "\n")
    else:
        pyarrow.parquet.write_table(pyarrow.table({"path": ["one/a.png"], "v": [text]}), file)
    with plan(project, file, Options(new_properties=True)) as planned:
        planned.apply()
    assert labels_of(project)["one/a.png"][1]["v"] == text


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("there", [False, True])
def test_how_texts_are_written_changes_no_number_and_no_day_of_a_typed_table(
    project: Project, tmp_path: Path, form: Form, there: bool
) -> None:
    file = tmp_path / f"typed.{form}"
    if form == "jsonl":
        file.write_text('{"path": "one/a.png", "n": 1.5, "d": "1999-12-31"}\n{"path": "one/b.png", "n": "2,5"}\n')
    else:
        columns = {"path": ["one/a.png", "one/b.png"], "n": [1.5, 2.5], "d": [date(1999, 12, 31), None]}
        pyarrow.parquet.write_table(pyarrow.table(columns), file)
    if there:
        Properties(project.catalog).define("n", PropertyType.NUMBER)
        Properties(project.catalog).define("d", PropertyType.DATE)
    with plan(project, file, Options(new_properties=True, decimal=",", dates="dmy")) as planned:
        planned.apply()
    assert labels_of(project) == {"one/a.png": ([], {"n": 1.5, "d": "1999-12-31"}), "one/b.png": ([], {"n": 2.5})}


def test_a_score_that_is_a_number_is_one_whatever_texts_have_before_a_fraction(
    done: Plan, table: Callable[..., Path]
) -> None:
    file = table('{"path": "one/a.png", "group": "g", "score": 0.5}\n', "l.jsonl")
    assert done(file, groups=True, decimal=",").refused.count == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"path": "one/a.png", "v": 1, "v": 2}', "v occurs twice"),
        ('{"path": "one/a.png", "v": 2, "properties": {"v": 1}}', "v occurs twice: also in properties"),
        ('{"path": "one/a.png", "properties": {"v": 1, "v": 2}}', "v occurs twice"),
    ],
)
def test_two_values_of_one_name_in_one_line_are_refused(
    look: Plan, table: Callable[..., Path], line: str, reason: str
) -> None:
    report = look(table(line + "\n", "l.jsonl"), new_properties=True)
    assert [(one.line, one.reason) for one in report.refused.first] == [(1, reason)]


@pytest.mark.parametrize(
    ("text", "notation", "reason"),
    [
        ("12/31/1999", {"dates": "dmy"}, "12/31/1999 is not a date in the order dmy"),
        ("1.234", {"decimal": ","}, "1.234 has a point, and --decimal says comma"),
    ],
)
def test_no_advice_is_to_do_what_was_done(look: Plan, text: str, notation: dict[str, str], reason: str) -> None:
    report = look(f"path;v\none/a.png;{text}\n", new_properties=True, **notation)
    assert report.doubts == (("v", reason),)


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("l.jsonl", b'{"path": "one/a.png"}\n', {"delimiter": ";"}, "delimiter: it does not apply to JSON lines"),
        ("l.csv", b"path,v\none/a.png,1\n", {"groups": True}, "no column group"),
        ("l.csv", b"path,v\none/a.png,1\n", {"tags": "replace"}, "no column tags"),
        ("l.xlsx", b"PK\x03\x04 and so on", {}, "workbook"),
        ("l.json", b'[{"path": "one/a.png"}]', {}, "JSON array"),
    ],
)
def test_what_would_not_count_and_what_is_another_kind_of_file_is_said(
    project: Project, tmp_path: Path, name: str, content: bytes, options: dict[str, Any], message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message), plan(project, tmp_path / name, Options(**options)):
        pass
