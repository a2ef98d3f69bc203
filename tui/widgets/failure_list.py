"""The list of failed pictures: a line each, drawn when it is seen, so that a hundred thousand are as quick as ten."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.text import place, printable
from core.vectors.ledger import Entry
from tui.widgets.cells import centred_line, fit, shorten, shorten_left, shorten_right

_GAP = 2
_VEC_TYPES = 26  # cells of that column
_WIDE = 100  # cells from which on it is shown


class FailureList(ScrollView, can_focus=True):
    """Picture and reason of each entry; where there is room, the vec types that lack the picture."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "move_pages(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "move_pages(1)", "Page down", show=False),
        Binding("home", "move_to(0)", "First", show=False),
        Binding("end,G", "move_to(-1)", "Last", show=False),
        Binding("enter", "open", "Open", key_display="enter"),
    ]

    COMPONENT_CLASSES = {"failures--cursor", "failures--reason"}  # noqa: RUF012  Textual's way

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another entry (or none)."""

        def __init__(self, entry: Entry | None) -> None:
            super().__init__()
            self.entry = entry

    class Opened(Message):
        """A picture is to be shown."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:
        super().__init__(id=id)
        self.empty = empty
        self.entries: Sequence[Entry] = ()

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        return self.entries[self.cursor] if self.entries else None

    def show(self, entries: Sequence[Entry], *, cursor: int = 0) -> None:
        """Show other entries, the cursor on one of them."""
        self.entries = entries
        self._lay_out()
        self.set_reactive(FailureList.cursor, self.validate_cursor(cursor))
        self._reveal()
        self.refresh()
        self.post_message(self.Moved(self.current))

    def action_move(self, step: int) -> None:
        """Up and down."""
        self.cursor += step

    def action_move_pages(self, pages: int) -> None:
        """A screenful."""
        self.cursor += pages * max(1, self.size.height)

    def action_move_to(self, position: int) -> None:
        """First (0) or last (-1)."""
        self.cursor = position if position >= 0 else len(self.entries) - 1

    def action_open(self) -> None:
        """Show the picture under the cursor."""
        if self.entries:
            self.post_message(self.Opened(self.cursor))

    def validate_cursor(self, position: int) -> int:
        """The cursor stays within the list."""
        return max(0, min(position, len(self.entries) - 1))

    def watch_cursor(self) -> None:
        """Bring it into view and tell."""
        self._reveal()
        self.refresh()
        self.post_message(self.Moved(self.current))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one opens."""
        position = event.y + int(self.scroll_offset.y)
        if position < len(self.entries):
            self.cursor = position
            if event.chain > 1:
                self.action_open()

    def on_resize(self) -> None:
        """Other widths."""
        self._lay_out()
        self._reveal()

    @property
    def _width(self) -> int:
        """Cells for text. Those of the scroll bar stay free: nothing jumps when it comes."""
        return max(0, self.size.width - self.styles.scrollbar_size_vertical)

    def _lay_out(self) -> None:
        self.virtual_size = Size(self._width, len(self.entries))

    def _reveal(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, max(1, self._width), 1), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """A line of the terminal: an entry, or nothing."""
        width, background = self.size.width, self.rich_style
        if not self.entries:
            return Strip([Segment(centred_line(self.empty, y, width, self.size.height), background)], width)
        position = y + int(self.scroll_offset.y)
        if position >= len(self.entries):
            return Strip.blank(width, background)
        strip = Strip(self._segments(self.entries[position], at_cursor=position == self.cursor))
        return strip.adjust_cell_length(width, background).apply_style(background)

    def _segments(self, entry: Entry, *, at_cursor: bool) -> list[Segment]:
        """Mark, picture, reason, vec types."""
        room = max(0, self._width - 2 - _GAP)
        names = _VEC_TYPES if self._width >= _WIDE else 0
        room -= names + _GAP if names else 0
        path, gap = room * 11 // 20, " " * _GAP
        style, dim = Style(), self.get_component_rich_style("failures--reason", partial=True)
        if at_cursor:
            style = self.get_component_rich_style("failures--cursor", partial=True) + Style(bold=True)
            style = dim = style + Style(reverse=self.has_focus)
        segments = [
            Segment("▌ " if at_cursor else "  ", style),
            Segment(fit(shorten_left(place(entry.path), path), path) + gap, style),
            Segment(fit(shorten_right(printable(entry.reason), room - path), room - path), dim),
        ]
        if names:
            segments.append(Segment(gap + fit(shorten(", ".join(entry.vec_types) or "–", names), names), dim))
        return segments
