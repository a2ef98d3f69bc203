"""Importing vectors: what matches, what is written, and what stays when it is interrupted or done again."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from core.errors import DiskFull, PictoscopeError, StoreBusy, StoreDamaged, UsageError
from core.importing.vectors import block, writing
from core.importing.vectors.plan import VectorsOptions, plan_vectors
from core.project import Project
from core.vectors import store, vec_types
from core.vectors.manifest import Manifest
from tests.core.importing.conftest import NAMES, key
from tests.core.importing.vectors.vector_files import expected, look, stored, take, unit, write_npy


def test_the_report_says_what_matches_and_which_pictures_have_no_row(project: Project, tmp_path: Path) -> None:
    rows = np.array([[2, 0], [0, 1], [1, 0]], np.float32)
    path = write_npy(tmp_path, rows, ["one/a.png", "nosuch.png", key(project, "one/b.png").hex()])
    report = look(project, path)
    assert (report.rows, report.dim, report.matched, report.pictures) == (3, 2, 2, 2)
    assert (report.scaled, report.new, report.same, report.other) == (1, 2, 0, 0)
    (miss,) = report.unmatched.first
    assert (miss.line, miss.text, miss.reason) == (2, "nosuch.png", "no picture is at this path")
    assert report.without == 5
    assert [os.fsdecode(path).removeprefix(f"{tmp_path}/") for path in report.without_first] == sorted(NAMES[2:])
    words = "\n".join(report.in_words())
    for text in ("3 rows of 2 numbers", "matched      2 rows of 2 pictures", "row 2: nosuch.png", "2 new, in own.x"):
        assert text in words
    assert vec_types.names(project.vectors_folder) == []


def test_keys_go_before_paths_and_file_names_can_be_asked_for(project: Project, tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", unit(2))
    (tmp_path / "v.csv").write_text(f"key,path\n{key(project, 'two/d.png').hex()},one/a.png\n,/elsewhere/b.png\n")
    assert take(project, tmp_path / "v.npy").added == 1
    assert stored(project) == expected(unit(2)[:1], ["two/d.png"])
    assert take(project, tmp_path / "v.npy", "y", by="name").added == 2
    assert stored(project, "own.y") == expected(unit(2), ["one/a.png", "one/b.png"])


def test_the_manifest_says_where_the_rows_come_from(project: Project, tmp_path: Path) -> None:
    path = write_npy(tmp_path, unit(2), NAMES[:2])
    take(project, path)
    first = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest = Manifest.load(project.vectors_folder / "own.x")
    assert (manifest.weights, manifest.dim, manifest.text, manifest.vec_type.name) == ("imported", 4, False, "own.x")
    assert manifest.sha256 == {
        "v.npy": first,
        "v.txt": hashlib.sha256((tmp_path / "v.txt").read_bytes()).hexdigest(),
    }
    write_npy(tmp_path, unit(2, seed=2), NAMES[2:4])
    take(project, path)
    named = Manifest.load(project.vectors_folder / "own.x").sha256
    assert named["v.npy"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert named[f"v.npy ({first[:12]})"] == first


def test_the_first_vec_type_of_a_project_becomes_its_default(project: Project, tmp_path: Path) -> None:
    path = write_npy(tmp_path, unit(2), NAMES[:2])
    take(project, path, "first")
    take(project, path, "second")
    assert project.settings.default_vec_type == "own.first"


def test_importing_again_adds_what_is_missing_and_keeps_what_is_there(project: Project, tmp_path: Path) -> None:
    rows, others = unit(3), unit(5, seed=9)
    take(project, write_npy(tmp_path, rows, NAMES[:3]))
    assert take(project, tmp_path / "v.npy") == writing.Written(0, 0)
    path = write_npy(tmp_path, others, NAMES[:5])
    report = look(project, path)
    assert (report.new, report.same, report.other) == (2, 0, 3)
    assert take(project, path) == writing.Written(2, 0)
    assert stored(project) == expected(rows, NAMES[:3]) | expected(others[3:], NAMES[3:5])
    assert take(project, path, replace=True) == writing.Written(0, 3)
    assert stored(project) == expected(others, NAMES[:5])
    assert take(project, path, replace=True) == writing.Written(0, 0)


def test_rows_of_another_length_are_refused(project: Project, tmp_path: Path) -> None:
    take(project, write_npy(tmp_path, unit(2), NAMES[:2]))
    before = stored(project)
    with pytest.raises(UsageError, match=r"own\.x has rows of 4 numbers, the file has rows of 5"):
        take(project, write_npy(tmp_path, unit(2, 5), NAMES[:2]))
    assert stored(project) == before


def test_the_same_picture_twice_needs_the_same_row(project: Project, tmp_path: Path) -> None:
    (tmp_path / "two" / "copy.png").write_bytes((tmp_path / "one" / "a.png").read_bytes())
    project.scan()
    rows = unit(3)
    names = ["one/a.png", "one/b.png", "two/copy.png"]
    report = look(project, write_npy(tmp_path, rows, names))
    (problem,) = report.refused.first
    assert (problem.line, "row 1 is another one of the same picture" in problem.reason) == (3, True)
    assert report.pictures == 1
    with pytest.raises(PictoscopeError, match="nothing is imported"):
        take(project, tmp_path / "v.npy")
    assert take(project, write_npy(tmp_path, rows[[0, 1, 0]], names)).added == 2
    assert stored(project) == expected(rows[:2], names[:2])


def test_keys_that_match_nothing_import_nothing(project: Project, tmp_path: Path) -> None:
    path = write_npy(tmp_path, unit(2), ["0" * 40, "nosuch.png"])
    with pytest.raises(PictoscopeError, match=r"no row of v\.npy names a picture of this project"):
        take(project, path)
    assert vec_types.names(project.vectors_folder) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "/etc", "a/b", "a--b", "x+grey", "-x", "é", "a b", "a\n", "a\0", "own.", "a" * 61]
)
def test_names_that_a_folder_or_a_vec_type_cannot_have_are_refused(project: Project, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be called"):
        look(project, write_npy(tmp_path, unit(2), NAMES[:2]), name)
    assert not project.vectors_folder.exists()


def test_a_folder_whose_manifest_names_another_vec_type_is_not_written(project: Project, tmp_path: Path) -> None:
    path = write_npy(tmp_path, unit(2), NAMES[:2])
    take(project, path)
    (project.vectors_folder / "own.x").rename(project.vectors_folder / "own.X")
    with pytest.raises(StoreDamaged, match=r"own\.X says that they are own\.x"):
        take(project, path, "X")


def test_an_import_that_was_interrupted_goes_on(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block, "_BLOCK_ROWS", 2)
    rows = unit(len(NAMES))
    plan = plan_vectors(project, write_npy(tmp_path, rows, NAMES), "x")

    def stop(done: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan.apply(stop)
    assert stored(project) == expected(rows[:4], NAMES[:4])
    assert take(project, tmp_path / "v.npy").added == len(NAMES) - 4
    assert stored(project) == expected(rows, NAMES)


def test_a_full_disk_at_the_first_row_leaves_no_vec_type(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_npy(tmp_path, unit(2), NAMES[:2])

    def full(*_: object) -> None:
        raise DiskFull("no space", "free some")

    with monkeypatch.context() as patched:
        patched.setattr(store.Writer, "append", full)
        with pytest.raises(DiskFull):
            take(project, path)
    assert vec_types.names(project.vectors_folder) == []
    assert take(project, path).added == 2


def test_a_full_disk_at_the_manifest_leaves_no_vec_type(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_npy(tmp_path, unit(2), NAMES[:2])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Manifest, "save", full)
        with pytest.raises(DiskFull):
            take(project, path)
    assert vec_types.names(project.vectors_folder) == []
    assert take(project, path).added == 2


def test_vectors_that_are_being_written_are_busy(project: Project, tmp_path: Path) -> None:
    path = write_npy(tmp_path, unit(2), NAMES[:2])
    take(project, path)
    with store.Writer(project.vectors_folder / "own.x"), pytest.raises(StoreBusy):
        take(project, path)


@pytest.mark.parametrize("file", ["v.npy", "v.txt"])
def test_a_file_that_changed_after_it_was_checked_is_not_imported(project: Project, tmp_path: Path, file: str) -> None:
    plan = plan_vectors(project, write_npy(tmp_path, unit(2), NAMES[:2]), "x", VectorsOptions())
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).unlink()
    (tmp_path / "other").write_bytes(content)
    (tmp_path / "other").rename(tmp_path / file)
    with pytest.raises(UsageError, match="changed while it was read"):
        plan.apply()
    assert vec_types.names(project.vectors_folder) == []
