"""Files that survive a crash: whole-file replacement and locks that die with their process."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from core.errors import DiskFull, PictoscopeError, StoreBusy, StoreError, TooManyFiles

_LATEST = (1 << 63) - 1
_NAME_KEPT = 40  # characters of a file's name in that of its temporary file


def modified_ns(status: os.stat_result) -> int:
    """When a file was changed, nanoseconds since 1970, within 64 bits: the years 1677 to 2262.

    File systems hold later and earlier times, the catalog does not: those count as its last and first instant.
    """
    return max(-_LATEST, min(_LATEST, status.st_mtime_ns))


def write_whole(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content``; see :func:`writing_together`.

    Raises:
        DiskFull: no room; the old file is untouched.
        OSError: anything else that the file system refuses.
    """
    with writing_together([path]) as (stream,):
        stream.write(content)


@contextmanager
def writing_together(paths: Sequence[Path], *, replace: bool = True) -> Iterator[list[BinaryIO]]:
    """What is written into the streams becomes these files at the end, or, by any exception, nothing does.

    A crash at any instant leaves an old file or the new one, never a part: temporary file in the same folder, fsync,
    ``os.replace``, fsync of the folder. None gets its name before all are on the disk.

    Args:
        paths: of the files.
        replace: whether files of these names may be there. If not, one that appears meanwhile stays as it is.

    Raises:
        DiskFull: no room; the old files are untouched.
        FileExistsError: a file is there that may not be replaced. OSError: anything else that the file system refuses.
    """
    temporaries: list[Path] = []
    try:
        with ExitStack() as opened:
            streams: list[BinaryIO] = []
            for path in paths:
                # Cut: with its random part a long name would be longer than file systems allow.
                descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:_NAME_KEPT]}.", dir=path.parent)
                temporaries.append(Path(temporary))
                streams.append(opened.enter_context(os.fdopen(descriptor, "wb")))
            yield streams
            for stream in streams:
                stream.flush()
                os.fchmod(stream.fileno(), 0o644)
                os.fsync(stream.fileno())
        _give_names(temporaries, paths, replace=replace)
    except BaseException as error:
        for temporary_path in temporaries:
            temporary_path.unlink(missing_ok=True)
        full = disk_full(error, paths[0]) if isinstance(error, OSError) else None
        if full:
            raise full from error
        raise
    for folder in {path.parent for path in paths}:
        sync_folder(folder)


def _give_names(temporaries: Sequence[Path], paths: Sequence[Path], *, replace: bool) -> None:
    new: list[Path] = []
    try:
        for temporary, path in zip(temporaries, paths, strict=True):
            if replace:
                temporary.replace(path)
            else:
                _name_new(temporary, path)
                new.append(path)
    except OSError:
        for path in new:
            path.unlink(missing_ok=True)
        raise


def _name_new(temporary: Path, path: Path) -> None:
    """Give a file its name unless that is taken: by a link, for a rename would not mind.

    Raises:
        FileExistsError: the name is taken.
    """
    try:
        os.link(temporary, path)
    except OSError as error:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path)) from error
        temporary.replace(path)  # a file system without links
    else:
        temporary.unlink()


def write_new(path: Path, content: bytes) -> None:
    """Like :func:`write_whole` for a file that must not be there yet; a crash may leave it empty.

    Raises:
        FileExistsError: it is there. DiskFull, OSError: it cannot be written, and is not there.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
    except OSError as error:
        raise disk_full(error, path) or error from error
    try:
        write_whole(path, content)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable (a file's own fsync does not cover its name)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def disk_full(error: OSError, path: Path) -> DiskFull | None:
    """The typed error where ``error`` means that there is no room (disk, quota or file size limit), else None."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return None
    return DiskFull(f"no room left to write {path}", "free some space, then Restart: what was committed is kept")


def too_many_files(error: BaseException | None) -> TooManyFiles | None:
    """The typed error where ``error`` means that no more files may be open, else None: no file is to blame for it."""
    if not isinstance(error, OSError) or error.errno not in (errno.EMFILE, errno.ENFILE):
        return None
    return TooManyFiles(
        f"no more files may be open ({os.strerror(error.errno).lower()})",
        "raise the limit (ulimit -n 4096) or close other programs, then Restart",
    )


def disk_error(error: OSError, path: Path) -> PictoscopeError:
    """The typed error for whatever a file system or the system refused while working on ``path``."""
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else path
    return (
        disk_full(error, path)
        or too_many_files(error)
        or StoreError(
            f"cannot use {where} ({(error.strerror or str(error)).lower()})",
            "mend the disk or its permissions, then Restart: what was committed is kept",
        )
    )


class Lock:
    """An exclusive ``flock`` on a file that also says who holds it.

    The kernel releases it when the holder dies, whatever the reason (a reboot too), so a lock is never stale, and no
    process number that was given out again can be mistaken for the holder. The file stays, and is empty after a clean
    end: what it still says at the next taking is who ended without a word.

    Attributes:
        path: of the file.
        previous: who held it last, if that holder died; empty otherwise.
    """

    def __init__(self, descriptor: int, path: Path, previous: str = "") -> None:
        self._descriptor = descriptor
        self._handed_on = False
        self.path = path
        self.previous = previous

    @classmethod
    def take(cls, path: Path, holder: str) -> Lock:
        """Take the lock without waiting, and write ``holder`` (one line) into the file.

        Raises:
            StoreBusy: another process holds it; the message names the holder.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        is_ours = _flock(descriptor)
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
        """The lock that a parent process took and passed on as an open file."""
        os.set_inheritable(descriptor, False)
        return cls(descriptor, path)

    def describe(self, holder: str) -> None:
        """Write who holds the lock. On a disk that refuses the lock still holds; only its description is lost."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{holder}\n".encode(), 0)

    def fileno(self) -> int:
        """The open file's descriptor, for handing the lock to a child process."""
        self._handed_on = True
        return self._descriptor

    def release(self) -> None:
        """Let go. A child that was given the descriptor still holds the lock."""
        if self._descriptor >= 0:
            if not self._handed_on:
                with contextlib.suppress(OSError):  # a disk that refuses: the next holder is told of a death, no more
                    os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _flock(descriptor: int) -> bool:
    """Take the exclusive lock. A few tries: :func:`is_locked` holds it shared for an instant while it looks."""
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


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock at ``path``."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
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
