"""The pictures that are judged: which model found them is not said, nor how they are called."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.strip import Strip

from tui.widgets.cells import fit
from tui.widgets.grid_layout import SMALL, GridLayout
from tui.widgets.image_grid import ImageGrid


@lru_cache(64)  # asked for at every line that is drawn
def largest(usual: GridLayout) -> GridLayout:
    """As few pictures in a row as leave all in the window; as usual where not even those are."""
    if usual.in_row:
        return usual
    for in_row in range(1, usual.columns):
        layout = replace(usual, in_row=in_row)
        if -(-usual.count // in_row) * layout.cell[1] <= usual.height:
            return layout
    return usual


class JudgeGrid(ImageGrid):
    """A grid whose selection are the good answers."""

    BINDINGS = [
        Binding("space", "select", "Relevant", key_display="space", tooltip="a good answer, or not"),
        Binding(
            "enter",
            "screen.judge",
            "Judge all",
            key_display="enter",
            tooltip="judge all: what is not marked is no answer",
        ),
        Binding("o", "open", "Show large", show=False),
    ]

    usual = SMALL  # most questions fit a small terminal

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._seen = 0  # pictures of the list that were in the window
        self._seen_of: object = None  # the list

    @property
    def unseen(self) -> int:
        """Pictures below the window that never were in it."""
        if self._seen_of is not self.source:
            self._seen, self._seen_of = 0, self.source
        geometry = self.geometry
        rows = (self.top + geometry.height) // geometry.cell[1]
        self._seen = max(self._seen, rows * geometry.columns)
        return max(0, self.count - self._seen)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """What comes into the window is seen."""
        super().watch_scroll_y(old_value, new_value)
        _ = self.unseen

    @property
    def geometry(self) -> GridLayout:
        """The largest pictures of which all are in sight, unless the person has chosen how many are in a row."""
        return largest(super().geometry)

    def cell_line(self, position: int, geometry: GridLayout, line: int) -> Strip:
        """A line of a cell; below a marked picture stands what it is marked as."""
        item, (wide, high) = self.item_at(position), geometry.cell
        if line != high - 2 or item is None or not self.is_selected(item):
            return super().cell_line(position, geometry, line)
        here = position == self.cursor
        style = self.get_component_rich_style("grid--cursor", partial=True)
        style += Style(bold=True, reverse=here and self.has_focus)
        left, right = ("▌", "▐") if here else (" ", " ")
        return Strip([Segment(left + fit("✓ relevant", wide - 2) + right, style)], wide)

    def _caption(self, name: str, width: int) -> str:
        """A file name may give the answer away."""
        return ""
