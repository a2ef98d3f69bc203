"""Whether a picture has only one colour, such as a white drawing on a transparent background, shown on white."""

from __future__ import annotations

from PIL import Image

from core.images.appearance import SIDE

# Recompressing a picture of one colour moves its values by 3 at most.
_RANGE = 8


def is_flat(picture: Image.Image) -> bool:
    """Whether the values of each channel of an RGB picture differ by at most 8, at 192 pixels a side."""
    small = picture if max(picture.size) <= SIDE else picture.copy()
    if small is not picture:
        small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return all(high - low <= _RANGE for low, high in small.getextrema())  # type: ignore[misc]
