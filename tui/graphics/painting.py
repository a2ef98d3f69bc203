"""Where pixels are worked on: in the thread that asks, or in a process of its own.

Sixels and block characters are made by NumPy in many small steps, each of which holds Python's interpreter lock: beside
threads that draw a page, the thread that answers keys waits for tens of milliseconds (docs/figures.md).
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import ParamSpec, Protocol, Self, TypeVar

from core.priority import share_niceness

P = ParamSpec("P")
T = TypeVar("T")

_LONGEST = 5.0  # seconds for one picture: a process that takes longer hangs
_READY = "ready"


class Run(Protocol):
    """Runs a function of pixels: one of a module, which depends on nothing but its arguments."""

    def __call__(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """What the function returns or raises."""
        ...


def run_here(function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
    """Run it in this thread."""
    return function(*arguments, **named)


class PaintingProcess:
    """Runs functions of pixels in a process of its own, one after another. Called in several threads.

    The process is started by the first call, and until it is ready functions run in the thread that asks. So they do
    when it has died: no picture is missing for want of it. It ends with the program, however that ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._is_ready = self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """See :class:`Run`."""
        with self._lock:
            try:
                answer = self._ask(function, arguments, named)
            except (OSError, EOFError):  # it has died, or never began
                self._end()
                answer = None
        if answer is None:
            return function(*arguments, **named)
        result, error = answer
        if error is not None:
            raise error
        return result

    def close(self) -> None:
        """End the process. Later calls run in the thread that asks."""
        if self._process is not None:
            self._process.kill()  # before the lock is free: who waits for an answer gets none
        with self._lock:
            self._end()

    def _ask(self, function: Callable[P, T], arguments: object, named: object) -> tuple[T, BaseException | None] | None:
        """What comes back; None where there is no process, or it is not ready."""
        if self._is_closed:
            return None
        if self._connection is None:
            self._connection = self._start()
            self._connection.send(function)
        if not self._is_ready:
            if not self._connection.poll():
                return None
            self._is_ready = self._connection.recv() == _READY
        self._connection.send((function, arguments, named))
        if not self._connection.poll(_LONGEST):
            raise EOFError
        answer: tuple[T, BaseException | None] = self._connection.recv()
        return answer

    def _start(self) -> Connection:
        ours, theirs = socket.socketpair()
        # A process that hangs reads nothing, and a picture is larger than what the system keeps: writing ends too.
        # Half the time, as the system waits twice: until it has taken a part, and once more in vain.
        longest = struct.pack("@ll", *_seconds_and_microseconds(_LONGEST / 2))
        for waiting in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            ours.setsockopt(socket.SOL_SOCKET, waiting, longest)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tui.graphics.painting"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # it would disturb the screen
                start_new_session=True,  # Ctrl+C in the terminal is for the app
            )
        return Connection(ours.detach())

    def _end(self) -> None:
        """For good: what has failed once would fail again, with every picture."""
        self._is_closed = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _seconds_and_microseconds(seconds: float) -> tuple[int, int]:
    return int(seconds), int(seconds % 1 * 1_000_000)


def serve(connection: Connection) -> None:
    """Answer until the other end closes. The first message is a function: what it needs is imported by reading it."""
    try:
        connection.recv()
        connection.send(_READY)
        while True:
            function, arguments, named = connection.recv()
            answer: tuple[object, BaseException | None]
            try:
                answer = function(*arguments, **named), None
            except Exception as error:  # noqa: BLE001  raised where it was asked for
                answer = None, error
            connection.send(answer)
    except (EOFError, ConnectionError):
        return


if __name__ == "__main__":
    share_niceness()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(Connection(os.dup(0)))
