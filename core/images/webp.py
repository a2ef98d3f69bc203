"""WebP: the complete picture, or the reason why it cannot be read.

The decoder accepts any bytes: zeros instead of the second half yield flat colours, without a warning. But it
reads the output of an encoder to the last byte or two. So data is complete if it can be decoded, but not without its
last bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import Image

from core.errors import UnreadablePicture

_TRUNCATED = "truncated: the file ends before the picture does"
_SPARE = 6  # bytes; encoders write at most 3 bytes that a decoder does not need
_MOST_CHUNKS = 10_000
_PICTURES = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
KNOWN_CHUNKS = (
    b"VP8X",
    b"ICCP",
    b"ANIM",
    b"ANMF",
    b"ALPH",
    b"VP8 ",
    b"VP8L",
    b"EXIF",
    b"XMP ",
)  # in the order of a file
_FLAGS = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}


@dataclass
class _Frame:
    """One coded picture.

    Attributes:
        kind: ``VP8 `` or ``VP8L``.
        data: its bits.
        alpha: the content of an ALPH chunk; empty if there is none.
    """

    kind: bytes = b""
    data: bytes = b""
    alpha: bytes = b""


def decode(content: bytes) -> Image.Image:
    """The picture, or the first of an animation: mode RGB or RGBA.

    Raises:
        UnreadablePicture: a part of it is missing or wrong.
    """
    canvas, place, frame = (0, 0), (0, 0), _Frame()
    for kind, data in _chunks(content, 12):
        if kind == b"VP8X" and len(data) >= 10:
            canvas = (_number(data, 4) + 1, _number(data, 7) + 1)
        elif kind == b"ANMF" and len(data) >= 16:
            place = (2 * _number(data, 0), 2 * _number(data, 3))
            for part in _chunks(data, 16):
                _take(frame, *part)
        else:
            _take(frame, kind, data)
        if frame.kind:
            break
    picture = _decoded(frame)
    if place == (0, 0) and canvas in ((0, 0), picture.size):
        return picture
    whole = Image.new("RGBA", canvas)
    whole.paste(picture, place)
    return whole


def length_of_file(stream: BinaryIO) -> int:
    """The length that the header states."""
    stream.seek(4)
    return 8 + int.from_bytes(stream.read(4), "little")


def walk(stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk of a file: name, offset of its data, and the stated length, which may exceed the file."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            return
        length = int.from_bytes(head[4:], "little")
        yield head[:4], at + 8, length
        at += 8 + length + length % 2


def bare_header(stream: BinaryIO) -> bytes:
    """The file with only the relevant, complete chunks, for a reader that fails on others.

    Raises:
        UnreadablePicture: it ends before its picture does.
    """
    stream.seek(0)
    content = stream.read()
    chunks: dict[bytes, bytes] = {}
    try:
        for kind, data in _chunks(content, 12):
            if kind in KNOWN_CHUNKS:
                chunks.setdefault(kind, data)
    except UnreadablePicture:
        if not _PICTURES.intersection(chunks):
            raise
    if extended := chunks.get(b"VP8X"):
        flags = extended[0] & 0x12 if extended else 0  # animation, transparency
        flags |= sum(bit for name, bit in _FLAGS.items() if name in chunks)
        chunks[b"VP8X"] = bytes([flags]) + extended[1:]
    body = b"WEBP" + b"".join(_chunk(kind, chunks[kind]) for kind in KNOWN_CHUNKS if kind in chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _take(frame: _Frame, kind: bytes, data: bytes) -> None:
    if kind == b"ALPH":
        frame.alpha = data
    elif kind in (b"VP8 ", b"VP8L") and not frame.kind:
        frame.kind, frame.data = kind, data


def _decoded(frame: _Frame) -> Image.Image:
    if not frame.kind:
        raise UnreadablePicture("damaged: there is no picture in it")
    width, height, alpha = _size(frame)
    if frame.alpha and frame.kind == b"VP8 ":
        _check_alpha(frame.alpha, width, height)
    mode = "RGBA" if alpha else "RGB"
    return Image.frombuffer(mode, (width, height), _pixels(frame, width, height, alpha), "raw", mode, 0, 1)


def _pixels(frame: _Frame, width: int, height: int, alpha: bool) -> Any:
    """All pixels of shape (height, width, 3 or 4).

    Raises:
        UnreadablePicture: the data is shorter or longer than the picture.
    """
    from core.images import webp_rows

    spare = _SPARE if len(frame.data) > 8 * _SPARE else 0
    padding = len(frame.data) % 2
    found = webp_rows.decode(_file(frame, frame.data), spare and spare + padding, (width, height), alpha)
    pixels, needed = found or _decoded_twice(frame, spare)
    if pixels is None:
        raise UnreadablePicture("damaged: a part of its pixels is missing or wrong")
    if not needed:
        raise UnreadablePicture("damaged: a part of its pixels is wrong (there is more data than it has pixels)")
    return pixels


def _check_alpha(alpha: bytes, width: int, height: int) -> None:
    """Check the transparency of a lossy picture: a broken one is decoded like a whole one.

    It is a lossless picture without its header (WebP container specification, "Alpha"), or has a byte for each pixel.
    """
    if alpha[0] & 3 == 1:
        header = b"\x2f" + (width - 1 | height - 1 << 14).to_bytes(4, "little")
        _pixels(_Frame(b"VP8L", header + alpha[1:]), width, height, False)
    elif len(alpha) <= width * height:
        raise UnreadablePicture("damaged: a part of its transparency is missing")


def _size(frame: _Frame) -> tuple[int, int, bool]:
    """Width, height, and whether there is transparency, from the first bytes of the data."""
    data = frame.data.ljust(10, b"\0")
    if frame.kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    if not width or not height:
        raise UnreadablePicture("damaged: its header is broken")
    return width, height, bool(frame.alpha)


def _decoded_twice(frame: _Frame, spare: int) -> tuple[Any, bool]:
    """As :func:`core.images.webp_rows.decode`, if its library is not available."""
    import imagecodecs

    whole, *shorter = (_file(frame, frame.data[:end]) for end in (len(frame.data), -spare)[: 1 + bool(spare)])
    try:
        pixels = imagecodecs.webp_decode(whole)
    except imagecodecs.WebpError:
        return None, True
    try:
        return pixels, not any(imagecodecs.webp_decode(data) is not None for data in shorter)
    except imagecodecs.WebpError:
        return pixels, True


def _file(frame: _Frame, data: bytes) -> bytes:
    """A file that contains only the frame."""
    body = b""
    if frame.alpha and frame.kind == b"VP8 " and len(data) >= 10:
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        size = (max(width, 1) - 1).to_bytes(3, "little") + (max(height, 1) - 1).to_bytes(3, "little")
        body = _chunk(b"VP8X", b"\x10\0\0\0" + size) + _chunk(b"ALPH", frame.alpha)
    body = b"WEBP" + body + _chunk(frame.kind, data)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)


def _chunks(content: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    """Chunks by name and content.

    Raises:
        UnreadablePicture: the file ends within a chunk.
    """
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(content):
            return
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        data = content[at + 8 : at + 8 + length]
        if len(data) < length:
            raise UnreadablePicture(_TRUNCATED)
        yield content[at : at + 4], data
        at += 8 + length + length % 2


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
