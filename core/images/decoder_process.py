"""The parent's side of one decoder process. See :mod:`core.images.decoder` for the other side."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from core.errors import CannotDecode, UnreadablePicture
from core.images import decoder_messages as messages
from core.images.decoder_messages import Reply, Request
from core.images.read import MAX_PIXELS

# The largest picture takes 4 bytes a pixel, and the same again for each of rotating, flattening and the decoder
# (JPEG 2000: 12 bytes a pixel). Half a gigabyte is for the interpreter with its libraries.
_MEMORY = 16 * MAX_PIXELS + (1 << 29)
_GRACE = 10.0  # seconds to wait for a decoder that the kernel should have ended

# glibc returns every large block at once and requests it again for the next picture: keeping them makes decoding a
# third faster. Pillow keeps its blocks (of up to 16 MB) likewise. One thread each: there is a decoder for every
# processor.
_ENVIRONMENT = {
    "PILLOW_BLOCKS_MAX": "4",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 27),
    "MALLOC_TOP_PAD_": str(1 << 24),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


def _memory_limit() -> int:
    """Bytes of address space for one decoder: enough for the largest picture, and at most half of this machine's."""
    return min(_MEMORY, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)


@dataclass(frozen=True)
class DecoderLimits:
    """The resource limits of one decoder.

    Attributes:
        seconds: for one picture.
        memory: bytes of address space (not on macOS, which has no such limit).
        idle: seconds without a picture after which it ends.
    """

    seconds: float = 60.0
    memory: int = _memory_limit()
    idle: float = 20.0


class DecoderDied(Exception):
    """The decoder has ended. ``code``: its exit code, negative for a signal."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class DecoderProcess:
    """One process, for one thread at a time.

    Raises:
        CannotDecode: it cannot be started.
        DecoderDied: it ended before it was ready.
    """

    def __init__(self, limits: DecoderLimits, program: tuple[str, ...]) -> None:
        self._limits = limits
        self._mapping: mmap.mmap | None = None
        self.stopped = False
        try:
            with contextlib.ExitStack() as unless_started:
                self._shared = _shared_memory()
                unless_started.callback(os.close, self._shared)
                self._connection, theirs = socket.socketpair()
                unless_started.enter_context(self._connection)
                with theirs:
                    self._process = self._start(program, theirs)
                unless_started.pop_all()
        except OSError as error:
            raise CannotDecode(
                f"no decoder can be started ({(error.strerror or str(error)).lower()})",
                "close other programs, or raise the limits on processes and open files (ulimit), then Restart",
            ) from error
        self._await_ready()

    def _start(self, program: tuple[str, ...], connection: socket.socket) -> subprocess.Popen[bytes]:
        limits = self._limits
        arguments = [str(value) for value in (self._shared, limits.seconds, limits.memory, limits.idle)]
        return subprocess.Popen(
            [sys.executable, "-P", *program, *arguments],
            stdin=connection.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # library output would disturb the app's screen
            pass_fds=[self._shared],
            env=os.environ | _ENVIRONMENT,
            start_new_session=True,  # Ctrl+C in the terminal is for the parent
        )

    def _await_ready(self) -> None:
        self._connection.settimeout(self._limits.seconds + _GRACE)
        try:
            self._receive(len(messages.READY))
        except DecoderDied:
            self.kill()
            raise

    def ask(self, request: Request, streams: Sequence[BinaryIO]) -> list[Reply]:
        """Send a request and return the replies.

        Raises:
            DecoderDied: it ended before it had answered, or was killed because it did not answer.
        """
        try:
            socket.send_fds(self._connection, [request.pack()], [stream.fileno() for stream in streams])
        except OSError:
            raise DecoderDied(self._end()) from None
        # Hashing a large file depends on the disk: other requests have a time limit on this side too.
        hashes = not (request.pixels or request.photograph)
        self._connection.settimeout(None if hashes else self._limits.seconds + _GRACE)
        content = self._receive(messages.REPLY_BYTES * len(streams))
        size = messages.REPLY_BYTES
        return [Reply.unpack(content[start : start + size]) for start in range(0, len(content), size)]

    def picture(self, reply: Reply) -> Image.Image:
        """The pixels of its last reply.

        Raises:
            UnreadablePicture: their number differs from the reply.
        """
        start, length = messages.pixels_start(reply.width, reply.height), reply.width * reply.height * 3
        if not 0 < length <= 3 * MAX_PIXELS or os.fstat(self._shared).st_size < start + length:
            raise UnreadablePicture("the decoder returned another number of pixels than it announced")
        if self._mapping is None or len(self._mapping) < start + length:
            self._mapping = mmap.mmap(self._shared, 0, prot=mmap.PROT_READ)
        with memoryview(self._mapping) as view, view[start : start + length] as pixels:
            return Image.frombytes("RGB", (reply.width, reply.height), pixels)

    def is_running(self) -> bool:
        """Whether it is still running."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Kill it while another thread may be waiting for its reply."""
        self.stopped = True
        self._process.kill()

    def kill(self) -> None:
        """Kill it and release its resources."""
        self._process.kill()
        self._end()

    def _receive(self, length: int) -> bytes:
        content = b""
        while len(content) < length:
            try:
                part = self._connection.recv(length - len(content), socket.MSG_WAITALL)
            except TimeoutError:
                self._process.kill()
                self._end()
                raise DecoderDied(-signal.SIGALRM) from None
            except OSError:
                part = b""
            if not part:
                raise DecoderDied(self._end())
            content += part
        return content

    def _end(self) -> int:
        """Release its resources and return its exit code. A process that is blocked by the disk is not waited for."""
        self._connection.close()
        if self._mapping is not None:
            self._mapping.close()
            self._mapping = None
        if self._shared >= 0:
            os.close(self._shared)
            self._shared = -1
        try:
            return self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return -signal.SIGALRM


def _shared_memory() -> int:
    """An open file in memory that can grow but not shrink, so that mapped parts remain valid."""
    if sys.platform != "linux":
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())
    descriptor = os.memfd_create("pictoscope-pixels", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return descriptor
