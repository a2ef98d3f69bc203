"""Files that Duplicates moved aside, on the command line: ``undo`` says them, ``undo --moved`` moves them back."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from app_helpers import paint
from cli_helpers import Run, refused

from core.catalog.copies import files_of
from core.moves.aside import FOLDER_NAME, move_aside
from core.project import Project


@pytest.fixture
def place(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two copies of a picture, of which one was moved aside."""
    paint(tmp_path / "pictures" / "ash.png", 1)
    shutil.copy2(tmp_path / "pictures" / "ash.png", tmp_path / "pictures" / "copy.png")
    assert run("add", tmp_path / "pictures").code == 0
    monkeypatch.chdir(tmp_path / "pictures")
    with Project(tmp_path / "pictures" / ".pictoscope") as project:
        (files,) = files_of(project.catalog, project.catalog.keys().tolist()).values()
        moved = [file for file in files if file.path.endswith(b"copy.png")]
        report = move_aside(moved, tmp_path / "aside", roots=project.folders, journals=project.path / FOLDER_NAME)
        assert not report.left
        project.scan()
    return tmp_path


def test_undo_of_labels_says_what_stays_aside(place: Path, run: Run) -> None:
    assert run("tag", "add", "tree", "ash.png").code == 0
    said = run("undo")
    assert (said.code, said.err.splitlines()[1:]) == (
        0,
        ["1 file moved aside by Duplicates; to move back: pictoscope undo --moved"],
    )
    assert (place / "aside" / "copy.png").exists()


def test_they_are_moved_back(place: Path, run: Run) -> None:
    said = run("undo", "--moved", "--json")
    assert said.json == {"moved": [str(place / "pictures" / "copy.png")], "left": []}
    assert (place / "pictures" / "copy.png").exists()
    refused(run, "undo", "--moved", code=1, says="there are no files to move back")
    assert len(run("duplicates", "--list", "all", "--json").json["groups"][0]["pictures"]) == 2


def test_what_cannot_go_back_is_said_and_the_exit_code_tells(place: Path, run: Run) -> None:
    (place / "pictures" / "copy.png").symlink_to(place / "aside" / "copy.png")
    said = run("undo", "--moved")
    assert said.code == 1
    assert f"not moved back: {place}/aside/copy.png: another file is there now\n" in said.err
    assert (place / "aside" / "copy.png").is_file()


def test_a_move_by_somebody_else_is_refused_in_words(place: Path, run: Run, home: Path) -> None:
    (home / "aside-folders.json").unlink()
    refused(run, "undo", "--moved", code=1, says="but you moved none in this project")


def test_looking_for_duplicates_puts_a_half_move_in_order(place: Path, run: Run) -> None:
    """Killed after the file had its new name and before the old one was removed."""
    (journal,) = (place / "pictures" / ".pictoscope" / "moves").iterdir()
    journal.write_text(journal.read_text().splitlines()[0] + '\n{"part": ".')
    part = place / "aside" / json.loads(journal.read_text().splitlines()[0])["part"]
    part.write_bytes(b"half of it")
    os.link(place / "aside" / "copy.png", place / "pictures" / "copy.png")
    assert run("add").code == 0
    said = run("duplicates", "--list", "all", "--json")
    assert "a move was interrupted: copy.png stays where it was" in said.json["note"]
    assert sorted(os.listdir(place / "aside")) == []
    assert (place / "pictures" / "copy.png").is_file()
    assert "note" not in run("duplicates", "--list", "all", "--json").json or "interrupted" not in said.err
