"""A private copy of a project's catalog: machines that share a disk cannot open one SQLite database together.

SQLite's log (WAL) needs memory that its users share, which several machines do not have. So each computes from a copy,
and nothing of the project is written.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from core.catalog import contents
from core.catalog.catalog import Catalog
from core.errors import CatalogError, UsageError
from core.files import FileState, disk_error
from core.project_files import open_stream, status

_NAME = "catalog.sqlite"
_LOG = "catalog.sqlite-wal"
_BESIDE = ("", "-wal", "-shm", "-journal", ".lock")
_TRIES = 5
_PAUSE = 0.5  # seconds between them
_CHUNK = 1 << 20


@contextmanager
def catalog_copy(
    project: Path, folder: Path, elsewhere: Mapping[bytes, bytes] = MappingProxyType({})
) -> Iterator[Catalog]:
    """The catalog of ``project`` as it is now, copied to ``folder``, open; removed at the end.

    Args:
        project: its folder.
        folder: for the copy.
        elsewhere: see :class:`Catalog`.

    Raises:
        UsageError: the project has no catalog. CatalogError: another program writes it all the time, or it is damaged.
            UnsafeFile: it is no file of a project. DiskFull, StoreError: no room for the copy, or it cannot be read.
    """
    try:
        _remove(folder)  # of a run that was killed
        _copy(project, folder)
        if contents.is_known(project / _NAME):  # checking every row again would take 20 s for a million pictures
            contents.remember(folder / _NAME)
        with Catalog(folder / _NAME, project, elsewhere=elsewhere) as catalog:
            yield catalog
    finally:
        with suppress(OSError):
            _remove(folder)


def _remove(folder: Path) -> None:
    contents.forget(folder / _NAME)
    for suffix in _BESIDE:
        (folder / f"{_NAME}{suffix}").unlink(missing_ok=True)


def _copy(project: Path, folder: Path) -> None:
    """Copy database and log as they are at one moment: neither has changed while both were read."""
    for _ in range(_TRIES):
        try:
            before = _state(project)
            for name in (_NAME, _LOG):
                _copy_file(project / name, folder / name)
        except FileNotFoundError:
            if not os.path.lexists(project / _NAME):
                raise UsageError(
                    f"the project {project} has no pictures", "add some where they are managed: pictoscope add FOLDER"
                ) from None
            continue  # the log was just removed
        except OSError as error:
            raise disk_error(error, folder) from error
        if _state(project) == before:
            return
        time.sleep(_PAUSE)
    raise CatalogError(
        f"{project / _NAME} is being written, so that it cannot be copied", "try again when that has finished"
    )


def _state(project: Path) -> list[FileState | None]:
    states: list[FileState | None] = [FileState.of(status(project / _NAME))]
    try:
        states.append(FileState.of(status(project / _LOG)))
    except FileNotFoundError:
        states.append(None)
    return states


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file that may be missing only if it is the log."""
    target.unlink(missing_ok=True)
    try:
        stream = open_stream(source)
    except FileNotFoundError:
        if source.name == _LOG:
            return
        raise
    with stream, open_stream(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as copy:
        shutil.copyfileobj(stream, copy, _CHUNK)
