"""Where an export may be written, and that it is whole or not there."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import AlreadyExists, DiskFull, UsageError
from core.export import listing
from core.export.export import Form, export
from core.project import Project


def everything(project: Project, form: Form, target: Path, *, replace: bool = False) -> int:
    return export(project, listing.of_filter(project, ""), form, target, replace=replace).pictures


def test_what_is_there_stays_unless_it_may_be_replaced(project: Project, tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("mine")
    with pytest.raises(UsageError, match=r"a\.csv already exists"):
        everything(project, "csv", target)
    assert target.read_text() == "mine"
    assert everything(project, "csv", target, replace=True) == 7
    assert target.read_text().startswith("path,key")


def test_both_files_of_a_pair_are_looked_at_first(project: Project, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("mine")
    with pytest.raises(UsageError, match=r"v\.csv already exists"):
        everything(project, "vectors", tmp_path / "v.npy")
    assert sorted(os.listdir(tmp_path)) == ["pictures", "v.csv"]


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pictures/fox.png", "is a picture of this project"),
        ("pictures/web/../fox.png", "is a picture of this project"),
        ("linked/fox.png", "is a picture of this project"),
        ("pictures/.pictoscope/catalog.sqlite", "is inside the project folder"),
        ("linked/.pictoscope/project.toml", "is inside the project folder"),
        ("pictures", "is a folder"),
        ("absent/a.csv", "there is no folder"),
        ("pipe", "is not a regular file"),
        ("/dev/null", "is not a regular file"),
        ("a\0.csv", "is not a valid file name"),
    ],
)
def test_what_must_not_be_written_over_is_refused(
    project: Project, tmp_path: Path, name: str, says: str, replace: bool
) -> None:
    (tmp_path / "linked").symlink_to(tmp_path / "pictures")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match=says):
        everything(project, "csv", tmp_path / name, replace=replace)
    assert (tmp_path / "pictures" / "fox.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("form", ["links", "copies"])
@pytest.mark.parametrize("name", ["pictures", "pictures/new", "pictures/web/../new", "linked/new", "linked"])
def test_a_folder_is_never_made_in_a_picture_folder(project: Project, tmp_path: Path, form: Form, name: str) -> None:
    (tmp_path / "linked").symlink_to(tmp_path / "pictures")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError):
        everything(project, form, tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("form", ["links", "copies"])
def test_a_folder_is_not_made_where_there_is_no_place_for_it(project: Project, tmp_path: Path, form: Form) -> None:
    (tmp_path / "file").touch()
    for name, says in (
        ("absent/new", "there is no folder"),
        ("file", "already exists"),
        ("/dev/null", "already exists"),
    ):
        with pytest.raises(UsageError, match=says):
            everything(project, form, tmp_path / name)
    with pytest.raises(UsageError, match="is inside the project folder"):
        everything(_elsewhere(project, tmp_path), form, tmp_path / "elsewhere" / "new")


def _elsewhere(project: Project, tmp_path: Path) -> Project:
    """A project whose folder does not lie in the picture folder."""
    return Project.create(tmp_path / "elsewhere", project.folders)


def test_a_file_that_appears_meanwhile_stays(project: Project, tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    found = listing.of_filter(project, "")
    with pytest.raises(AlreadyExists, match=r"a\.csv already exists"):
        export(project, found, "csv", target, progress=lambda done: target.write_text("mine") and None)
    assert (target.read_text(), sorted(os.listdir(tmp_path))) == ("mine", ["a.csv", "pictures"])


def test_the_current_folder_may_be_named_by_a_dot(
    project: Project, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(UsageError, match="is inside the picture folder"):
        everything(project, "copies", Path("."))


def test_a_picture_that_is_made_would_be_found_as_one(project: Project, folder: Path) -> None:
    with pytest.raises(UsageError, match="is inside the picture folder"):
        everything(project, "sheet", folder / "sheet.png")
    assert everything(project, "sheet", folder / "sheet.html") == 7


def test_an_ending_that_says_something_else_is_refused(project: Project, tmp_path: Path) -> None:
    for form, name in (("sheet", "a.jpg"), ("vectors", "v.csv"), ("projector", "v.npy")):
        with pytest.raises(UsageError, match="its name must end in"):
            everything(project, form, tmp_path / name)  # type: ignore[arg-type]
    assert sorted(os.listdir(tmp_path)) == ["pictures"]


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("csv", "a.csv"),
        ("parquet", "a.parquet"),
        ("vectors", "v.npy"),
        ("projector", "p.tsv"),
        ("sheet", "s.html"),
        ("sheet", "s.png"),
        ("copies", "c"),
    ],
)
def test_a_full_disk_leaves_nothing_behind(project: Project, tmp_path: Path, form: str, name: str) -> None:
    """The kernel's own refusal, in the middle of the write."""
    script = f"""
import resource
from pathlib import Path
from core.errors import DiskFull
from core.export import listing
from core.export.export import export
from core.project import Project
with Project(Path({str(project.path)!r})) as project:
    found = listing.of_filter(project, "")
    project.catalog.facts().keys
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    try:
        export(project, found, {form!r}, Path({str(tmp_path / name)!r}))
    except DiskFull as error:
        print(error.hint)"""
    before = sorted(os.listdir(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("free some space; nothing was left behind\n", "")
    assert sorted(os.listdir(tmp_path)) == before


def test_a_folder_that_fails_half_way_is_taken_back(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def refuses(*paths: object) -> None:
        made.append(paths)
        if len(made) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.symlink", refuses)
    with pytest.raises(DiskFull):
        everything(project, "links", tmp_path / "links")
    assert sorted(os.listdir(tmp_path)) == ["pictures"]
