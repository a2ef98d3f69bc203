"""Colour profiles in formats for which Pillow does not read them: BMP and JPEG 2000."""

from __future__ import annotations

import struct

from core.images import heif

_FILE_HEADER = 14  # bytes of a BMP before BITMAPV5HEADER
_COLOURS_AT, _PROFILE_AT = 56, 112  # in that header: bV5CSType, bV5ProfileData
_EMBEDDED = b"DEBM"  # 'MBED', little-endian
_ICC = (2, 3)  # methods of the box colr: a restricted profile, any profile


def profile_in(content: bytes, kind: str) -> bytes:
    """The ICC profile of a file; empty if it has none.

    Args:
        content: the file.
        kind: Pillow's name of its format.
    """
    if kind == "BMP":
        return _of_bmp(content)
    return _of_jpeg2000(content) if kind == "JPEG2000" else b""


def _of_bmp(content: bytes) -> bytes:
    header = content[_FILE_HEADER : _FILE_HEADER + 124]
    if len(header) < 124 or header[_COLOURS_AT : _COLOURS_AT + 4] != _EMBEDDED:
        return b""
    offset, length = struct.unpack_from("<II", header, _PROFILE_AT)
    return content[_FILE_HEADER + offset : _FILE_HEADER + offset + length]


def _of_jpeg2000(content: bytes) -> bytes:
    for kind, place in heif.boxes(content, 0, len(content)):
        if kind == b"jp2h":
            for inner, part in heif.boxes(content, place.start, place.stop):
                if inner == b"colr" and content[part.start] in _ICC:
                    return content[part.start + 3 : part.stop]
    return b""
