"""The pictures in a file after the one that is displayed: pages, frames of a film, a burst, a gain map.

They are represented by one hash over their coded data and what the file says of them: nothing is decoded. Copies with
equal hashes have the same ones; if the hashes differ, each may show something that the other lacks.
"""

from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from PIL import Image

from core.images import heif, png, webp

_AT_ONCE = 1 << 20
_MOST_FRAMES, _MOST_PAGES = 100_000, 3_000
_GIF_FRAME, _GIF_EXTENSION, _GIF_CONTROL = 0x2C, 0x21, 0xF9
_WEBP_FRAME = 16  # bytes before the data of a frame
# TIFF tags that say where something is or how large it is in the file: a copy of a page may have others.
_TIFF_PLACES = frozenset((254, 256, 257, 273, 278, 279, 322, 323, 324, 325, 330, 305, 306, 34_665, 34_853, 40_965))
_METADATA_ITEMS = frozenset((b"Exif", b"mime", b"uri ", b""))

Extent = tuple[int, int]

logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)  # its messages are not needed


def later_frames(image: Image.Image, stream: BinaryIO, frames: int) -> int:
    """A hash of everything that the file shows besides its first picture; 0 for nothing.

    Args:
        image: just opened.
        stream: the same file; its position is restored.
        frames: the number of pictures in the file.

    Raises:
        OSError: the structure of the file is broken.
    """
    before = stream.tell()
    try:
        return _hash(stream, image.format or "", frames)
    finally:
        stream.seek(before)


def _hash(stream: BinaryIO, kind: str, frames: int) -> int:
    if kind in ("HEIF", "AVIF"):
        return _checksum(stream, _in_heif(stream, moving=frames > 1))
    if kind == "TIFF":
        return _in_tiff(stream)
    if frames < 2:
        return 0
    if kind == "PNG":
        return _checksum(stream, _in_png(stream))
    if kind == "WEBP":
        return _checksum(stream, _in_webp(stream))
    return _checksum(stream, _in_gif(stream)) if kind == "GIF" else 0  # what follows in an MPO is in `more`


def _checksum(stream: BinaryIO, extents: Iterator[Extent]) -> int:
    """CRC-32 of parts of a file, never 0 if there is one. Reads no more bytes than the file has.

    Raises:
        OSError: the parts overlap so much that together they are longer than the file.
    """
    left, found, something = stream.seek(0, io.SEEK_END), 0, False
    for start, length in list(extents):
        something = True
        stream.seek(start)
        while length > 0 and (chunk := stream.read(min(_AT_ONCE, length))):
            found, length, left = zlib.crc32(chunk, found), length - len(chunk), left - len(chunk)
            if left < 0:
                raise OSError("the pictures in the file overlap")
    return found or int(something)


def _in_png(stream: BinaryIO) -> Iterator[Extent]:
    for kind, at, length in png.walk(stream):
        if kind in (b"fcTL", b"fdAT"):
            yield at + 8, length


def _in_webp(stream: BinaryIO) -> Iterator[Extent]:
    frames = [(at, length) for kind, at, length in webp.walk(stream) if kind == b"ANMF"]
    yield from ((at, min(length, _WEBP_FRAME)) for at, length in frames[:1])  # how long the first one is shown
    yield from frames[1:]


def _in_gif(stream: BinaryIO) -> Iterator[Extent]:
    """Everything after the first frame, and how long that is shown. GIF89a, 18 to 23."""
    stream.seek(10)
    flags = stream.read(3)[0]
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    for _ in range(_MOST_FRAMES):
        stream.seek(at)
        head = stream.read(10)
        if head[:1] == bytes([_GIF_EXTENSION]):
            end = _behind_blocks(stream, at + 2)
            if head[1:2] == bytes([_GIF_CONTROL]):
                yield at, end - at
            at = end
        elif head[:1] == bytes([_GIF_FRAME]):
            at = _behind_blocks(stream, at + 11 + (3 << (head[9] & 7) + 1 if head[9] & 0x80 else 0))
            yield at, stream.seek(0, io.SEEK_END) - at
            return
        else:
            raise OSError("a GIF with a broken structure")
    raise OSError("a GIF with too many extensions")


def _behind_blocks(stream: BinaryIO, at: int) -> int:
    """The offset after a sequence of sub-blocks, each of which begins with its length."""
    stream.seek(at)
    while length := stream.read(1)[0]:
        stream.seek(length, io.SEEK_CUR)
    return stream.tell()


def _in_heif(stream: BinaryIO, *, moving: bool) -> Iterator[Extent]:
    """Pictures that the primary one is not made of, except thumbnails; of a film all coded data."""
    stream.seek(0)
    content = stream.read()
    places = list(heif.boxes(content, 0, len(content)))
    if moving and any(kind == b"moov" for kind, _ in places):
        for kind, body in places:
            if kind == b"mdat":
                yield body.start, len(body)
        return
    container = heif.parse(content)
    for number in sorted(heif.pictures_beside(container)):
        item = container.items[number]
        if item.kind not in _METADATA_ITEMS and not item.in_meta:
            yield from item.extents


def _in_tiff(stream: BinaryIO) -> int:
    """The pages after the first one, and the pictures below every page: their tags and their data."""
    import tifffile

    found, extents = 0, list[Extent]()
    stream.seek(0)
    try:
        with tifffile.TiffFile(stream, name="picture") as file:
            for page in _pages(file):
                found = _tags(page, found)
                extents += zip(page.dataoffsets, page.databytecounts, strict=False)
    except Exception as error:  # the library may raise any exception on broken files
        raise OSError(str(error)) from error
    return zlib.crc32(b"%d" % _checksum(stream, iter(extents)), found) or 1 if extents or found else 0


def _pages(file: Any) -> Iterator[Any]:
    """All pages but the first one, each before the pages below it. Raises OSError: they are a loop, or too many."""
    if len(file.pages) > _MOST_PAGES:
        raise OSError("a TIFF with too many pages")
    first, met = file.pages.first, set[int]()
    pending = [*reversed(file.pages[:])]
    while pending:
        page = pending.pop()
        if page.offset in met or len(met) > _MOST_PAGES:
            raise OSError("a TIFF whose pages are a loop, or too many")
        met.add(page.offset)
        if page is not first:
            yield page
        below = page.pages if page.subifds else None
        if below is not None and len(below) <= _MOST_PAGES:
            pending += [*reversed(below[:])]


def _tags(page: Any, found: int) -> int:
    for tag in page.tags:
        if tag.code not in _TIFF_PLACES:
            found = zlib.crc32(f"{tag.code}={tag.value}".encode("utf-8", "surrogatepass"), found)
    return found
