"""Outlines that are drawn on a map to select what lies in them: a box, and a lasso of any shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.search.projection import Points

Place = tuple[float, float]
LEAST_CORNERS = 3  # of a lasso: fewer enclose nothing
Inside = npt.NDArray[np.bool_]


class Outline(Protocol):
    """What is being drawn on a map; its end follows the cursor.

    Attributes:
        corners: places on the map that are set already.
    """

    corners: list[Place]

    def path(self, end: Place) -> list[Place]:
        """The corners of what would be enclosed if it were closed now, in their order; the last leads to the first."""

    def holds(self, points: Points, end: Place) -> Inside:
        """Which points lie in it if it is closed now, shape (n,), bool."""


@dataclass
class Box:
    """A rectangle between its first corner and the end."""

    corners: list[Place]

    def path(self, end: Place) -> list[Place]:
        """See :class:`Outline`."""
        (left, top), (right, bottom) = self.corners[0], end
        return [(left, top), (right, top), (right, bottom), (left, bottom)]

    def holds(self, points: Points, end: Place) -> Inside:
        """See :class:`Outline`."""
        return in_box(points, self.corners[0], end)


@dataclass
class Lasso:
    """A polygon through its corners and the end."""

    corners: list[Place]

    def path(self, end: Place) -> list[Place]:
        """See :class:`Outline`."""
        return self.corners if self.corners and self.corners[-1] == end else [*self.corners, end]

    def holds(self, points: Points, end: Place) -> Inside:
        """See :class:`Outline`."""
        return in_polygon(points, self.path(end))

    def is_enough(self, end: Place) -> bool:
        """Whether it has the corners that it takes to enclose something."""
        return len(set(self.path(end))) >= LEAST_CORNERS


def in_box(points: Points, one: Place, other: Place) -> Inside:
    """Which points lie between two corners, or on the border; shape (n,), bool.

    Args:
        points: shape (n, 2).
        one: a corner.
        other: the opposite one.
    """
    low, high = np.minimum(one, other), np.maximum(one, other)
    return np.asarray(((points >= low) & (points <= high)).all(axis=1), np.bool_)


def in_polygon(points: Points, corners: Sequence[Place]) -> Inside:
    """Which points lie in a polygon, by the even-odd rule: where it crosses itself, parts enclosed twice are outside.

    A point on the border counts for one of the two polygons that share this border, never for both. Each edge is
    compared with the points beside it only, those as high as a part of it: the time grows with the points times how
    often a line across the polygon crosses it, not with the number of corners.

    Args:
        points: shape (n, 2), finite.
        corners: in their order; the last leads to the first. Fewer than three enclose nothing.
    """
    inside = np.zeros(len(points), np.bool_)
    shape = np.asarray(corners, np.float64).reshape(-1, 2)
    if len(shape) < LEAST_CORNERS or not len(points):
        return inside
    (left, low), (right, high) = shape.min(axis=0), shape.max(axis=0)
    near = np.flatnonzero(in_box(points, (left, low), (right, high)))
    near = near[np.argsort(points[near, 1], kind="stable")]
    x, y = points[near].astype(np.float64).T
    odd = np.zeros(len(near), np.bool_)
    for (from_x, from_y), (to_x, to_y) in zip(shape, np.roll(shape, -1, axis=0), strict=True):
        # The lower end belongs to the edge, the upper one does not: a corner is crossed once.
        first, last = np.searchsorted(y, sorted((from_y, to_y)))
        if first == last:
            continue
        beside = slice(int(first), int(last))
        odd[beside] ^= x[beside] < from_x + (y[beside] - from_y) * ((to_x - from_x) / (to_y - from_y))
    inside[near] = odd
    return inside


def within_view(path: Sequence[Place], width: float, height: float) -> list[tuple[Place, Place]]:
    """What is seen of the edges of a polygon in a rectangle: what lies outside is cut off, edges may fall away.

    Args:
        path: the corners, in the rectangle's own units; the last leads to the first. Of two corners one edge is left.
        width: of the rectangle, whose corner is (0, 0).
        height: likewise.
    """
    edges = list(zip(path, [*path[1:], *path[:1]], strict=True))[: 1 if len(path) == 2 else None]
    return [cut for one, other in edges if (cut := _cut(one, other, width, height)) is not None]


def _cut(one: Place, other: Place, width: float, height: float) -> tuple[Place, Place] | None:
    """The part of an edge within the rectangle (Liang and Barsky, 1984); None if there is none."""
    begin, end = 0.0, 1.0
    across, down = other[0] - one[0], other[1] - one[1]
    for step, room in ((-across, one[0]), (across, width - one[0]), (-down, one[1]), (down, height - one[1])):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            begin = max(begin, room / step)
        else:
            end = min(end, room / step)
    if begin > end:
        return None
    return (one[0] + begin * across, one[1] + begin * down), (one[0] + end * across, one[1] + end * down)
