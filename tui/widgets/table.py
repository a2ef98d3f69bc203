"""A table of which each line can be opened, moved in as everywhere else."""

from __future__ import annotations

from typing import ClassVar, Self

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable
from textual.widgets.data_table import RowKey

from tui.reading import Reading


class RowTable(DataTable[Text]):
    """The cursor is a line. Enter where there is none is a message: the screen does what it says there.

    ``id`` is its name in the screen.

    Attributes:
        when_empty: what enter does where there is no line, as the footer says it.

    Args:
        reading: of its lines: until they are known enter says so, and the footer nothing of ``when_empty``.
    """

    class EnteredEmpty(Message):
        """Enter was pressed, and there are no rows."""

    def __init__(
        self, id: str | None = None, *, show_header: bool = True, when_empty: str = "", reading: Reading | None = None
    ) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, show_header=show_header, id=id)
        self.when_empty = when_empty
        self._reading = reading

    def key_word(self, action: str) -> str:
        """See :class:`tui.key_purposes.RenamesKeys`."""
        is_empty = action == "select_cursor" and not self.row_count and not self._awaited
        return self.when_empty if is_empty else ""

    @property
    def _awaited(self) -> str:
        return self._reading.words if self._reading else ""

    def add_row(
        self, *cells: Text, height: int | None = 1, key: str | None = None, label: Text | str | None = None
    ) -> RowKey:
        """Add a line at the end; from the first one on enter does something else."""
        if not self.row_count:
            self._say_keys()
        return super().add_row(*cells, height=height, key=key, label=label)

    def clear(self, columns: bool = False) -> Self:
        """Remove all rows."""
        self._say_keys()
        return super().clear(columns)

    def _say_keys(self) -> None:
        if self.when_empty and self.is_attached:
            self.screen.refresh_bindings()

    def action_select_cursor(self) -> None:
        """Choose the line under the cursor."""
        if self.row_count:
            super().action_select_cursor()
        elif self._awaited:
            self.app.notify(self._awaited, markup=False)
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
