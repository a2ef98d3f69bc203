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
            if button.display
        ]
        fitting = (n for n in range(len(widths), 1, -1) if sum(_columns(widths, n)) <= self.size.width)
        columns = _columns(widths, next(fitting, 1))
        self.set_class(len(columns) < len(widths), "-wrapped")
        self.styles.grid_size_columns = len(columns)
        # Given, not "auto": Textual leaves no room for the margins then, and cuts the keys off the labels.
        self.styles.grid_columns = " ".join(map(str, columns))


def _columns(widths: list[int], columns: int) -> list[int]:
    """The widths of a table in which each column is as wide as its widest button."""
    return [max(widths[column::columns]) for column in range(columns)]
