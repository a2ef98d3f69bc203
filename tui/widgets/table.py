"""A table of which each line can be opened, moved in as everywhere else."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable


class RowTable(DataTable[Text]):
    """The cursor is a line. Enter where there is none is a message: the screen does what it says there.

    ``id`` is its name in the screen.
    """

    class EnteredEmpty(Message):
        """Enter was pressed, and there are no rows."""

    def __init__(self, id: str | None = None, *, show_header: bool = True) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, show_header=show_header, id=id)

    def action_select_cursor(self) -> None:
        """Choose the line under the cursor."""
        if self.row_count:
            super().action_select_cursor()
        else:
            self.post_message(self.EnteredEmpty())


class LineTable(RowTable):
    """Enter opens a line, which the footer says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Open", key_display="enter"),
        Binding("down,j", "cursor_down", "Down", show=False),
        Binding("up,k", "cursor_up", "Up", show=False),
        Binding("home", "scroll_top", "First", show=False),
        Binding("end,G", "scroll_bottom", "Last", show=False),
    ]
