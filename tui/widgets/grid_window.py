"""The window of a grid: how its list is laid out in rows of cells, and how it scrolls, by whole rows."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from tui.display import MOST_IN_ROW
from tui.host import host_of
from tui.widgets.grid_layout import USUAL, GridLayout


class GridWindow(ScrollView):
    """Keeps the picture under the cursor in view; asks to load what comes into view."""

    usual: ClassVar[int] = USUAL  # columns of a picture, where nobody chose how many are in a row

    cursor: reactive[int] = reactive(0, repaint=False)  # only what it leaves and reaches is drawn again

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._in_row = 0
        self._upwards = False  # the last way of scrolling

    @property
    def count(self) -> int:
        """How many pictures the list has."""
        raise NotImplementedError

    def load(self, *, reload: bool = False) -> None:
        """Fetch and draw what is in the window and not there yet; ``reload``: also read what is there."""
        raise NotImplementedError

    def set_pictures_in_row(self, count: int) -> None:
        """How many; 0: as many as have room with :attr:`usual` columns each."""
        self._in_row = count
        self.rearrange()

    def action_zoom(self, step: int) -> None:
        """One picture fewer in a row, each larger; or one more, in every grid."""
        host_of(self).change_display(pictures_in_row=max(1, min(MOST_IN_ROW, self.columns - step)))

    @property
    def columns(self) -> int:
        """How many pictures stand in a row."""
        return self.geometry.columns

    @property
    def geometry(self) -> GridLayout:
        """Where the pictures are."""
        character = host_of(self).pictures.terminal.cell
        return GridLayout(self.count, self._width, self.size.height, self._in_row, self.usual, character)

    @property
    def top(self) -> int:
        """The row of the terminal, from the beginning of the list, at which the window begins."""
        return int(self.scroll_offset.y)

    @property
    def _width(self) -> int:
        """Columns for pictures. Those of the scroll bar stay free: nothing jumps when it comes."""
        return max(0, self.size.width - self.styles.scrollbar_size_vertical)

    def lay_out(self) -> None:
        """Give the list its height."""
        self.virtual_size = Size(self._width, self.geometry.total_height)

    def reveal(self) -> None:
        """Scroll until the cursor is visible."""
        self.scroll_to(y=self.geometry.top(self.cursor, self.top), animate=False, force=True, immediate=True)

    def rearrange(self) -> None:
        """Other columns, other drawings."""
        self.lay_out()
        self.reveal()
        self.load()

    def on_resize(self) -> None:
        """Arrange the pictures in the new window."""
        self.rearrange()

    def validate_scroll_y(self, value: float) -> float:
        """The window begins with a whole row of pictures."""
        high = self.geometry.cell[1]
        return round(super().validate_scroll_y(value) / high) * high

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """What has come into view must be loaded."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._upwards = new_value < old_value
            self.load()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """A row further; with Ctrl more pictures in a row."""
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """A row back; with Ctrl fewer pictures in a row."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, rows: int) -> None:
        event.prevent_default()
        event.stop()
        if event.ctrl:
            self.action_zoom(-rows)
        else:
            self.scroll_to(y=self.top + rows * self.geometry.cell[1], animate=False, force=True, immediate=True)
