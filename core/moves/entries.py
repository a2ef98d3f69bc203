"""Directory entries that are reached without following links, and the operations of a move on them.

A path is not reliable: somebody may replace a folder in it by a link. So each folder is opened in turn, from a trusted
one down, and none of them may be a link; all operations use the open folder.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import PictoscopeError
from core.files import FileState

_CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class MoveRefused(PictoscopeError):
    """A file is not moved. ``message`` says why."""


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A name in an open folder.

    Attributes:
        folder: file descriptor.
        name: without a slash.
    """

    folder: int
    name: bytes

    def named(self, name: bytes) -> FolderEntry:
        """Another name in the same folder."""
        return FolderEntry(self.folder, name)

    def status(self) -> os.stat_result | None:
        """The status of the file, or of the link itself; None if the name does not exist."""
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def is_same_name(self, other: FolderEntry) -> bool:
        """Whether both are the same name in the same folder: removing one removes the other."""
        return self.name == other.name and os.path.sameopenfile(self.folder, other.folder)

    def is_same_file(self, other: FolderEntry) -> bool:
        """Whether both are names of the same existing file."""
        mine, theirs = self.status(), other.status()
        return mine is not None and theirs is not None and os.path.samestat(mine, theirs)

    def unlink(self) -> None:
        """Remove the name durably."""
        os.unlink(self.name, dir_fd=self.folder)
        os.fsync(self.folder)

    def link_to(self, other: FolderEntry) -> None:
        """Create a hard link, whose name must be free."""
        os.link(self.name, other.name, src_dir_fd=self.folder, dst_dir_fd=other.folder, follow_symlinks=False)

    def rename_to(self, other: FolderEntry) -> None:
        """Rename the file."""
        os.rename(self.name, other.name, src_dir_fd=self.folder, dst_dir_fd=other.folder)

    @contextmanager
    def opened(self) -> Iterator[int]:
        """A read-only descriptor of the regular file.

        Raises:
            MoveRefused: it is a link, or not a regular file. OSError: it does not exist or may not be read.
        """
        try:
            descriptor = os.open(
                self.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.folder
            )
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK):
                raise MoveRefused("it is a symbolic link") from error
            raise
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise MoveRefused("it is not a regular file")
            yield descriptor
        finally:
            os.close(descriptor)

    def holds(self, key: bytes) -> bool:
        """Whether it is a regular file whose bytes have the hash ``key``. False if it cannot be read."""
        try:
            with self.opened() as descriptor:
                return digest(descriptor) == key
        except (MoveRefused, OSError):
            return False


@contextmanager
def entry_below(
    top: bytes, path: bytes, *, make: bool = False, made: list[bytes] | None = None
) -> Iterator[FolderEntry]:
    """The entry of ``path`` below the trusted folder ``top``; no folder between them may be a link.

    Args:
        top: absolute. Links in its path are the user's and are followed.
        path: absolute.
        make: create missing folders below ``top``.
        made: the paths of those that were created are added to it.

    Raises:
        MoveRefused: ``top`` does not exist, or the path contains a link or a file. OSError: a folder cannot be opened.
    """
    *folders, name = os.path.relpath(path, top).split(b"/")
    if b".." in (*folders, name):
        raise MoveRefused("it is in none of the folders of this project")
    try:
        descriptor = os.open(top, _FOLDER)
    except (FileNotFoundError, NotADirectoryError):
        raise MoveRefused(f"the folder {os.fsdecode(top)} is not there") from None
    try:
        at = top
        for folder in folders:
            at = os.path.join(at, folder)
            if make and _make(descriptor, folder) and made is not None:
                made.append(at)
            inner = _enter(descriptor, folder)
            os.close(descriptor)
            descriptor = inner
        yield FolderEntry(descriptor, name)
    finally:
        os.close(descriptor)


def _make(parent: int, name: bytes) -> bool:
    """Create a folder. Returns whether it was not there."""
    try:
        os.mkdir(name, dir_fd=parent)
    except FileExistsError:
        return False
    os.fsync(parent)
    return True


def _enter(parent: int, name: bytes) -> int:
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            what = "a symbolic link" if _is_link(parent, name) else "not a folder"
            raise MoveRefused(f"{os.fsdecode(name)}, on the way to it, is {what}") from error
        raise


def _is_link(parent: int, name: bytes) -> bool:
    status = FolderEntry(parent, name).status()
    return status is not None and stat.S_ISLNK(status.st_mode)


def digest(descriptor: int) -> bytes:
    """SHA-1 of an open file from its start, 20 bytes."""
    sha1 = hashlib.sha1(usedforsecurity=False)
    for chunk in _chunks(descriptor):
        sha1.update(chunk)
    return sha1.digest()


def copy_bytes(source: int, target: int) -> None:
    """Copy one open file to another durably, with mode, times and extended attributes."""
    for chunk in _chunks(source):
        view = memoryview(chunk)
        while view:
            view = view[os.write(target, view) :]
    _copy_metadata(source, target)
    os.fsync(target)


def _chunks(descriptor: int) -> Iterator[bytes]:
    os.lseek(descriptor, 0, os.SEEK_SET)
    while chunk := os.read(descriptor, _CHUNK):
        yield chunk


def _copy_metadata(source: int, target: int) -> None:
    """Copy metadata; times last, since the scan compares them. What the file system does not support is dropped."""
    status = os.fstat(source)
    if hasattr(os, "listxattr"):  # Linux
        with contextlib.suppress(OSError):
            for name in os.listxattr(source):
                with contextlib.suppress(OSError):
                    os.setxattr(target, name, os.getxattr(source, name))
    with contextlib.suppress(OSError):
        os.fchmod(target, stat.S_IMODE(status.st_mode))
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def is_unchanged(status: os.stat_result | None, before: os.stat_result) -> bool:
    """Whether a file is the same one and has not been written since."""
    # Without the ctime: a move changes it.
    return status is not None and FileState.of(status)[:4] == FileState.of(before)[:4]
