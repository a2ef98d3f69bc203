"""``pictoscope import``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_helpers import Run, on_terminal, refused

from core.importing import options
from tests.duplicates_project import make


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder: seven pictures at eight paths."""
    make(tmp_path / "pictures", vectors=False).close()
    monkeypatch.chdir(tmp_path / "pictures")
    yield tmp_path / "pictures"


@pytest.mark.parametrize(("option", "words"), [("--by", options.BY), ("--tags", options.TAGS_MODES)])
def test_the_words_are_those_of_the_library(run: Run, option: str, words: tuple[str, ...]) -> None:
    Path("l.csv").write_text("path,tags\nowl.png,bird\n")
    for word in words:
        assert run("import", "l.csv", "--dry-run", option, word).code == 0
    assert refused(run, "import", "l.csv", option, "nosuch", code=2, says="'nosuch' is not a choice")


def test_the_line_that_counts_is_gone_before_an_error_is_said(folder: Path) -> None:
    Path("l.csv").write_bytes(b"path,tags\n" + b"owl.png,bird\n" * 25_000 + b"owl.png,\xff\n")
    code, shown = on_terminal("import", "l.csv", "--dry-run")
    assert code == 2
    assert "\r20,000 lines\x1b[K\r\x1b[Kpictoscope: l.csv: byte" in shown


def test_the_dry_run_says_what_would_change_and_changes_nothing(run: Run) -> None:
    Path("l.csv").write_text('path,tags,year,width,group\nowl.png,bird,1931,1,\nfox.png,"red, mammal",,1,\nx.png,,,,\n')
    said = run("import", "l.csv", "--dry-run", "--new-properties")
    assert (said.code, said.err) == (0, "to save the column group as groups, add --groups\n")
    assert said.out.splitlines() == [
        "l.csv: CSV in UTF-8, separated by commas, 3 lines",
        "matched      2 lines of 2 pictures",
        "not matched  1",
        "tags         3 added to pictures",
        "new tags     3: bird, mammal, red",
        "year         new property (number), 1 set",
        "ignored      width, group: computed by Pictoscope",
        "not matched:",
        "  line 4: x.png: no picture is at this path",
    ]
    assert run("tag", "list", "--json").json == []
    assert run("history", "--json").json == []


def test_what_else_could_be_imported_is_said(run: Run) -> None:
    Path("l.csv").write_text("path,tags,year,group\nowl.png,bird,1931,best\n")
    told = run("import", "l.csv", "--dry-run")
    assert "left out     year: no such property" in told.out
    assert ["--new-properties" in told.err, "--groups" in told.err] == [True, True]
    assert (
        run("import", "l.csv", "--new-properties", "--groups").err == "imported 1 tag and 1 value and 1 group entry\n"
    )
    assert run("group", "show", "best", "--json").code == 0


def test_it_imports_in_one_step_and_undo_takes_it_back(run: Run) -> None:
    Path("l.csv").write_text('path,tags,year\nowl.png,bird,1931\nfox.png,"red, mammal",\n')
    said = run("import", "l.csv", "--define", "year:number", "--json")
    assert (said.code, said.err) == (0, "imported 3 tags and 1 value\n")
    told = said.json
    assert (told["applied"], told["matched"], told["tags"]["put"]) == (True, 2, 3)
    assert told["properties"] == [
        {"name": "year", "type": "number", "choices": [], "new": True, "set": 1, "replaced": 0, "cleared": 0, "same": 0}
    ]
    assert [step["name"] for step in run("history", "--json").json] == ["import 3 tags and 1 value from l.csv"]
    assert run("import", "l.csv").err == "nothing has changed\n"
    assert run("undo").err == "undone: import 3 tags and 1 value from l.csv\n"
    assert run("tag", "list", "--json").json == []


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_bad_cells_stop_it_with_the_report_and_exit_code_1(run: Run, dry: list[str]) -> None:
    run("set", "--define", "year:number")
    Path("l.csv").write_text("path,tags,year\nowl.png,bird,then\nfox.png,red,2\n")
    said = run("import", "l.csv", *dry)
    assert said.code == 1
    assert "  line 2, year: then: then is not a number (write it as 1931 or 2.5)\n" in said.out
    assert "1 cell or line cannot be imported" in said.err and "--skip-bad" in said.err
    said = run("import", "l.csv", "--json", *dry)
    assert (said.code, said.json["applied"], said.json["refused"]["count"]) == (1, False, 1)
    assert said.json["refused"]["first"][0]["column"] == "year"
    assert "--skip-bad" in said.error["hint"]
    assert run("tag", "list", "--json").json == []
    assert run("import", "l.csv", "--skip-bad").code == 0
    assert [tag["name"] for tag in run("tag", "list", "--json").json] == ["bird", "red"]


