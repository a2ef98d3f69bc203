"""Crash-safe files: atomic replacement, and locks that are released when their process dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

from core.errors import DiskFull, PictoscopeError, StoreBusy, StoreError, TooManyFiles
from core.project_files import open_file
from core.temporaries import TemporaryFile

_LATEST = (1 << 63) - 1


class FileState(NamedTuple):
    """The identity and version of a file: differs if the file was replaced, written, renamed or restored.

    Attributes:
        device: number of its device.
        inode: number on the device.
        size: bytes.
        modified_ns: modification time (mtime), which anybody can set.
        changed_ns: status change time (ctime), set by the system.
    """

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileState:
        """From the result of ``os.stat``."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def is_unchanged(status: os.stat_result, size: int, mtime_ns: int) -> bool:
    """Whether a file still has the size and modification time from the catalog: the first check of every comparison."""
    return (status.st_size, modified_ns(status)) == (size, mtime_ns)


def modified_ns(status: os.stat_result) -> int:
    """Modification time in nanoseconds since 1970, clamped to 64 bits: the years 1677 to 2262.

    File systems support earlier and later times, the catalog does not.
    """
    return max(-_LATEST, min(_LATEST, status.st_mtime_ns))


def changed_ns(status: os.stat_result) -> int:
    """Status change time (ctime), as :func:`modified_ns`."""
    return max(-_LATEST, min(_LATEST, status.st_ctime_ns))


def inode(status: os.stat_result) -> int:
    """The inode number as the catalog stores it: a signed 64-bit integer."""
    return status.st_ino if status.st_ino <= _LATEST else status.st_ino - (1 << 64)


def write_atomic(path: Path, content: bytes) -> None:
    """Replace the file ``path`` by ``content`` atomically; see :func:`atomic_writes`.

    Raises:
        DiskFull: no space; the old file is untouched.
        OSError: any other error of the file system.
    """
    with atomic_writes([path]) as (stream,):
        stream.write(content)


@contextmanager
def atomic_writes(paths: Sequence[Path], *, replace: bool = True) -> Iterator[list[BinaryIO]]:
    """Write several files: at the end all get their content, or, after an exception, none.

    A crash at any time leaves the old or the new file, never a part: temporary file in the same folder, fsync,
    ``os.replace``, fsync of the folder. All files are synced before the first one is renamed.

    Args:
        paths: of the files.
        replace: whether existing files may be replaced. If not, files that appear meanwhile are not touched.

    Raises:
        DiskFull: no space; the old files are untouched.
        FileExistsError: a file exists and may not be replaced. OSError: any other error of the file system.
    """
    temporaries: list[TemporaryFile] = []
    try:
        for path in paths:
            temporaries.append(TemporaryFile(path, nameless=not replace))
        yield [temporary.stream for temporary in temporaries]
        for temporary in temporaries:
            temporary.stream.flush()
            os.fchmod(temporary.stream.fileno(), 0o644)
            os.fsync(temporary.stream.fileno())
        _give_names(temporaries, paths, replace=replace)
    except BaseException as error:
        for temporary in temporaries:
            temporary.discard()
        full = disk_full(error, paths[0]) if isinstance(error, OSError) else None
        if full:
            raise full from error
        raise
    for temporary in temporaries:
        temporary.close()
    for folder in {path.parent for path in paths}:
        sync_folder(folder)


def _give_names(temporaries: Sequence[TemporaryFile], paths: Sequence[Path], *, replace: bool) -> None:
    new: list[Path] = []
    try:
        for temporary, path in zip(temporaries, paths, strict=True):
            if replace:
                temporary.replace()
            else:
                temporary.name_new()
                new.append(path)
    except OSError:
        for path in new:
            path.unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes) -> None:
    """Like :func:`write_atomic` for a file that must not exist yet; a crash may leave it empty.

    Raises:
        FileExistsError: it exists. DiskFull, OSError: it cannot be written, and does not exist.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
    except OSError as error:
        raise disk_full(error, path) or error from error
    try:
        write_atomic(path, content)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Sync the names in ``folder`` (a file's own fsync does not cover its name)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def disk_full(error: OSError, path: Path) -> DiskFull | None:
    """The typed error if ``error`` means no space (disk, quota or file size limit), else None."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return None
    return DiskFull(f"no space left to write {path}", "free some space, then Restart: committed work is kept")


