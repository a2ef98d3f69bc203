"""``folders``: which picture folders there are; one has moved, one is forgotten; labels and vectors stay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_helpers import paint
from cli_helpers import Run, refused

from core.catalog import scan as scan_module
from core.catalog.copies import files_of
from core.labels.duplicate_decisions import decide, duplicate_decisions
from core.labels.tags import Tags
from core.project import Project

NAMES = ("ash.png", "deep/box.png", b"caf\xe9.png")


@pytest.fixture
def place(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project in ``project`` of the folders ``one`` and ``two``, all pictures of ``one`` tagged."""
    for number, name in enumerate(NAMES):
        paint(os.path.join(os.fsencode(tmp_path / "one"), os.fsencode(name)), number)
    paint(tmp_path / "two" / "yew.png", 9)
    shutil.copy2(tmp_path / "one" / "ash.png", tmp_path / "two" / "ash.png")
    assert run("add", tmp_path / "one", tmp_path / "two", "--project", tmp_path / "project").code == 0
    monkeypatch.chdir(tmp_path / "project")
    assert run("tag", "add", "tree", "--where", "folder:deep", "--project", ".").code == 0
    yield tmp_path


def refuse(paths: object) -> object:
    raise AssertionError(f"{paths} are read")


def listed(run: Run) -> list[tuple[str, bool, int, int]]:
    said = run("folders", "list", "--json", "--project", ".")
    return [tuple(entry.values()) for entry in said.json]


def test_the_folders_are_listed(place: Path, run: Run) -> None:
    (place / "two").rename(place / "away")
    assert listed(run) == [(str(place / "one"), True, 3, 3), (str(place / "two"), False, 2, 2)]
    said = run("folders", "list", "--project", ".")
    assert [line.split() for line in said.out.splitlines()] == [
        ["folder", "there", "files", "pictures"],
        [str(place / "one"), "yes", "3", "3"],
        [str(place / "two"), "no", "2", "2"],
    ]


def test_an_absent_folder_keeps_its_pictures_and_the_scan_says_what_to_do(place: Path, run: Run) -> None:
    (place / "one").rename(place / "new")
    said = run("add", "--project", ".")
    assert said.code == 0
    assert f"folder missing: {place}/one; its 3 pictures are kept as they were\n" in said.err
    assert "`pictoscope folders move OLD NEW`, or `folders remove OLD`" in said.err
    assert said.err.startswith("4 pictures, 0 new files\n")


