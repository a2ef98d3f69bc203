"""Pictures are painted in a process of their own.

Sixels and block characters are made by NumPy in many small steps, each of which holds Python's interpreter lock: beside
threads that draw a page, the thread that answers keys waits for tens of milliseconds (docs/figures.md).

A message is a line of JSON, then bytes: to the process the way, the options and the pixels (RGB), from it what was
painted. The first message has no picture: the process imports what this way needs, and answers when it is ready.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any, Self

from core.priority import share_niceness
from tui.graphics.painted import NO_OPTIONS, Options, Painted

if TYPE_CHECKING:  # the first paint has no pictures yet
    from PIL import Image

_LONGEST = 5.0  # seconds for one picture: a process that takes longer hangs


class PaintingProcess:
    """A :class:`~tui.graphics.painted.Paint` in a process of its own, one picture after another. Called in threads.

    The process is started by the first call. Until it is ready, and when it has died or hangs, pictures are painted
    where they are asked for: none is missing for want of it. It ends with the program, however that ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._answers: IO[bytes] | None = None
        self._is_ready = self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, way: str, picture: Image.Image, options: Options = NO_OPTIONS) -> Painted | None:
        """See :class:`~tui.graphics.painted.Paint`."""
        with self._lock:
            try:
                return self._ask(way, picture, options)
            except (OSError, EOFError, ValueError):  # it has died, hangs, or never began
                self._end()
                return None

    @property
    def pid(self) -> int | None:
        """Of the process, once it is ready."""
        return self._process.pid if self._process is not None and self._is_ready and not self._is_closed else None

    def close(self) -> None:
        """End the process. Later calls paint nothing."""
        if self._process is not None:
            self._process.kill()  # before the lock is free: who waits for an answer gets none
        with self._lock:
            self._end()

    def _ask(self, way: str, picture: Image.Image, options: Options) -> Painted | None:
        if self._is_closed:
            return None
        if self._socket is None or self._answers is None:
            self._socket = self._start()
            self._answers = self._socket.makefile("rb")
            self._socket.sendall(_message({"way": way}))
            return None
        if not self._is_ready:
            if not select.select([self._socket], [], [], 0)[0]:
                return None
            self._is_ready = _read(self._answers) is not None
        header = {"way": way, "size": picture.size, "options": dict(options)}
        self._socket.sendall(_message(header, picture.tobytes()))
        answer = _read(self._answers)
        if answer is None:
            raise EOFError
        head, data = answer
        return Painted(data, tuple(head["texts"])) if "texts" in head else None

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(_LONGEST)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tui.graphics.painting"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # it would disturb the screen
                start_new_session=True,  # Ctrl+C in the terminal is for the app
            )
        return ours

    def _end(self) -> None:
        """For good: what has failed once would fail again, with every picture."""
        self._is_closed = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for one in (self._answers, self._socket):
            if one is not None:
                one.close()
        self._answers = self._socket = None


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until the other end closes. What fails here fails again where it was asked for, and is reported there."""
    from PIL import Image

    from tui.graphics.painters import painter

    while (request := _read(requests)) is not None:
        head, pixels = request
        answer = _message({})
        try:
            paint = painter(head["way"])
            if "size" in head:
                picture = Image.frombytes("RGB", tuple(head["size"]), pixels)
                painted = paint(picture, head["options"])
                answer = _message({"texts": painted.texts}, painted.data)
        except Exception:  # noqa: BLE001, S110  said by an answer without texts
            pass
        answers.write(answer)
        answers.flush()


def _message(head: dict[str, Any], data: bytes = b"") -> bytes:
    return json.dumps({**head, "bytes": len(data)}).encode("ascii") + b"\n" + data


def _read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """A message; None if the stream ends, even within one."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    head: dict[str, Any] = json.loads(line)
    data = stream.read(head["bytes"])
    return (head, data) if len(data) == head["bytes"] else None


if __name__ == "__main__":
    share_niceness()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=os.dup(0)) as parent:
        try:
            serve(parent.makefile("rb"), parent.makefile("wb"))
        except ConnectionError:  # the parent has died
            sys.exit(0)
