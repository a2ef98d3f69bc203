"""The difference of two pictures of a project, from their files."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from PIL import Image

from core.catalog.catalog import Catalog, Picture
from core.catalog.readable import read_picture_of
from core.images.pixel_difference import PixelDifference, Scaling, pixel_difference
from core.images.planes import Pixels

MOST_PIXELS = 40_000_000  # of a picture that is compared as it is: three arrays of 120 MB


def difference_of(catalog: Catalog, first: Picture, second: Picture, most: int = MOST_PIXELS) -> PixelDifference:
    """Compare all pixels of two pictures as they are displayed: upright, in sRGB, transparency on white.

    Args:
        catalog: of the pictures.
        first: is read from any of its files.
        second: like ``first``.
        most: pixels of a picture; a larger one is made smaller before, which the result says.

    Raises:
        UnreadablePicture: one cannot be read; with the reason in words.
        CannotDecode: no decoder can be started.
    """
    one = _pixels(catalog, first, most)
    other = one if second.key == first.key else _pixels(catalog, second, most)
    difference = pixel_difference(one, other)
    reduced = any(picture.width * picture.height > most for picture in (first, second))
    return replace(difference, scaling=Scaling.BOTH) if reduced else difference


def _pixels(catalog: Catalog, picture: Picture, most: int) -> Pixels:
    """Shape (height, width, 3), uint8; at most ``most`` pixels."""
    scale = min(1.0, math.sqrt(most / max(1, picture.width * picture.height)))
    width, height = max(1, int(picture.width * scale)), max(1, int(picture.height * scale))
    image = read_picture_of(catalog, picture.key, picture.path, max(width, height))
    if scale < 1:
        image = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.asarray(image)