def test_a_moved_folder_is_known_at_its_new_place_and_no_picture_is_read(
    place: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Project(place / "project") as project:
        file = next(
            file
            for files in files_of(project.catalog, project.catalog.keys().tolist()).values()
            for file in files
            if file.path.endswith(b"/one/ash.png")
        )
        decide(project.catalog, "keep it", [(file, 2, True)])
    (place / "one").rename(place / "new")
    said = run("folders", "move", place / "one", place / "new", "--json", "--project", ".")
    assert said.json == {"old": str(place / "one"), "new": str(place / "new"), "files": 3, "found": 3, "pictures": 3}
    assert said.err == f"3 of 3 files found in {place}/new; labels and vectors of 3 pictures are kept\n"
    monkeypatch.setattr(scan_module, "identify_all", refuse)
    said = run("add", "--project", ".")
    assert said.err.startswith("4 pictures, 0 new files\n")
    with Project(place / "project") as project:
        found = project.catalog.by_path(place / "new" / "deep" / "box.png")
        assert found is not None
        assert Tags(project.catalog).of(found.id) == ["tree"]
        assert project.catalog.by_path(os.path.join(os.fsencode(place / "new"), b"caf\xe9.png"))
        (at_new, _) = files_of(project.catalog, [file.key])[file.key]
        assert at_new.path == os.fsencode(place / "new" / "ash.png")
        assert duplicate_decisions(project.catalog).of(at_new, 2) is True
    assert [entry[:2] for entry in listed(run)] == [(str(place / "new"), True), (str(place / "two"), True)]


def test_what_is_not_found_at_the_new_place_is_said(place: Path, run: Run) -> None:
    (place / "one").rename(place / "new")
    (place / "new" / "ash.png").unlink()
    said = run("folders", "move", place / "one", place / "new", "--project", ".")
    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines() == [
        f"2 of 3 files found in {place}/new; labels and vectors of 3 pictures are kept",
        "the other 1 file will be removed from the project by the next scan: pictoscope add",
    ]


def test_a_copy_of_the_folder_may_take_its_place_and_is_not_read(
    place: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(place / "one", place / "copy")
    said = run("folders", "move", place / "one", place / "copy", "--project", ".")
    assert said.err.endswith(f"{place}/one still exists, but is no longer a folder of the project\n")
    monkeypatch.setattr(scan_module, "identify_all", refuse)
    for _ in range(2):
        assert run("add", "--project", ".").err.startswith("4 pictures, 0 new files\n")


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("one", "gone", 1, "there is no folder"),
        ("one", "two", 2, "is a folder of this project already"),
        ("one", "two/deep", 1, "overlap: one contains the other"),
        ("one", "..", 1, "overlap: one contains the other"),
        ("one", "one", 2, "is the folder's current path"),
        ("one", "empty", 2, "none of the 3 files known"),
        ("empty", "one", 2, "is not a picture folder of this project"),
        ("one", "two/yew.png", 1, "not a folder"),
    ],
)
def test_a_place_that_will_not_do_is_refused_and_nothing_changes(
    place: Path, run: Run, old: str, new: str, code: int, says: str
) -> None:
    (place / "empty").mkdir()
    (place / "two" / "deep").mkdir()
    before = listed(run), (place / "project" / "project.toml").read_bytes()
    refused(run, "folders", "move", place / old, place / new, "--project", ".", code=code, says=says)
    assert (listed(run), (place / "project" / "project.toml").read_bytes()) == before


def test_a_removed_folder_keeps_labels_and_files_and_comes_back(place: Path, run: Run) -> None:
    said = run("folders", "remove", place / "one", "--json", "--project", ".")
    assert said.json == {"removed": str(place / "one"), "pictures": 3, "without_file": 2}
    assert said.err == (
        f"{place}/one is removed; labels and vectors of 3 pictures are kept, 2 of them without a file now\n"
    )
    assert listed(run) == [(str(place / "two"), True, 2, 2)]
    assert (place / "one" / "ash.png").exists()
    said = run("folders", "add", place / "one", "--json", "--project", ".")
    assert (said.json["pictures"], said.json["folders"]) == (4, [str(place / "two"), str(place / "one")])
    with Project(place / "project") as project:
        found = project.catalog.by_path(place / "one" / "deep" / "box.png")
        assert found is not None
        assert Tags(project.catalog).of(found.id) == ["tree"]


@pytest.mark.parametrize("first", ["the project moves too", "the project stays"])
def test_the_settings_name_the_folder_that_holds_the_project_relative_to_it(
    tmp_path: Path, run: Run, first: str
) -> None:
    paint(tmp_path / "pictures" / "a.png", 1)
    inside = first == "the project moves too"
    where = tmp_path / "pictures" / ".pictoscope" if inside else tmp_path / "elsewhere"
    assert run("add", tmp_path / "pictures", "--project", where).code == 0
    (tmp_path / "pictures").rename(tmp_path / "moved")
    where = tmp_path / "moved" / ".pictoscope" if inside else where
    if not inside:
        assert run("folders", "move", tmp_path / "pictures", tmp_path / "moved", "--project", where).code == 0
    said = run("folders", "list", "--json", "--project", where)
    assert said.json == [{"folder": str(tmp_path / "moved"), "there": True, "files": 1, "pictures": 1}]
    assert run("add", "--project", where).err.startswith("1 picture, 0 new files\n")
