"""What the process of a command may lack: streams, disk space, memory, a current folder. Each becomes one line."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TextIO, cast

from core.errors import Ended, PictoscopeError
from core.unexpected import short_of_memory, unexpected

_ENDING = (signal.SIGTERM, signal.SIGHUP)


class Remarks:
    """Standard error that may be full or closed: then remarks are lost, and the command continues.

    Args:
        stream: the stream to write to.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write, ignoring errors."""
        with suppress(OSError):
            self.stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each line, ignoring errors."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush, ignoring errors."""
        with suppress(OSError):
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def complete_streams() -> None:
    """Give the process the standard streams that it was started without, as cron jobs may be.

    Files opened later would get their descriptors, and output would end up in a lock file or a database.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)  # the lowest number that is free
            os.set_inheritable(number, True)
    if sys.stdin is None:
        sys.stdin = _null_stream("r")
    if sys.stdout is None:
        sys.stdout = _null_stream("w")
    if sys.stderr is None:
        sys.stderr = _null_stream("w")


@contextmanager
def guarded() -> Iterator[None]:
    """Standard error as :class:`Remarks`; SIGTERM and SIGHUP raise :class:`Ended`.

    Ignored signals stay ignored (nohup); signals that the parent process had blocked are unblocked.
    """
    before_stderr = sys.stderr
    sys.stderr = cast("TextIO", Remarks(sys.stderr))
    handlers = {}
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    try:
        for number in _ENDING:
            if signal.getsignal(number) is signal.SIG_DFL:
                handlers[number] = signal.signal(number, _end)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handlers)
    except ValueError:  # not the main thread, which alone may handle signals
        pass
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, blocked & handlers.keys())
        for number, handler in handlers.items():
            signal.signal(number, handler)
        sys.stderr = before_stderr


def let_go(stream: TextIO) -> None:
    """Flush. Output that cannot be written is dropped, or Python would report it again at exit."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, stream.fileno())
            os.close(nothing)
            stream.flush()


def typed(error: Exception) -> PictoscopeError:
    """Convert any exception that ended a command to an error that a person can read."""
    if isinstance(error, PictoscopeError):
        return error
    if short := short_of_memory(error):
        return short
    return _refused(error) if isinstance(error, OSError) else unexpected(error)


def _refused(error: OSError) -> PictoscopeError:
    if isinstance(error, FileNotFoundError) and not _has_current_folder():
        return PictoscopeError("the current folder no longer exists", "change to an existing folder and try again")
    where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
    hint = "check its permissions and the free space"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        hint = "raise the limit (ulimit -n 4096) or close other programs"
    return PictoscopeError(where + (error.strerror or str(error)).lower(), hint)


def _has_current_folder() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _null_stream(mode: str) -> TextIO:
    return cast("TextIO", open(os.devnull, mode, encoding="utf-8"))


def _end(number: int, frame: object) -> NoReturn:
    raise Ended(number)
