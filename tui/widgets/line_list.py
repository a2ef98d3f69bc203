"""A list of which each entry is a line, drawn when it is seen: a hundred thousand are as quick as ten."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.reading import Reading
from tui.widgets.cells import centred_line

T = TypeVar("T")


class LineList(ScrollView, Generic[T], can_focus=True, inherit_bindings=False):
    """Entries with a cursor. What a line shows, and what is told, the classes made from it say."""

    BINDINGS = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "move_pages(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "move_pages(1)", "Page down", show=False),
        Binding("home", "move_to(0)", "First", show=False),
        Binding("end,G", "move_to(-1)", "Last", show=False),
        Binding("enter", "open", "Open", key_display="enter"),
    ]

    class EnteredEmpty(Message):
        """Enter was pressed, and there are no entries: the screen does what it says there."""

    cursor: reactive[int] = reactive(0)

    def __init__(
        self, *, id: str | None = None, empty: str = "", when_empty: str = "", reading: Reading | None = None
    ) -> None:
        super().__init__(id=id)
        self.empty = empty
        self._when_empty = when_empty  # what enter does then, as the footer says it
        self._reading = reading  # of the entries; None where somebody else says that they are awaited
        self.entries: Sequence[T] = ()
        self._told_keys: tuple[bool, str] | None = None  # whether there are entries, and what enter does

    @property
    def current(self) -> T | None:
        """The entry under the cursor."""
        return self.entries[self.cursor] if self.entries else None

    def key_word(self, action: str) -> str:
        """See :class:`tui.key_purposes.RenamesKeys`."""
        return self._when_empty if action == "open" and not self.entries and not self._awaited else ""

    @property
    def _awaited(self) -> str:
        return self._reading.words if self._reading else ""

    def show(self, entries: Sequence[T], *, cursor: int = 0) -> None:
        """Show other entries, the cursor on one of them."""
        self.entries = entries
        self._say_keys()
        self._lay_out()
        self.set_reactive(LineList.cursor, self.validate_cursor(cursor))
        self._reveal()
        self.refresh()
        self.moved()

    def _say_keys(self) -> None:
        """Also where a list that was read turns out to be empty, as it was before it was read."""
        keys = bool(self.entries), self.key_word("open")
        if keys != self._told_keys:
            self._told_keys = keys
            self.screen.refresh_bindings()

    def moved(self) -> None:
        """The cursor stands on another entry (or none)."""

    def opened(self) -> None:
        """The entry under the cursor was chosen."""

    @abstractmethod
    def segments(self, entry: T, *, at_cursor: bool) -> list[Segment]:
        """The line of an entry."""

    def action_move(self, step: int) -> None:
        """Move the cursor up or down."""
        self.cursor += step

    def action_move_pages(self, pages: int) -> None:
        """Move the cursor by screenfuls."""
        self.cursor += pages * max(1, self.size.height)

    def action_move_to(self, position: int) -> None:
        """Move the cursor to the first (0) or the last (-1) entry."""
        self.cursor = position if position >= 0 else len(self.entries) - 1

    def action_open(self) -> None:
        """Choose the entry under the cursor."""
        if self.entries:
            self.opened()
        elif self._awaited:
            self.app.notify(self._awaited, markup=False)
        else:
            self.post_message(self.EnteredEmpty())

    def validate_cursor(self, position: int) -> int:
        """The cursor stays within the list."""
        return max(0, min(position, len(self.entries) - 1))

    def watch_cursor(self) -> None:
        """Bring it into view and tell."""
        self._reveal()
        self.refresh()
        self.moved()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one chooses."""
        position = event.y + int(self.scroll_offset.y)
        if position < len(self.entries):
            self.cursor = position
            if event.chain > 1:
                self.action_open()

    def on_resize(self) -> None:
        """Lines are as wide as the widget."""
        self._lay_out()
        self._reveal()

    @property
    def room(self) -> int:
        """Cells for text. Those of the scroll bar stay free: nothing jumps when it comes."""
        return max(0, self.size.width - self.styles.scrollbar_size_vertical)

    def _lay_out(self) -> None:
        self.virtual_size = Size(self.room, len(self.entries))

    def _reveal(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, max(1, self.room), 1), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """A line of the terminal: an entry, or nothing."""
        width, background = self.size.width, self.rich_style
        if not self.entries:
            return Strip(
                [Segment(centred_line(self._awaited or self.empty, y, width, self.size.height), background)], width
            )
        position = y + int(self.scroll_offset.y)
        if position >= len(self.entries):
            return Strip.blank(width, background)
        strip = Strip(self.segments(self.entries[position], at_cursor=position == self.cursor))
        return strip.adjust_cell_length(width, background).apply_style(background)
