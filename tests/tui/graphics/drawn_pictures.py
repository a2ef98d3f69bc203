"""Small pictures to draw."""

from __future__ import annotations

import numpy as np
from PIL import Image


def gradient(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards; a blue square in the middle."""
    across = np.linspace(0, 255, width, dtype=np.uint8)
    down = np.linspace(0, 255, height, dtype=np.uint8)
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = across[None, :], down[:, None]
    pixels[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3, 2] = 255
    return Image.fromarray(pixels)


def quarters(width: int, height: int) -> Image.Image:
    """Red, green, blue and white."""
    picture = Image.new("RGB", (2, 2))
    picture.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)])
    return picture.resize((width, height), Image.Resampling.NEAREST)


def noise(width: int, height: int) -> Image.Image:
    """What compresses badly; always the same."""
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))


def furthest(one: Image.Image, other: Image.Image) -> tuple[float, int]:
    """The mean and the largest distance of the values of two RGB pictures of one size."""
    assert one.size == other.size
    distance = np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16))
    return float(distance.mean()), int(distance.max())
