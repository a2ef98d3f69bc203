"""Pixels as planes of numbers: luma, scaling, correlation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
BLANK = 2.0  # standard deviation of luma below which a picture is nearly uniform
WINDOW = 8  # pixels of the side of a window in which pictures are compared; a tenth of a small picture, three at least
_GREY = 3.0  # mean spread of the channels below which a picture has no colour


def luma(pixels: Pixels | Plane) -> Plane:
    """Luma of pixels (height, width, 3), or of one channel (height, width, 1). Shape (height, width), 0 to 255."""
    if pixels.shape[2] == 1:
        return pixels[..., 0].astype(np.float32)
    return pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def scaled_down(pixels: Pixels, side: int) -> Pixels:
    """Scale the longer side down to ``side``."""
    height, width = pixels.shape[:2]
    if max(height, width) <= side:
        return pixels
    size = (max(1, round(width * side / max(height, width))), max(1, round(height * side / max(height, width))))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def correlation(first: Plane, second: Plane) -> float:
    """Pearson correlation of two planes of one shape, -1 to 1; 0 if either is nearly uniform."""
    if first.std() < BLANK or second.std() < BLANK:
        return 0.0
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def is_grey(plane: Plane) -> bool:
    """Whether a picture of shape (height, width, 3) has no colour."""
    red, green, blue = plane[..., 0], plane[..., 1], plane[..., 2]  # three times as fast as ptp along the last axis
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return bool(spread.mean() < _GREY)
