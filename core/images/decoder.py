"""A decoder process: ``python -P -m core.images.decoder SHARED SECONDS BYTES IDLE``, with requests on stdin.

Pictures are untrusted, and the libraries that decode them are large and written in C. In this process a decoder may
crash, hang or exhaust memory, and only one picture is lost. Started and replaced by :mod:`core.images.decoders`; ends
with its parent.
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
from core.images.photograph import read_photograph
from core.images.read import open_picture, read_picture
from core.priority import share_niceness
from core.text import printable


def serve(connection: socket.socket, shared: BinaryIO, seconds: float) -> None:
    """Answer requests until the parent has ended, or has sent none for a while.

    Args:
        connection: to the parent; its timeout is the maximum idle time.
        shared: receives the pixels.
        seconds: time limit for one picture, after which the kernel ends this process.
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
            if request.photograph:
                with _time_limit(seconds):
                    return _photograph(stream)
            return _identity(stream, seconds)
        except UnreadablePicture as error:
            return Reply(problem=error.message)
        except Exception as error:  # noqa: BLE001  any error of a decoder costs only this picture
            return Reply(problem=f"the decoder failed on it: {type(error).__name__} {printable(str(error))}".rstrip())


def _pixels(request: Request, stream: BinaryIO, shared: BinaryIO) -> Reply:
    picture = read_picture(stream, at_least=request.at_least, on_black=request.on_black)
    shared.seek(0)
    picture.save(shared, "PPM")  # Pillow's fastest way to write pixels to a file
    return Reply(*picture.size)


def _photograph(stream: BinaryIO) -> Reply:
    """Read the header only."""
    with open_picture(stream) as image:
        found = read_photograph(image)
    return Reply(photograph=(found.lens, found.exposure, found.place))


def _identity(stream: BinaryIO, seconds: float) -> Reply:
    """Hash the file and read its header. The time limit applies to the header only: hashing depends on the disk."""
    found = identify_stream(stream, lambda: _time_limit(seconds))
    exif, facts = found.exif, found.facts.pack() if found.facts else messages.NO_FACTS
    return Reply(found.width, found.height, found.key, found.format, found.problem, exif.taken, exif.camera, facts)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def limit_this_process(memory: int) -> None:
    """Limit address space to ``memory`` bytes, disable core dumps, and be killed first when memory runs out."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")
    # The time limit is this signal with its default action, which no library can delay.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])


def one_thread_each() -> None:
    """Use one thread in each library: there is a decoder for every processor."""
    import pillow_heif
    from PIL import AvifImagePlugin

    pillow_heif.options.DECODE_THREADS = 1
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def main(arguments: list[str]) -> None:
    """Run a decoder with these command-line arguments."""
    descriptor, seconds, memory, idle = int(arguments[0]), float(arguments[1]), int(arguments[2]), float(arguments[3])
    limit_this_process(memory)
    register_decoders()
    one_thread_each()
    connection = socket.socket(fileno=os.dup(0))
    connection.settimeout(idle)
    with connection, os.fdopen(descriptor, "r+b", buffering=0) as shared, contextlib.suppress(ConnectionError):
        serve(connection, shared, seconds)


if __name__ == "__main__":
    share_niceness()
    main(sys.argv[1:])
