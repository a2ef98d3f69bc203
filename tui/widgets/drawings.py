"""Pictures drawn in cells of the terminal: drawn in threads, each once, and kept while they may be seen again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from core.errors import UnreadablePicture
from tui.host import host_of

if TYPE_CHECKING:  # the first paint has no pictures yet
    from PIL import Image
    from textual.widget import Widget

    from core.images.thumbnails import Thumbnails
    from tui.graphics.drawing import Drawing
    from tui.graphics.renderer import Renderer
    from tui.host import PictureHost, ShowsPictures

_KEPT_CELLS = 48_000  # of drawn pictures, 0.5 KB each: four screens of 200 x 60
_LEAST_SHOWN = 0.65  # of a side that is cut: less, and nobody can tell what the picture shows
MOST_BYTES = 32_000_000  # of one list: 90 pages of 120 x 32 cells with kitty's protocol, 40 with sixel
_CELL_BYTES = 16  # of a line made of characters; see tui.graphics.cell_strips
_ENLARGED = 1.4  # a thumbnail may be by this factor too small before the file is read: a grid must be quick


@dataclass(frozen=True, slots=True)
class Cell:
    """Which drawing: a picture at a size in cells.

    Attributes:
        key: of the picture.
        columns, rows: the size.
        proportions: width and height, in any unit, that the part that is drawn is to have; None for the whole picture.
    """

    key: bytes
    columns: int
    rows: int
    proportions: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        """How many character cells there are."""
        return self.columns * self.rows


class Drawings:
    """The newest drawings; the newest of all is always kept.

    Args:
        most: character cells that are kept.
        drop: is told of each that is no longer kept.
        most_bytes: that are kept: pixels take more where a cell has many of them.
    """

    kind = "drawn"

    def __init__(
        self,
        most: int,
        drop: Callable[[Drawing | str], None] = lambda drawing: None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._most = most
        self._drop = drop
        self.most_bytes = most_bytes
        self._drawn: OrderedDict[Cell, Drawing | str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._drawn)

    def __contains__(self, cell: Cell) -> bool:
        return cell in self._drawn

    def get(self, cell: Cell) -> Drawing | str | None:
        """A drawing, or why there is none; None where it is not there yet, or no more."""
        return self._drawn.get(cell)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self._drawn)

    def add(self, cell: Cell, drawing: Drawing | str, *, at_least: int = 0) -> None:
        """Keep one and drop the oldest. ``at_least``: character cells that a large terminal shows at once."""
        if (before := self._drawn.get(cell)) is not None:
            self._drop(before)
        self._drawn[cell] = drawing
        kept, held = sum(cell.count for cell in self._drawn), self.held_bytes
        while len(self._drawn) > 1 and kept > at_least and (kept > self._most or held > self.most_bytes):
            oldest, dropped = self._drawn.popitem(last=False)
            kept, held = kept - oldest.count, held - _bytes(oldest, dropped)
            self._drop(dropped)

    @property
    def held_bytes(self) -> int:
        """See :class:`tui.picture_memory.PictureCache`."""
        return sum(_bytes(cell, drawing) for cell, drawing in list(self._drawn.items()))

    def clear(self) -> None:
        """Drop all drawings."""
        for drawing in self._drawn.values():
            self._drop(drawing)
        self._drawn.clear()


def _bytes(cell: Cell, drawing: Drawing | str) -> int:
    return cell.count * _CELL_BYTES + (0 if isinstance(drawing, str) else drawing.data_bytes)


class KeepsDrawings:
    """The part of a widget that shows drawings (:class:`tui.host.ShowsPictures`) which it keeps in ``_drawn``."""

    _drawn: Drawings

    def keep_drawings(self) -> Drawings:
        """Where to keep them; what is no longer kept is freed."""
        return Drawings(_KEPT_CELLS, lambda drawing: self._pictures.drop(drawing))

    def on_mount(self) -> None:
        """Pictures are shown by the terminal, and those that are kept count."""
        self._pictures.watch(cast("ShowsPictures", self))
        self._pictures.count(self._drawn)

    def on_unmount(self) -> None:
        """Nobody sees them any more."""
        self._drawn.clear()

    @property
    def _pictures(self) -> PictureHost:
        return host_of(cast("Widget", self)).pictures


def draw(cell: Cell, path: bytes, thumbnails: Thumbnails, renderer: Renderer) -> Drawing | str:
    """Draw a picture, in a thread; or say why it cannot be read.

    Raises:
        PictoscopeError, OSError: what has nothing to do with this picture.
    """
    try:
        needed = max(renderer.pixels(cell.columns, cell.rows))
        picture = source(cell.key, path, thumbnails, needed)
        if cell.proportions is not None:
            picture = picture.crop(part_shown(picture.size, cell.proportions))
        return renderer.draw(picture, cell.columns, cell.rows)
    except UnreadablePicture as error:
        return error.message


def part_shown(size: tuple[int, int], proportions: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of a picture that fills a box, but no less than :data:`_LEAST_SHOWN` of either side.

    Args:
        size: width and height of the picture.
        proportions: width and height of the box, in any unit.

    Returns:
        Left, top, right and bottom, in pixels. What stands upright has what matters rather above its middle.
    """
    (width, height), (wide, high) = size, proportions
    across = min(width, max(1, height * wide // high, round(width * _LEAST_SHOWN)))
    down = min(height, max(1, width * high // wide, round(height * _LEAST_SHOWN)))
    left, top = (width - across) // 2, (height - down) // 4
    return left, top, left + across, top + down


def source(key: bytes, path: bytes, thumbnails: Thumbnails, needed: int) -> Image.Image:
    """A picture of about ``needed`` pixels on its longest side: the thumbnail, or the file where that is too small.

    Raises:
        UnreadablePicture: with the reason in words.
    """
    from core.images.thumbnails import SIDE

    return thumbnails.get(key, path) if needed <= _ENLARGED * SIDE else thumbnails.larger(key, path, needed)
