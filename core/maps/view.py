"""The part of a map that is shown, and where its pictures are there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from core.search.projection import Points

_MARGIN = 0.06  # of the shorter side


@dataclass(frozen=True)
class View:
    """A rectangle of pixels that looks at a map.

    Attributes:
        width: pixels.
        height: pixels.
        x: of the map, in the middle of the rectangle.
        y: likewise; grows upwards on the map, pixels grow downwards.
        scale: pixels for one unit of the map, above 0.
    """

    width: int
    height: int
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0

    @classmethod
    def of_all(cls, points: Points, width: int, height: int) -> Self:
        """A view that shows all points, with a margin, at the same scale in both directions."""
        if not len(points):
            return cls(width, height)
        low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
        margin = 2 * _MARGIN * min(width, height)
        room = np.maximum(np.array([width, height]) - margin, 1)
        spread = high - low
        scales = room[spread > 0] / spread[spread > 0]
        scale = float(scales.min()) if len(scales) else 1.0
        if not np.isfinite(scale):  # a spread too small for any scale
            scale = 1.0
        return cls(width, height, float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2, scale)

    def pixels(self, points: Points) -> npt.NDArray[np.float64]:
        """Where points of the map are in the rectangle, shape (n, 2): x to the right, y downwards."""
        away = (points.astype(np.float64) - (self.x, self.y)) * (self.scale, -self.scale)
        return np.asarray(away + np.array((self.width / 2, self.height / 2)), np.float64)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """The place on the map of a pixel."""
        return self.x + (x - self.width / 2) / self.scale, self.y - (y - self.height / 2) / self.scale

    def zoomed(self, factor: float, x: float | None = None, y: float | None = None) -> Self:
        """Closer by ``factor``; the place under the pixel (the middle by default) stays where it is."""
        at = self.width / 2 if x is None else x, self.height / 2 if y is None else y
        held = self.point(*at)
        closer = replace(self, scale=self.scale * factor)
        moved = closer.point(*at)
        return replace(closer, x=closer.x + held[0] - moved[0], y=closer.y + held[1] - moved[1])

    def moved(self, right: float, down: float) -> Self:
        """Looking at another part, by so many pixels."""
        return replace(self, x=self.x + right / self.scale, y=self.y - down / self.scale)
