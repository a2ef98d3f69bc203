"""The target of an export: protected files are never overwritten, and it is written completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import AlreadyExists, DiskFull, UsageError
from core.files import atomic_writes, disk_full
from core.project import Project
from core.temporaries import TemporaryFolder
from core.text import printable

_HINT = "free some space; nothing was left behind"


@contextmanager
def whole_files(project: Project, targets: list[Path], replace: bool) -> Iterator[list[BinaryIO]]:
    """Open streams for files that appear together at the end, or, on any exception, not at all.

    Args:
        project: its pictures and its own files are never overwritten.
        targets: paths of the files.
        replace: whether existing files may be replaced.

    Raises:
        AlreadyExists: a file exists, and ``replace`` is off. UsageError: a target may not be written.
        DiskFull: no space; nothing is left behind. OSError: the file system fails.
    """
    for target in targets:
        check_file(project, target, replace)
    try:
        with atomic_writes(targets, replace=replace) as streams:
            yield streams
    except DiskFull as error:
        raise DiskFull(error.message, _HINT) from error
    except FileExistsError as error:  # it was created in the meantime
        raise _is_there(Path(error.filename)) from error


@contextmanager
def new_folder(project: Project, target: Path) -> Iterator[Path]:
    """Create a temporary folder that gets its name at the end, or, on any exception, is removed.

    Raises:
        UsageError: the name exists, or is inside a picture folder. DiskFull: no space.
        OSError: the file system fails.
    """
    target = _absolute(target)
    inside = _picture_folder_of(project, target)
    if inside:
        raise UsageError(
            f"{printable(target)} is inside the picture folder {printable(inside)}",
            "choose a folder outside it: the next scan would find the exported pictures",
        )
    _check_own(project, target)
    _check_parent(target)
    if os.path.lexists(target) and not _is_empty_folder(target):
        raise UsageError(
            f"{printable(target)} already exists", "choose a new name: an existing folder is never written to"
        )
    temporary = TemporaryFolder(target)
    try:
        yield temporary.path
        temporary.give_name()  # refused if a folder of this name was filled meanwhile
    except BaseException as error:
        temporary.discard()
        full = disk_full(error, target) if isinstance(error, OSError) else None
        if full:
            raise DiskFull(full.message, _HINT) from error
        raise


def refuse_picture_folder(project: Project, target: Path) -> None:
    """Refuse a generated picture in a picture folder: a scan would add it to the project.

    Raises:
        UsageError: ``target`` is inside one.
    """
    inside = _picture_folder_of(project, _absolute(target))
    if inside:
        raise UsageError(
            f"{printable(target)} is inside the picture folder {printable(inside)}",
            "choose a path outside it: the next scan would find it as a picture",
        )


def check_file(project: Project, target: Path, replace: bool) -> None:
    """Check that a file may be written, before anything long is computed for it.

    Raises:
        AlreadyExists: it exists, and ``replace`` is off. UsageError: it may not be written.
    """
    path = _absolute(target)
    _check_own(project, path)
    if target.is_dir():
        raise UsageError(f"{printable(target)} is a folder", "give the name of a file")
    if target.exists() and not target.is_file():  # a device or a pipe would be replaced, not written to
        raise UsageError(
            f"{printable(target)} is not a regular file", "give another name, or leave out --to for stdout"
        )
    _check_parent(path)
    if project.catalog.by_path(target) or project.catalog.by_path(path):
        raise UsageError(f"{printable(target)} is a picture of this project", "choose another name")
    if os.path.lexists(target) and not replace:
        raise _is_there(target)


def _is_there(target: Path) -> AlreadyExists:
    return AlreadyExists(f"{printable(target)} already exists", "choose another name, or add --replace")


def _check_parent(path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {printable(path.parent)}", "create it first, or choose another path")


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def _check_own(project: Project, path: Path) -> None:
    if path.is_relative_to(project.path.resolve()):
        raise UsageError(f"{printable(path)} is inside the project folder", "choose a path outside it")


def _picture_folder_of(project: Project, path: Path) -> Path | None:
    return next((folder for folder in project.folders if path.is_relative_to(folder.resolve())), None)


def _absolute(target: Path) -> Path:
    """``target`` as an absolute path, with the links in its folder resolved.

    Raises:
        UsageError: it is not a valid file name.
    """
    if "\0" in os.fspath(target):
        raise UsageError(f"{printable(target)} is not a valid file name", "leave out the NUL character")
    path = Path(os.path.abspath(target))
    return path.parent.resolve() / path.name
