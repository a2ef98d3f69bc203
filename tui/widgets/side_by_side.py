"""Copies of one picture next to each other, each with what is proposed for it and why."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from core.errors import PictoscopeError, UnreadablePicture
from core.text import byte_size, place, printable
from tui.messages import Failed
from tui.widgets.cells import centred_line, fit, shorten, shorten_left

if TYPE_CHECKING:  # the first paint has no pictures yet
    from core.actions.duplicate_groups import Copy
    from core.catalog.copies import File
    from core.images.thumbnails import Thumbnails

_LEAST_WIDTH = 36  # columns of a copy: its measures and its reason stay readable
_MOST_COLUMNS = 5
_CAPTION = 7  # lines below a picture
_REASON = 2  # of them, for the reason
_KEPT_DRAWINGS = 60


class SideBySide(Widget, can_focus=True):
    """Up to five copies; more are scrolled through by the cursor."""

    COMPONENT_CLASSES = {"side--stays", "side--goes", "side--cursor", "side--facts"}  # noqa: RUF012  Textual's way

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another copy."""

    class _Drawn(Message):
        def __init__(self, cell: tuple[bytes, int, int], lines: list[Strip] | str) -> None:
            super().__init__()
            self.cell = cell
            self.lines = lines

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:
        super().__init__(id=id)
        self.empty = empty
        self._copies: Sequence[Copy] = ()
        self._coming: Sequence[Copy] = ()
        self._thumbnails: Thumbnails | None = None
        self._drawn: OrderedDict[tuple[bytes, int, int], list[Strip] | str] = OrderedDict()

    def show(
        self, copies: Sequence[Copy], thumbnails: Thumbnails, *, cursor: int = 0, coming: Sequence[Copy] = ()
    ) -> None:
        """Show these copies. ``coming``: those of the next group, drawn beforehand."""
        self._copies, self._coming, self._thumbnails = copies, coming, thumbnails
        self.set_reactive(SideBySide.cursor, max(0, min(cursor, len(copies) - 1)))
        self._load()
        self.refresh()

    @property
    def columns(self) -> int:
        """Copies next to each other."""
        return max(1, min(_MOST_COLUMNS, len(self._copies), self.size.width // _LEAST_WIDTH))

    @property
    def first(self) -> int:
        """The leftmost copy in sight."""
        return max(0, min(self.cursor - self.columns // 2, len(self._copies) - self.columns))

    def validate_cursor(self, position: int) -> int:
        """The cursor stays within the group."""
        return max(0, min(position, len(self._copies) - 1))

    def watch_cursor(self) -> None:
        """Show where it is."""
        self._load()
        self.refresh()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Other columns, other drawings."""
        self._load()

    def on_click(self, event: events.Click) -> None:
        """A click chooses a copy."""
        if self._copies:
            self.cursor = self.first + min(event.x // self._width, self.columns - 1)

    @property
    def _width(self) -> int:
        return max(4, self.size.width // self.columns)

    @property
    def _rows(self) -> int:
        """Lines of a picture."""
        return max(1, self.size.height - _CAPTION)

    # -- loading, in a thread -------------------------------------------------------------------------------------

    def _load(self) -> None:
        """Draw what is in sight, then what comes next. A later call takes the place of an earlier one."""
        thumbnails = self._thumbnails
        if thumbnails is None or not self.size.width:
            return
        wide, high = self._width - 2, self._rows
        shown = self._copies[self.first : self.first + self.columns]
        coming = self._coming[:_MOST_COLUMNS]
        next_width = max(4, self.size.width // max(1, min(len(coming), self.size.width // _LEAST_WIDTH))) - 2
        wanted = [(copy.file, wide) for copy in shown] + [(copy.file, next_width) for copy in coming]
        missing = [(file, width) for file, width in wanted if (file.key, width, high) not in self._drawn]
        if missing:
            self.run_worker(
                lambda: self._draw(missing, thumbnails, high), thread=True, exclusive=True, group="pictures"
            )

    def _draw(self, wanted: Sequence[tuple[File, int]], thumbnails: Thumbnails, high: int) -> None:
        from tui.graphics.half_blocks import half_blocks

        worker = get_current_worker()
        try:
            for file, wide in wanted:
                if worker.is_cancelled:
                    return
                try:
                    lines: list[Strip] | str = half_blocks(thumbnails.get(file.key, file.path), wide, high)
                except UnreadablePicture as error:
                    lines = error.message
                self.post_message(self._Drawn((file.key, wide, high), lines))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def on_side_by_side__drawn(self, message: _Drawn) -> None:
        """A drawing has come."""
        message.stop()
        self._drawn[message.cell] = message.lines
        while len(self._drawn) > _KEPT_DRAWINGS:
            self._drawn.popitem(last=False)
        self.refresh()

    # -- drawing --------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """A line of each copy in sight."""
        width, background = self.size.width, self.rich_style
        if not self._copies:
            return Strip([Segment(centred_line(self.empty, y, width, self.size.height), background)], width)
        strips = [self._cell_line(number, y) for number in range(self.first, self.first + self.columns)]
        return Strip.join(strips).adjust_cell_length(width, background).apply_style(background)

    def _cell_line(self, number: int, y: int) -> Strip:
        width = self._width
        at_cursor = number == self.cursor
        left, right = ("▌", "▐") if at_cursor else (" ", " ")
        style = self.get_component_rich_style("side--cursor", partial=True)
        copy = self._copies[number]
        if y < self._rows:
            inner = self._picture_line(copy, y, width - 2)
        else:
            text, kind = self._caption(copy, y - self._rows, width - 2, at_cursor)
            inner = Strip([Segment(fit(text, width - 2), kind)], width - 2)
        return Strip([Segment(left, style), *inner, Segment(right, style)], width)

    def _picture_line(self, copy: Copy, y: int, width: int) -> Strip:
        lines = self._drawn.get((copy.file.key, width, self._rows))
        if isinstance(lines, list):
            return lines[y]
        text = "·" if lines is None else f"cannot be read: {lines}"
        return Strip([Segment(centred_line(text, y, width, self._rows), self._style("side--facts"))], width)

    def _caption(self, copy: Copy, line: int, width: int, at_cursor: bool) -> tuple[str, Style]:
        if line == 0:
            return _standing(copy), self._style("side--stays" if copy.keep else "side--goes") + Style(bold=True)
        if line == 1:
            name = shorten(printable(copy.file.path.rpartition(b"/")[2]), width)
            return name, Style(bold=True, reverse=at_cursor and self.has_focus)
        facts = self._style("side--facts")
        if line == 2:
            return f"{copy.file.width:,} x {copy.file.height:,} · {copy.file.format or 'no picture'}", facts
        if line == 3:
            day = time.strftime("%Y-%m-%d", time.localtime(copy.file.mtime_ns / 1e9))
            score = f" · {copy.score:.3f}" if copy.score is not None else ""
            return f"{byte_size(copy.file.size)} · {day}{score}", facts
        if line < 4 + _REASON:
            lines = wrap(printable(copy.remark), width)
            return (lines[line - 4] if line - 4 < len(lines) else ""), Style()
        return shorten_left(place(copy.file.path.rpartition(b"/")[0]), width), facts

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)


def _standing(copy: Copy) -> str:
    """Whether it stays, to be read without colour."""
    if copy.reference:
        return "● stays: reference"
    if copy.keep:
        return "● stays" if copy.decided else "● stays?"
    return "✗ marked" if copy.decided else "✗ may go?"
