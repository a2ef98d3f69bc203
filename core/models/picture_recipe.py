"""How a picture is prepared for a network, as data: resize, centre crop, mean and standard deviation.

A recipe does with Pillow and NumPy what the transforms of the models' libraries do, so that a picture can be prepared
without importing them. Whether both do the same, the trial of the runtime measures (:mod:`core.models.runtime_trial`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

# Maximum aspect ratio: longer pictures would take too much memory when enlarged.
LONGEST = 16
_COLOURS = 3


@dataclass(frozen=True)
class PictureRecipe:
    """The steps, in their order.

    Attributes:
        size: what the shorter side is resized to, or height and width.
        resample: a filter of Pillow, ``Image.Resampling``.
        crop: height and width of the middle that is cut out; None for all of it.
        mean, std: of the three colours, of values from 0 to 1. Applied by the converted network, not here.
        longest: see :func:`without_ends`; 0 if nothing is cut off.
        rounded: whether the middle lies at the nearest pixel (torchvision), or the one before (transformers).
    """

    size: int | tuple[int, int]
    resample: int
    crop: tuple[int, int] | None
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    longest: int = 0
    rounded: bool = True

    @classmethod
    def checked(
        cls,
        *,
        size: Any,
        resample: int,
        crop: Any,
        mean: Sequence[float],
        std: Sequence[float],
        longest: int,
        rounded: bool,
    ) -> PictureRecipe | None:
        """A recipe, or None if the steps are of a kind that it cannot do: a crop of more than there is, odd colours."""
        if len(mean) != _COLOURS or len(std) != _COLOURS or not all(std):
            return None
        if crop is None and isinstance(size, int):
            return None  # each picture would have another shape
        smallest = (size, size) if isinstance(size, int) else tuple(size)
        if crop is not None and any(part > whole for part, whole in zip(crop, smallest, strict=True)):
            return None
        given = size if isinstance(size, int) else (int(size[0]), int(size[1]))
        cut = None if crop is None else (int(crop[0]), int(crop[1]))
        red, green, blue = (float(value) for value in mean)
        of_red, of_green, of_blue = (float(value) for value in std)
        return cls(given, int(resample), cut, (red, green, blue), (of_red, of_green, of_blue), longest, rounded)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of what comes out."""
        if self.crop is not None:
            return self.crop
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def __call__(self, picture: Image.Image) -> npt.NDArray[np.uint8]:
        """An RGB picture of any size to shape (height, width, 3). Thread-safe."""
        if self.longest:
            picture = without_ends(picture, self.longest)
        height, width = self._resized(*picture.size)
        if (width, height) != picture.size:
            picture = picture.resize((width, height), Image.Resampling(self.resample))
        if self.crop is not None:
            tall, wide = self.crop
            top, left = self._before(height - tall), self._before(width - wide)
            picture = picture.crop((left, top, left + wide, top + tall))
        return np.asarray(picture, np.uint8)

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> PictureRecipe:
        """The inverse of :meth:`to_json`.

        Raises:
            ValueError: it is none.
        """
        recipe = cls.checked(**{name: content[name] for name in cls.__dataclass_fields__})
        if recipe is None:
            raise ValueError("the recipe cannot be followed")
        return recipe

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        """Height and width after resizing."""
        if not isinstance(self.size, int):
            return self.size
        if width <= height:
            return int(self.size * height / width), self.size
        return self.size, int(self.size * width / height)

    def _before(self, spare: int) -> int:
        return round(spare / 2) if self.rounded else spare // 2


def without_ends(picture: Image.Image, longest: int = LONGEST) -> Image.Image:
    """Crop the ends of the longer side if it is more than ``longest`` times the shorter one.

    A transform crops them too, but only after enlarging: a line of 1 x 60,000 pixels, with its shorter side resized
    to 256, would take 12 GB.
    """
    width, height = picture.size
    most = longest * min(width, height)
    if max(width, height) <= most:
        return picture
    left, top = max(0, (width - most) // 2), max(0, (height - most) // 2)
    return picture.crop((left, top, left + min(width, most), top + min(height, most)))
