"""A picture as it is sent to the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

if TYPE_CHECKING:  # the first paint has no pictures yet
    from PIL import Image


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Transmission:
    """A picture that the terminal keeps, and that the drawing's characters refer to by its id.

    Its id is its own as long as anybody holds the transmission, and is given out again when nobody does.

    Attributes:
        image_id: the terminal's name for it; see :mod:`tui.graphics.image_ids`.
        data: escape sequences that send it, already wrapped for tmux where that is needed.
        decoded_bytes: what it takes in the terminal's memory.
    """

    image_id: int
    data: str
    decoded_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Overlay:
    """Pixels that are drawn over the drawing's characters once the screen stands still.

    They must end above the last row of the screen: xterm scrolls after sixels that end there.

    Attributes:
        column, row: where they begin within the drawing, in cells.
        columns, rows: the cells that they cover.
        data: escape sequences that draw them at the cursor, and elsewhere within these cells the background colour
            that is set; they may leave the cursor anywhere.
        first_rows: gives the data of so many rows from the top, for a drawing that is cut; None where that cannot be.
        afterwards: escape sequences that follow, with the cursor again at the beginning of the cells.
        in_place: draws all of them over others of the same size that have it too, at once and without erasing them: two
            pictures shown in turns have nothing in between. Empty: characters are shown first.
    """

    column: int
    row: int
    columns: int
    rows: int
    data: str
    first_rows: Callable[[int], str] | None = None
    afterwards: str = ""
    in_place: str = ""

    def shown(self, rows: int) -> str | None:
        """What draws the first ``rows`` rows; None if they cannot be had alone."""
        if rows == self.rows:
            return self.data
        return self.first_rows(rows) if self.first_rows is not None and 0 < rows < self.rows else None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture drawn in a box of character cells.

    Attributes:
        lines: one strip a row, each as wide as the box.
        transmission: must have been sent before the lines are shown (kitty).
        overlay: is drawn over the lines (sixel, iTerm2).
    """

    lines: Sequence[Strip]
    transmission: Transmission | None = None
    overlay: Overlay | None = None

    @property
    def data_bytes(self) -> int:
        """What its data takes: escape sequences have one byte a character."""
        return sum(len(part.data) for part in (self.transmission, self.overlay) if part is not None)


Draw = Callable[["Image.Image", int, int], Drawing]
"""Fits an RGB picture into a box of columns and rows of cells."""


def empty(columns: int, rows: int) -> Drawing:
    """A drawing of spaces only."""
    return Drawing((Strip.blank(columns),) * rows)


def centred(lines: Iterable[Strip], wide: int, high: int, columns: int, rows: int) -> tuple[Strip, ...]:
    """``high`` lines of ``wide`` cells in the middle of a box; :func:`place` says where."""
    left, above = place(wide, high, columns, rows)
    blank = Strip.blank(columns)
    before, after = Segment(" " * left), Segment(" " * (columns - left - wide))
    inside = (Strip([segment for segment in (before, *line, after) if segment.text], columns) for line in lines)
    return (*[blank] * above, *inside, *[blank] * (rows - high - above))


def place(wide: int, high: int, columns: int, rows: int) -> tuple[int, int]:
    """Column and row at which the middle of a box begins."""
    return (columns - wide) // 2, (rows - high) // 2
