"""``pictoscope export``."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_helpers import Run, command_line, on_terminal, refused

from tests.duplicates_project import make
from tui import cli


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder: seven pictures at eight paths, with vectors."""
    make(tmp_path / "pictures").close()
    monkeypatch.chdir(tmp_path / "pictures")
    yield tmp_path / "pictures"


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("paths", "a.txt"),
        ("csv", "a.csv"),
        ("jsonl", "a.jsonl"),
        ("parquet", "a.parquet"),
        ("vectors", "v.npy"),
        ("vectors", "v.parquet"),
        ("projector", "p.tsv"),
        ("links", "links"),
        ("copies", "copies"),
        ("sheet", "s.html"),
        ("sheet", "s.png"),
    ],
)
def test_every_form_is_written(run: Run, tmp_path: Path, form: str, name: str) -> None:
    target = tmp_path / name
    said = run("export", "--as", form, "--to", target, "--where", "folder:web", "--json")
    assert (said.code, said.json["pictures"], said.json["files"][0]) == (0, 3, str(target))
    assert said.err.startswith(f"3 pictures in {target}")
    assert all(os.path.exists(file) for file in said.json["files"])
    refused(run, "export", "--as", form, "--to", target, "--where", "", code=2, says="already exists")


def test_without_a_file_text_goes_to_stdout(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["export", "--as", "paths", "fox.png", "owl.png"]) == 0
    assert capfdbinary.readouterr().out == b"".join(
        os.fsencode(folder / name) + b"\n" for name in ("fox.png", "owl.png")
    )
    assert cli.main(["export", "--as", "paths", "-0", "--to", "-", "fox.png"]) == 0
    assert capfdbinary.readouterr().out == os.fsencode(folder / "fox.png") + b"\0"
    assert cli.main(["export", "--as", "csv", "fox.png"]) == 0
    (row,) = csv.DictReader(io.StringIO(capfdbinary.readouterr().out.decode()))
    assert (row["path"], row["width"]) == (str(folder / "fox.png"), "40")


def test_what_an_action_answers_is_exported_with_its_scores(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run("duplicates", "--json")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said.out.encode())))
    assert run("export", "--as", "jsonl", "--to", tmp_path / "a.jsonl", "--answer", "-").code == 0
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    answered = [
        (group["name"], picture["key"], picture["score"])
        for group in said.json["groups"]
        for picture in group["pictures"]
    ]
    assert [(line["group"], line["key"], line.get("score")) for line in lines] == answered


def test_what_is_gone_is_listed(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "fox.png").unlink()
    said = run("export", "--as", "copies", "--to", tmp_path / "copies", "--where", "")
    assert said.err.splitlines() == [
        f"6 pictures in {tmp_path}/copies; 1 no longer there, or changed since the last scan",
        f"missing: {folder}/fox.png",
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--where", ""], "--as"),
        (["--as", "xml", "--where", ""], "--as: 'xml' is not a choice"),
        (["--as", "csv"], "no pictures are given"),
        (["--as", "sheet", "--where", ""], "sheet cannot be written to stdout"),
        (["--as", "sheet", "--to", "-", "--where", ""], "sheet cannot be written to stdout"),
        (["--as", "copies", "--to", ".", "--where", ""], "is inside the picture folder"),
        (["--as", "csv", "--replace", "--where", ""], "--replace: it applies only with --to PATH"),
        (["--as", "links", "--to", "new", "--replace", "--where", ""], "--replace: it does not apply to --as links"),
        (["--as", "csv", "--to", "fox.png", "--replace", "--where", ""], "is a picture of this project"),
        (["--as", "csv", "--to", "a.csv", "--tag", "nosuch"], "there is no tag nosuch"),
    ],
)
def test_what_makes_no_sense_is_one_line(run: Run, folder: Path, words: list[str], says: str) -> None:
    before = sorted(os.listdir(folder))
    refused(run, "export", *words, code=2, says=says)
    assert sorted(os.listdir(folder)) == before


def test_json_has_nothing_to_tell_where_the_answer_goes_to_stdout(run: Run) -> None:
    assert "--to" in run("export", "--as", "csv", "--where", "", "--json").error["hint"]


def test_paths_of_any_kind_do_no_harm_on_a_terminal(folder: Path) -> None:
    (folder / "fox.png").rename(folder / "fox\x1b[31m.png")
    assert on_terminal("add")[0] == 0
    code, shown = on_terminal("export", "--as", "paths", "--where", "name:fox")
    assert (code, "\x1b[31m" in shown) == (0, False)
    assert shown.endswith("fox\\x1b[31m.png\r\n")
    code, shown = on_terminal("export", "--as", "csv", "--where", "name:fox")
    assert (code, "\x1b[31m" in shown, "fox\\x1b[31m.png," in shown) == (0, False, True)
    piped = subprocess.run(command_line("export", "--as", "paths", "--where", "name:fox"), capture_output=True)
    assert piped.stdout == os.fsencode(folder / "fox\x1b[31m.png") + b"\n"
