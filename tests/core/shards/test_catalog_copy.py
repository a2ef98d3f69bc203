"""The copy of a catalog: what was committed, of one moment, and nothing of the project is written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from core.catalog import contents
from core.errors import CatalogError, UnsafeFile, UsageError
from core.project import Project
from core.shards import catalog_copy as module
from core.shards.catalog_copy import catalog_copy
from tests.core.jobs.worker_helpers import draw


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "part").mkdir()
    return tmp_path / "part"


def test_it_holds_what_was_committed_and_is_gone_afterwards(project: Project, out: Path) -> None:
    project.close()
    before = {path: path.stat().st_mtime_ns for path in project.path.iterdir()}
    with catalog_copy(project.path, out) as copy:
        assert len(copy.keys()) == 90
        assert os.path.dirname(copy.pictures(copy.picture_ids()[:1])[0].path) == os.fsencode(project.folders[0])
    assert os.listdir(out) == []
    assert {path: path.stat().st_mtime_ns for path in project.path.iterdir()} == before


@pytest.mark.parametrize("known", [True, False])
def test_rows_are_checked_unless_those_of_the_project_were(
    project: Project, out: Path, home: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    checked: list[object] = []
    real = contents._check
    monkeypatch.setattr(contents, "_check", lambda database: checked.append(database) or real(database))
    if known:
        assert project.catalog.count() == 90  # checks it
        checked.clear()
    marks = list(home.rglob("known-catalogs/*"))
    for _ in range(2):
        with catalog_copy(project.path, out) as copy:
            assert len(copy.keys()) == 90
    assert len(checked) == (0 if known else 2)
    assert list(home.rglob("known-catalogs/*")) == marks


def test_what_is_only_in_the_log_counts(project: Project, out: Path) -> None:
    draw(project.folders[0] / "added.png", 1000)
    project.scan()  # open: the log is not taken into the database yet
    assert (project.path / "catalog.sqlite-wal").stat().st_size > 0
    with catalog_copy(project.path, out) as copy:
        assert len(copy.keys()) == 91


def test_what_a_killed_run_left_is_replaced(project: Project, out: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        (out / f"catalog.sqlite{suffix}").write_bytes(b"torn" * 1000)
    with catalog_copy(project.path, out) as copy:
        assert len(copy.keys()) == 90


def test_a_copy_during_which_the_catalog_was_written_is_made_again(
    project: Project, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.close()
    real: Callable[[Path, Path], None] = module._copy_file
    calls = []

    def copy_while_it_grows(source: Path, target: Path) -> None:
        real(source, target)
        calls.append(source.name)
        if len(calls) == 1:
            draw(project.folders[0] / "added.png", 1000)
            project.scan()
            project.close()

    monkeypatch.setattr(module, "_copy_file", copy_while_it_grows)
    with catalog_copy(project.path, out) as copy:
        assert len(copy.keys()) == 91
    assert calls == ["catalog.sqlite", "catalog.sqlite-wal"] * 2


def test_a_catalog_that_is_written_all_the_time_is_not_copied(
    project: Project, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[[Path, Path], None] = module._copy_file

    def copy_while_it_changes(source: Path, target: Path) -> None:
        real(source, target)
        stamp = (project.path / "catalog.sqlite").stat().st_mtime_ns
        os.utime(project.path / "catalog.sqlite", ns=(stamp + 10**9, stamp + 10**9))

    monkeypatch.setattr(module, "_copy_file", copy_while_it_changes)
    with pytest.raises(CatalogError, match="is being written"), catalog_copy(project.path, out):
        pass
    assert os.listdir(out) == []


def test_a_project_without_a_catalog_has_no_pictures(tmp_path: Path, out: Path) -> None:
    project = Project.create(tmp_path / "empty", [])
    with pytest.raises(UsageError, match="has no pictures"), catalog_copy(project.path, out):
        pass
    assert not (project.path / "catalog.sqlite").exists()


def test_a_catalog_that_is_a_link_or_foreign_is_refused(project: Project, out: Path, tmp_path: Path) -> None:
    project.close()
    (project.path / "catalog.sqlite").rename(tmp_path / "elsewhere.sqlite")
    (project.path / "catalog.sqlite").symlink_to(tmp_path / "elsewhere.sqlite")
    with pytest.raises(UnsafeFile), catalog_copy(project.path, out):
        pass
    (project.path / "catalog.sqlite").unlink()
    with sqlite3.connect(project.path / "catalog.sqlite") as database:
        database.execute("CREATE TABLE foreign_table (value)")
    with pytest.raises(CatalogError, match="not a Pictoscope catalog"), catalog_copy(project.path, out):
        pass
    assert os.listdir(out) == []
