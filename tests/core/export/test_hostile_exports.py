"""Names and texts of the worst kind in every form, and a process that is killed in the middle."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.property_types import PropertyType
from core.export import listing
from core.export.columns import heading
from core.export.export import export, files_of
from core.export.forms import FORMS, Form
from core.export.text_tables import join_names, split_names
from core.formulas import FORMULA, escape_formula, unescape_formula
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from tests.core.export.conftest import key

NAMES = [
    b"=cmd|'x'!A1.png",
    b"a\nb\r\n\xff\x1b[2J.png",
    b"\xe2\x80\xae gnp.png",
    b'<script>alert("1")</script>.png'.replace(b"/", b""),
    b"-rf $(reboot);`x`.png",
    b"x" * 251 + b".png",
]
TAGS = ["=1+1", "[red]a[/red]", "</b><script>", "é" * 200, "مرحبا \u202e", 'a,"b",c', "\x1b[31m"]
ENDINGS: dict[str, str] = {"sheet": ".html", "vectors": ".npy", "projector": ".tsv", "parquet": ".parquet"}


@pytest.fixture
def hostile(project: Project, folder: Path) -> Project:
    """Each of the pictures has one of the names, all have the tags."""
    paths = sorted(path for path in folder.rglob("*.png") if ".pictoscope" not in path.parts)
    for name, path in zip(NAMES, paths, strict=False):
        os.rename(path, os.path.join(os.fsencode(folder), name))
    project.scan()
    keys = listing.of_filter(project, "").keys
    for tag in TAGS:
        Tags(project.catalog).add(tag, keys)
    Properties(project.catalog).define("=note", PropertyType.TEXT)
    Properties(project.catalog).set("=note", keys, "@SUM(1)\n'=2")
    return project


def groups_of(project: Project) -> listing.Listing:
    """All pictures in groups of the worst names."""
    pictures = [{"key": one.hex(), "score": float("nan")} for one in listing.of_filter(project, "").keys]
    names = ["../../up", "", ".", "a/b", "\udcff\x1b[2J", "=x", "..", "é" * 300]
    return listing.of_answer(json.dumps({"groups": [{"name": name, "pictures": pictures} for name in names]}))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_bears_every_name(hostile: Project, tmp_path: Path, form: Form) -> None:
    before = sorted(tmp_path.iterdir())
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / f"x{ENDINGS.get(form, '')}"
    listed = groups_of(hostile)
    exported = export(hostile, listed, form, target)
    assert (exported.pictures, exported.missing) == (len(listed.keys), ())
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "out"])  # nothing escaped
    assert sorted((tmp_path / "out").iterdir()) == sorted(files_of(form, target))


def test_tags_and_texts_come_back_from_csv_exactly_and_none_is_a_formula(hostile: Project, tmp_path: Path) -> None:
    export(hostile, groups_of(hostile), "csv", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, strict=True))
    assert {tuple(split_names(row["tags"])) for row in rows} == {tuple(sorted(Tags.of(Tags(hostile.catalog), 1)))}
    assert {unescape_formula(row[heading("=note")]) for row in rows} == {"@SUM(1)\n'=2"}
    assert not [cell for row in rows for cell in (*row, *row.values()) if cell.startswith(FORMULA)]
    assert "'=x" in {row["group"] for row in rows}


def test_parquet_holds_texts_as_they_are(hostile: Project, tmp_path: Path) -> None:
    export(hostile, groups_of(hostile), "parquet", tmp_path / "a.parquet")
    rows = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert {row[heading("=note")] for row in rows} == {"@SUM(1)\n'=2"}
    assert "score" not in rows[0]  # no number is none
    assert {"\\xff\x1b[2J", "=x", "../../up"} < {row["group"] for row in rows}


def test_groups_are_folders_whose_names_lead_nowhere_else(hostile: Project, tmp_path: Path) -> None:
    export(hostile, groups_of(hostile), "links", tmp_path / "links")
    names = sorted(os.listdir(tmp_path / "links"))
    assert names == sorted([".._.._up", "group", "group-2", "a_b", "\\xff\\x1b[2J", "=x", "group-3", "é" * 80])
    assert {len(os.listdir(tmp_path / "links" / name)) for name in names} == {7}


@given(st.text())
def test_a_text_comes_back_from_its_cell_and_is_never_a_formula(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == text
    assert not escape_formula(text).startswith(FORMULA)


@given(st.lists(st.sampled_from(["=1+1", "@a", "-", "+1, 2", "plain", "'=x", '"'])))
def test_names_in_one_cell_are_never_a_formula(names: list[str]) -> None:
    assert split_names(join_names(names)) == names
    assert not join_names(names).startswith(FORMULA)


KILLED = """
import sys, time
from pathlib import Path
import core.export.export as exporting
from core.export import listing, table
from core.project import Project
table.CHUNK = exporting.FEW = 1
def progress(done):
    if done == 3:
        print("now", flush=True)
        time.sleep(60)
with Project(Path(sys.argv[1])) as project:
    found, form, target = listing.of_filter(project, ""), sys.argv[2], Path(sys.argv[3])
    exporting.export(project, found, form, target, replace=True, progress=progress)
"""


@pytest.mark.parametrize("form", ["csv", "parquet", "copies", "sheet"])
def test_a_killed_export_leaves_nothing_under_its_name(project: Project, tmp_path: Path, form: Form) -> None:
    target = tmp_path / f"x{ENDINGS.get(form, '')}"
    if form == "csv":
        target.write_text("the old one")
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(project.path), form, str(target)], stdout=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"now\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert target.exists() == (form == "csv")
    if form == "csv":
        assert target.read_text() == "the old one"
    assert export(project, listing.of_filter(project, ""), form, target, replace=True).pictures == 7


def test_an_export_that_is_not_wanted_any_more_leaves_nothing(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.export.table.CHUNK", 2)

    def unwanted(done: int) -> None:
        raise KeyboardInterrupt

    for form in FORMS:
        with pytest.raises(KeyboardInterrupt):
            export(
                project, listing.of_filter(project, ""), form, tmp_path / f"x{ENDINGS.get(form, '')}", progress=unwanted
            )
        assert os.listdir(tmp_path) == ["pictures"], form


def test_pictures_without_a_file_are_left_out_of_every_form(project: Project, folder: Path, tmp_path: Path) -> None:
    listed = listing.Listing("two", [key(project, "fox.png"), key(project, "crab.png"), bytes(20)])
    (folder / "fox.png").unlink()
    project.scan()
    for form in FORMS:
        exported = export(project, listed, form, tmp_path / f"{form}{ENDINGS.get(form, '')}")
        assert (exported.pictures, exported.left_out) == (1, 2), form
