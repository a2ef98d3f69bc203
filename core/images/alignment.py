"""Align one picture with another: a scale and a shift for each axis, one gain and one bias for all channels.

Gauss-Newton on intensities from coarse to fine (Lucas and Kanade, "An iterative image registration technique", IJCAI
1981; Baker and Matthews, "Lucas-Kanade 20 years on", IJCV 2004), with Huber's weights: local differences do not affect
the alignment. For strong cropping it starts where a part correlates best with the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.images.planes import WINDOW, Pixels, Plane, correlation, luma, scaled_down
from core.images.template_match import find_within
from core.images.turns import Turn

_LEVELS = (24, 48, 96, 192, 384)  # longer sides at which the pictures are aligned
_ROUNDS = 12
_SETTLED = 0.04  # converged: twice the maximum shift in pixels of a round after which the next one is useless
_LIMIT = 20.0  # the weight of larger differences (in levels) does not grow (Huber)
_HOPELESS = 0.5  # correlation of small pictures below which finer alignment is useless
_SEARCH_SIDE = 64


@dataclass(frozen=True, slots=True)
class Warp:
    """The mapping from the second picture to the first, in coordinates from -1 to 1, and of the values."""

    scale_x: float = 1.0
    shift_x: float = 0.0
    scale_y: float = 1.0
    shift_y: float = 0.0
    gain: float = 1.0
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class Taps:
    """Linear interpolation along one axis: the two pixels of the first picture for each pixel of the second.

    Attributes:
        low: index of the lower of the two, for the pixels inside; shape (k,).
        part: weight of the next one, 0 to 1; shape (k,).
        inside: which pixels are inside the first picture; shape (n,), bool.
        at: their coordinates in the second, -1 to 1; shape (k,).
    """

    low: npt.NDArray[np.int64]
    part: Plane
    inside: npt.NDArray[np.bool_]
    at: Plane

    @classmethod
    def of(cls, first: int, second: int, scale: float, shift: float) -> Taps:
        """The taps for pictures of these lengths."""
        at = (np.arange(second, dtype=np.float32) + 0.5) * np.float32(2 / second) - 1
        position = (at * np.float32(scale) + np.float32(shift + 1)) * np.float32(first / 2) - np.float32(0.5)
        inside = (position >= -0.5) & (position <= first - 0.5)
        position = np.clip(position[inside], 0, first - 1)
        low = np.minimum(position.astype(np.int64), max(0, first - 2))
        return cls(low, (position - low).astype(np.float32), inside, at[inside])

    def sample(self, columns: Taps, plane: Plane) -> Plane:
        """Bilinear values of ``plane`` (height, width, channels) where these rows and ``columns`` cross."""
        below, right = np.minimum(self.low + 1, plane.shape[0] - 1), np.minimum(columns.low + 1, plane.shape[1] - 1)
        down, across = self.part[:, None, None], columns.part[None, :, None]
        rows = plane[self.low] * (1 - down) + plane[below] * down
        values: Plane = rows[:, columns.low] * (1 - across) + rows[:, right] * across
        return values


class Levels:
    """A picture with its luma at several sizes, each made once: turns and starts align the same picture again.

    Args:
        pixels: shape (height, width, 3), uint8.
        make: its luma, the longer side scaled down to a number of pixels; made of ``pixels`` if left out.
    """

    def __init__(self, pixels: Pixels, make: Callable[[int], Plane] | None = None) -> None:
        self.pixels = pixels
        self._planes: dict[int, Plane] = {}
        self._make = make or (lambda side: luma(scaled_down(pixels, side)))

    def luma(self, side: int) -> Plane:
        """Luma, the longer side scaled down to ``side``."""
        if side not in self._planes:
            self._planes[side] = self._make(side)
        return self._planes[side]

    def turned(self, turn: Turn) -> Levels:
        """The same turned; its planes are turned, not made again."""
        return Levels(turn.of(self.pixels), lambda side: turn.of(self.luma(side)))


def align(first: Levels, second: Levels, start: Warp) -> Warp | None:
    """Align two pictures of about the same size, from coarse to fine; None if it does not converge."""
    side, warp = max(first.pixels.shape), start
    for level in _LEVELS:
        if level > side and level > _LEVELS[0]:
            break
        if level < side and level * min(start.scale_x, start.scale_y, 1) < _LEVELS[0] * 0.7:
            continue  # too little of the first picture would be left
        small = first.luma(level), second.luma(level)
        if min(*small[0].shape, *small[1].shape) < WINDOW:
            continue
        moved = _gauss_newton(small[0], small[1], warp, _ROUNDS if level < 192 else 4)
        if moved is None or (level < 96 and _agreement(small[0], small[1], moved) < _HOPELESS):
            return None
        warp = moved
    return warp


def _agreement(first: Plane, second: Plane, warp: Warp) -> float:
    """The correlation of the overlap, -1 to 1."""
    rows = Taps.of(first.shape[0], second.shape[0], warp.scale_y, warp.shift_y)
    columns = Taps.of(first.shape[1], second.shape[1], warp.scale_x, warp.shift_x)
    return correlation(rows.sample(columns, first[..., None])[..., 0], second[rows.inside][:, columns.inside])


def _gauss_newton(first: Plane, second: Plane, warp: Warp, rounds: int) -> Warp | None:
    """Improve ``warp`` by Gauss-Newton steps; None if the pictures no longer overlap."""
    down, across = np.gradient(first)
    planes = np.stack([first, across * (first.shape[1] / 2), down * (first.shape[0] / 2)], -1).astype(np.float32)
    values = np.array([warp.scale_x, warp.shift_x, warp.scale_y, warp.shift_y, warp.gain, warp.bias])
    for _ in range(rounds):
        rows = Taps.of(first.shape[0], second.shape[0], values[2], values[3])
        columns = Taps.of(first.shape[1], second.shape[1], values[0], values[1])
        if min(len(rows.at), len(columns.at)) < WINDOW:
            return None
        value, dx, dy = np.moveaxis(rows.sample(columns, planes), -1, 0)
        error = second[rows.inside][:, columns.inside] - (values[4] * value + values[5]).astype(np.float32)
        size = np.abs(error)
        far = max(_LIMIT, 2.2 * float(np.median(size[::2, ::2])))  # a quarter of the pixels is enough
        weight = np.minimum(1, far / np.maximum(size, 1e-6)).astype(np.float32).reshape(-1)
        slopes = np.empty((6, *value.shape), np.float32)  # a row each: the products below take a third of the time
        np.multiply(dx, np.float32(values[4]), out=slopes[1])
        np.multiply(dy, np.float32(values[4]), out=slopes[3])
        np.multiply(slopes[1], columns.at[None, :], out=slopes[0])
        np.multiply(slopes[3], rows.at[:, None], out=slopes[2])
        slopes[4], slopes[5] = value, 1
        flat = slopes.reshape(6, -1)
        weighted = flat * weight
        normal = (weighted @ flat.T).astype(np.float64)
        normal[np.diag_indices(6)] = normal[np.diag_indices(6)] * 1.0001 + 1e-3  # never singular
        step = np.linalg.solve(normal, (weighted @ error.reshape(-1)).astype(np.float64))
        values = values + step
        values[[0, 2]] = np.clip(values[[0, 2]], 0.2, 5.0)
        values[[1, 3]] = np.clip(values[[1, 3]], -2.0, 2.0)
        values[4] = np.clip(values[4], 0.2, 5.0)
        if np.abs(step[:4]).max() < _SETTLED / max(second.shape):
            break
    return Warp(*values.tolist())


def initial_alignments(first: Levels, second: Levels, cropped: bool) -> Iterator[Warp]:
    """Initial alignments: the identity; if cropping is allowed, where a part correlates best with the whole."""
    yield Warp()
    if not cropped:
        return
    inside = find_within(first.luma(_SEARCH_SIDE), second.luma(2 * _SEARCH_SIDE))
    around = find_within(second.luma(_SEARCH_SIDE), first.luma(2 * _SEARCH_SIDE))
    scored = [(inside[0], inside[1])]
    scale_x, shift_x, scale_y, shift_y = around[1]
    scored.append((around[0], (1 / scale_x, -shift_x / scale_x, 1 / scale_y, -shift_y / scale_y)))
    for _, mapping in sorted(scored, reverse=True):
        yield Warp(*mapping)
