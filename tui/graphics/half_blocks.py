"""A picture as half blocks: two pixels a character cell, in any terminal that has colour."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_UPPER_HALF = "▀"


def fitted_size(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """Cells (columns, rows) that a picture of ``width`` x ``height`` fills within a box, its proportions kept.

    A cell is taken to be twice as high as wide, so a half block is a square.
    """
    if width <= 0 or height <= 0 or columns <= 0 or rows <= 0:
        return 0, 0
    scale = min(columns / width, 2 * rows / height)
    return max(1, min(columns, round(width * scale))), max(1, min(rows, round(height * scale / 2)))


def half_blocks(picture: Image.Image, columns: int, rows: int) -> list[Strip]:
    """An RGB picture fitted into ``columns`` x ``rows`` cells and centred: ``rows`` strips of ``columns`` cells."""
    wide, high = fitted_size(*picture.size, columns, rows)
    if not wide:
        return [Strip.blank(columns) for _ in range(rows)]
    small = picture.resize((wide, high * 2), Image.Resampling.BOX, reducing_gap=3.0)
    pixels = small.tobytes()
    left, above = (columns - wide) // 2, (rows - high) // 2
    blank = Strip.blank(columns)
    lines = [_line(pixels, wide, row, left, columns) for row in range(high)]
    return [blank] * above + lines + [blank] * (rows - high - above)


def _line(pixels: bytes, wide: int, row: int, left: int, columns: int) -> Strip:
    """One row of cells; neighbours of equal colours become one segment."""
    stride = wide * 3
    upper, lower = 2 * row * stride, (2 * row + 1) * stride
    segments = [Segment(" " * left)] if left else []
    run, previous = 0, b""
    for column in range(0, stride, 3):
        colours = pixels[upper + column : upper + column + 3] + pixels[lower + column : lower + column + 3]
        if colours != previous and run:
            segments.append(Segment(_UPPER_HALF * run, _style(previous)))
            run = 0
        previous = colours
        run += 1
    segments.append(Segment(_UPPER_HALF * run, _style(previous)))
    right = columns - left - wide
    if right:
        segments.append(Segment(" " * right))
    return Strip(segments, columns)


@lru_cache(maxsize=65_536)
def _style(colours: bytes) -> Style:
    """Six bytes: RGB of the upper half, RGB of the lower."""
    return Style.from_color(Color.from_rgb(*colours[:3]), Color.from_rgb(*colours[3:]))
