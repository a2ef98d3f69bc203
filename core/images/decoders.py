"""Decode in separate processes: a crash of a decoder costs only one picture.

:func:`read_picture` has the signature of :func:`core.images.read.read_picture` and returns the same picture, but its
decoder may crash, hang or exhaust memory. Each calling thread uses a separate decoder; decoders that have not been
used for a while exit, and all end with this process.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

from PIL import Image

from core.errors import CannotDecode, UnreadablePicture
from core.files import changed_ns, inode, modified_ns
from core.images import decoder_messages as messages
from core.images.decoder_messages import Reply, Request
from core.images.decoder_process import DecoderDied, DecoderLimits, DecoderProcess
from core.images.exif import Exif
from core.images.identify import Identity, hash_stream
from core.images.photograph import Photograph
from core.images.read import open_regular
from core.images.richness import Richness
from core.text import printable

Path = str | bytes | os.PathLike[str]

# A decoder that has returned more bytes than this is not reused, to release its memory and the shared memory.
_LARGE = 1 << 26
_NOT_ITS_FAULT = (-signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT, 0)  # ended from outside, or exited when idle


class Decoders:
    """A pool of decoder processes, as many as there are threads that use them at a time.

    Args:
        limits: of each.
        program: arguments of the interpreter; tests use others.
    """

    def __init__(
        self, limits: DecoderLimits | None = None, program: Sequence[str] = ("-m", "core.images.decoder")
    ) -> None:
        self._limits = limits or DecoderLimits()
        self._program = tuple(program)
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._living: set[DecoderProcess] = set()
        self._begun: list[Future[DecoderProcess]] = []

    def read_picture(self, path: Path, *, at_least: int | None = None, on_black: bool = False) -> Image.Image:
        """See :func:`core.images.read.read_picture`.

        Raises:
            UnreadablePicture: with the reason in words, also if the decoder died.
            CannotDecode: no decoder can be started.
        """
        with open_regular(path) as stream:
            request = Request(1, pixels=True, at_least=at_least, on_black=on_black)
            decoder, (reply,) = self._ask(request, [stream])
        picture: Image.Image | None = None
        try:
            if reply.problem:
                raise UnreadablePicture(reply.problem)
            picture = decoder.picture(reply)
        finally:
            self._give_back(decoder, keep=picture is None or picture.width * picture.height * 3 <= _LARGE)
        return picture

    def read_photograph(self, path: Path) -> Photograph:
        """How a picture was taken, as its EXIF says; see :func:`core.images.photograph.read_photograph`.

        Raises:
            UnreadablePicture: with the reason in words, also if the decoder died.
            CannotDecode: no decoder can be started.
        """
        with open_regular(path) as stream:
            decoder, (reply,) = self._ask(Request(1, photograph=True), [stream])
        self._give_back(decoder)
        if reply.problem:
            raise UnreadablePicture(reply.problem)
        return Photograph(*map(printable, reply.photograph))

    def identify(self, paths: Sequence[Path]) -> list[Identity | UnreadablePicture]:
        """:func:`core.images.identify.identify` for several files, each to its identity or why it has none.

        Raises:
            CannotDecode: no decoder can be started, or no more files can be opened.
        """
        found: list[Identity | UnreadablePicture] = []
        for start in range(0, len(paths), messages.MOST_FILES):
            found += self._identify_some(paths[start : start + messages.MOST_FILES])
        return found

    def start_ahead(self, count: int) -> None:
        """Start decoders in threads until there are so many: they are ready when the first pictures come.

        One that could not be started counts for nothing: who needs it starts another, or gets the error.
        """
        with self._lock:
            missing = count - len(self._idle) - len(self._begun)
            if missing <= 0:
                return
            pool = ThreadPoolExecutor(missing, thread_name_prefix="decoders")
            all_begun = False
            with contextlib.suppress(RuntimeError):  # no more threads
                for _ in range(missing):
                    self._begun.append(pool.submit(self._start))
                all_begun = True
            pool.shutdown(wait=False, cancel_futures=not all_begun)

    def end(self) -> None:
        """End all decoders."""
        with self._lock:
            idle, self._idle = self._idle, []
            begun, self._begun = self._begun, []
            self._living.difference_update(idle)
        for decoder in idle:
            decoder.kill()
        for future in begun:
            future.add_done_callback(_end_begun)
        self.stop_working()

    def stop_working(self) -> None:
        """End busy decoders: threads that wait for one get :class:`CannotDecode` at once."""
        with self._lock:
            for decoder in self._living.difference(self._idle):
                decoder.stop()

    def _identify_some(self, paths: Sequence[Path]) -> list[Identity | UnreadablePicture]:
        found: dict[int, Identity | UnreadablePicture] = {}
        with contextlib.ExitStack() as stack:
            streams: dict[int, BinaryIO] = {}
            for number, path in enumerate(paths):
                try:
                    streams[number] = stack.enter_context(open_regular(path))
                except CannotDecode:
                    raise
                except UnreadablePicture as error:
                    found[number] = error
            found |= zip(streams, self._identities(list(streams.values())), strict=True)
        return [found[number] for number in range(len(paths))]

    def _identities(self, streams: list[BinaryIO]) -> list[Identity | UnreadablePicture]:
        if not streams:
            return []
        before = [os.fstat(stream.fileno()) for stream in streams]
        try:
            decoder, replies = self._ask(Request(len(streams)), streams)
        except UnreadablePicture as error:
            if len(streams) > 1:  # one of them caused it
                return [identity for stream in streams for identity in self._identities([stream])]
            return [_identity(before[0], _without_header(streams[0], error.message))]
        self._give_back(decoder)
        return [_identity(status, reply) for status, reply in zip(before, replies, strict=True)]

    def _ask(self, request: Request, streams: Sequence[BinaryIO]) -> tuple[DecoderProcess, list[Reply]]:
        """Send a request to a decoder, which the caller owns until :meth:`_give_back`.

        Raises:
            UnreadablePicture: the decoder died.
        """
        for last_try in (False, True):
            decoder = self._take()
            try:
                for stream in streams:
                    stream.seek(0)
                return decoder, decoder.ask(request, streams)
            except DecoderDied as death:
                self._give_back(decoder, keep=False)
                if decoder.stopped:
                    raise CannotDecode("the decoders were stopped", "start Pictoscope again") from None
                if last_try or death.code not in _NOT_ITS_FAULT:
                    raise UnreadablePicture(_cause(death.code, self._limits)) from None
            except BaseException:
                self._give_back(decoder, keep=False)
                raise
        raise AssertionError  # the last try returns or raises

    def _take(self) -> DecoderProcess:
        with self._lock:
            while self._idle:
                decoder = self._idle.pop()
                if decoder.is_running():
                    return decoder
                self._living.discard(decoder)
                decoder.kill()
            begun = self._begun.pop() if self._begun else None
        decoder = (_started(begun) if begun else None) or self._start()
        if not decoder.is_running():  # it has waited for too long
            decoder.kill()
            decoder = self._start()
        with self._lock:
            self._living.add(decoder)
        return decoder

    def _start(self) -> DecoderProcess:
        """Start a decoder. Retries, since the kernel kills decoders first when memory runs out, even new ones."""
        for pause in (0.1, 0.5, 2.0, 0.0):
            try:
                return DecoderProcess(self._limits, self._program)
            except DecoderDied as death:
                if death.code >= 0:
                    raise CannotDecode(
                        "the decoder process exits before it has started",
                        "the installation may be incomplete; `python -m core.images.decoder` says what is missing",
                    ) from None
                time.sleep(pause)
        raise CannotDecode(
            "decoder processes are killed as soon as they start",
            "there may be too little memory: free some, then Restart",
        )

    def _give_back(self, decoder: DecoderProcess, *, keep: bool = True) -> None:
        with self._lock:
            if keep and decoder in self._living:
                self._idle.append(decoder)
                return
            self._living.discard(decoder)
        decoder.kill()


def _end_begun(future: Future[DecoderProcess]) -> None:
    if decoder := _started(future):
        decoder.kill()


def _started(begun: Future[DecoderProcess]) -> DecoderProcess | None:
    """The decoder, once it has started; None if it could not be."""
    return None if begun.cancelled() or begun.exception() else begun.result()


def _identity(status: os.stat_result, reply: Reply) -> Identity | UnreadablePicture:
    if not reply.key:
        return UnreadablePicture(reply.problem)
    return Identity(
        reply.key,
        status.st_size,
        modified_ns(status),
        reply.width,
        reply.height,
        printable(reply.format),
        printable(reply.problem),
        Exif(printable(reply.taken), printable(reply.camera)),
        inode(status),
        changed_ns(status),
        Richness.unpack(reply.facts),
    )


def _without_header(stream: BinaryIO, problem: str) -> Reply:
    """The reply for a file that kills its decoder: only its key is known."""
    try:
        return Reply(key=hash_stream(stream), problem=problem)
    except UnreadablePicture as error:
        return Reply(problem=error.message)


def _cause(code: int, limits: DecoderLimits) -> str:
    if code == -signal.SIGALRM:
        return f"it took longer than {limits.seconds:g} s to decode"
    if code == -signal.SIGKILL:
        return "its decoder was killed, probably because memory ran out"
    if code < 0:
        return f"the decoder crashed on it (signal {-code})"
    return f"the decoder ended on it (code {code})"


_decoders = Decoders()
atexit.register(_decoders.end)
read_picture = _decoders.read_picture
read_photograph = _decoders.read_photograph
identify_all = _decoders.identify
start_ahead = _decoders.start_ahead
stop_working = _decoders.stop_working
