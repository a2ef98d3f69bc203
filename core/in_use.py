"""Locks a file that one program uses while another may want to replace it.

Users of the file hold a shared ``flock`` on a lock file beside it; a program that replaces it holds it exclusively. The
kernel releases it when a program ends for any reason.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from core.errors import StoreBusy
from core.files import too_many_files
from core.project_files import open_file
from core.text import printable

_LOCKS = Path("/proc/locks")
_PAUSE = 0.02
_SHOWN = 60  # characters of a command line


class InUse:
    """A lock on the lock file beside a file; see the module.

    Args:
        descriptor: of the open lock file; -1 for none, which locks nothing.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def shared(cls, path: Path, wait: float) -> InUse:
        """For using the file at ``path``. If no lock can be created (a read-only folder), nobody can replace it either.

        Args:
            path: of the file.
            wait: seconds to wait for a replacement to finish.

        Raises:
            StoreBusy: it is still being replaced. TooManyFiles: too many open files. UnsafeFile: the lock is not a
                regular file of the project.
        """
        try:
            descriptor = _open(path)
        except OSError as error:
            if limit := too_many_files(error):
                raise limit from error
            return cls(-1)
        return cls(_locked(descriptor, path, fcntl.LOCK_SH, wait))

    @classmethod
    def exclusive(cls, path: Path) -> InUse:
        """For replacing the file at ``path``.

        Raises:
            StoreBusy: another program has it open; the message names it. OSError: the folder cannot be written.
        """
        return cls(_locked(_open(path), path, fcntl.LOCK_EX, 0.0))

    def release(self) -> None:
        """Release the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        """If two threads open a catalog at once, one of them is dropped without being closed."""
        self.release()

    def __enter__(self) -> InUse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _open(path: Path) -> int:
    lock = path.with_name(path.name + ".lock")
    try:
        return open_file(lock, os.O_RDONLY | os.O_CREAT)
    except PermissionError as error:  # a project of another user: an existing lock may be readable
        try:
            return open_file(lock)
        except FileNotFoundError:
            raise error from None


def _locked(descriptor: int, path: Path, kind: int, wait: float) -> int:
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < until:
                time.sleep(_PAUSE)
                continue
            holders = _holders(descriptor)
            os.close(descriptor)
            raise StoreBusy(
                f"{path} is open in {holders or 'another program'}", "close that one, then try again"
            ) from None
        except OSError:  # a file system without such locks
            os.close(descriptor)
            return -1
        return descriptor


def _holders(descriptor: int) -> str:
    """The programs that hold the lock, as in ``pictoscope (process 123)``. Empty if the system does not tell."""
    wanted = os.fstat(descriptor).st_ino
    try:
        lines = _LOCKS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ""
    holders: dict[str, None] = {}
    for line in lines:
        fields = line.split()  # 1: FLOCK ADVISORY READ 123 fe:01:4711 0 EOF
        if len(fields) > 5 and fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(wanted):
            holders[_program(fields[4])] = None
    return ", ".join(holders)


def _program(process: str) -> str:
    try:
        words = Path("/proc", process, "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        words = []
    while words and os.path.basename(words[0]).startswith((b"python", b"-")):
        words = words[1:]
    if not words:
        return f"process {process}"
    name = os.path.basename(words[0])
    if name in (b"core.jobs.worker", b"core.maps.worker"):
        command = "a job"
    else:
        shown = b"pictoscope" if name in (b"tui.cli", b"cli.py") else name
        command = " ".join(printable(word) for word in (shown, *words[1:]))[:_SHOWN]
    return f"{command} (process {process})"
