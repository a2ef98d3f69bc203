"""Folders that a move made go when they are empty again; no other folder ever does."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from core.catalog.copies import File
from core.errors import PictoscopeError
from core.moves.aside import move_aside, move_back
from core.moves.journal import journals_of

NAMES = ("a.jpg", "deep/er/b.jpg", "deep/c.jpg")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def journals(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    return project / "moves"


def file(path: Path) -> File:
    status = path.stat()
    key = hashlib.sha1(path.read_bytes()).digest()
    return File(key, os.fsencode(path), status.st_size, status.st_mtime_ns, 1, 1, "JPEG")


def aside(root: Path, folder: Path, journals: Path, *names: str) -> Path:
    report = move_aside([file(root / name) for name in names], folder, roots=[root], journals=journals)
    assert report.journal
    assert report.left == []
    return report.journal


def folders(below: Path) -> set[str]:
    return {os.fspath(path.relative_to(below)) for path in below.rglob("*") if path.is_dir()}


def test_what_the_move_made_is_gone_after_moving_back(root: Path, tmp_path: Path, journals: Path) -> None:
    journal = aside(root, tmp_path / "new" / "er", journals, *NAMES)
    assert folders(tmp_path / "new") == {"er", "er/deep", "er/deep/er"}
    move_back(journal, roots=[root])
    assert not (tmp_path / "new").exists()
    assert {path.name for path in root.rglob("*.jpg")} == {"a.jpg", "b.jpg", "c.jpg"}


@pytest.mark.parametrize("before", ["aside", "aside/deep", "aside/deep/er"])
def test_what_was_there_before_stays_though_empty(root: Path, tmp_path: Path, journals: Path, before: str) -> None:
    (tmp_path / before).mkdir(parents=True)
    move_back(aside(root, tmp_path / "aside", journals, *NAMES), roots=[root])
    there = {"aside"} | {f"aside/{name}" for name in folders(tmp_path / "aside")}
    assert there == {os.fspath(Path(*Path(before).parts[: depth + 1])) for depth in range(len(Path(before).parts))}


def test_a_folder_goes_with_the_last_file_whichever_move_brought_it(root: Path, tmp_path: Path, journals: Path) -> None:
    first = aside(root, tmp_path / "aside", journals, "deep/c.jpg")
    second = aside(root, tmp_path / "aside", journals, "deep/er/b.jpg")
    move_back(first, roots=[root])
    assert folders(tmp_path / "aside") == {"deep", "deep/er"}
    move_back(second, roots=[root])
    assert not (tmp_path / "aside").exists()


def test_a_folder_with_something_of_the_user_stays(root: Path, tmp_path: Path, journals: Path) -> None:
    journal = aside(root, tmp_path / "aside", journals, *NAMES)
    (tmp_path / "aside" / "deep" / "notes.txt").write_text("mine")
    move_back(journal, roots=[root])
    assert folders(tmp_path / "aside") == {"deep"}


def test_a_folder_that_the_user_made_anew_at_the_same_path_stays(root: Path, tmp_path: Path, journals: Path) -> None:
    journal = aside(root, tmp_path / "aside", journals, "a.jpg")
    (tmp_path / "aside").rename(tmp_path / "elsewhere")
    (tmp_path / "aside").mkdir()
    move_back(journal, roots=[root])
    assert (tmp_path / "aside").is_dir()
    assert (tmp_path / "elsewhere" / "a.jpg").is_file()


def test_a_move_of_which_nothing_came_leaves_no_folder(root: Path, tmp_path: Path, journals: Path) -> None:
    changed = file(root / "deep" / "c.jpg")
    (root / "deep" / "c.jpg").write_bytes(b"something else")
    report = move_aside([changed], tmp_path / "new" / "er", roots=[root], journals=journals)
    assert len(report.left) == 1
    assert not (tmp_path / "new").exists()


def test_a_move_that_another_program_prevents_leaves_no_folder(root: Path, tmp_path: Path, journals: Path) -> None:
    with journals_of(journals, make=True), pytest.raises(PictoscopeError, match="another program"):
        aside(root, tmp_path / "new", journals, "a.jpg")
    assert not (tmp_path / "new").exists()


def test_moving_back_again_does_not_miss_the_folder(root: Path, tmp_path: Path, journals: Path) -> None:
    journal = aside(root, tmp_path / "aside", journals, "a.jpg")
    with journal.open("ab") as stream:
        stream.write(b"not understood\n")
    for _ in range(2):
        left = move_back(journal, roots=[root]).left
        assert [why for _, why in left] == ["line 4 cannot be understood"]
    assert not (tmp_path / "aside").exists()
