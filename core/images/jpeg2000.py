"""JPEG 2000: whether its coded data is complete, and values of fewer than eight bits.

OpenJPEG decodes zeros in the place of coded data without an error, and demands an end marker that costs no pixel. The
arithmetic coder hardly ever writes zeros in a row, and a packet without data is one zero byte. So more consecutive
zeros than a tile has packets are missing data. Places in the standard: ISO/IEC 15444-1.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from core.errors import UnreadablePicture

_START, _END = b"\xff\x4f\xff\x51", b"\xff\xd9"
_SIZE, _STYLE, _COMPONENT_STYLE, _TILE_PART = 0x51, 0x52, 0x53, 0x90
_MOST_BITS = 16  # that Pillow's modes have room for
_MOST_MARKERS, _MOST_PARTS = 100_000, 1_000_000
_SPARE = 32  # zeros in a row that coded data may have by chance
_WIDE = 257  # components from which their numbers take two bytes


@dataclass
class Codestream:
    """What the headers say.

    Attributes:
        depths: bits of each component.
        packets: the most that a tile may have.
        parts: the place of each tile-part in the file; the last may end behind the file.
    """

    depths: list[int]
    packets: int
    parts: list[range]


def decode(content: bytes) -> Image.Image:
    """All pixels; values of fewer than eight bits range from 0 to 255.

    Raises:
        UnreadablePicture: a part of its data is missing, or its depth is not supported.
        Exception: one of ``DECODER_ERRORS``.
    """
    start = content.find(_START)
    found = _parse(content, start) if start >= 0 else None
    if found is None:
        return _loaded(content)
    _check(content, found)
    if found.parts and found.parts[-1].stop == len(content):
        content = _closed(content, start)
    try:
        image = _loaded(content)
    except OSError as error:
        if max(found.depths) > _MOST_BITS:
            raise UnreadablePicture(f"JPEG 2000, {max(found.depths)} bits: not supported") from error
        raise
    if min(found.depths) >= 8 or image.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    return image.point([value for bits in found.depths for value in _full_range(bits, image.mode == "CMYK")])


def _loaded(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=("JPEG2000",)) as image:
        image.load()
        return image.copy()


def _check(content: bytes, found: Codestream) -> None:
    for part in found.parts:
        if part.stop > len(content):
            raise UnreadablePicture("truncated: the file ends before the picture does")
        if bytes(found.packets + _SPARE) in content[part.start : part.stop]:
            raise UnreadablePicture("damaged: a part of its pixels is missing (zeros are in its place)")


def _closed(content: bytes, start: int) -> bytes:
    """The file with the end marker that it lacks."""
    if not start:
        return content + _END
    codestream = content[start:] + _END
    return content[: start - 8] + (len(codestream) + 8).to_bytes(4, "big") + b"jp2c" + codestream


def _full_range(bits: int, inverted: bool) -> list[int]:
    """A table for values that Pillow has shifted to eight bits: white at 2 bits is 192."""
    if bits >= 8:
        return list(range(256))
    table = [round((value >> 8 - bits) * 255 / ((1 << bits) - 1)) for value in range(256)]
    return [255 - value for value in reversed(table)] if inverted else table


def _parse(content: bytes, start: int) -> Codestream | None:
    """The main header and the places of the tile-parts; None if it is broken: the decoder reports why."""
    tile, depths, layers, packets = (0, 0), [0], 0, 0
    try:
        for marker, place in _segments(content, start + 2):
            body = content[place.start : place.stop]
            if marker == _SIZE:
                tile, depths = _size(body)
            elif marker == _STYLE:
                layers = int.from_bytes(body[2:4], "big")
                packets = _packets(body[5:], bool(body[0] & 1), tile)
            elif marker == _COMPONENT_STYLE:
                style = body[1 if len(depths) < _WIDE else 2 :]
                packets = max(packets, _packets(style[1:], bool(style[0] & 1), tile))
            elif marker == _TILE_PART:
                parts = list(_parts(content, place.start - 4))
                return Codestream(depths, layers * packets * len(depths), parts)
    except (struct.error, IndexError):
        pass
    return None


def _segments(content: bytes, at: int) -> Iterator[tuple[int, range]]:
    """The marker segments of the main header: number of the marker, place of the content."""
    for _ in range(_MOST_MARKERS):
        if content[at] != 0xFF:
            return
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        yield content[at + 1], range(at + 4, at + 2 + length)
        at += 2 + length


def _size(body: bytes) -> tuple[tuple[int, int], list[int]]:
    """Width and height of a tile, at most those of the picture; the depth of each component. A.5.1."""
    numbers = struct.unpack_from(">HIIIIIIIIH", body)
    tile = min(numbers[1], numbers[5]), min(numbers[2], numbers[6])
    return tile, [(body[36 + 3 * number] & 0x7F) + 1 for number in range(numbers[9])]


def _packets(style: bytes, precincts: bool, tile: tuple[int, int]) -> int:
    """The most packets of one layer and component of a tile. A.6.1."""
    found, levels = 0, style[0]
    for resolution in range(levels + 1):
        sides = style[5 + resolution] if precincts else 0xFF
        count = 1
        for length, exponent in zip(tile, (sides & 15, sides >> 4), strict=True):
            scaled = -(-length >> levels - resolution)
            count *= (-(-scaled >> exponent) or 1) + (exponent < 15)  # one more where a tile begins within one
        found += count
    return found


def _parts(content: bytes, at: int) -> Iterator[range]:
    """Each tile-part; one without a length is the last. A.4.2."""
    for _ in range(_MOST_PARTS):
        if content[at : at + 2] != b"\xff\x90":
            return
        length = int.from_bytes(content[at + 6 : at + 10], "big")
        if not length:
            end = content.rfind(_END, at)
            yield range(at, end if end > 0 else len(content))
            return
        yield range(at, at + length)
        at += length
