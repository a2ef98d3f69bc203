"""Which files are read as pictures: allow-lists, by name for the scan and by content for the decoder."""

from __future__ import annotations

import functools
import os

# Pillow's names. No other decoder is tried, whatever the file name: no EPS (runs Ghostscript), no SVG, no PDF.
DECODERS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF", "JPEG2000")

# Increased when the pixels read from some files change. 2: colour profiles are applied, depth is read from the file,
# TIFF is read by its tags, JPEG 2000 of few bits has its full range. JPEG and PNG of 8 bits without a profile have not
# changed.
READER = 2

# Other names of the formats, by which people and files call them.
_ALSO = {
    "jpg": "jpeg",
    "jpe": "jpeg",
    "jfif": "jpeg",
    "apng": "png",
    "tif": "tiff",
    "dib": "bmp",
    "heic": "heif",
    "hif": "heif",
    "jp2": "jpeg2000",
    "j2k": "jpeg2000",
    "jpx": "jpeg2000",
    "jpf": "jpeg2000",
}
FORMATS = tuple(name.lower() for name in DECODERS)

LONGEST_CAMERA = 100  # stored characters of maker and model

_SUFFIXES = frozenset(
    b".jpg .jpeg .jpe .jfif .mpo .png .apng .webp .gif .tif .tiff .bmp .dib .heic .heif .hif .avif".split()
    + b".jp2 .j2k .jpx .jpf".split()
)


def looks_like_picture(name: bytes) -> bool:
    """Whether a file of this name is opened by the scan. The content decides afterwards.

    ``._a.jpg`` is not: macOS stores file attributes under such names on file systems that do not support them.
    """
    return not name.startswith(b"._") and os.path.splitext(name)[1].lower() in _SUFFIXES


def format_named(text: str) -> str:
    """One of ``FORMATS`` by this or another of its names, such as ``.JPG``; empty if there is none."""
    name = text.lower().lstrip(".")
    name = _ALSO.get(name, name)
    return name if name in FORMATS else ""


@functools.cache
def register_decoders() -> tuple[str, ...]:
    """Register HEIF and all TIFFs with Pillow, once. Returns the readable formats, by Pillow's names.

    Pillow's plug-ins register their formats when they are imported. ``Image.init()`` would import all 47, in every
    decoder; these nine read what is read here. Imported late: pillow-heif costs 30 ms that the first paint has no use
    for.
    """
    import pillow_heif
    from PIL import (  # noqa: F401
        AvifImagePlugin,
        BmpImagePlugin,
        GifImagePlugin,
        Image,
        Jpeg2KImagePlugin,
        JpegImagePlugin,
        MpoImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    from core.images.tiff_header import TiffHeader

    pillow_heif.register_heif_opener(thumbnails=False)
    Image.register_open("TIFF", TiffHeader, Image.OPEN["TIFF"][1])
    return tuple(name for name in DECODERS if name in Image.OPEN)
