"""A picture as block characters: the two colours of each cell, and the shape of each, are those nearest to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tui.graphics.cell_strips import CellLines
from tui.graphics.drawing import Drawing
from tui.graphics.half_blocks import fitted
from tui.graphics.mosaics import SPACE, Mosaic, mosaics
from tui.graphics.painted import Options, Paint, Painted
from tui.graphics.palette import Palette, dithered, palette
from tui.graphics.terminal import USUAL_CELL, CellSize, Glyphs

_AT_ONCE = 4096  # cells: 6 MB of octants


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells in reading order.

    Attributes:
        characters: one each; a space where both colours are the same.
        share: float32, cells: of each cell that the foreground fills, 0 to below 1.
        colours: float32, cells x 2 x 3: foreground and background, RGB of 0 to 255.
    """

    characters: NDArray[np.str_]
    share: NDArray[np.float32]
    colours: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Symbols:
    """Two colours a cell, and the shape of each one of many."""

    glyphs: Glyphs = Glyphs.QUADRANTS
    cell: CellSize = USUAL_CELL
    palette: Palette | None = None
    paint: Paint | None = None

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        return 8 * columns, 8 * rows  # the finest parts are eighths

    def draw(self, picture: Image.Image, columns: int, rows: int) -> Drawing:
        lines = self._elsewhere(picture, columns, rows) if self.paint else None
        lines = lines or symbols(picture, columns, rows, self.glyphs, self.cell, self.palette)
        lines.prepare()
        return Drawing(lines)

    def _elsewhere(self, picture: Image.Image, columns: int, rows: int) -> CellLines | None:
        options: dict[str, int | str] = {
            "columns": columns,
            "rows": rows,
            "glyphs": self.glyphs.name,
            "cell width": self.cell.width,
            "cell height": self.cell.height,
            "colours": 2**24 if self.palette is None else 16 if len(self.palette.colours) <= 16 else 256,
        }
        painted = self.paint("symbols", picture, options) if self.paint else None
        return _lines_of(painted, columns, rows) if painted else None


def painted_symbols(picture: Image.Image, options: Options) -> Painted:
    """As :func:`symbols`, for another process."""
    columns, rows = int(options["columns"]), int(options["rows"])
    cell = CellSize(int(options["cell width"]), int(options["cell height"]))
    own = palette(int(options["colours"]))
    lines = symbols(picture, columns, rows, Glyphs[str(options["glyphs"])], cell, own).lines
    return Painted(b"".join(colours for _, colours in lines), tuple(text for text, _ in lines))


def _lines_of(painted: Painted, columns: int, rows: int) -> CellLines:
    wide = len(painted.data) // max(1, len(painted.texts))
    colours = [painted.data[start : start + wide] for start in range(0, len(painted.data), wide or 1)]
    return CellLines(list(zip(painted.texts, colours, strict=True)), columns, rows)


def symbols(
    picture: Image.Image, columns: int, rows: int, glyphs: Glyphs, cell: CellSize, palette: Palette | None = None
) -> CellLines:
    """An RGB picture fitted into ``columns`` x ``rows`` cells and centred.

    Args:
        palette: the colours that may be used; None for all.
    """
    wide, high = fitted(picture.size, columns, rows, cell)
    if not wide:
        return CellLines((), columns, rows)
    cells = nearest_cells(picture, wide, high, mosaics(glyphs))
    if palette is None:
        colours = np.rint(cells.colours).astype(np.uint8)
    else:
        shares = np.stack([cells.share, 1 - cells.share], 1).reshape(high, wide, 2)
        colours = dithered(cells.colours.reshape(high, wide, 2, 3), shares, palette).reshape(-1, 2, 3)
    plain = (colours[:, 0] == colours[:, 1]).all(1)
    text = "".join(np.where(plain, SPACE, cells.characters))
    lines = colours.reshape(high, -1)
    return CellLines(
        [(text[row * wide : (row + 1) * wide], lines[row].tobytes()) for row in range(high)], columns, rows
    )


def nearest_cells(picture: Image.Image, wide: int, high: int, ways: tuple[Mosaic, ...]) -> Cells:
    """Of all patterns, for each cell that with the least squared error over its area.

    The best colour of a shape is the mean of what it covers. Then the error is the variance within the cell less the
    variance of the two means, so the best pattern is that with the largest variance of its means. The means of the
    parts suffice for this: more pixels a part would change nothing.
    """
    parts = [_parts(picture, wide, high, mosaic) for mosaic in ways]
    pieces = [
        _nearest([part[:, :, start : start + _AT_ONCE] for part in parts], ways)
        for start in range(0, wide * high, _AT_ONCE)
    ]
    return Cells(
        np.concatenate([piece.characters for piece in pieces]),
        np.concatenate([piece.share for piece in pieces]),
        np.concatenate([piece.colours for piece in pieces]),
    )


def _parts(picture: Image.Image, wide: int, high: int, mosaic: Mosaic) -> NDArray[np.float32]:
    """Means of the parts of every cell: RGB x parts x cells."""
    small = picture.resize((wide * mosaic.across, high * mosaic.down), Image.Resampling.BOX, reducing_gap=3.0)
    pixels = np.asarray(small, np.float32).reshape(high, mosaic.down, wide, mosaic.across, 3)
    return np.ascontiguousarray(pixels.transpose(4, 1, 3, 0, 2)).reshape(3, mosaic.down * mosaic.across, high * wide)


def _nearest(parts: list[NDArray[np.float32]], ways: tuple[Mosaic, ...]) -> Cells:
    """The best of all patterns of all mosaics. ``parts``: of each mosaic RGB x parts x cells."""
    count = parts[0].shape[2]
    every = np.arange(count)
    best = np.full(count, -1, np.float32)
    characters = np.full(count, SPACE)
    share = np.zeros(count, np.float32)
    colours = np.zeros((count, 2, 3), np.float32)
    for part, mosaic in zip(parts, ways, strict=True):
        mean = part.mean(1, keepdims=True)
        filled = mosaic.patterns.mean(1, dtype=np.float32)
        # Of each pattern the foreground's share, times how far its mean is from that of the cell.
        moved = (mosaic.patterns.astype(np.float32) / mosaic.patterns.shape[1]) @ (part - mean)
        with np.errstate(divide="ignore"):
            weight = np.where(filled > 0, 1 / filled + 1 / (1 - filled), 0).astype(np.float32)
        varies = (moved[0] ** 2 + moved[1] ** 2 + moved[2] ** 2) * weight[:, None]
        pattern = varies.argmax(0)
        better = varies[pattern, every] > best
        of_cell, moved_by, centre = filled[pattern], moved[:, pattern, every], mean[:, 0]
        foreground = centre + moved_by / np.maximum(of_cell, 1e-3)
        background = centre - moved_by / (1 - of_cell)
        best = np.where(better, varies[pattern, every], best)
        characters = np.where(better, np.array(list(mosaic.characters))[pattern], characters)
        share = np.where(better, of_cell, share)
        colours = np.where(better[:, None, None], np.stack([foreground, background], 1).T, colours)
    return Cells(characters, share, colours.clip(0, 255))
