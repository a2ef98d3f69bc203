"""Which cells a picture fills, where a cell has a size in pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from tui.graphics.terminal import CellSize


@dataclass(frozen=True, slots=True)
class Fit:
    """A picture within a box of cells.

    Attributes:
        width, height: of the picture as it is shown, in pixels.
        columns, rows: the cells that it touches; less than one cell remains free in either direction.
    """

    width: int
    height: int
    columns: int
    rows: int


def fit(width: int, height: int, columns: int, rows: int, cell: CellSize, *, step: int = 1) -> Fit | None:
    """The largest size of a picture of ``width`` x ``height`` pixels in a box of cells, proportions kept.

    Args:
        step: the height shown is a multiple of it, if the picture is at least so high.

    Returns:
        None if the picture or the box is empty. The proportions are exact to half a pixel in either direction; a side
        is never less than one pixel.
    """
    wide, high = columns * cell.width, rows * cell.height
    if min(width, height, wide, high) <= 0:
        return None
    scale = min(Fraction(wide, width), Fraction(high, height))
    shown_width, shown_height = max(1, round(width * scale)), max(1, round(height * scale))
    if shown_height >= step and shown_height % step:
        shown_height -= shown_height % step
        shown_width = min(wide, max(1, round(Fraction(width * shown_height, height))))
    return Fit(shown_width, shown_height, ceil(shown_width / cell.width), ceil(shown_height / cell.height))
