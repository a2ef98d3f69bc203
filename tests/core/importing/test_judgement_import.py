"""Judgements as files: what is exported comes back, elsewhere too; what is hostile or wrong is named by line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from core.errors import PictoscopeError, UsageError
from core.export.judgements import write_judgements_csv, write_judgements_json_lines
from core.importing import judgements as importing
from core.importing.judgements import JudgementImport, read_judgements
from core.labels.judgements import JudgedQuestion, Judgement, Judgements
from core.labels.undo import History
from core.project import Project

HEAD = "question_path,question_text,person,path,relevant\n"


def keys(project: Project) -> list[bytes]:
    catalog = project.catalog
    return [one.key for one in sorted(catalog.pictures(catalog.picture_ids()), key=lambda one: one.path)]


def judge_some(project: Project) -> list[Judgement]:
    """Of two persons, about a picture and a text; names and text are those that spreadsheets take for formulas."""
    one, two, three, *_ = keys(project)
    judgements = Judgements(project.catalog)
    judgements.judge(JudgedQuestion(picture=one), "=Ann", {two: True, three: False})
    judgements.judge(JudgedQuestion(text='+1 "red", car'), "Bén", {one: True})
    return judgements.all()


def read(project: Project, folder: Path, text: str, name: str = "judged.csv") -> JudgementImport:
    (folder / name).write_text(text, "utf-8")
    return read_judgements(project, folder / name)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_exported_comes_back(project: Project, tmp_path: Path, form: str) -> None:
    before = judge_some(project)
    write = write_judgements_csv if form == "csv" else write_judgements_json_lines
    with (tmp_path / f"out.{form}").open("wb") as stream:
        assert write(project.catalog, before, stream) == 3
    assert (found := read_judgements(project, tmp_path / f"out.{form}")).same == 3 and not found.new
    Judgements(project.catalog).forget_all(before)
    found = read_judgements(project, tmp_path / f"out.{form}")
    assert (found.new, found.changed, found.same, found.refused.count, found.unmatched.count) == (3, 0, 0, 0, 0)
    assert found.apply(project.catalog) == 3
    assert Judgements(project.catalog).all() == before


def test_no_cell_is_a_formula(project: Project) -> None:
    stream = io.BytesIO()
    write_judgements_csv(project.catalog, judge_some(project), stream)
    rows = list(csv.reader(io.StringIO(stream.getvalue().decode())))
    assert all(cell[:1] not in ("=", "+", "-", "@") for row in rows for cell in row)
    assert "'=Ann" in {row[3] for row in rows} and '\'+1 "red", car' in {row[2] for row in rows}


def test_json_lines_are_one_object_each(project: Project) -> None:
    stream = io.BytesIO()
    write_judgements_json_lines(project.catalog, judge_some(project), stream)
    said = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [one["relevant"] for one in said].count(True) == 2
    assert {"question_text" in one for one in said} == {True, False}


def test_one_step_is_undone_as_a_whole(project: Project, tmp_path: Path) -> None:
    table = HEAD + "one/a.png,,Ann,one/b.png,yes\none/b.png,,Ann,one/a.png,no\n,a boat,Ben,two/d.png,1\n"
    found = read(project, tmp_path, table)
    assert (found.new, found.changed, found.lines) == (3, 0, 3)
    assert Judgements(project.catalog).all() == []  # reading changes nothing
    found.apply(project.catalog)
    assert Judgements(project.catalog).persons() == ["Ann", "Ben"]
    assert History(project.catalog).undo() == "import 3 judgements from judged.csv"
    assert Judgements(project.catalog).all() == []


def test_what_a_person_says_otherwise_is_counted_as_changed(project: Project, tmp_path: Path) -> None:
    read(project, tmp_path, HEAD + "one/a.png,,Ann,one/b.png,yes\n").apply(project.catalog)
    found = read(project, tmp_path, HEAD + "one/a.png,,Ann,one/b.png,no\none/a.png,,Ben,one/b.png,yes\n")
    assert (found.new, found.changed, found.same) == (1, 1, 0)
    found.apply(project.catalog)
    assert [one.relevant for one in Judgements(project.catalog).all("Ann")] == [False]


def test_lines_that_match_nothing_are_named_and_left_out(project: Project, tmp_path: Path) -> None:
    found = read(
        project,
        tmp_path,
        HEAD + "one/a.png,,Ann,one/b.png,yes\nnowhere.png,,Ann,one/b.png,yes\none/a.png,,Ann,gone.png,yes\n",
    )
    assert found.new == 1 and found.unmatched.count == 2
    said = "\n".join(found.in_words())
    assert "line 3: nowhere.png: the question: no picture is at this path" in said
    assert "line 4: gone.png: no picture is at this path" in said
    assert found.hindrance(skip_bad=False) is None


def test_a_table_of_another_project_is_refused_as_a_whole(project: Project, tmp_path: Path) -> None:
    found = read(project, tmp_path, HEAD + "x.png,,Ann,y.png,yes\n")
    error = found.hindrance(skip_bad=True)
    assert isinstance(error, PictoscopeError) and "no line" in error.message and error.hint


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("one/a.png,,Ann,one/b.png,perhaps", "neither yes nor no"),
        ("one/a.png,,Ann,one/b.png,", "neither yes nor no"),
        ("one/a.png,,,one/b.png,yes", "a person needs a name"),
        (f"one/a.png,,{'x' * 300},one/b.png,yes", "at most 200"),
        ("one/a.png,a text too,Ann,one/b.png,yes", "either a picture or a text"),
        (",,Ann,one/b.png,yes", "either a picture or a text"),
        (f",{'x' * 1_500},Ann,one/b.png,yes", "1 to 1,000 characters"),
        ("one/a.png,,Ann,one/b.png", "cells under"),
    ],
)
def test_lines_that_are_no_judgements_hinder_unless_they_are_skipped(
    project: Project, tmp_path: Path, line: str, says: str
) -> None:
    found = read(project, tmp_path, HEAD + "two/d.png,,Ann,two/e.png,yes\n" + line + "\n")
    assert found.refused.count == 1 and says in found.refused.first[0].reason
    assert found.hindrance(skip_bad=False) is not None and found.hindrance(skip_bad=True) is None
    assert found.new == 1


def test_a_person_who_says_both_is_named(project: Project, tmp_path: Path) -> None:
    found = read(project, tmp_path, HEAD + "one/a.png,,Ann,one/b.png,yes\none/a.png,,Ann,one/b.png,no\n")
    assert found.refused.first[0].reason == "an earlier line says the opposite" and found.new == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("path,key\na,b\n", "no column person"),
        ("person,relevant,question_text\nAnn,yes,x\n", "no column key or path"),
        ("person,relevant,path\nAnn,yes,x\n", "no column question_key"),
        ("person,person,relevant,path,question_text\n1,2,yes,x,y\n", "two columns person"),
        ("", "is empty"),
        ('person,relevant,path,question_text\n"Ann,yes,x,y\n', "never closed"),
        ("person,relevant\0\n", "NUL"),
    ],
)
def test_files_that_are_no_tables_of_judgements_are_refused(
    project: Project, tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        read(project, tmp_path, text)


def test_a_file_of_too_many_is_refused(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST", 2)
    with pytest.raises(UsageError, match="more than 2 judgements"):
        read(project, tmp_path, HEAD + ",x,Ann,one/b.png,yes\n" * 3)


def test_control_characters_are_shown_harmlessly(project: Project, tmp_path: Path) -> None:
    found = read(project, tmp_path, HEAD + "one/a.png,,Ann,\x1b[31mred.png,yes\n")
    assert "\x1b" not in "\n".join(found.in_words())


def test_json_lines_may_hold_odd_values(project: Project, tmp_path: Path) -> None:
    text = "\n".join(
        json.dumps({"question_path": "one/a.png", "person": person, "path": "one/b.png", "relevant": relevant})
        for person, relevant in (("Ann", True), (["Ann"], True), ({"a": 1}, False), ("Ben", [1]), (None, True))
    )
    found = read(project, tmp_path, text + "\n{broken\n[1]\n", "odd.jsonl")
    assert found.new == 1 and found.refused.count == 6
