"""A decoder process: ``python -P -m core.images.decoder SHARED SECONDS BYTES IDLE``, its requests come over stdin.

Pictures come from anywhere, and the libraries that decode them are large and written in C. Here one may crash, run
wild or eat memory, and it costs one picture. Started and replaced by :mod:`core.images.decoders`; ends when its
parent does.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from typing import BinaryIO

from core.errors import UnreadablePicture
from core.images import decoder_messages as messages
from core.images.decoder_messages import Reply, Request
from core.images.formats import register_decoders
from core.images.identify import identify_stream
from core.images.read import read_picture
from core.text import printable


def serve(connection: socket.socket, shared: BinaryIO, seconds: float) -> None:
    """Answer requests until there is no parent any more, or none of its requests for a while.

    Args:
        connection: to the parent; its timeout is how long to stay idle.
        shared: where pixels go.
        seconds: for one picture; after that the kernel ends this process, whatever it is doing.
    """
    connection.sendall(messages.READY)
    while True:
        try:
            content, files, _, _ = socket.recv_fds(connection, messages.REQUEST_BYTES, messages.MOST_FILES)
        except TimeoutError:
            return
        if not content:
            return
        request = Request.unpack(content)
        connection.sendall(b"".join(_answer(request, descriptor, shared, seconds).pack() for descriptor in files))


def _answer(request: Request, descriptor: int, shared: BinaryIO, seconds: float) -> Reply:
    with os.fdopen(descriptor, "rb") as stream:
        try:
            if request.pixels:
                with _time_limit(seconds):
                    return _pixels(request, stream, shared)
            return _identity(stream, seconds)
        except UnreadablePicture as error:
            return Reply(problem=error.message)
        except Exception as error:  # noqa: BLE001  whatever a decoder raises, it costs this picture only
            return Reply(problem=f"the decoder failed on it: {type(error).__name__} {printable(str(error))}".rstrip())


def _pixels(request: Request, stream: BinaryIO, shared: BinaryIO) -> Reply:
    picture = read_picture(stream, greyscale=request.greyscale, at_least=request.at_least)
    shared.seek(0)
    picture.save(shared, "PPM")  # straight from Pillow's memory to the file: the fastest of its ways out
    return Reply(*picture.size)


def _identity(stream: BinaryIO, seconds: float) -> Reply:
    """Hashing takes as long as the disk does; the time limit is for the header."""
    found = identify_stream(stream, lambda: _time_limit(seconds))
    exif = found.exif
    return Reply(found.width, found.height, found.key, found.format, found.problem, exif.taken, exif.camera)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def limit_this_process(memory: int) -> None:
    """No more than ``memory`` bytes of address space, no core dumps, and the first to go where memory runs out."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")
    # Whatever the parent did with it: the time limit is this signal at its default, which no library can delay.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])


def one_thread_each() -> None:
    """There is a decoder for every processor: threads inside of one only take memory."""
    import pillow_heif
    from PIL import AvifImagePlugin

    pillow_heif.options.DECODE_THREADS = 1
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def main(arguments: list[str]) -> None:
    """Serve as the arguments say."""
    descriptor, seconds, memory, idle = int(arguments[0]), float(arguments[1]), int(arguments[2]), float(arguments[3])
    limit_this_process(memory)
    register_decoders()
    one_thread_each()
    connection = socket.socket(fileno=os.dup(0))
    connection.settimeout(idle)
    with connection, os.fdopen(descriptor, "r+b", buffering=0) as shared, contextlib.suppress(ConnectionError):
        serve(connection, shared, seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
