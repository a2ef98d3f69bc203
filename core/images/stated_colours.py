"""What a file without a colour profile says of its colours: primaries and transfer, as numbers.

A copy without these numbers shows the same values as other colours: HDR as grey, Adobe RGB pale.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from PIL import Image

from core.images import heif, png

# Code points of ITU-T H.273 that mean sRGB, or that nothing is said.
_USUAL_PRIMARIES, _USUAL_TRANSFERS = (1, 2, 5, 6), (1, 2, 6, 13)
# White, red, green and blue of sRGB and its gamma, in 1/100,000; programs round them.
_SRGB = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
_GAMMA, _ROUNDED = 45_455, 600


def stated_colours(image: Image.Image, stream: BinaryIO) -> bytes:
    """The numbers that a PNG, HEIC or AVIF states; empty for none, and for those of sRGB.

    Args:
        image: just opened, without a colour profile.
        stream: the same file; its position is restored.
    """
    before = stream.tell()
    try:
        if image.format == "PNG":
            return _in_png(stream)
        return _in_heif(stream) if image.format in ("HEIF", "AVIF") else b""
    finally:
        stream.seek(before)


def _in_png(stream: BinaryIO) -> bytes:
    """PNG, third edition, 4.3: cICP counts before sRGB, and sRGB before cHRM and gAMA."""
    chunks: dict[bytes, bytes] = {}
    for kind, _, length in png.walk(stream):
        if kind == b"IDAT":
            break
        if kind in (b"cICP", b"sRGB", b"cHRM", b"gAMA") and length <= 32:
            chunks.setdefault(kind, stream.read(length))
    if len(numbers := chunks.get(b"cICP", b"")) == 4:
        return _unusual(numbers[0], numbers[1])
    if b"sRGB" in chunks:
        return b""
    return _far(chunks.get(b"cHRM", b""), _SRGB) + _far(chunks.get(b"gAMA", b""), (_GAMMA,))


def _in_heif(stream: BinaryIO) -> bytes:
    stream.seek(0)
    container = heif.parse(stream.read())
    for kind, value in container.properties:
        if kind == b"colr" and value[:4] == b"nclx" and len(value) >= 8:
            return _unusual(*struct.unpack_from(">HH", value, 4))
    return b""


def _unusual(primaries: int, transfer: int) -> bytes:
    usual = primaries in _USUAL_PRIMARIES and transfer in _USUAL_TRANSFERS
    return b"" if usual else b"%d/%d" % (primaries, transfer)


def _far(stated: bytes, usual: tuple[int, ...]) -> bytes:
    """The stated numbers, if they are not the usual ones."""
    if len(stated) != 4 * len(usual):
        return b""
    numbers = struct.unpack(f">{len(usual)}I", stated)
    return stated if any(abs(one - other) > _ROUNDED for one, other in zip(numbers, usual, strict=True)) else b""
