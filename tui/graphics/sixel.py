"""Pictures as sixels: pixels that the terminal draws over the cells, and forgets when a cell is written.

Source: https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

import re

from PIL import Image

from tui.graphics.drawing import Draw, Drawing, empty
from tui.graphics.fit import fit
from tui.graphics.overlays import PixelsOverCharacters
from tui.graphics.painted import Paint
from tui.graphics.pixels import in_palette, shown_pixels
from tui.graphics.terminal import Quirk, Terminal
from tui.graphics.upstream import image_to_sixels

_XTERM_MOST = 1000  # pixels in either direction: xterm draws nothing of a larger picture (its ``maxGraphicSize``)
_BAND = 6  # pixels: the height of a sixel
_DEFINITION = re.compile(r"(#\d+);2;\d+;\d+;\d+")  # which also chooses the colour for what follows
_CHOSEN_IN_VAIN = re.compile(r"(?:#\d+)+(?=#)")
_WHOLE = re.compile(r'\x1bP[\d;]*q("1;1;\d+;\d+)(.*?)-*\x1b\\', re.DOTALL)

_BEGUN = re.compile(r'(\x1bP[\d;]*q"1;1;)(\d+);(\d+)')


class SixelPictures(PixelsOverCharacters):
    """Draws sixels over characters."""

    def __init__(self, terminal: Terminal, beneath: Draw, paint: Paint | None = None) -> None:
        super().__init__(terminal, beneath)
        self._paint = paint
        self._most = _XTERM_MOST if Quirk.SMALL_SIXELS in terminal.quirks else None
        self._keeps_covered = Quirk.KEEPS_COVERED in terminal.quirks

    def draw(self, picture: Image.Image, columns: int, rows: int) -> Drawing:
        """See :class:`tui.graphics.renderer.Renderer`."""
        # In whole bands: some terminals draw the rest of the last one, below the box.
        wide, high = columns, rows
        if self._most is not None:
            wide, high = min(wide, self._most // self._cell.width), min(high, self._most // self._cell.height)
        if self._keeps_covered and wide > 1:
            wide -= 1  # the column that is erased afterwards is in the box
        inside = fit(*picture.size, wide, high, self._cell, step=_BAND)
        if inside is None:
            return empty(columns, rows)
        pixels_shown = shown_pixels(picture, inside, enlarge=True)
        painted = self._paint("sixels", pixels_shown) if self._paint else None
        whole = painted.data.decode("ascii") if painted else sixels(pixels_shown)
        clear_right = self._keeps_covered and inside.columns < columns

        def pixels(shown: int) -> str:
            return whole if shown == inside.rows else first_bands(whole, shown * self._cell.height)

        return self._drawing(picture, inside, pixels, columns, rows, clear_right=clear_right)


def sixels(picture: Image.Image) -> str:
    """An RGB picture as one sixel sequence, of at most 256 colours. Half of them would save a ninth of the bytes."""
    return palette_first(image_to_sixels(in_palette(picture)))


def first_bands(sequence: str, pixels: int) -> str:
    """Of a sequence of :func:`sixels` the bands that are whole within so many pixels from the top; may be none."""
    bands = pixels // _BAND
    begun = _BEGUN.match(sequence)
    if begun is None or not bands:
        return ""
    head, width, height = begun.groups()
    shown = sequence[begun.end() :].removesuffix("\x1b\\").split("-")[:bands]  # all colours are before the first band
    return f"{head}{width};{min(int(height), bands * _BAND)}{'-'.join(shown)}\x1b\\"


def palette_first(sequence: str) -> str:
    """A sixel sequence that draws the same, with three differences in form.

    - All colours are defined before the first pixel: xterm 379 draws other colours if one is defined later.
    - What is not drawn stays as it is (the second parameter), instead of getting some background colour.
    - No new line follows the last band: xterm puts the cursor below it, and scrolls if there is no such row.
    """
    parts = _WHOLE.fullmatch(sequence)
    if parts is None:
        raise ValueError("textual-image gave something that is no sixel sequence with square pixels")
    size, body = parts.groups()
    palette = "".join(sorted(definition[0] for definition in _DEFINITION.finditer(body)))
    pixels = _CHOSEN_IN_VAIN.sub("", _DEFINITION.sub(r"\1", body))
    return f"\x1bP0;1;0q{size}{palette}{pixels}\x1b\\"
