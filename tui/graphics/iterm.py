"""Pictures as files that the terminal decodes itself: iTerm2's inline images, also of WezTerm and VS Code.

Source: https://iterm2.com/documentation-images.html
"""

from __future__ import annotations

import io
from base64 import standard_b64encode

from PIL import Image

from tui.graphics.drawing import Draw, Drawing, empty
from tui.graphics.fit import Fit, fit
from tui.graphics.overlays import PixelsOverCharacters
from tui.graphics.pixels import shown_pixels
from tui.graphics.terminal import Quirk, Terminal

_QUALITY = 80  # of JPEG


class InlinePictures(PixelsOverCharacters):
    """Draws JPEG pictures over characters."""

    def __init__(self, terminal: Terminal, beneath: Draw) -> None:
        super().__init__(terminal, beneath)
        self._in_pixels = Quirk.INLINE_BY_WIDTH in terminal.quirks

    def draw(self, picture: Image.Image, columns: int, rows: int) -> Drawing:
        """See :class:`tui.graphics.renderer.Renderer`."""
        inside = fit(*picture.size, columns, rows, self._cell)
        if inside is None:
            return empty(columns, rows)
        whole = shown_pixels(picture, inside, enlarge=False)
        return self._drawing(picture, inside, lambda shown: self._sequence(whole, inside, shown), columns, rows)

    def _sequence(self, whole: Image.Image, inside: Fit, shown: int) -> str:
        """What shows the first rows of a picture."""
        height = min(inside.height, shown * self._cell.height)
        if height < inside.height:
            whole = whole.crop((0, 0, whole.width, max(1, round(whole.height * height / inside.height))))
        file = _jpeg(whole)
        if self._in_pixels:  # of cells that may be half a pixel narrower than the terminal says
            narrower = min(1.0, inside.columns * (self._cell.width - 0.5) / inside.width)
            wide, high = (f"{max(1, int(side * narrower))}px" for side in (inside.width, height))
            return inline(file, wide, high, keeps_proportions=False)
        return inline(file, str(inside.columns), str(shown))


def _jpeg(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()


def inline(file: bytes, width: str, height: str, *, keeps_proportions: bool = True) -> str:
    """The sequence that shows a picture file at a size. It has no name: nobody needs one.

    Args:
        file: such as a JPEG.
        width, height: in cells (``4``) or pixels (``40px``).
        keeps_proportions: whether the picture is as large as fits in there, or fills it.
    """
    size = f"width={width};height={height};preserveAspectRatio={int(keeps_proportions)}"
    keys = f"size={len(file)};inline=1;{size};doNotMoveCursor=1"
    return f"\x1b]1337;File={keys}:{standard_b64encode(file).decode('ascii')}\x07"
