"""How far two pictures differ, pixel by pixel: for a person who looks whether one is a copy of the other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.images.planes import Pixels
from core.text import count

_MOST_GAIN = 64  # a difference of one level becomes visible, and no more
_ROWS = 256
_CLIPPED = 0.01  # of the pixels that differ
_SMALL_SHARE = 0.001  # below it pixels are counted: a share would be 0.0 %


class Scaling(StrEnum):
    """What was done to compare pictures of different sizes, in words."""

    NONE = ""
    LARGER = "the larger one scaled"
    STRETCHED = "the larger one stretched"  # it had other proportions
    BOTH = "both scaled"  # they were too large


@dataclass(frozen=True, slots=True)
class PixelDifference:
    """The difference of two pictures.

    Attributes:
        levels: shape (height, width, 3), uint8: the absolute difference of each channel, 0 to 255.
        counts: shape (256,), int64: number of pixels by the largest difference of their channels.
        scaling: what was done to have them of one size.
    """

    levels: Pixels
    counts: npt.NDArray[np.int64]
    scaling: Scaling = Scaling.NONE

    @classmethod
    def of(cls, levels: Pixels, scaling: Scaling = Scaling.NONE) -> PixelDifference:
        """With the pixels counted."""
        counts = np.zeros(256, np.int64)
        for top in range(0, len(levels), _ROWS):  # bincount needs eight bytes a pixel
            red, green, blue = (levels[top : top + _ROWS, :, channel] for channel in range(3))
            counts += np.bincount(np.maximum(np.maximum(red, green), blue).ravel(), minlength=256)
        return cls(levels, counts, scaling)

    @property
    def differing(self) -> int:
        """Number of pixels that differ in at least one channel."""
        return int(self.counts[1:].sum())

    @property
    def largest(self) -> int:
        """The largest difference of any channel, 0 to 255."""
        return int(np.flatnonzero(self.counts).max(initial=0))

    @property
    def gain(self) -> int:
        """By what :meth:`amplified` multiplies: a power of two, at most 64, the largest that few pixels are clipped by.

        Clipped to white is at most one in a hundred of those that differ: a few large differences do not hide the rest.
        """
        clipped = np.cumsum(self.counts[::-1])[::-1]  # those of this difference or a larger one
        gain = 1
        while gain < _MOST_GAIN and clipped[255 // (2 * gain) + 1] <= _CLIPPED * self.differing:
            gain *= 2
        return gain if self.differing else 1

    @property
    def sentence(self) -> str:
        """In words: ``identical pixels``, ``3.2 % of pixels differ, most by 12 of 255``, and what was scaled."""
        height, width = self.levels.shape[:2]
        differing, pixels = self.differing, height * width
        if not differing:
            words = "identical pixels"
        else:
            share = differing / pixels
            few = share < _SMALL_SHARE
            # What is not all of them must not be rounded to 100 %.
            percent = 100 * share if differing == pixels else min(99.9, 100 * share)
            said = f"{count(differing)} of {count(pixels, 'pixel')}" if few else f"{percent:.1f} % of pixels"
            words = f"{said} {'differs' if few and differing == 1 else 'differ'}, most by {self.largest} of 255"
        return f"{words}, at {width:,} x {height:,} ({self.scaling})" if self.scaling else words

    def amplified(self, side: int) -> Pixels:
        """The difference as a picture: black where there is none, else times :attr:`gain`.

        It is made smaller by the largest of each block of pixels, not by their mean: a single pixel that differs
        stays visible.

        Args:
            side: pixels of the longer side that it keeps at least, where it has them.

        Returns:
            Shape (height, width, 3), uint8.
        """
        small = _largest_of_blocks(self.levels, max(1, max(self.levels.shape[:2]) // max(1, side)))
        gain = self.gain
        return np.minimum(small, 255 // gain) * np.uint8(gain)


def pixel_difference(first: Pixels, second: Pixels) -> PixelDifference:
    """Compare two pictures pixel by pixel.

    Pictures of one size are compared as they are. Else the one of more pixels is scaled (Lanczos) to the width and
    height of the other, corner to corner; one that was cropped or turned is not moved into place.

    Args:
        first: shape (height, width, 3), uint8, as displayed.
        second: like ``first``, of any size.

    Raises:
        ValueError: a picture without pixels, or of another shape.
    """
    for pixels in (first, second):
        if pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
            raise ValueError(f"a picture of shape (height, width, 3) is needed, not {pixels.shape}")
    if first.shape == second.shape:
        return PixelDifference.of(_apart(first, second))
    if first.shape[0] * first.shape[1] < second.shape[0] * second.shape[1]:
        first, second = second, first
    height, width = second.shape[:2]
    scaled = np.asarray(Image.fromarray(first).resize((width, height), Image.Resampling.LANCZOS))
    scaling = Scaling.LARGER if same_proportions(first, second) else Scaling.STRETCHED
    return PixelDifference.of(_apart(scaled, second), scaling)


def same_proportions(first: Pixels, second: Pixels) -> bool:
    """Whether the smaller of two pictures is the larger one scaled, to half a pixel of either side."""
    (high, wide), (height, width) = sorted((first.shape[:2], second.shape[:2]), key=lambda size: -size[0] * size[1])
    scale = (height * width / (high * wide)) ** 0.5
    return bool(abs(high * scale - height) <= 1 and abs(wide * scale - width) <= 1)


def _apart(first: Pixels, second: Pixels) -> Pixels:
    """The absolute difference; in bytes, for large pictures as floats take four times the memory."""
    return np.maximum(first, second) - np.minimum(first, second)


def _largest_of_blocks(levels: Pixels, block: int) -> Pixels:
    """The largest value of each square of ``block`` pixels a side; those at the right and lower edge are smaller."""
    if block == 1:
        return levels
    rows = np.maximum.reduceat(levels, np.arange(0, levels.shape[0], block), axis=0)
    found: Pixels = np.maximum.reduceat(rows, np.arange(0, levels.shape[1], block), axis=1)
    return found
