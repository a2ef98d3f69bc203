"""Occlusion: what of a picture matters is what is missed when it is covered.

After Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (ECCV 2014), with the similarity to
another picture in the place of a class's score. It needs nothing of a model but its rows, so it serves every model.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageStat

CELLS = 8  # of a picture, across and down
COVERS = (CELLS - 1) ** 2  # squares of two by two cells, at each place
_ACROSS, _DOWN = ("left", "middle", "right"), ("upper", "middle", "lower")

Map = npt.NDArray[np.float64]
"""How much each cell matters, shape (CELLS, CELLS), from 0 (nothing) to 1 (as much as any)."""


def covered(picture: Image.Image) -> Iterator[Image.Image]:
    """The picture with one square after the other covered by its mean colour, row by row; ``COVERS`` pictures.

    Args:
        picture: RGB, ``CELLS`` pixels across and down or more.
    """
    mean = tuple(round(value) for value in ImageStat.Stat(picture).mean)
    for row in range(CELLS - 1):
        for column in range(CELLS - 1):
            copy = picture.copy()
            copy.paste(mean, box_of(picture.size, row, column, 2))
            yield copy


def box_of(size: tuple[int, int], row: int, column: int, cells: int = 1) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a square of cells, pixels."""
    (width, height), ends = size, (column + cells, row + cells)
    return width * column // CELLS, height * row // CELLS, width * ends[0] // CELLS, height * ends[1] // CELLS


def importance(similarity: float, without: npt.NDArray[np.floating]) -> Map:
    """How much each cell matters.

    Args:
        similarity: of the whole picture to the other one.
        without: the similarities with each square covered, shape (COVERS,), in the order of :func:`covered`.

    Returns:
        The mean fall of the similarity over the squares that hold the cell, divided by the largest of these means. All
        zero where covering nothing lowers the similarity.
    """
    falls = np.maximum(similarity - np.asarray(without, np.float64).reshape(CELLS - 1, CELLS - 1), 0.0)
    sums, squares = np.zeros((CELLS, CELLS)), np.zeros((CELLS, CELLS))
    for down in (0, 1):
        for across in (0, 1):
            sums[down : down + CELLS - 1, across : across + CELLS - 1] += falls
            squares[down : down + CELLS - 1, across : across + CELLS - 1] += 1
    means = sums / squares
    return means / means.max() if means.max() > 0 else means


def place_in_words(found: Map) -> str:
    """Where the weight of a map lies: ``upper left``, ``middle``, … Empty where nothing matters."""
    if not found.any():
        return ""
    down, across = (int(np.average(np.arange(CELLS) + 0.5, weights=found.sum(axis))) for axis in (1, 0))
    vertical, horizontal = _DOWN[down * 3 // CELLS], _ACROSS[across * 3 // CELLS]
    return vertical if vertical == horizontal else f"{vertical} {horizontal}"
