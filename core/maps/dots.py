"""Dots of many pictures in an array of pixels, and where beside them there is room for a thumbnail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]  # shape (height, width, 3)


def draw_dots(canvas: Pixels, places: npt.NDArray[np.float64], colours: npt.NDArray[np.uint8], radius: float) -> None:
    """Draw a disc for each place. Their order is shuffled, always in the same way: no colour lies above all others.

    Args:
        canvas: drawn upon, shape (height, width, 3), uint8.
        places: shape (n, 2), pixels, x to the right and y downwards; those outside are not drawn.
        colours: shape (n, 3), uint8.
        radius: of the discs, pixels.
    """
    height, width = canvas.shape[:2]
    reach = int(np.ceil(radius))
    inside = ((places > -reach) & (places < (width + reach, height + reach))).all(axis=1)
    order = np.random.default_rng(0).permutation(np.flatnonzero(inside))
    middle = np.floor(places[order]).astype(np.int64)
    # One picture after the other, not one offset after the other: discs stay whole where they overlap.
    offsets = _disc(radius)
    x = (middle[:, :1] + offsets[:, 0]).ravel()
    y = (middle[:, 1:] + offsets[:, 1]).ravel()
    seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    canvas[y[seen], x[seen]] = np.repeat(colours[order], len(offsets), axis=0)[seen]


def _disc(radius: float) -> npt.NDArray[np.int64]:
    reach = int(np.ceil(radius))
    across = np.arange(-reach, reach + 1)
    x, y = np.meshgrid(across, across)
    inside = x * x + y * y <= radius * radius + 0.3
    return np.stack([x[inside], y[inside]], axis=1)


@dataclass(frozen=True)
class Room:
    """Room for the thumbnail of one picture.

    Attributes:
        number: index of the picture.
        left: of the square, pixels.
        top: likewise.
        side: of the square, pixels.
    """

    number: int
    left: int
    top: int
    side: int


def rooms(places: npt.NDArray[np.float64], width: int, height: int, sides: tuple[int, ...], most: int) -> list[Room]:
    """Squares around pictures that hide neither another picture's dot nor another square, the largest sides first.

    Args:
        places: shape (n, 2), pixels.
        width: of the rectangle; squares lie inside it.
        height: likewise.
        sides: of the squares, pixels, the largest first.
        most: number of squares.
    """
    inside = np.flatnonzero(((places >= 0) & (places < (width, height))).all(axis=1))
    middle = np.floor(places[inside]).astype(np.int64)
    dots = np.zeros((height + 1, width + 1), np.int32)  # sums of the dots above and to the left
    np.add.at(dots, (middle[:, 1] + 1, middle[:, 0] + 1), 1)
    dots = dots.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    taken = np.zeros((height, width), bool)
    found: list[Room] = []
    done: set[int] = set()
    for side in sides:
        corner = middle - side // 2
        fits = (corner >= 0).all(axis=1) & (corner + side <= (width, height)).all(axis=1)
        near = np.flatnonzero(fits)
        left, top = corner[near].T
        hidden = dots[top + side, left + side] - dots[top, left + side] - dots[top + side, left] + dots[top, left]
        for one in near[hidden == 1].tolist():
            if len(found) == most:
                return found
            x, y = corner[one].tolist()
            if inside[one] in done or taken[y : y + side, x : x + side].any():
                continue
            taken[y : y + side, x : x + side] = True
            done.add(int(inside[one]))
            found.append(Room(int(inside[one]), x, y, side))
    return found
