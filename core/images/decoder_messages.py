"""What passes between Pictoscope and a decoder process: messages of fixed size over a socket pair.

A request is one :class:`Request` and, as ``SCM_RIGHTS``, the files that it is about, open: a decoder never sees a path.
The answer is one :class:`Reply` for each file. Where pixels were asked for, they lie in a shared memory file that both
hold, as a PPM file: at ``pixels_start`` the rows begin, three bytes a pixel.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

READY = b"R"  # a decoder's first byte: it has imported what it needs
KEY_BYTES = 20
# Files in one request. Identifying a small file takes 50 µs, a round trip as much: 16 at a time it does not matter.
MOST_FILES = 16

_REQUEST = struct.Struct("<BBHI")
_REPLY = struct.Struct(f"<{KEY_BYTES}sII16s456s24s320s")
_NO_KEY = bytes(KEY_BYTES)


@dataclass(frozen=True, slots=True)
class Request:
    """What to do with the files that come with it.

    Attributes:
        files: how many.
        pixels: read the picture; else identify the file.
        greyscale: see :func:`core.images.read.read_picture`.
        at_least: as well.
    """

    files: int
    pixels: bool = False
    greyscale: bool = False
    at_least: int | None = None

    def pack(self) -> bytes:
        """As it is sent."""
        return _REQUEST.pack(self.pixels, self.greyscale, self.files, self.at_least or 0)

    @classmethod
    def unpack(cls, content: bytes) -> Request:
        """As it was sent."""
        pixels, greyscale, files, at_least = _REQUEST.unpack(content)
        return cls(files, bool(pixels), bool(greyscale), at_least or None)


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one file.

    Attributes:
        width: pixels; 0 where there is no picture.
        height: as ``width``.
        key: SHA-1 of the content where that was asked for and the bytes could be read; else empty.
        format: Pillow's name.
        problem: why it cannot be read, in words; empty where it can.
        taken: as :class:`core.images.exif.Exif` has it.
        camera: as well; one of 320 bytes is cut.
    """

    width: int = 0
    height: int = 0
    key: bytes = b""
    format: str = ""
    problem: str = ""
    taken: str = ""
    camera: str = ""

    def pack(self) -> bytes:
        """As it is sent. A long problem is cut."""
        problem = self.problem.encode("utf-8", "backslashreplace")
        kind, taken, camera = self.format.encode("ascii"), self.taken.encode("ascii"), self.camera.encode("utf-8")
        return _REPLY.pack(self.key or _NO_KEY, self.width, self.height, kind, problem, taken, camera)

    @classmethod
    def unpack(cls, content: bytes) -> Reply:
        """As it was sent."""
        key, width, height, *texts = _REPLY.unpack(content)
        return cls(width, height, b"" if key == _NO_KEY else key, *map(_text, texts))


REQUEST_BYTES, REPLY_BYTES = _REQUEST.size, _REPLY.size


def pixels_start(width: int, height: int) -> int:
    """Bytes before the first pixel in a PPM file as Pillow writes it."""
    return len(f"P6\n{width} {height}\n255\n")


def _text(field: bytes) -> str:
    return field.rstrip(b"\0").decode("utf-8", "ignore")
