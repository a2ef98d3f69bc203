"""Whether pictures may be copies, compared at 24 x 24 pixels: one with many at a time, 0.3 ms each.

A full comparison (:mod:`core.images.same_picture`) takes fifty times as long, and most candidates found by vectors
are other drawings of one series. So pairs are first aligned in the same way at low resolution: a scale and a shift
for each axis, one gain and one bias, by Gauss-Newton with Huber's weights, for all pairs in one product. What does not
agree here is not a copy. What agrees is compared in full.

The limits below were chosen on 400 planted copies of demo pictures, drawings and photographs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 24
_ROUNDS = 8  # of the alignment: with six, one copy in a hundred more is not aligned yet
_LIMIT = 20.0  # as in same_picture: the weight of larger differences (in levels) does not grow (Huber)

# Of 400 planted copies (JPEG, other sizes, 10 % cut off) 199 in 200 reach 0.927.
_CORRELATED = 0.92
_SHOWN = 0.65  # a copy shows three quarters at least
# Pairs that the full comparison finds alike (0.7 at 192 pixels, half of either shown) reach this in 99 of 100 cases.
_ALIKE, _HALF = 0.73, 0.5

Coarse = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]

_AT = ((np.arange(SIDE, dtype=np.float32) + 0.5) * np.float32(2 / SIDE) - 1).astype(np.float32)
_PLACES = np.arange(SIDE, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement of pictures with one picture after the best alignment.

    Attributes:
        correlation: of the overlap; shape (n,), -1 to 1.
        difference: the largest mean difference of 3 x 3 pixels, in levels of 255; shape (n,).
        shown: the smaller of the two fractions of a picture that the other one shows; shape (n,), 0 to 1.
    """

    correlation: Plane
    difference: Plane
    shown: Plane


def likeness(one: Coarse, others: Coarse) -> Plane:
    """The correlation of each other picture with ``one``; 0 for those that cannot be copies. Shape (n,), 0 to 1."""
    if not len(others):
        return np.zeros(0, np.float32)
    found = agreement(one, others)
    return np.where((found.correlation >= _CORRELATED) & (found.shown >= _SHOWN), found.correlation, 0).astype(
        np.float32
    )


def glance(some: Coarse, others: Coarse) -> Plane:
    """Correlation of each pair without alignment, as one matrix product. Shape (some, others), -1 to 1."""
    first, second = _unit(some), _unit(others)
    found: Plane = first @ second.T
    return found


def _unit(pictures: Coarse) -> Plane:
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    found: Plane = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return found


def are_alike(one: Coarse, others: Coarse) -> npt.NDArray[np.bool_]:
    """Which of the others have the same outline as ``one``; shape (n,)."""
    if not len(others):
        return np.zeros(0, bool)
    found = agreement(one, others)
    return np.asarray((found.correlation >= _ALIKE) & (found.shown >= _HALF))


def coarse(pixels: npt.NDArray[np.uint8]) -> Coarse:
    """Shape (24, 24): luma, whatever the sides of the picture.

    Args:
        pixels: shape (height, width, 3), uint8.
    """
    return np.asarray(Image.fromarray(pixels).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX))


def agreement(one: Coarse, others: Coarse) -> Agreement:
    """Align one picture with each of the others.

    Args:
        one: shape (24, 24), uint8.
        others: shape (n, 24, 24), uint8.
    """
    source = one.astype(np.float32)
    down, across = np.gradient(source)
    planes = np.stack([source, across * (SIDE / 2), down * (SIDE / 2)]).astype(np.float32)
    targets = others.astype(np.float32)
    warp = np.tile(np.array([1, 0, 1, 0, 1, 0], np.float32), (len(targets), 1))
    for _ in range(_ROUNDS):
        warp = _moved(planes, targets, warp)
    return _agreement(source, targets, warp)


