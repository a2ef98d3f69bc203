"""Temporary files and folders that get their final name when complete; leftovers of killed programs are removed.

If the file system supports it (``O_TMPFILE``), a new file has no name until then, and the kernel removes it with
its process. Otherwise it has a hidden name of a fixed form and its creator holds an ``flock`` on it: one that
is not locked was left by a killed program, and the next program that writes in the folder removes it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_NAME_KEPT = 40  # characters: a long name with a random part would exceed the limit of file systems
_FORM = re.compile(r"\..*\.pictoscope-[0-9a-f]{12}", re.DOTALL)
_TRIES = 100
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class TemporaryFile:
    """A file that is being written.

    Args:
        path: final path.
        nameless: whether it may have no name until then: for files that must not replace others.

    Attributes:
        stream: for writing.

    Raises:
        OSError: of the file system.
    """

    def __init__(self, path: Path, *, nameless: bool) -> None:
        remove_leftovers(path.parent)
        self._target = path
        self._name: Path | None = None
        descriptor = _nameless(path.parent) if nameless else None
        if descriptor is None:
            descriptor, self._name = _locked(path, lambda name: os.open(name, _FLAGS, 0o600))
        self.stream: BinaryIO = os.fdopen(descriptor, "w+b")

    def replace(self) -> None:
        """Rename it to its final name, replacing an existing file. Raises OSError."""
        self._named().replace(self._target)

    def name_new(self) -> None:
        """Give it its final name unless that exists: by a link, as a rename would replace.

        Raises:
            FileExistsError: the name exists. OSError: of the file system.
        """
        source = self._name or f"/proc/self/fd/{self.stream.fileno()}"
        try:
            os.link(source, self._target, follow_symlinks=self._name is None)
        except OSError as error:
            if os.path.lexists(self._target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(self._target)) from error
            self._named().replace(self._target)  # a file system without links
        else:
            if self._name:
                self._name.unlink()

    def close(self) -> None:
        """Close it; a file without a name is deleted."""
        with contextlib.suppress(OSError):  # the content is no longer needed
            self.stream.close()

    def discard(self) -> None:
        """Close and delete the file."""
        if self._name:
            self._name.unlink(missing_ok=True)
        self.close()

    def _named(self) -> Path:
        if self._name is None:  # copied: a nameless file cannot be renamed
            descriptor, self._name = _locked(self._target, lambda name: os.open(name, _FLAGS, 0o644))
            with os.fdopen(descriptor, "wb") as copy:
                self.stream.seek(0)
                shutil.copyfileobj(self.stream, copy)
                copy.flush()
                os.fchmod(descriptor, 0o644)
                os.fsync(descriptor)
        return self._name


class TemporaryFolder:
    """A folder that is being filled.

    Args:
        path: final path.

    Attributes:
        path: temporary path.

    Raises:
        OSError: of the file system.
    """

    def __init__(self, path: Path) -> None:
        remove_leftovers(path.parent)
        self._target = path
        self._lock, self.path = _locked(path, _make_folder)

    def give_name(self) -> None:
        """Rename it to its final path, replacing an empty folder. Raises OSError: that folder is not empty."""
        self.path.chmod(0o755)
        self.path.rename(self._target)
        os.close(self._lock)

    def discard(self) -> None:
        """Delete it with its content."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that killed programs left in a folder. What cannot be removed is ignored."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _FORM.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    _remove_if_dead(entry.path)


def _remove_if_dead(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        about = os.fstat(descriptor)
        if about.st_uid != os.geteuid() or not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its creator lives
        if stat.S_ISDIR(about.st_mode):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
    finally:
        os.close(descriptor)


def _nameless(folder: Path) -> int | None:
    """A file without a name; None if that is not supported."""
    flag = getattr(os, "O_TMPFILE", 0)  # Linux
    if not flag:
        return None
    try:
        descriptor = os.open(folder, os.O_RDWR | flag | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT) and folder.is_dir():
            return None
        raise
    if os.path.lexists(f"/proc/self/fd/{descriptor}"):  # needed to give it a name
        return descriptor
    os.close(descriptor)
    return None


def _make_folder(name: str) -> int:
    os.mkdir(name, 0o700)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _locked(path: Path, make: Callable[[str], int]) -> tuple[int, Path]:
    """Create something with a hidden name beside ``path``, and lock it."""
    for _ in range(_TRIES):
        name = path.parent / f".{path.name[:_NAME_KEPT]}.pictoscope-{secrets.token_hex(6)}"
        try:
            descriptor = make(os.fspath(name))
        except FileExistsError:
            continue
        # If another program removed it before it was locked, create another one.
        with contextlib.suppress(OSError):  # a file system without locks: others cannot lock and remove it either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.path.lexists(name) and os.path.samestat(os.lstat(name), os.fstat(descriptor)):
            return descriptor, name
        os.close(descriptor)
    raise FileExistsError(errno.EEXIST, "no name for a temporary file could be found", os.fspath(path))
