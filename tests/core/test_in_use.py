"""A file that somebody has open is not replaced; who cannot be kept out is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from core.errors import StoreBusy, UnsafeFile
from core.in_use import InUse


def test_many_use_a_file_and_one_replaces_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    first, second = InUse.shared(path, 0.0), InUse.shared(path, 0.0)
    for used in (first, second):
        with pytest.raises(StoreBusy, match=f"process {os.getpid()}") as caught:
            InUse.exclusive(path)
        assert caught.value.hint
        used.release()
    with InUse.exclusive(path):
        with pytest.raises(StoreBusy):
            InUse.shared(path, 0.0)
        with pytest.raises(StoreBusy):
            InUse.exclusive(path)
    InUse.shared(path, 0.0).release()


def test_a_file_in_a_folder_that_nobody_can_write_is_used_without_a_lock(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    path = own_folder / "file"
    own_folder.chmod(0o555)
    with as_ordinary_user():
        InUse.shared(path, 0.0).release()
        with pytest.raises(OSError, match="denied"):
            InUse.exclusive(path)
    assert list(own_folder.iterdir()) == []


def test_the_lock_is_not_looked_for_behind_a_link(tmp_path: Path) -> None:
    path, victim = tmp_path / "file", tmp_path / "victim"
    path.with_name("file.lock").symlink_to(victim)
    with pytest.raises(UnsafeFile, match="is a symbolic link"):
        InUse.shared(path, 0.0)
    assert not victim.exists()
