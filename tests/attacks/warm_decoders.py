"""Decoders that a worker finds running: a new program takes 0.2 s, and even a fork a tenth of what a small worker does.

They are forks of the process that forks the workers, and serve one worker after the other. Each waits for the socket
and the memory that its parent else hands to a program that it starts, and does then what
``python -m core.images.decoder`` does, under the same limits, until the worker has ended. Whatever more a worker needs
are programs, as ever.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
from typing import Any, NoReturn

from PIL import Image

from core.images import decoder
from core.images.decoder_process import DecoderProcess
from core.images.read import read_picture

_MOST = 2  # a worker over a dozen pictures seldom has more at work
_ORDER_BYTES = 256
_start_a_program = DecoderProcess._start


class WarmDecoder:
    """What a :class:`DecoderProcess` uses of :class:`subprocess.Popen`. It ends with its connection, never before."""

    pid = 0

    def __init__(self) -> None:
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code; None while it is not killed."""
        return self._code

    def kill(self) -> None:
        """Its parent closes the connection next: it answers nobody any more."""
        self._code = -signal.SIGKILL

    def wait(self, timeout: float) -> int:
        """Its exit code: whoever waits has closed the connection."""
        return self._code or 0


def import_all() -> None:
    """Let this process have imported what a decoder needs, also what it imports with its first picture."""
    decoder.register_decoders()
    decoder.one_thread_each()
    picture = io.BytesIO()
    Image.new("RGB", (1, 1)).save(picture, "PNG")
    picture.seek(0)
    read_picture(picture)


def start() -> list[socket.socket]:
    """Start some decoders. They take orders from these sockets, and end once nobody has them open."""
    sockets = []
    for _ in range(_MOST):
        ours, theirs = socket.socketpair()
        with theirs:
            if not os.fork():
                _serve(theirs)
        sockets.append(ours)
    return sockets


def use(running: list[socket.socket]) -> None:
    """Let the decoders of this process be these first."""
    waiting = list(running)

    def start(self: DecoderProcess, program: tuple[str, ...], connection: socket.socket) -> Any:
        if not waiting:
            return _start_a_program(self, program, connection)
        limits = self._limits
        arguments = [str(value) for value in (limits.seconds, limits.memory, limits.idle)]
        content = json.dumps(arguments).encode()
        socket.send_fds(waiting.pop(), [content.ljust(_ORDER_BYTES)], [connection.fileno(), self._shared])
        return WarmDecoder()

    DecoderProcess._start = start  # type: ignore[method-assign]


def _serve(orders: socket.socket) -> NoReturn:
    """In the fork: hold nothing else open, and be the decoder of one worker after the other."""
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nothing, descriptor)
        os.closerange(3, orders.fileno())
        os.closerange(orders.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        while True:
            content, files, _, _ = socket.recv_fds(orders, _ORDER_BYTES, 2, socket.MSG_WAITALL)
            if not files:
                code = 0
                break
            connection, shared = files
            os.dup2(connection, 0)
            os.close(connection)
            decoder.main([str(shared), *json.loads(content)])
            os.close(0)  # else the worker would not learn that it has ended
            os.open(os.devnull, os.O_RDWR)
    finally:
        os._exit(code)
