"""A decoder that does what a picture's comment says: so tests need no picture that really crashes a library.

crash    a segmentation fault
abort    what C++ does where it finds no memory
loop     for ever, inside of C code that never returns to the interpreter
late     the same, once the time that a picture may take is nearly over: whoever waits for its end need not wait long
memory   take more than there may be
exit     end without an answer
term     end by a signal from outside
garbage  answer with a size that is wrong
defect   an exception that no decoder should raise
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

from PIL import Image, PngImagePlugin

from core.images import decoder, read
from core.images.decoder_messages import Reply


def loop() -> None:
    re.match(r"(a+)+$", "a" * 200 + "b")


def late() -> None:
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0, "nothing ends a decoder that takes too long"
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    loop()


def defect() -> None:
    raise AssertionError("ours\n")


DEEDS: dict[str, Callable[[], object]] = {
    "crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "abort": os.abort,
    "loop": loop,
    "late": late,
    "memory": lambda: bytearray(1 << 40),
    "exit": lambda: os._exit(3),
    "term": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "garbage": lambda: setattr(decoder, "_pixels", lambda *_: Reply(9_999, 9_999)),
    "defect": defect,
}

_opened, _decoded = PngImagePlugin.PngImageFile._open, read.decode


def _open(image: PngImagePlugin.PngImageFile) -> None:
    _opened(image)
    when, _, deed = str(image.info.get("Comment", "")).partition(" ")
    if when == "open":
        DEEDS[deed]()


def decode(image: Image.Image, stream: BinaryIO, at_least: int | None) -> tuple[Image.Image, int]:
    when, _, deed = str(image.info.get("Comment", "")).partition(" ")
    if when == "load":
        DEEDS[deed]()
    return _decoded(image, stream, at_least)


if __name__ == "__main__":
    PngImagePlugin.PngImageFile._open = _open  # type: ignore[method-assign]
    read.decode = decode
    decoder.main(sys.argv[1:])
