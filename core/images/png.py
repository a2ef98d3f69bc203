"""PNG: the complete picture, decoded by libpng from the chunks that it needs. Errors in other chunks are harmless."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from PIL import Image

from core.errors import UnreadablePicture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LONGEST_PROFILE = 1 << 23  # bytes, unpacked; printer profiles have about 3 MB
_LONGEST_PIXELS = 1 << 32  # bytes, unpacked
_AT_ONCE = 1 << 20
_MOST_CHUNKS = 200_000  # one of 250 million pixels in pieces of 8 KB has fewer
_COLOURS_AT = 17  # offset of the colour type in the chunk IHDR
_KEYS, _PALETTE = {b"\0": 2, b"\2": 6}, b"\3"  # bytes of the transparent colour, by colour type
_END = b"\0\0\0\0IEND\xaeB`\x82"


@dataclass
class Chunks:
    """The relevant chunks of a PNG.

    Attributes:
        first: IHDR, PLTE and tRNS, complete.
        pixels: offset and length of each IDAT chunk, with its length, name and checksum.
        profile: the ICC profile, unpacked; empty if there is none, or it is broken or too large.
        exif: the EXIF block; empty if there is none.
        ended: whether the end marker is present.
    """

    first: bytes = b""
    pixels: list[tuple[int, int]] = field(default_factory=list)
    profile: bytes = b""
    exif: bytes = b""
    ended: bool = False


def walk(stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk up to and including the end marker: name, offset, and the stated length of its data.

    When a chunk is yielded, the stream is at its data, 8 bytes after the offset. Only names and lengths are
    read; a chunk may be longer than the file.
    """
    at = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            return
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        yield kind, at, length
        if kind == b"IEND":
            return
        at += length + 12


def find_chunks(stream: BinaryIO) -> Chunks:
    """Find the relevant chunks of a file. Texts and other chunks are skipped.

    Raises:
        UnreadablePicture: its kind is not supported.
    """
    found = Chunks()
    for kind, at, length in walk(stream):
        if kind == b"IEND":
            found.ended = True
        elif kind == b"CgBI":
            raise UnreadablePicture("PNG in the form of apps for iOS (CgBI): not supported")
        elif kind == b"IDAT":
            found.pixels.append((at, length + 12))
        elif kind in (b"IHDR", b"PLTE", b"tRNS") and not found.pixels and length <= 1024:
            chunk = length.to_bytes(4, "big") + kind + stream.read(length + 4)
            if kind != b"tRNS" or _is_transparency(chunk, found.first[_COLOURS_AT : _COLOURS_AT + 1]):
                found.first += chunk
        elif kind == b"iCCP" and length <= _LONGEST_PROFILE:
            found.profile = _unpacked(stream.read(length).partition(b"\0")[2][1:])
        elif kind == b"eXIf" and length <= 1 << 16:
            found.exif = stream.read(length)
    return found


def bare_header(chunks: Chunks) -> bytes:
    """A PNG header without pixels, for a reader that fails on other chunks of the file."""
    return SIGNATURE + chunks.first + b"\0\0\0\0IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big") + _END


def decode(stream: BinaryIO) -> Image.Image:
    """The picture: mode L, LA, RGB or RGBA; 16 bits are rounded to eight.

    Raises:
        UnreadablePicture: rows are missing or wrong.
    """
    import imagecodecs

    from core.images.depth import to_bytes

    chunks = find_chunks(stream)
    parts = _pixels(stream, chunks)
    try:
        try:
            values = imagecodecs.png_decode(SIGNATURE + chunks.first + b"".join(parts) + _END)
        except imagecodecs.PngError:
            whole = _with_checksum(parts)
            if not whole:
                raise
            values = imagecodecs.png_decode(SIGNATURE + chunks.first + whole + _END)
    except imagecodecs.PngError as error:
        if not chunks.ended or _cut(stream, chunks):
            raise UnreadablePicture("truncated: the file ends before the picture does") from error
        raise UnreadablePicture(f"damaged: {error}") from error
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[1 if values.ndim == 2 else values.shape[2]]
    size = values.shape[1], values.shape[0]
    return Image.frombuffer(mode, size, to_bytes(values), "raw", mode, 0, 1)


def _is_transparency(chunk: bytes, colours: bytes) -> bool:
    """Whether a tRNS chunk is complete and has the right length for its colour type; else libpng ignores it."""
    length = len(chunk) - 12
    right = length == _KEYS[colours] if colours in _KEYS else colours == _PALETTE and length > 0
    return right and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def _pixels(stream: BinaryIO, chunks: Chunks) -> list[bytes]:
    """The chunks with pixels. Length and checksum of a truncated one are adjusted to the existing data."""
    parts = []
    for at, length in chunks.pixels:
        stream.seek(at)
        part = stream.read(length)
        if len(part) < length:
            data = part[8 : length - 4]
            part = len(data).to_bytes(4, "big") + part[4:8] + data
            part += zlib.crc32(part[4:]).to_bytes(4, "big")
        parts.append(part)
    return parts


def _with_checksum(parts: list[bytes]) -> bytes:
    """All pixels in one chunk, if only a checksum is wrong or missing; else empty.

    There are two: one for each chunk, one for all pixels. Either of them shows that the pixels are right.
    """
    broken = any(zlib.crc32(part[4:-4]) != int.from_bytes(part[-4:], "big") for part in parts)
    packed = b"".join(part[8:-4] for part in parts)
    unpacker, rest, checksum, length = zlib.decompressobj(-zlib.MAX_WBITS), packed[2:], 1, 0
    while not unpacker.eof and length <= _LONGEST_PIXELS:
        try:
            unpacked = unpacker.decompress(rest, _AT_ONCE)
        except zlib.error:
            return b""
        if not unpacked and not unpacker.eof:
            return b""  # the pixels end too early
        checksum, length, rest = zlib.adler32(unpacked, checksum), length + len(unpacked), unpacker.unconsumed_tail
    behind = unpacker.unused_data
    if not unpacker.eof or (behind[:4] != checksum.to_bytes(4, "big") if broken else len(behind) >= 4):
        return b""
    data = b"IDAT" + packed[: len(packed) - len(behind)] + checksum.to_bytes(4, "big")
    return (len(data) - 4).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")


def _cut(stream: BinaryIO, chunks: Chunks) -> bool:
    size = stream.seek(0, os.SEEK_END)
    return not chunks.pixels or sum(chunks.pixels[-1]) > size


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed, _LONGEST_PROFILE)
    except zlib.error:
        return b""
    return profile if unpacker.eof else b""
