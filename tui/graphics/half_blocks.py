"""A picture as half blocks: two pixels a character cell, in any terminal that has colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from tui.graphics.cell_strips import CellLines
from tui.graphics.terminal import USUAL_CELL, CellSize

if TYPE_CHECKING:
    from tui.graphics.palette import Palette

_UPPER_HALF = "▀"


def fitted_size(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """Cells (columns, rows) that a picture of ``width`` x ``height`` fills within a box, its proportions kept.

    A cell is taken to be twice as high as wide, so a half block is a square.
    """
    if width <= 0 or height <= 0 or columns <= 0 or rows <= 0:
        return 0, 0
    scale = min(columns / width, 2 * rows / height)
    return max(1, min(columns, round(width * scale))), max(1, min(rows, round(height * scale / 2)))


def fitted(size: tuple[int, int], columns: int, rows: int, cell: CellSize) -> tuple[int, int]:
    """As :func:`fitted_size`, with the real proportions of a cell."""
    return fitted_size(size[0] * cell.height, size[1] * 2 * cell.width, columns, rows)


def half_blocks(
    picture: Image.Image, columns: int, rows: int, cell: CellSize = USUAL_CELL, palette: Palette | None = None
) -> CellLines:
    """An RGB picture fitted into ``columns`` x ``rows`` cells and centred.

    Args:
        palette: the colours that may be used; None for all.
    """
    wide, high = fitted(picture.size, columns, rows, cell)
    if not wide:
        return CellLines((), columns, rows)
    small = picture.resize((wide, high * 2), Image.Resampling.BOX, reducing_gap=3.0)
    pixels, stride = _in_palette(small, palette) if palette else small.tobytes(), wide * 3
    lines = [
        _cell_colours(pixels[start : start + stride], pixels[start + stride : start + 2 * stride])
        for start in range(0, len(pixels), 2 * stride)
    ]
    return CellLines([(_UPPER_HALF * wide, colours) for colours in lines], columns, rows)


def _cell_colours(upper: bytes, lower: bytes) -> bytes:
    """Six bytes a cell of RGB pixels, one row above the other."""
    mixed = bytearray(2 * len(upper))
    for channel in range(3):
        mixed[channel::6], mixed[channel + 3 :: 6] = upper[channel::3], lower[channel::3]
    return bytes(mixed)


def _in_palette(small: Image.Image, palette: Palette) -> bytes:
    import numpy as np  # only terminals of few colours need it

    from tui.graphics.palette import dithered

    pixels = np.asarray(small, np.float32)[:, :, None]
    return dithered(pixels, np.ones(pixels.shape[:3], np.float32), palette).tobytes()
