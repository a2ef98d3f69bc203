"""The lines of a grid: a picture on a card, which is tinted at the cursor; its caption below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from core.text import printable
from tui.graphics.drawing import Drawing
from tui.widgets.cells import fit
from tui.widgets.picture_source import Item

CARD = "grid--card"  # a background, the others are colours of text
STYLES = {CARD, "grid--caption", "grid--cursor", "grid--marks", "grid--problem"}


@dataclass(frozen=True)
class GridCell:
    """A picture of the grid as it is to be shown.

    Attributes:
        item: its facts; None until they are there.
        drawing: of it, or why there is none; None until it is there.
        columns, rows: of the cell, with its edges, caption and the empty row below it.
        at_cursor: whether the cursor stands on it.
        focused: whether the keys are for the grid.
        selected: whether it is in the selection.
        style: gives one of ``STYLES``.
        picture_line: gives a line of the drawing as it is to be shown now.
        caption: shortens a name to a number of cells, so that it differs from the others in the grid.
    """

    item: Item | None
    drawing: Drawing | str | None
    columns: int
    rows: int
    at_cursor: bool
    focused: bool
    selected: bool
    style: Callable[[str], Style]
    picture_line: Callable[[Drawing, int], Strip]
    caption: Callable[[str, int], str]

    def line(self, number: int) -> Strip:
        """One of its lines, from above."""
        if number == self.rows - 1:
            return Strip([Segment(" " * self.columns, self.style("grid--marks"))], self.columns)
        if number == self.rows - 2:
            return self._caption()
        edge = Segment(" ", self.style("grid--marks"))
        line = Strip([edge, *self._picture(number), edge], self.columns)
        return line.apply_style(self.style(CARD)) if self.at_cursor else line

    def _caption(self) -> Strip:
        mark = "✓" if self.selected else ""
        text, width = self._facts(mark), self.columns - 2
        style = self.style("grid--cursor" if self.at_cursor else "grid--caption")
        style += Style(bold=bool(mark) or self.at_cursor, reverse=self.at_cursor and self.focused)
        left, right = ("▌", "▐") if self.at_cursor else (" ", " ")
        return Strip([Segment(left + fit(text, width) + right, style)], self.columns)

    def _facts(self, mark: str) -> str:
        """Empty until there are any: the cursor is shown at once."""
        if self.item is None:
            return ""
        stack = f"{self.item.mark} " if self.item.mark else ""
        score = f"{self.item.score:.2f} " if self.item.score is not None else ""
        before = mark + stack + score
        return before + self.caption(printable(self.item.picture.name), max(1, self.columns - 2 - cell_len(before)))

    def _picture(self, line: int) -> Strip:
        columns, middle = self.columns - 2, line == (self.rows - 2) // 2
        if self.drawing is None:
            return Strip([Segment(("·" if middle else "").center(columns), self.style("grid--marks"))])
        if isinstance(self.drawing, str):
            text = "cannot be read" if middle else ""
            return Strip([Segment(text.center(columns)[:columns], self.style("grid--problem"))])
        return self.picture_line(self.drawing, line)
