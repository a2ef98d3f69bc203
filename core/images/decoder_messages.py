"""The protocol between Pictoscope and a decoder process: messages of fixed size over a socket pair.

A request is one :class:`Request` with its open files as ``SCM_RIGHTS``: a decoder never sees a path.
The answer is one :class:`Reply` for each file. Requested pixels are in a shared memory file that both processes
have open, as a PPM file: the rows begin at ``pixels_start``, three bytes a pixel.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from core.images.richness import PACKED_BYTES
from core.keys import KEY_BYTES

READY = b"R"  # the first byte from a decoder: its imports are complete
# Files in one request. Identifying a small file takes 50 µs, as does a round trip: 16 at a time make it negligible.
MOST_FILES = 16

_REQUEST = struct.Struct("<BBBHI")
_REPLY = struct.Struct(f"<{KEY_BYTES}sII{PACKED_BYTES}s16s456s24s320s320s96s48s")
_NO_KEY = bytes(KEY_BYTES)
NO_FACTS = bytes(PACKED_BYTES)


@dataclass(frozen=True, slots=True)
class Request:
    """A request for the files sent with it.

    Attributes:
        files: their number.
        pixels: read the picture; else identify the file.
        at_least: see :func:`core.images.read.read_picture`.
        on_black: see there.
        photograph: read only what EXIF says of how it was taken.
    """

    files: int
    pixels: bool = False
    at_least: int | None = None
    on_black: bool = False
    photograph: bool = False

    def pack(self) -> bytes:
        """Serialise it."""
        return _REQUEST.pack(self.pixels, self.on_black, self.photograph, self.files, self.at_least or 0)

    @classmethod
    def unpack(cls, content: bytes) -> Request:
        """The inverse of :meth:`pack`."""
        pixels, on_black, photograph, files, at_least = _REQUEST.unpack(content)
        return cls(files, bool(pixels), at_least or None, bool(on_black), bool(photograph))


@dataclass(frozen=True, slots=True)
class Reply:
    """The result for one file.

    Attributes:
        width: pixels; 0 if there is no picture.
        height: as ``width``.
        key: SHA-1 of the content, if requested and readable; else empty.
        format: Pillow's name.
        problem: why it cannot be read, in words; empty if it can.
        taken: see :class:`core.images.exif.Exif`.
        camera: see there; cut to 320 bytes.
        facts: a packed :class:`core.images.richness.Richness`; zeros for none.
        photograph: lens (cut to 320 bytes), exposure and place of :class:`core.images.photograph.Photograph`.
    """

    width: int = 0
    height: int = 0
    key: bytes = b""
    format: str = ""
    problem: str = ""
    taken: str = ""
    camera: str = ""
    facts: bytes = NO_FACTS
    photograph: tuple[str, str, str] = ("", "", "")

    def pack(self) -> bytes:
        """Serialise it. A long problem is cut."""
        problem = self.problem.encode("utf-8", "backslashreplace")
        kind, taken, camera = self.format.encode("ascii"), self.taken.encode("ascii"), self.camera.encode("utf-8")
        known = (self.key or _NO_KEY, self.width, self.height, self.facts, kind, problem, taken, camera)
        return _REPLY.pack(*known, *(text.encode("utf-8") for text in self.photograph))

    @classmethod
    def unpack(cls, content: bytes) -> Reply:
        """The inverse of :meth:`pack`."""
        key, width, height, facts, *texts = _REPLY.unpack(content)
        kind, problem, taken, camera, *photograph = map(_text, texts)
        lens, exposure, place = photograph
        known = b"" if key == _NO_KEY else key
        return cls(width, height, known, kind, problem, taken, camera, facts, (lens, exposure, place))


REQUEST_BYTES, REPLY_BYTES = _REQUEST.size, _REPLY.size


def pixels_start(width: int, height: int) -> int:
    """Bytes before the first pixel in a PPM file as Pillow writes it."""
    return len(f"P6\n{width} {height}\n255\n")


def _text(field: bytes) -> str:
    return field.rstrip(b"\0").decode("utf-8", "ignore")
