"""Decoders as forks of a worker that is a fork itself: everything is imported already, where a new program takes 0.2 s.

A worker makes them before it has threads. Each waits for the socket and the memory that its parent else hands to a
program that it starts, and does then what ``python -m core.images.decoder`` does, under the same limits. Whatever more
a worker needs are programs, as ever.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import time
from typing import Any, NoReturn

from PIL import Image

from core.images import decoder
from core.images.decoder_process import DecoderProcess
from core.images.read import read_picture

_MOST = 2  # a worker over a dozen pictures seldom has more at work
_ORDER_BYTES = 256
_start_a_program = DecoderProcess._start


class WarmDecoder:
    """A child that will be a decoder; has of :class:`subprocess.Popen` what a :class:`DecoderProcess` uses."""

    def __init__(self) -> None:
        self._code: int | None = None
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._pid = os.fork()
            if not self._pid:
                _serve(theirs)

    def begin(self, arguments: list[str], connection: socket.socket, shared: int) -> None:
        """Let it be one."""
        with self._orders:
            socket.send_fds(self._orders, [json.dumps(arguments).encode()], [connection.fileno(), shared])

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self._code is None:
            ended, status = os.waitpid(self._pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if ended else None
        return self._code

    def kill(self) -> None:
        """End it."""
        if self.poll() is None:
            os.kill(self._pid, signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Its exit code once it has ended."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("decoder", timeout)
            time.sleep(0.001)
        return code


def import_all() -> None:
    """Let this process have imported what a decoder needs, also what it imports with its first picture."""
    decoder.register_decoders()
    decoder.one_thread_each()
    picture = io.BytesIO()
    Image.new("RGB", (1, 1)).save(picture, "PNG")
    picture.seek(0)
    read_picture(picture)


def prepare() -> None:
    """Make some, and let the decoders of this process be these first."""
    waiting = [WarmDecoder() for _ in range(_MOST)]

    def start(self: DecoderProcess, program: tuple[str, ...], connection: socket.socket) -> Any:
        try:
            child = waiting.pop()
        except IndexError:
            return _start_a_program(self, program, connection)
        limits = self._limits
        child.begin([str(value) for value in (limits.seconds, limits.memory, limits.idle)], connection, self._shared)
        return child

    DecoderProcess._start = start  # type: ignore[method-assign]


def _serve(orders: socket.socket) -> NoReturn:
    """In the fork: hold nothing of the worker's open, wait to be needed, be a decoder."""
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nothing, descriptor)
        os.closerange(3, orders.fileno())
        os.closerange(orders.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        content, files, _, _ = socket.recv_fds(orders, _ORDER_BYTES, 2)
        orders.close()
        if files:
            connection, shared = files
            os.dup2(connection, 0)
            os.close(connection)
            decoder.main([str(shared), *json.loads(content)])
        code = 0
    finally:
        os._exit(code)
