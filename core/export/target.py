"""Where an export is written: never over what it must not touch, and all of it or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import AlreadyThere, DiskFull, UsageError
from core.files import disk_full, writing_together
from core.project import Project
from core.text import printable

_HINT = "free some space; nothing was left behind"


@contextmanager
def whole_files(project: Project, targets: list[Path], replace: bool) -> Iterator[list[BinaryIO]]:
    """Streams for files that appear together at the end, or, by any exception, not at all.

    Args:
        project: whose pictures and own files are never written over.
        targets: files.
        replace: whether there may be a file already.

    Raises:
        AlreadyThere: there is, and it may not be replaced. UsageError: a target may not be written.
        DiskFull: no room; nothing is left. OSError: what the system refuses.
    """
    for target in targets:
        _check_file(project, target, replace)
    try:
        with writing_together(targets, replace=replace) as streams:
            yield streams
    except DiskFull as error:
        raise DiskFull(error.message, _HINT) from error
    except FileExistsError as error:  # it was not there when we began
        raise _is_there(Path(error.filename)) from error


@contextmanager
def new_folder(project: Project, target: Path) -> Iterator[Path]:
    """A folder to fill that gets its name at the end, or, by any exception, is removed.

    Raises:
        UsageError: there is something of this name, or it lies in a picture folder. DiskFull: no room.
        OSError: what the system refuses.
    """
    target = _absolute(target)
    inside = _picture_folder_of(project, target)
    if inside:
        raise UsageError(
            f"{printable(target)} lies in the picture folder {printable(inside)}",
            "choose a folder outside: its pictures would be found again by the next scan",
        )
    _check_own(project, target)
    _check_parent(target)
    if os.path.lexists(target) and not _is_empty_folder(target):
        raise UsageError(
            f"{printable(target)} is there already", "choose a new name: a folder is never written over or into"
        )
    temporary = Path(tempfile.mkdtemp(prefix=".pictoscope.", dir=target.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.rename(target)  # over an empty folder too; refused if it was filled meanwhile
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        full = disk_full(error, target) if isinstance(error, OSError) else None
        if full:
            raise DiskFull(full.message, _HINT) from error
        raise


def refuse_picture_folder(project: Project, target: Path) -> None:
    """For pictures that are made: in a picture folder they would be found as pictures of the project.

    Raises:
        UsageError: ``target`` lies in one.
    """
    inside = _picture_folder_of(project, _absolute(target))
    if inside:
        raise UsageError(
            f"{printable(target)} lies in the picture folder {printable(inside)}",
            "choose a place outside: it would be found as a picture by the next scan",
        )


def _check_file(project: Project, target: Path, replace: bool) -> None:
    path = _absolute(target)
    _check_own(project, path)
    if target.is_dir():
        raise UsageError(f"{printable(target)} is a folder", "give the name of a file")
    if target.exists() and not target.is_file():  # a device, a pipe: they would be replaced, not written into
        raise UsageError(f"{printable(target)} is no ordinary file", "give another name, or leave out --to for stdout")
    _check_parent(path)
    if project.catalog.by_path(target) or project.catalog.by_path(path):
        raise UsageError(f"{printable(target)} is a picture of this project", "choose another name")
    if os.path.lexists(target) and not replace:
        raise _is_there(target)


def _is_there(target: Path) -> AlreadyThere:
    return AlreadyThere(f"{printable(target)} is there already", "choose another name, or add --replace")


def _check_parent(path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {printable(path.parent)}", "make it first, or choose another place")


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def _check_own(project: Project, path: Path) -> None:
    if path.is_relative_to(project.path.resolve()):
        raise UsageError(f"{printable(path)} lies in the project's own folder", "choose a place outside")


def _picture_folder_of(project: Project, path: Path) -> Path | None:
    return next((folder for folder in project.folders if path.is_relative_to(folder.resolve())), None)


def _absolute(target: Path) -> Path:
    """``target`` with the links of its folder followed.

    Raises:
        UsageError: no file can have this name.
    """
    if "\0" in os.fspath(target):
        raise UsageError(f"{printable(target)} can be no file's name", "leave out the NUL character")
    path = Path(os.path.abspath(target))
    return path.parent.resolve() / path.name
