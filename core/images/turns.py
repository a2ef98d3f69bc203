"""The turns (mirroring, rotation) and other changes that a copy may have; which turns of a picture to compare."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.images.planes import Pixels, Plane, correlation, luma

Values = TypeVar("Values", Pixels, Plane)


class Also(StrEnum):
    """Additional changes that a copy may have."""

    MIRRORED = "mirrored"
    ROTATED = "rotated"
    CROPPED = "cropped"


@dataclass(frozen=True, slots=True)
class Turn:
    """Mirroring, then quarter turns to the left.

    Attributes:
        mirrored: whether left and right are exchanged.
        quarters: number of quarter turns, 0 to 3.
    """

    mirrored: bool = False
    quarters: int = 0

    def __str__(self) -> str:
        words = ["mirrored"] if self.mirrored else []
        if self.quarters:
            words.append(f"rotated by {90 * self.quarters}°")
        return ", ".join(words)

    def of(self, pixels: Values) -> Values:
        """Apply it to pixels of shape (height, width, channels), or to a plane of shape (height, width)."""
        return np.ascontiguousarray(np.rot90(pixels[:, ::-1] if self.mirrored else pixels, self.quarters))

    def of_many(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Apply it to square pictures of one channel; shape (n, side, side)."""
        mirrored = pictures[:, :, ::-1] if self.mirrored else pictures
        return np.ascontiguousarray(np.rot90(mirrored, self.quarters, axes=(1, 2)))


def turns(also: Collection[Also]) -> tuple[Turn, ...]:
    """The turns to try; the first is the identity."""
    mirrored = (False, True) if Also.MIRRORED in also else (False,)
    quarters = range(4) if Also.ROTATED in also else (0,)
    return tuple(Turn(mirror, quarter) for mirror in mirrored for quarter in quarters)


def most_alike(first: Pixels, second: Pixels, tried: tuple[Turn, ...]) -> list[Turn]:
    """The three turns with the best agreement of outlines, best first."""
    if len(tried) == 1:
        return list(tried)
    # A turn of what was made small is what was turned made small, and costs nothing.
    one, other = luma(_square(first)), _square(second)
    scored = [(correlation(one, luma(turn.of(other))), -index) for index, turn in enumerate(tried)]
    return [tried[-index] for _, index in sorted(scored, reverse=True)[:3]]


def _square(pixels: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((16, 16), Image.Resampling.BOX))
