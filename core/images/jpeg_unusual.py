"""JPEGs that libjpeg decodes and the strict decoder does not: unusual subsampling (3x1, 2x2 with 1x2), lossless.

Pillow ignores the warnings of libjpeg, so two tests show whether the data is complete. Bytes appended to each scan must
not change a pixel, else the scan is too short. Replacing its last bytes must change one, else it is too long.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

from PIL import Image

_SCAN = b"\xff\xda"
_END = b"\xff\xd9"
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_OTHERS = (b"\x5a\x93\x6d\x15\xc6\x39\x2b\x74", b"\xa5\x6c\x92\xea\x39\xc6\xd4\x8b")


def decode(parts: Sequence[bytes], scale: int) -> Image.Image | None:
    """The picture, mode L, RGB or CMYK; None if a part of its data is missing or wrong.

    Args:
        parts: the segments of the file in order; scans include their data.
        scale: 1, 2, 4 or 8: the divisor of its size.

    Raises:
        Exception: one of ``DECODER_ERRORS``.
    """
    picture = _read(parts, 1)  # at a smaller scale, the last bytes would not matter
    pixels = picture.tobytes()
    if any(_read(longer, 1).tobytes() != pixels for longer in _longer(parts)):
        return None
    for number, part in enumerate(parts):
        if part.startswith(_SCAN) and all(
            _read([*parts[:number], other, *parts[number + 1 :]], 1).tobytes() == pixels for other in _ending(part)
        ):
            return None
    return picture if scale == 1 else _read(parts, scale)


def _read(parts: Sequence[bytes], scale: int) -> Image.Image:
    with Image.open(io.BytesIO(b"".join((*parts, _END))), formats=("JPEG",)) as image:
        if scale > 1:
            image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
        image.load()
        return image.copy()


def _longer(parts: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The parts with bytes appended to each scan, and to each interval between restart markers."""
    for other in _OTHERS:
        found = []
        for part in parts:
            if part.startswith(_SCAN):
                header, data = _split(part)
                part = header + _RESTART.sub(lambda marker: other * 8 + marker[0], data) + other * 8  # noqa: B023
            found.append(part)
        yield found


def _ending(part: bytes) -> Iterator[bytes]:
    """The scan with its last bytes replaced."""
    header, data = _split(part)
    for other in _OTHERS:
        yield header + data[: -len(other)].rstrip(b"\xff") + other


def _split(part: bytes) -> tuple[bytes, bytes]:
    """Header and data of a scan, without trailing fill bytes."""
    start = 2 + int.from_bytes(part[2:4], "big")
    return part[:start], part[start:].rstrip(b"\xff")
