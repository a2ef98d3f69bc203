"""Another process compacts, deletes or creates vectors between two steps of one that reads them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vector_helpers import DIM, content, expected, key, make

from core import project_files
from core.errors import StoreDamaged, StoreError, UsageError
from core.keys import KEY
from core.vectors import indexing, manifest, store, vec_types
from core.vectors.known_rows import check_rows
from core.vectors.manifest import Manifest, has_rows

NO_PICTURES = np.zeros(0, KEY)


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    return tmp_path / "vectors"


@pytest.fixture
def folder(vectors: Path) -> Path:
    vectors.mkdir()
    return make(vectors / "effnet-lite0", (1, 2, 3))


def once(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, act: Callable[[], object], *, before: bool) -> None:
    """The other process acts once, before or after a step of this one, whatever the step gives."""
    step, done = getattr(owner, name), list[bool]()

    def with_it(*arguments: Any, **named: Any) -> Any:
        acts = not done
        done.append(True)
        if acts and before:
            act()
        try:
            return step(*arguments, **named)
        finally:
            if acts and not before:
                act()

    monkeypatch.setattr(owner, name, with_it)


def created_anew(folder: Path) -> None:
    os.link(folder / "journal.bin", folder.with_name(".journal"))  # else a new one may get its inode
    store.delete(folder)
    make(folder, (7, 8, 9))


def test_rows_that_were_mapped_before_a_compaction_are_looked_at_and_nothing_is_remembered(folder: Path) -> None:
    snapshot = store.Reader(folder).snapshot()
    store.compact(folder)
    check_rows(folder, snapshot)
    with store.Writer(folder) as writer:
        writer.append([key(4)], np.full((1, DIM), 3e38, np.float32))
    snapshot = store.Reader(folder).snapshot()
    store.compact(folder)
    with pytest.raises(StoreDamaged):
        check_rows(folder, snapshot)


@pytest.mark.parametrize(("meanwhile", "there"), [(store.compact, True), (store.delete, False)])
def test_whether_there_are_rows_is_asked_again_when_they_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Path], object], there: bool
) -> None:
    once(monkeypatch, manifest, "generation_files", lambda: meanwhile(folder), before=False)
    assert has_rows(folder) is there
    assert vec_types.is_begun(folder.parent, folder.name) is there


def test_a_manifest_that_comes_with_its_rows_is_not_missing(vectors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors.mkdir()
    once(monkeypatch, manifest, "read_start", lambda: make(vectors / "conse", (1,)), before=False)
    assert Manifest.load(vectors / "conse").vec_type.name == "conse"


def test_a_folder_that_goes_has_no_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vectors").mkdir()
    once(monkeypatch, os, "listdir", lambda: (tmp_path / "vectors").rmdir(), before=True)
    assert project_files.names_in(tmp_path / "vectors") == []


def test_a_vec_type_that_goes_while_it_is_looked_at_is_not_listed(
    vectors: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make(vectors / "conse", (1,))
    once(monkeypatch, vec_types, "is_begun", lambda: store.delete(other), before=False)
    statuses = vec_types.statuses(vectors, NO_PICTURES, "")
    assert [status.vec_type.name for status in statuses] == ["effnet-lite0"]
    assert not statuses[0].problem


def test_a_vec_type_that_is_created_again_while_it_is_looked_at_has_no_problem(
    vectors: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, vec_types, "is_begun", lambda: shutil.move(folder, vectors / ".aside"), before=False)
    step = vec_types._size

    def back_then(path: Path) -> int:
        if (vectors / ".aside").exists():
            shutil.move(vectors / ".aside", folder)
        return step(path)

    monkeypatch.setattr(vec_types, "_size", back_then)
    (status,) = vec_types.statuses(vectors, NO_PICTURES, "")
    assert not status.problem


def test_the_size_counts_what_is_there_when_a_compaction_replaces_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names_in = vec_types.names_in

    def compacted_then(path: Path, *, inside: int = 1) -> list[str]:
        names = names_in(path, inside=inside)
        if path == folder:
            store.compact(folder)
        return names

    monkeypatch.setattr(vec_types, "names_in", compacted_then)
    (status,) = vec_types.statuses(folder.parent, NO_PICTURES, "")
    assert 0 < status.size < sum(entry.stat().st_size for entry in os.scandir(folder))


def test_of_two_deletions_at_once_the_second_finds_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once(monkeypatch, store, "folder_exists", lambda: shutil.rmtree(folder), before=False)
    with pytest.raises(UsageError, match="no vectors called effnet-lite0"):
        store.delete(folder)


@pytest.mark.parametrize("change", [store.Writer, store.compact, indexing.index, indexing.remove_index])
def test_who_changes_vectors_that_were_just_deleted_is_told_that_they_are_gone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    once(monkeypatch, store.Lock, "take", lambda: shutil.rmtree(folder), before=True)
    with pytest.raises(StoreError, match="no vectors at"):
        change(folder)


@pytest.mark.parametrize("step", ["status", "read_journal", "read_snapshot"])
@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
def test_vectors_that_are_deleted_and_created_again_are_not_mixed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, before: bool
) -> None:
    once(monkeypatch, store, step, lambda: created_anew(folder), before=before)
    found = content(folder)
    assert found in (expected(7, 8, 9), expected(1, 2, 3) if step == "read_snapshot" and not before else None)


def test_a_reader_sees_that_vectors_were_deleted_and_created_again(folder: Path) -> None:
    reader = store.Reader(folder)
    reader.snapshot()
    before = (folder / "journal.bin").stat()
    created_anew(folder)
    os.utime(folder / "journal.bin", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert bytes(reader.snapshot().keys[0]).ljust(20, b"\0") in {key(7), key(8), key(9)}
