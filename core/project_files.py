"""The only access to files of a project. A project may come from a stranger: none of its files may lead out of it.

A file of a project is a regular file with a single name in a folder of the project. It is opened from the
project's folder downwards without following links; only the project's folder itself may be reached through
links, as that is the user's choice. A pipe, a device or a second name (a hard link) is refused before it is opened.

``inside`` is the number of trailing parts of a path that belong to the project: 1 for ``project.toml``, 3 (``DEEP``)
for ``vectors/clip/rows.f32`` and ``jobs/ID/job.toml``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.errors import UnsafeFile

DEEP = 3
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_REMOVE = "a project may use regular files only: if you trust its source, replace it with a copy; else remove it"


def open_file(path: Path, flags: int = os.O_RDONLY, *, inside: int = 1) -> int:
    """Open a file of a project. Returns its descriptor, which child processes do not inherit.

    Args:
        path: of the file.
        flags: of ``os.open``. ``O_TRUNC`` is applied after the file has been checked.
        inside: number of trailing parts of ``path`` that belong to the project.

    Raises:
        UnsafeFile: it is not a regular file of the project. FileNotFoundError, OSError: it cannot be opened.
    """
    with _parent(path, inside) as (folder, name):
        return open_file_in(folder, name, flags, path)


def open_file_in(folder: int, name: str, flags: int, path: Path) -> int:
    """Like :func:`open_file`, in an open folder of a project, which may have been renamed since.

    Args:
        folder: descriptor; see :func:`open_folder`.
        name: of the file.
        flags: as for :func:`open_file`.
        path: of the file, for errors.
    """
    with contextlib.suppress(FileNotFoundError):
        _check_file(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
    try:
        descriptor = os.open(name, (flags & ~os.O_TRUNC) | _FILE, 0o644, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:  # replaced by a link just now, or a broken link
            raise _unsafe(path, "is a symbolic link") from error
        raise
    try:
        _check_file(path, os.fstat(descriptor))
        if flags & os.O_TRUNC:
            os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_folder(path: Path, *, inside: int = 1) -> int:
    """Open a folder of a project. Returns its descriptor.

    Raises:
        UnsafeFile: it is a link, or not a folder. FileNotFoundError, OSError: it cannot be opened.
    """
    with _parent(path / "-", inside + 1) as (folder, _):
        return os.dup(folder)


def open_stream(path: Path, flags: int = os.O_RDONLY, *, inside: int = 1) -> IO[bytes]:
    """Like :func:`open_file`, as a stream of bytes: for reading, or with ``O_WRONLY`` for writing."""
    return os.fdopen(open_file(path, flags, inside=inside), "wb" if flags & os.O_WRONLY else "rb")


def read_start(path: Path, at_most: int, *, inside: int = 1) -> bytes:
    """The first ``at_most`` bytes of a file of a project; errors as for :func:`open_file`."""
    with open_stream(path, inside=inside) as stream:
        return stream.read(at_most)


def read_end(path: Path, at_most: int, *, inside: int = 1) -> tuple[bytes, bool]:
    """The last ``at_most`` bytes of a file of a project, and whether that is all; errors as for :func:`open_file`."""
    with open_stream(path, inside=inside) as stream:
        start = max(0, os.fstat(stream.fileno()).st_size - at_most)
        stream.seek(start)
        return stream.read(at_most), start == 0


def status(path: Path, *, inside: int = 1) -> os.stat_result:
    """``os.stat`` of a file of a project, without opening it; errors as for :func:`open_file`."""
    with _parent(path, inside) as (folder, name):
        result = os.stat(name, dir_fd=folder, follow_symlinks=False)
    _check_file(path, result)
    return result


def file_exists(path: Path, *, inside: int = 1) -> bool:
    """Whether a project has this file.

    Raises:
        UnsafeFile: something else has its name. OSError: it cannot be accessed.
    """
    try:
        status(path, inside=inside)
    except FileNotFoundError:
        return False
    return True


def folder_exists(path: Path, *, inside: int = 1) -> bool:
    """Whether a project has this folder.

    Raises:
        UnsafeFile: it is a link, or not a folder. OSError: it cannot be accessed.
    """
    try:
        with _parent(path / "-", inside + 1):
            return True
    except FileNotFoundError:
        return False


def make_folder(path: Path, *, inside: int = 1) -> bool:
    """Create a folder of a project and its missing parents inside the project. Returns whether it is new.

    Raises:
        UnsafeFile: one of them is a link, or not a folder. OSError: it cannot be created.
    """
    if inside > 1:
        make_folder(path.parent, inside=inside - 1)
    is_new = False
    with _parent(path, inside) as (folder, name), contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)
        is_new = True
    folder_exists(path, inside=inside)
    return is_new


def names_in(path: Path, *, inside: int = 1) -> list[str]:
    """The sorted names in a folder of a project; none if it does not exist.

    Raises:
        UnsafeFile: it is a link, or not a folder. OSError: it cannot be read.
    """
    try:
        with _parent(path / "-", inside + 1) as (parent, _):
            folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
            try:
                return sorted(os.listdir(folder))
            finally:
                os.close(folder)
    except FileNotFoundError:  # also if another process deletes it meanwhile
        return []
    except OSError as error:
        error.filename = os.fspath(path)
        raise


def check_parent(path: Path, *, inside: int = 1) -> None:
    """Check that the parent folder of a file to be written belongs to the project.

    Raises:
        UnsafeFile: a link leads there. FileNotFoundError, OSError: there is no such folder.
    """
    with _parent(path, inside):
        return


@contextmanager
def _parent(path: Path, inside: int) -> Iterator[tuple[int, str]]:
    """The parent folder of ``path``, open, and the name in it. Errors name the whole path."""
    path = path.absolute()
    inside = min(inside, len(path.parts) - 1)
    names = path.parts[-inside:]
    try:
        folder = os.open(Path(*path.parts[:-inside]), _FOLDER & ~os.O_NOFOLLOW)
        try:
            for depth, name in enumerate(names[:-1], 1 - inside):
                inner = _open_folder(folder, name, Path(*path.parts[:depth]))
                os.close(folder)
                folder = inner
            yield folder, names[-1]
        finally:
            os.close(folder)
    except OSError as error:
        error.filename = os.fspath(path)
        raise


def _open_folder(parent: int, name: str, path: Path) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=parent)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        is_link = stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
        raise _unsafe(path, "is a symbolic link" if is_link else "is not a folder") from error


def _check_file(path: Path, found: os.stat_result) -> None:
    """Raise if this is not a regular file with one name (or none: replaced since it was opened)."""
    kinds = {stat.S_IFLNK: "is a symbolic link", stat.S_IFDIR: "is a folder", stat.S_IFIFO: "is a pipe"}
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG:
        raise _unsafe(path, kinds.get(kind, "is a device or a socket"))
    if found.st_nlink > 1:
        raise _unsafe(path, f"is a hard link: the file has {found.st_nlink} names")


def _unsafe(path: Path, what: str) -> UnsafeFile:
    return UnsafeFile(f"{path} {what}", _REMOVE)
