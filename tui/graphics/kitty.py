"""Pictures by the graphics protocol of kitty, with Unicode placeholders.

The terminal gets a picture once, under an id; the characters of :mod:`tui.graphics.placeholders` show it. Source:
https://sw.kovidgoyal.net/kitty/graphics-protocol/
"""

from __future__ import annotations

import io
import os
from base64 import standard_b64encode
from weakref import finalize

from PIL import Image
from textual.strip import Strip

from tui.graphics.drawing import Draw, Drawing, Transmission, centred, empty
from tui.graphics.fit import fit
from tui.graphics.image_ids import ImageIds
from tui.graphics.painted import Paint
from tui.graphics.passthrough import through_tmux
from tui.graphics.pixels import in_palette, shown_pixels
from tui.graphics.placeholders import MOST_CELLS, placeholder_rows
from tui.graphics.terminal import Terminal

_CHUNK = 4096  # the most base64 characters that the protocol allows in one sequence
# For all renderers of the process: another follows when the font changes, and the terminal stays. Programs in two panes
# of tmux share a terminal: they begin far from each other.
_IDS = ImageIds(os.getpid() * 97 % 256)
_QUIET = "q=2"  # no answers, not even errors: they would arrive as keys


class KittyPictures:
    """Draws by placeholders; each drawing has an id for itself as long as its transmission is held.

    Args:
        otherwise: draws when all ids are given out.
        ids: shared by all that draw for one terminal.
    """

    def __init__(self, terminal: Terminal, otherwise: Draw, ids: ImageIds = _IDS, paint: Paint | None = None) -> None:
        self._paint = paint
        self._cell = terminal.cell
        self._passthrough = terminal.passthrough
        self._otherwise = otherwise
        self._ids = ids

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """See :class:`tui.graphics.renderer.Renderer`."""
        return columns * self._cell.width, rows * self._cell.height

    def draw(self, picture: Image.Image, columns: int, rows: int) -> Drawing:
        """See :class:`tui.graphics.renderer.Renderer`."""
        inside = fit(*picture.size, min(columns, MOST_CELLS), min(rows, MOST_CELLS), self._cell)
        if inside is None:
            return empty(columns, rows)
        pixels = shown_pixels(picture, inside, enlarge=False)
        painted = self._paint("palette_png", pixels) if self._paint else None
        png = painted.data if painted else palette_png(pixels)
        image_id = self._ids.take()
        if image_id is None:
            return self._otherwise(picture, columns, rows)
        sequences = transmit(image_id, png, inside.columns, inside.rows)
        if self._passthrough:
            sequences = [through_tmux(sequence) for sequence in sequences]
        transmission = Transmission(image_id, "".join(sequences), 4 * pixels.width * pixels.height)
        finalize(transmission, self._ids.free, image_id).atexit = False
        lines = [Strip([row], inside.columns) for row in placeholder_rows(image_id, inside.columns, inside.rows)]
        return Drawing(centred(lines, inside.columns, inside.rows, columns, rows), transmission)


def palette_png(picture: Image.Image) -> bytes:
    """A PNG of at most 256 colours, a third of one of all colours; kitty reads no JPEG.

    Compressing harder than level 6 saves nothing.
    """
    written = io.BytesIO()
    in_palette(picture).save(written, "PNG", compress_level=6)
    return written.getvalue()


def transmit(image_id: int, png: bytes, columns: int, rows: int) -> list[str]:
    """Sequences that send a picture and make it ready to be shown in ``columns`` x ``rows`` placeholders.

    The terminal keeps the proportions and puts the picture in the middle of the cells.
    """
    text = standard_b64encode(png).decode("ascii")
    chunks = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
    first = f"a=T,t=d,f=100,U=1,i={image_id},c={columns},r={rows},{_QUIET}"
    return [
        f"\x1b_G{_QUIET if at else first},m={int(at < len(chunks) - 1)};{chunk}\x1b\\"
        for at, chunk in enumerate(chunks)
    ]


def free(image_id: int) -> str:
    """The sequence that frees a picture and all that shows it: ``d=i`` would keep its data, ``d`` without ``i`` would
    take what other programs drew."""
    return f"\x1b_Ga=d,d=I,i={image_id},{_QUIET}\x1b\\"