def too_many_files(error: BaseException | None) -> TooManyFiles | None:
    """The typed error if ``error`` means that the limit on open files is reached, else None."""
    if not isinstance(error, OSError) or error.errno not in (errno.EMFILE, errno.ENFILE):
        return None
    return TooManyFiles(
        f"too many open files ({os.strerror(error.errno).lower()})",
        "raise the limit (ulimit -n 4096) or close other programs, then Restart",
    )


def write_at(descriptor: int, content: bytes, offset: int) -> None:
    """``pwrite`` until all is written; a mapping would turn a full disk into a signal."""
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def disk_error(error: OSError, path: Path) -> PictoscopeError:
    """The typed error for any error of the file system while working on ``path``."""
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else path
    return (
        disk_full(error, path)
        or too_many_files(error)
        or StoreError(
            f"cannot use {where} ({(error.strerror or str(error)).lower()})",
            "fix the disk or its permissions, then Restart: committed work is kept",
        )
    )


class Lock:
    """An exclusive ``flock`` on a file that also names its holder.

    The kernel releases it when the holder dies for any reason (even a reboot), so a lock is never stale, and no
    reused process number can be mistaken for the holder. The file stays, and is empty after a clean
    release: otherwise it still names the holder that died.

    Attributes:
        path: of the file.
        previous: the last holder, if it died; else empty.
    """

    def __init__(self, descriptor: int, path: Path, previous: str = "") -> None:
        self._descriptor = descriptor
        self._handed_on = False
        self.path = path
        self.previous = previous

    @classmethod
    def take(cls, path: Path, holder: str, wait: float = 0.0, *, inside: int = 1) -> Lock:
        """Take the lock and write ``holder`` (one line) into the file.

        Args:
            path: of the file in a project; created if it does not exist.
            holder: shown to others that want the lock.
            wait: seconds to wait for another holder; useful for locks that are held briefly.
            inside: as for :func:`core.project_files.open_file`.

        Raises:
            StoreBusy: another process holds it; the message names the holder. UnsafeFile: it is not a regular file.
        """
        until = time.monotonic() + wait
        while True:
            descriptor = open_file(path, os.O_RDWR | os.O_CREAT, inside=inside)
            is_ours = _flock(descriptor)
            while not is_ours and time.monotonic() < until:
                is_ours = _flock(descriptor)
            if not is_ours or _is_at(descriptor, path):
                break
            os.close(descriptor)  # its folder was deleted or moved in between: the path is another file now
        said = os.pread(descriptor, 500, 0).decode("utf-8", "replace").strip()
        if not is_ours:
            os.close(descriptor)
            raise StoreBusy(
                f"{path.parent.name} is in use by {said or 'another process'}",
                "wait until it has finished, or cancel its job",
            )
        lock = cls(descriptor, path, said)
        lock.describe(holder)
        return lock

    @classmethod
    def adopt(cls, descriptor: int, path: Path) -> Lock:
        """The lock that a parent process took and passed on as an open file descriptor."""
        os.set_inheritable(descriptor, False)
        return cls(descriptor, path)

    def describe(self, holder: str) -> None:
        """Write the holder to the file. If the disk refuses, the lock still holds; only the description is lost."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{holder}\n".encode(), 0)

    def fileno(self) -> int:
        """The file descriptor, to pass the lock to a child process."""
        self._handed_on = True
        return self._descriptor

    def release(self) -> None:
        """Release the lock. A child that was given the descriptor still holds it."""
        if self._descriptor >= 0:
            if not self._handed_on:
                with contextlib.suppress(OSError):  # the next holder will only be told of a death
                    os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _flock(descriptor: int) -> bool:
    """Take the exclusive lock. Retries: :func:`is_locked` holds it shared for an instant."""
    for pause in (0.01, 0.03, 0.1, None):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if pause is None:
                return False
            time.sleep(pause)
        else:
            return True
    return False


def is_locked(path: Path, *, inside: int = 1) -> bool:
    """Whether a living process holds the lock at ``path``; ``inside`` as for :func:`core.project_files.open_file`.

    Raises:
        UnsafeFile: it is not a regular file of a project.
    """
    try:
        descriptor = open_file(path, inside=inside)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
