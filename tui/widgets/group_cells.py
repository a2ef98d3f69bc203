"""The lines of a wall of groups: typical pictures between two marks that show the cursor, name and number below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from core.text import count, printable
from tui.graphics.drawing import Drawing
from tui.widgets.cells import fit, shorten_right
from tui.widgets.cover import Place

BELOW = 3  # rows: name, number of pictures, an empty one
STYLES = {"wall--name", "wall--count", "wall--cursor", "wall--marks", "wall--problem"}


@dataclass(frozen=True)
class Part:
    """A picture of the cover: where it is, and its drawing, why there is none, or None until it is there."""

    place: Place
    drawing: Drawing | str | None


@dataclass(frozen=True)
class GroupCell:
    """A group as it is to be shown.

    Attributes:
        name: of the group.
        pictures: number of pictures.
        is_rest: whether these are the pictures that no group has.
        parts: of its cover, from left to right.
        words: stand in the middle of the cover instead where the terminal shows no pictures.
        columns, rows: of the cell, with marks and what is below.
        at_cursor: whether the cursor stands on it.
        focused: whether the keys are for the wall.
        selected: whether it is in the selection.
        style: gives one of ``STYLES``.
        picture_line: gives a line of a drawing at a place of the cover as it is to be shown now.
        caption: shortens a name to a number of cells, so that it differs from the others on the wall.
    """

    name: str
    pictures: int
    is_rest: bool
    parts: Sequence[Part]
    words: str
    columns: int
    rows: int
    at_cursor: bool
    focused: bool
    selected: bool
    style: Callable[[str], Style]
    picture_line: Callable[[Drawing, Place, int], Strip]
    caption: Callable[[str, int], str]

    def line(self, number: int) -> Strip:
        """One of its lines, from above."""
        if number == self.rows - 1:
            return Strip([Segment(" " * self.columns, self.style("wall--marks"))], self.columns)
        left, right = ("▌", "▐") if self.at_cursor else (" ", " ")
        marks = self.style("wall--cursor" if self.at_cursor else "wall--marks")
        return Strip([Segment(left, marks), *self._inner(number), Segment(right, marks)], self.columns)

    def _inner(self, number: int) -> Strip:
        width, below = self.columns - 2, number - (self.rows - BELOW)
        if below < 0:
            return self._cover(number)
        if below == 0:
            mark = "✓ " if self.selected else ""
            text = mark + self.caption(printable(self.name), max(1, width - cell_len(mark)))
            style = self.style("wall--cursor" if self.at_cursor else "wall--name")
            style += Style(bold=not self.is_rest or self.at_cursor, italic=self.is_rest)
            style += Style(reverse=self.at_cursor and self.focused)
        else:
            text = count(self.pictures, "picture")
            style = self.style("wall--cursor" if self.at_cursor else "wall--count")
        return Strip([Segment(fit(text, width), style)], width)

    def _cover(self, number: int) -> Strip:
        width = self.columns - 2
        if self.words:
            text = self.words if number == (self.rows - BELOW) // 2 else ""
            return Strip([Segment(fit(shorten_right(text, width), width), self.style("wall--count"))], width)
        marks, segments, at = self.style("wall--marks"), list[Segment](), 0
        for part in self.parts:
            place = part.place
            if place.row <= number < place.row + place.rows:
                segments += [Segment(" " * (place.column - at), marks), *self._part(part, number - place.row)]
                at = place.column + place.columns
        return Strip([*segments, Segment(" " * (width - at), marks)], width)

    def _part(self, part: Part, line: int) -> Strip:
        columns, middle = part.place.columns, line == part.place.rows // 2
        if part.drawing is None:
            return Strip([Segment(("·" if middle else "").center(columns), self.style("wall--marks"))])
        if isinstance(part.drawing, str):
            text = "cannot be read" if middle else ""
            return Strip([Segment(text.center(columns)[:columns], self.style("wall--problem"))])
        return self.picture_line(part.drawing, part.place, line)
