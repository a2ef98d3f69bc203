"""Which files are taken for pictures: an allow-list, by name for the scan and by content for the decoder."""

from __future__ import annotations

import functools
import os

# Pillow's names. Nothing else is tried, whatever a file calls itself: no EPS (runs Ghostscript), no SVG, no PDF.
DECODERS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF", "JPEG2000")

_SUFFIXES = frozenset(
    b".jpg .jpeg .jpe .jfif .mpo .png .apng .webp .gif .tif .tiff .bmp .dib .heic .heif .hif .avif".split()
    + b".jp2 .j2k .jpx .jpf".split()
)


def looks_like_picture(name: bytes) -> bool:
    """Whether a file of this name is worth opening. The content decides afterwards.

    ``._a.jpg`` is not: macOS keeps a file's attributes under such names on disks that have no place for them.
    """
    return not name.startswith(b"._") and os.path.splitext(name)[1].lower() in _SUFFIXES


@functools.cache
def register_decoders() -> tuple[str, ...]:
    """Make Pillow know HEIF, once; the formats that can be read here, Pillow's names.

    Imported late: pillow-heif costs 30 ms that the first paint has no use for.
    """
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener(thumbnails=False)
    Image.init()
    return tuple(name for name in DECODERS if name in Image.OPEN)
