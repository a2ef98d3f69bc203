"""How pictures are drawn in this terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Protocol as Interface

from PIL import Image

from tui.graphics.cell_strips import CellLines
from tui.graphics.drawing import Drawing
from tui.graphics.half_blocks import half_blocks
from tui.graphics.painted import Paint
from tui.graphics.terminal import NO_COLOURS, USUAL_CELL, CellSize, Protocol, Terminal

if TYPE_CHECKING:
    from tui.graphics.palette import Palette


class Renderer(Interface):
    """Draws pictures for one kind of terminal; called in several threads at once."""

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """Width and height in pixels of which a box of cells can show each."""

    def draw(self, picture: Image.Image, columns: int, rows: int) -> Drawing:
        """Fit an RGB picture of any size into a box of ``columns`` x ``rows`` cells, centred."""


@dataclass(frozen=True, slots=True)
class HalfBlocks:
    """Two pixels a cell, one above the other."""

    cell: CellSize = USUAL_CELL
    palette: Palette | None = None

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        return columns, 2 * rows

    def draw(self, picture: Image.Image, columns: int, rows: int) -> Drawing:
        return Drawing(half_blocks(picture, columns, rows, self.cell, self.palette))


@dataclass(frozen=True, slots=True)
class Blank:
    """Empty lines: what is there is said in words."""

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        return 1, 1

    def draw(self, picture: Image.Image, columns: int, rows: int) -> Drawing:
        return Drawing(CellLines((), columns, rows))


def renderer_for(terminal: Terminal, paint: Paint | None = None) -> Renderer:
    """The renderer of a terminal's protocol. What it needs is imported only for it: most of it takes NumPy along.

    Args:
        paint: what takes long elsewhere.
    """
    match terminal.protocol:
        case Protocol.KITTY:
            from tui.graphics.kitty import KittyPictures

            return KittyPictures(terminal, otherwise=characters_for(terminal, paint).draw, paint=paint)
        case Protocol.SIXEL:
            from tui.graphics.sixel import SixelPictures

            return SixelPictures(terminal, beneath=characters_for(terminal, paint).draw, paint=paint)
        case Protocol.ITERM:
            from tui.graphics.iterm import InlinePictures

            return InlinePictures(terminal, beneath=characters_for(terminal, paint).draw)
        case Protocol.NONE:
            return Blank()
        case _:
            return characters_for(terminal, paint)


def characters_for(terminal: Terminal, paint: Paint | None = None) -> Renderer:
    """Pictures made of characters, also beneath pixels: half blocks only where these are asked for."""
    if terminal.colours == NO_COLOURS:
        return Blank()
    colours = None
    if terminal.colours < 2**24:
        from tui.graphics.palette import palette

        colours = palette(terminal.colours)
    if terminal.protocol is Protocol.HALF:
        return HalfBlocks(terminal.cell, colours)
    from tui.graphics.symbols import Symbols

    return Symbols(terminal.glyphs, terminal.cell, colours, paint)
