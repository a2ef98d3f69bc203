"""JPEG: the complete picture, or the reason why it cannot be read.

libjpeg-turbo warns if it has to invent pixels. Pillow ignores these warnings; here they are errors. Defects that cost
no pixel are repaired first: a missing end marker, zeros after the last pixel, invalid header fields.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

from core.errors import UnreadablePicture
from core.images.jpeg_zeros import has_hole

_END = b"\xff\xd9"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA, 0xCB})
_PROGRESSIVE, _LOSSLESS = frozenset({0xC2, 0xCA}), frozenset({0xC3, 0xCB})
_OTHER_FRAMES = frozenset({0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF, 0xDE})
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD})
_ADOBE, _SCAN = 0xEE, 0xDA
_ADOBE_COLOURS = (0, 1, 2)  # RGB or CMYK, YCbCr, YCCK; markers with other values are ignored
_UNKNOWN_SAMPLING = "subsampling"  # in the error message of the strict decoder
# The next marker in coded data: not a stuffed zero, a restart marker or a fill byte.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JFIF = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
_TRUNCATED = "truncated: the file ends before the picture does"


@dataclass
class _Jpeg:
    """The parts of a JPEG.

    Attributes:
        parts: the segments needed for decoding, in order, without the end marker.
        width: pixels.
        height: as well.
        bits: of each sample.
        progressive: whether it comes in scans that refine each other.
        lossless: whether its scans hold pixels, not frequencies.
        lowest: by component, the number of missing low bits of each of its 64 coefficients; None: all missing.
        ended: whether the file has its end marker.
    """

    parts: list[bytes] = field(default_factory=list)
    width: int = 0
    height: int = 0
    bits: int = 8
    progressive: bool = False
    lossless: bool = False
    lowest: dict[int, list[int | None]] = field(default_factory=dict)
    ended: bool = False


def decode(content: bytes, at_least: int | None = None) -> Image.Image:
    """The first picture in a file: mode L, RGB or CMYK.

    Args:
        content: the file.
        at_least: required length of the shorter side: it may then be decoded at 1/2, 1/4 or 1/8 of its size.

    Raises:
        UnreadablePicture: pixels are missing, or its kind is not supported.
    """
    jpeg = _parse(content)
    _refuse_others(jpeg)
    if not _every_scan(jpeg):
        raise UnreadablePicture(_TRUNCATED)
    if has_hole(jpeg.parts):
        raise UnreadablePicture("damaged: a part of its pixels is missing (zeros are in its place)")
    problem, scale = "", _scale(jpeg, at_least) if at_least and not jpeg.lossless else 1
    for parts in _readings(jpeg):
        try:
            return _decode(parts, jpeg, scale)
        except ValueError as error:
            problem = problem or str(error)
    if "premature end" in problem.lower() and not jpeg.ended:
        raise UnreadablePicture(_TRUNCATED)
    raise UnreadablePicture(f"damaged: a part of its pixels is missing or wrong ({problem})")


def refuse(content: bytes) -> None:
    """Raise the reason why Pillow cannot read the header of a file.

    Raises:
        UnreadablePicture: its kind is not supported, or it is broken.
    """
    _refuse_others(_parse(content))


def _refuse_others(jpeg: _Jpeg) -> None:
    if jpeg.bits != 8:
        raise UnreadablePicture(f"JPEG, {jpeg.bits} bits: not supported")


def _decode(parts: list[bytes], jpeg: _Jpeg, scale: int) -> Image.Image:
    """Decode with the strict decoder if it supports this kind of file.

    Raises:
        ValueError: pixels are missing or wrong.
    """
    import simplejpeg

    if jpeg.lossless:  # crashes the strict decoder
        return _unusual(parts, scale)
    mode, name = {1: ("L", "GRAY"), 4: ("CMYK", "CMYK")}.get(len(jpeg.lowest), ("RGB", "RGB"))
    least = {"min_width": -(-jpeg.width // scale), "min_height": -(-jpeg.height // scale)}
    try:
        pixels = simplejpeg.decode_jpeg(b"".join((*parts, _END)), name, strict=True, **least)
    except ValueError as error:
        if _UNKNOWN_SAMPLING in str(error):
            return _unusual(parts, scale)
        raise
    if mode == "CMYK":  # stored inverted, as by Adobe: 255 is no ink
        pixels = 255 - pixels
    return Image.frombuffer(mode, (pixels.shape[1], pixels.shape[0]), pixels, "raw", mode, 0, 1)


def _unusual(parts: list[bytes], scale: int) -> Image.Image:
    from core.images import jpeg_unusual

    picture = jpeg_unusual.decode(parts, scale)
    if picture is None:
        raise ValueError("its data is shorter or longer than the picture")
    return picture


def _scale(jpeg: _Jpeg, at_least: int) -> int:
    """The largest divisor of the size that keeps ``at_least``, computed like Pillow's ``draft``."""
    part = at_least / min(jpeg.width, jpeg.height)
    if part >= 1:
        return 1
    most = min(jpeg.width // round(jpeg.width * part), jpeg.height // round(jpeg.height * part))
    return next(divisor for divisor in (8, 4, 2, 1) if most >= divisor)


def _every_scan(jpeg: _Jpeg) -> bool:
    """Whether all components are present, with all bits of each coefficient.

    An encoder may omit coefficients that are zero everywhere: with an end marker such a file is complete.
    """
    for lowest in jpeg.lowest.values():
        if lowest[0] is None or any(lowest):
            return False
        if jpeg.progressive and None in lowest and not jpeg.ended:
            return False
    return True


def _readings(jpeg: _Jpeg) -> Iterator[list[bytes]]:
    """The parts; then the parts without trailing zeros, which may be padding."""
    yield jpeg.parts
    last = jpeg.parts[-1]
    bare = last.rstrip(b"\0")
    if bare.endswith(b"\xff"):  # the zero behind it belongs to it
        bare += b"\0"
    if len(bare) < len(last):
        yield [*jpeg.parts[:-1], bare]


def _parse(content: bytes) -> _Jpeg:
    """Split a file into parts, up to its first end marker. Scans without new data are left out."""
    jpeg, at = _Jpeg(parts=[content[:2]]), 2
    while True:
        found = _MARKER.search(content, at)
        if found is None:
            return jpeg
        marker, start = content[found.end() - 1], found.end()
        if marker == _END[1]:
            jpeg.ended = True
            return jpeg
        if marker in (0x01, 0xD8):
            at = start
            continue
        length = int.from_bytes(content[start : start + 2], "big")
        segment = content[start + 2 : start + length]
        at = start + max(2, length)
        if marker == _SCAN:
            behind = _MARKER.search(content, at)
            stop = behind.start() if behind else len(content)
            if header := _scan(jpeg, segment):
                jpeg.parts.append(header + content[at:stop])
            at = stop
        else:
            _segment(jpeg, marker, segment)


def _segment(jpeg: _Jpeg, marker: int, segment: bytes) -> None:
    """Add a segment if it is needed for decoding."""
    whole = b"\xff" + bytes([marker]) + (len(segment) + 2).to_bytes(2, "big") + segment
    if marker in _OTHER_FRAMES and not jpeg.lowest:
        raise UnreadablePicture("JPEG, hierarchical: not supported")
    if marker in _FRAMES and not jpeg.lowest:
        jpeg.bits, jpeg.height, jpeg.width, components = struct.unpack_from(">BHHB", segment)
        jpeg.progressive, jpeg.lossless = marker in _PROGRESSIVE, marker in _LOSSLESS
        numbers = segment[6 : 6 + 3 * components : 3]
        jpeg.lowest = {number: [None] * 64 for number in numbers}
        if components and jpeg.width and not jpeg.height:
            raise UnreadablePicture("JPEG with its height after its pixels: not supported")
        if len(numbers) != components or not components or not jpeg.width:
            raise UnreadablePicture("damaged: its header is broken")
        jpeg.parts.append(whole)
    elif marker in _TABLES:
        jpeg.parts.append(whole)
    elif marker == 0xE0 and segment.startswith(b"JFIF\0"):
        jpeg.parts.append(_JFIF)
    elif marker == _ADOBE and segment.startswith(b"Adobe") and len(segment) >= 12 and segment[11] in _ADOBE_COLOURS:
        jpeg.parts.append(whole)


def _scan(jpeg: _Jpeg, segment: bytes) -> bytes:
    """Record the data of a scan. Returns its header, corrected for sequential files; empty if it has no new data."""
    count = segment[0] if segment else 0
    components, rest = segment[1 : 1 + 2 * count : 2], segment[1 + 2 * count :]
    if not jpeg.lowest or len(rest) < 3:
        raise UnreadablePicture("damaged: its header is broken")
    if not jpeg.progressive and not jpeg.lossless:
        rest = bytes((0, 63, 0))
    first, last, bits = (rest[0], rest[1], rest[2] & 15) if jpeg.progressive else (0, 63, 0)
    brought = False
    for component in components:
        lowest = jpeg.lowest.get(component, [])
        for place in range(first, min(last + 1, len(lowest))):
            before = lowest[place]
            if before is None or before > bits:
                lowest[place], brought = bits, True
    content = segment[: 1 + 2 * count] + rest[:3]
    return b"\xff\xda" + (len(content) + 2).to_bytes(2, "big") + content if brought else b""