def _moved(planes: Plane, targets: Plane, warp: Plane) -> Plane:
    """One Gauss-Newton round for each pair. ``warp``, shape (n, 6): scale and shift in x, in y, gain and bias."""
    count = len(targets)
    columns, inside_x = _taps(warp[:, 0], warp[:, 1])
    rows, inside_y = _taps(warp[:, 2], warp[:, 3])
    turned = columns.transpose(0, 2, 1)
    value, dx, dy = (((rows @ plane) @ turned) for plane in planes)
    inside = inside_y[:, :, None] * inside_x[:, None, :]
    error = (targets - (warp[:, 4, None, None] * value + warp[:, 5, None, None])) * inside
    size = np.abs(error)
    far = np.maximum(_LIMIT, 2.2 * np.median(size.reshape(count, -1), axis=1))[:, None, None]
    weight = np.minimum(1, far / np.maximum(size, 1e-6)) * inside
    dx, dy = dx * warp[:, 4, None, None], dy * warp[:, 4, None, None]
    slopes = np.empty((count, 6, SIDE, SIDE), np.float32)
    slopes[:, 0], slopes[:, 1] = dx * _AT[None, None, :], dx
    slopes[:, 2], slopes[:, 3] = dy * _AT[None, :, None], dy
    slopes[:, 4], slopes[:, 5] = value, 1
    flat = slopes.reshape(count, 6, -1)
    weighted = (slopes * weight[:, None]).reshape(count, 6, -1)
    normal = (weighted @ flat.transpose(0, 2, 1)).astype(np.float64)
    places = np.arange(6)
    normal[:, places, places] = normal[:, places, places] * 1.0001 + 1e-3  # never singular
    step = np.linalg.solve(normal, weighted.astype(np.float64) @ error.reshape(count, -1, 1))[:, :, 0]
    moved = warp + step
    moved[:, [0, 2]] = np.clip(moved[:, [0, 2]], 0.2, 5.0)
    moved[:, [1, 3]] = np.clip(moved[:, [1, 3]], -2.0, 2.0)
    moved[:, 4] = np.clip(moved[:, 4], 0.2, 5.0)
    return moved.astype(np.float32)


def _taps(scale: Plane, shift: Plane) -> tuple[Plane, Plane]:
    """Along one axis: the weights of source pixels for each target pixel, and which of these are inside the source."""
    place = (_AT[None, :] * scale[:, None] + shift[:, None] + 1) * np.float32(SIDE / 2) - np.float32(0.5)
    inside = (place >= -0.5) & (place <= SIDE - 0.5)
    place = np.clip(place, 0, SIDE - 1)
    return np.maximum(0, 1 - np.abs(place[:, :, None] - _PLACES)), inside.astype(np.float32)


def _agreement(source: Plane, targets: Plane, warp: Plane) -> Agreement:
    columns, inside_x = _taps(warp[:, 0], warp[:, 1])
    rows, inside_y = _taps(warp[:, 2], warp[:, 3])
    inside = inside_y[:, :, None] * inside_x[:, None, :]
    value = (rows @ source) @ columns.transpose(0, 2, 1)
    area = np.maximum(inside.sum(axis=(1, 2)), 1)
    expected = np.clip(warp[:, 4, None, None] * value + warp[:, 5, None, None], 0, 255)
    difference = np.abs(targets - expected) * inside
    shown = inside.mean(axis=(1, 2))
    other = np.minimum(1, shown * np.abs(warp[:, 0] * warp[:, 2]))
    centred = [
        (plane - ((plane * inside).sum(axis=(1, 2)) / area)[:, None, None]) * inside for plane in (value, targets)
    ]
    products = (centred[0] * centred[1]).sum(axis=(1, 2))
    lengths = [np.sqrt((plane * plane).sum(axis=(1, 2))) for plane in centred]
    correlation = products / np.maximum(lengths[0] * lengths[1], 1e-6)
    return Agreement(correlation, _worst(difference), np.minimum(shown, other))


def _worst(difference: Plane) -> Plane:
    """The largest mean of 3 x 3 pixels of each; shape (n,)."""
    sums = np.pad(difference, ((0, 0), (1, 0), (1, 0))).cumsum(1).cumsum(2)
    windows = sums[:, 3:, 3:] - sums[:, :-3, 3:] - sums[:, 3:, :-3] + sums[:, :-3, :-3]
    return np.asarray(windows.max(axis=(1, 2)) / 9, np.float32)
