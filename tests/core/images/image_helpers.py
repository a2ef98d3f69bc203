"""Pictures in every format, made here, and how far two of them are apart."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ExifTags, Image, features

from core.images.formats import register_decoders

register_decoders()

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow was built without AVIF")

# Format as Pillow names it, how to save it, and how far what is read may be from what was saved (mean, of 255).
FORMATS = [
    pytest.param("JPEG", {"quality": 95, "subsampling": 0}, 2.0, id="JPEG"),
    pytest.param("PNG", {}, 0.0, id="PNG"),
    pytest.param("WEBP", {"lossless": True}, 0.0, id="WEBP"),
    pytest.param("GIF", {}, 0.0, id="GIF"),
    pytest.param("TIFF", {"compression": "tiff_lzw"}, 0.0, id="TIFF"),
    pytest.param("BMP", {}, 0.0, id="BMP"),
    pytest.param("HEIF", {"quality": 95}, 3.0, id="HEIF"),
    pytest.param("AVIF", {"quality": 95}, 3.0, id="AVIF", marks=needs_avif),
    pytest.param("JPEG2000", {}, 0.0, id="JPEG2000"),
]

_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def upright(width: int = 64, height: int = 48) -> Image.Image:
    """Four fields of different colours: no turn and no mirror image of it is the same."""
    picture = Image.new("RGB", (width, height), (200, 200, 200))
    for colour, x, y in (((250, 10, 0), 0, 0), ((10, 250, 0), 1, 0), ((0, 10, 250), 0, 1)):
        picture.paste(colour, (x * width // 2, y * height // 2, (x + 1) * width // 2, (y + 1) * height // 2))
    return picture


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The file as bytes."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def lying(picture: Image.Image, orientation: int, kind: str, **options: Any) -> bytes:
    """The file of a camera that was held so: the pixels turned, and the orientation that undoes it."""
    turned = picture.transpose(_TURNED[orientation]) if orientation in _TURNED else picture
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return encoded(turned, kind, exif=exif.tobytes(), **options)


def pixels(picture: Image.Image) -> npt.NDArray[np.int16]:
    return np.asarray(picture, dtype=np.int16)


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures of the same size, in steps of 255."""
    assert one.size == other.size
    assert one.mode == other.mode
    return float(np.abs(pixels(one) - pixels(other)).mean())
