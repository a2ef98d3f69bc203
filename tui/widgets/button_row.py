"""Buttons side by side."""

from __future__ import annotations

from textual.containers import Horizontal
from textual.geometry import Size
from textual.widgets import Button

_ENDLESS = Size(1000, 1)


class ButtonRow(Horizontal):
    """Buttons side by side; where there is no room for all, one below the other in columns."""

    def on_resize(self) -> None:
        """Another width has room for another number of columns."""
        widths = [
            button.get_content_width(_ENDLESS, _ENDLESS) + button.gutter.width + button.styles.margin.width
            for button in self.query(Button)
        ]
        columns = next((n for n in range(len(widths), 1, -1) if _width(widths, n) <= self.size.width), 1)
        self.set_class(columns < len(widths), "-wrapped")
        self.styles.grid_size_columns = columns


def _width(widths: list[int], columns: int) -> int:
    """Of a table in which each column is as wide as its widest button."""
    return sum(max(widths[column::columns]) for column in range(columns))
