"""The folders of the tests lie in memory where there is room: projects sync what they write, and a disk takes long.

Power cuts are acted out by the tests that are about them, so none needs a disk. ``--basetemp`` chooses another place.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.own_folders import FAILED

_MEMORY = Path("/dev/shm")
_PREFIX = "tests-"  # short: messages shorten long paths, which tests expect to read whole
_LOCK = ".pictoscope"  # held as long as the run goes on
_ROOM = 2 << 30  # bytes, several times what two processes need; as much must be left to others
_lock = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Choose the place before pytest does; pytest tells the other processes of the run."""
    if "PYTEST_XDIST_WORKER" in os.environ or config.option.basetemp or not _has_room():
        return
    _remove_those_of_ended_runs()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_MEMORY))
    config.stash[_lock] = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(config.stash[_lock], fcntl.LOCK_EX)
    config.option.basetemp = str(folder / "t")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the memory back."""
    if _lock in config.stash:
        folder = Path(config.option.basetemp).parent
        if config.stash.get(FAILED, False):
            print(f"\nThe folders of tests that failed are in {folder} until the next run.")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        os.close(config.stash[_lock])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Note which tests failed: what they leave may say why."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Note whether any did, in the process that is told of all."""
    session.config.stash[FAILED] = bool(session.testsfailed)


def _has_room() -> bool:
    """Whether folders in memory can be written, may hold programs, and leave enough of it to others."""
    try:
        disk = os.statvfs(_MEMORY)
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):  # not Linux
        return False
    room = min(disk.f_bavail * disk.f_frsize, free // 2)
    return os.access(_MEMORY, os.W_OK) and not disk.f_flag & os.ST_NOEXEC and room >= _ROOM


def _remove_those_of_ended_runs() -> None:
    for folder in _MEMORY.glob(f"{_PREFIX}*"):
        with suppress(OSError), open(folder / _LOCK) as lock:  # another user's, or one that is just being made
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
