"""What people and programs do to pictures, to see what a model ignores: crop, grey, mirror, blur, JPEG, rotation."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageFilter, ImageOps

_CROPPED = 0.8  # of width and height, from the middle
_BLURRED = 0.01  # radius of the blur, as a share of the shorter side
_QUALITY = 20  # of the JPEG: blocks are visible
_DEGREES = 10
_BACKGROUND = (255, 255, 255)


def cropped(picture: Image.Image) -> Image.Image:
    """The middle 80 % of width and height."""
    width, height = picture.size
    left, top = round(width * (1 - _CROPPED) / 2), round(height * (1 - _CROPPED) / 2)
    return picture.crop((left, top, max(left + 1, width - left), max(top + 1, height - top)))


def grey(picture: Image.Image) -> Image.Image:
    """Luma in three equal channels."""
    return picture.convert("L").convert("RGB")


def mirrored(picture: Image.Image) -> Image.Image:
    """Left and right exchanged."""
    return ImageOps.mirror(picture)


def blurred(picture: Image.Image) -> Image.Image:
    """A Gaussian blur of 1 % of the shorter side, at least one pixel."""
    return picture.filter(ImageFilter.GaussianBlur(max(1.0, _BLURRED * min(picture.size))))


def recompressed(picture: Image.Image) -> Image.Image:
    """Through a JPEG of quality 20."""
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "JPEG", quality=_QUALITY)
    stream.seek(0)
    return Image.open(stream).convert("RGB")


def rotated(picture: Image.Image) -> Image.Image:
    """Turned by 10 degrees on white, in a frame of the same size."""
    return picture.rotate(_DEGREES, Image.Resampling.BICUBIC, fillcolor=_BACKGROUND)


ALTERATIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "cropped": cropped,
    "grey": grey,
    "mirrored": mirrored,
    "blurred": blurred,
    "JPEG": recompressed,
    "rotated": rotated,
}
"""By name, in the order in which tables show them. Each takes and returns an RGB picture."""