def test_what_export_wrote_is_imported_elsewhere(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("tag", "add", "a, b", "owl.png")
    run("set", "--define", "place:choices:Rome,Oslo")
    run("set", "place=Oslo,Rome", "owl.png")
    run("export", "--as", "parquet", "--to", tmp_path / "a.parquet", "--where", "")
    make(tmp_path / "elsewhere", vectors=False).close()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("import", tmp_path / "a.parquet", "--new-properties").code == 0
    assert run("import", tmp_path / "a.parquet", "--by", "name", "--dry-run").code == 0
    assert run("set", "--list", "--json").json == [{"name": "place", "type": "choices", "choices": ["Rome", "Oslo"]}]
    assert [tag["name"] for tag in run("tag", "list", "--json").json] == ["a, b"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nosuch.csv"], 2, "there is no file nosuch.csv"),
        (["."], 2, "is a folder"),
        (["l.csv", "--encoding", "klingon"], 2, "there is no encoding klingon"),
        (["l.csv", "--delimiter", "xx"], 2, "cannot separate cells"),
        (["l.csv", "--by", "smell"], 2, "--by: 'smell' is not a choice"),
        (["l.csv", "--define", "a:b"], 2, "there is no type b"),
        (["l.csv", "--define", "a:text", "--define", "a:text"], 2, "names a property twice"),
        (["l.csv", "--define", "width:text"], 2, "has no column width"),
        ([], 2, "FILE"),
    ],
)
def test_what_makes_no_sense_is_one_line(run: Run, words: list[str], code: int, says: str) -> None:
    Path("l.csv").write_text("path,tags\nowl.png,x\n")
    refused(run, "import", *words, code=code, says=says)


def test_a_table_of_other_pictures_fails(run: Run) -> None:
    Path("l.csv").write_text("path,tags\nx.png,x\n")
    said = run("import", "l.csv")
    assert (said.code, "names a picture of this project" in said.err, "--by name" in said.err) == (1, True, True)


def test_what_a_table_holds_does_no_harm_on_a_terminal() -> None:
    evil = "\x1b]0;PWNED\x07\x1b[31m"
    Path(f"{evil}.csv").write_text(f'path,tags,{evil}\nowl.png,{evil},\n{evil},x,\nfox.png,"""{evil}",\n')
    code, shown = on_terminal("import", f"{evil}.csv", "--skip-bad")
    assert (code, "PWNED" in shown, "\x1b]0;" in shown, "\x1b[31m" in shown) == (0, True, False, False)


@pytest.mark.parametrize(
    ("table", "options", "expected"),
    [
        ("ids", (), {"tweet": "1294030472427835393", "isbn": "9780306406157123456", "code": "12e4"}),
        ("decimal-comma", (), {"price": "12,5", "taken": "31/12/1999", "tags": "a"}),
        ("decimal-comma", ("--decimal", ",", "--dates", "dmy"), {"price": "12.5", "taken": "1999-12-31"}),
        ("windows-paths", (), {"tags": "win"}),
        ("panoptic-headings", (), {"title": "A cat", "themes": "animal, indoor", "my date": "2020-01-02", "ok": "yes"}),
    ],
)
def test_tables_of_other_programs_come_in_unaltered(
    run: Run, table: str, options: tuple[str, ...], expected: dict[str, str]
) -> None:
    Path("p").mkdir()
    Path("owl.png").rename("p/cat.jpg")
    Path("fox.png").rename("p/dog.jpg")
    run("add")
    file = Path(__file__).parents[2] / "faults" / f"{table}.csv"
    said = run("import", str(file), "--by", "name", "--new-properties", *options)
    assert (said.code, "refused" in said.out) == (0, False)
    (row,) = csv.DictReader(run("export", "--where", "name~cat", "--as", "csv").out.splitlines())
    assert {name: row[name] for name in expected} == expected
