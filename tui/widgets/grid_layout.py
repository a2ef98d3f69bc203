"""Where the pictures of a grid are: rows of cells that fill the window."""

from __future__ import annotations

from dataclasses import dataclass

from textual.geometry import Region

from tui.graphics.terminal import CellSize

USUAL, SMALL = 17, 13  # columns of a cell, where nobody chose how many are in a row
_LEAST = 4  # columns of a picture in a window that has room for less than one
_USUAL_CHARACTER = CellSize()


@dataclass(frozen=True)
class GridLayout:
    """The cells of a grid. A page of them fills the window: the grid scrolls by whole rows.

    Attributes:
        count: pictures.
        width, height: of the window, in columns and rows of the terminal.
        in_row: pictures in a row; 0: as many as have room with ``usual`` columns each.
        usual: columns of a cell.
        character: size of a character cell.
        height_to_width: about that of the box of a picture.
        below: rows below it: its caption, and an empty one, so that each caption belongs to the picture above it.
    """

    count: int
    width: int
    height: int
    in_row: int = 0
    usual: int = USUAL
    character: CellSize = _USUAL_CHARACTER
    height_to_width: float = 1.0
    below: int = 2

    @property
    def columns(self) -> int:
        """How many pictures stand in a row."""
        return max(1, min(self.in_row or self.width // self.usual, self.width // (_LEAST + 2)))

    @property
    def cell(self) -> tuple[int, int]:
        """Columns and rows of a cell; what is left over of the window is shared out."""
        wide = max(_LEAST, self.width // self.columns)
        across = (wide - 2) * self.character.width / self.character.height
        box = max(1, int(across * self.height_to_width)) + self.below
        return wide, max(self.below + 1, self.height // max(1, round(self.height / box)))

    @property
    def picture(self) -> tuple[int, int]:
        """Columns and rows of the box that a picture is drawn in."""
        wide, high = self.cell
        return wide - 2, high - self.below

    @property
    def rows(self) -> int:
        """Whole rows of pictures in the window, at least one."""
        return max(1, self.height // self.cell[1])

    @property
    def total_height(self) -> int:
        """Of all rows. If there is more than a page, the last one begins with a whole row too."""
        rows, high = -(-self.count // self.columns), self.cell[1]
        return rows * high + (max(0, self.height - self.rows * high) if rows > self.rows else 0)

    @property
    def page(self) -> int:
        """Pictures of a screenful, at least a row."""
        return self.rows * self.columns

    def region(self, position: int) -> Region:
        """Where a picture is, from the beginning of the list."""
        wide, high = self.cell
        row, column = divmod(position, self.columns)
        return Region(column * wide, row * high, wide, high)

    def top(self, position: int, top: int) -> int:
        """The row of the terminal at which the window must begin to show a picture; ``top`` if it is shown there."""
        high = self.cell[1]
        row, first = position // self.columns, top // high
        return high * max(min(first, row), row - self.rows + 1)

    def visible(self, top: int) -> range:
        """The pictures in the window when it begins at this row of the terminal."""
        high = self.cell[1]
        first = top // high * self.columns
        last = -(-(top + self.height) // high) * self.columns
        return range(max(0, first), min(self.count, last))

    def ahead(self, visible: range, *, up: bool) -> range:
        """The page after these pictures, or before them."""
        if up:
            return range(max(0, visible.start - self.page), visible.start)
        return range(visible.stop, min(self.count, visible.stop + self.page))

    def at(self, x: int, y: int) -> int | None:
        """The picture there, counted from the beginning of the list; None beside them."""
        wide, high = self.cell
        column = x // wide
        position = y // high * self.columns + column
        return position if column < self.columns and position < self.count else None
