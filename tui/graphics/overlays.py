"""Drawings of characters with pixels over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from tui.graphics.drawing import Draw, Drawing, Overlay, centred, place
from tui.graphics.fit import Fit
from tui.graphics.passthrough import through_tmux
from tui.graphics.terminal import CellSize, Terminal


class PixelsOverCharacters:
    """What the ways have in common that draw pixels over characters.

    Args:
        beneath: draws the characters, which are shown while something moves.
    """

    def __init__(self, terminal: Terminal, beneath: Draw) -> None:
        self._cell = terminal.cell
        self._passthrough = terminal.passthrough
        self._beneath = beneath

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """See :class:`tui.graphics.renderer.Renderer`."""
        return columns * self._cell.width, rows * self._cell.height

    def _drawing(
        self,
        picture: Image.Image,
        inside: Fit,
        pixels: Callable[[int], str],
        columns: int,
        rows: int,
        *,
        clear_right: bool = False,
    ) -> Drawing:
        """See :func:`with_overlay`; ``pixels`` is wrapped for tmux where that is needed."""

        def wrapped(shown: int) -> str:
            sequence = pixels(shown)
            return through_tmux(sequence) if self._passthrough and sequence else sequence

        return with_overlay(picture, inside, self._cell, wrapped, self._beneath, columns, rows, clear_right=clear_right)


def with_overlay(
    picture: Image.Image,
    inside: Fit,
    cell: CellSize,
    pixels: Callable[[int], str],
    beneath: Draw,
    columns: int,
    rows: int,
    *,
    clear_right: bool = False,
) -> Drawing:
    """Characters in the middle of the box, and pixels over just these cells.

    The picture is as high and wide as fits; the part of a cell that it leaves free at the right and at the bottom
    has the background colour, for the characters are erased before.

    Args:
        pixels: the escape sequence that draws so many rows of cells from the top.
        clear_right: whether the column at the right of the pixels must be erased after they were drawn.
    """
    wide, high = inside.columns, inside.rows
    # As small as block characters show, in the proportions of these cells: so they are filled, and not left.
    size = 8 * wide, max(1, round(8 * high * cell.height / cell.width))
    lines = beneath(picture.resize(size, Image.Resampling.BOX, reducing_gap=3.0), wide, high).lines

    def erased_and_drawn(shown: int) -> str:
        return erase(wide, shown) + pixels(shown)

    overlay = Overlay(
        *place(wide, high, columns, rows),
        wide,
        high,
        erased_and_drawn(high),
        erased_and_drawn,
        f"\x1b[{wide}C" + erase(1, high) if clear_right else "",
    )
    return Drawing(centred(lines, wide, high, columns, rows), overlay=overlay)


def in_place(drawing: Drawing) -> Drawing:
    """The drawing, which may follow another one of the same size in the same place without anything in between."""
    overlay = drawing.overlay
    if overlay is None:
        return drawing
    pixels = overlay.data.removeprefix(erase(overlay.columns, overlay.rows))
    return replace(drawing, overlay=replace(overlay, in_place=pixels))


def erase(columns: int, rows: int) -> str:
    """Erase cells from the cursor to the right and down, and come back."""
    erased = f"\x1b[{columns}X"
    back = f"\x1b[{rows - 1}A" if rows > 1 else ""
    return erased + ("\x1b[B" + erased) * (rows - 1) + back


FREE_ALL = "\x1b_Ga=d,d=A,q=2\x1b\\"
"""Frees the pixels that a terminal keeps beneath characters (:attr:`tui.graphics.terminal.Quirk.KEEPS_COVERED`)."""


def free_at(column: int, row: int) -> str:
    """The sequence that frees pixels which such a terminal keeps at a cell, counted from 0: also sixels."""
    return f"\x1b_Ga=d,d=P,x={column + 1},y={row + 1},q=2\x1b\\"
