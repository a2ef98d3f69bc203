"""Copies of one picture side by side, each with the proposal for it and the reason."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from core.catalog.catalog import Catalog
from core.errors import PictoscopeError
from core.text import byte_size, display_path, printable
from tui.graphics.drawing import Drawing
from tui.host import host_of
from tui.messages import Failed
from tui.widgets.cells import centred_line, first_that_fits, fit, shorten, shorten_left, wrapped
from tui.widgets.drawings import Cell, KeepsDrawings, draw
from tui.widgets.pairs import Pair

if TYPE_CHECKING:  # the first paint has no pictures yet
    from core.actions.copy_groups import Copy
    from core.images.thumbnails import Thumbnails
    from tui.graphics.renderer import Renderer

_LEAST_WIDTH = 36  # columns of a copy: its measures and its reason stay readable
_MOST_COLUMNS = 5
_CAPTION = 7  # lines below a picture
_REASON = 2  # of them, for the reason


class SideBySide(KeepsDrawings, Widget, can_focus=True):
    """Up to five copies; the cursor scrolls through more."""

    COMPONENT_CLASSES = {"side--keep", "side--remove", "side--cursor", "side--card", "side--facts"}

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor has moved to another copy."""

    class _Drawn(Message):
        def __init__(self, renderer: Renderer, cell: Cell, drawing: Drawing | str) -> None:
            super().__init__()
            self.renderer = renderer
            self.cell = cell
            self.drawing = drawing

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:
        super().__init__(id=id)
        self.empty = empty
        self._copies: Sequence[Copy] = ()
        self._coming: Sequence[Copy] = ()
        self._thumbnails: Thumbnails | None = None
        self._drawn = self.keep_drawings()

    def show(
        self, copies: Sequence[Copy], thumbnails: Thumbnails, *, cursor: int = 0, coming: Sequence[Copy] = ()
    ) -> None:
        """Show these copies. ``coming``: copies of the next group, drawn in advance."""
        self._copies, self._coming, self._thumbnails = copies, coming, thumbnails
        self.set_reactive(SideBySide.cursor, max(0, min(cursor, len(copies) - 1)))
        self._load()
        self.refresh()

    def draw_again(self) -> None:
        """See :class:`tui.host.ShowsPictures`."""
        self._drawn.clear()
        self._load()
        self.refresh()

    def shown_drawings(self) -> Iterator[tuple[Drawing, Offset]]:
        """See :class:`tui.host.ShowsPictures`."""
        for number in range(self.first, min(self.first + self.columns, len(self._copies))):
            drawing = self._drawn.get(self._cell(number))
            if isinstance(drawing, Drawing):
                yield drawing, self._place(number)

    @property
    def columns(self) -> int:
        """Number of copies side by side."""
        return max(1, min(_MOST_COLUMNS, len(self._copies), self.size.width // _LEAST_WIDTH))

    @property
    def first(self) -> int:
        """Index of the leftmost visible copy."""
        return max(0, min(self.cursor - self.columns // 2, len(self._copies) - self.columns))

    def validate_cursor(self, position: int) -> int:
        return max(0, min(position, len(self._copies) - 1))

    def watch_cursor(self) -> None:
        self._load()
        self.refresh()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        self._load()

    def on_click(self, event: events.Click) -> None:
        if self._copies:
            self.cursor = self.first + min(event.x // self._width, self.columns - 1)

    @property
    def _width(self) -> int:
        return max(4, self.size.width // self.columns)

    @property
    def _rows(self) -> int:
        """Height of a picture in lines."""
        return max(1, self.size.height - _CAPTION)

    # -- loading, in a thread -------------------------------------------------------------------------------------

    def _load(self) -> None:
        """Draw the visible copies, then the next group. A later call replaces an earlier one."""
        thumbnails = self._thumbnails
        if thumbnails is None or not self.size.width:
            return
        wide, high = self._width - 2, self._rows
        shown = self._copies[self.first : self.first + self.columns]
        coming = self._coming[:_MOST_COLUMNS]
        next_width = max(4, self.size.width // max(1, min(len(coming), self.size.width // _LEAST_WIDTH))) - 2
        wanted = [(Cell(copy.file.key, wide, high), copy.file.path) for copy in shown]
        wanted += [(Cell(copy.file.key, next_width, high), copy.file.path) for copy in coming]
        missing = [(cell, path) for cell, path in wanted if cell not in self._drawn]
        if missing:
            self.run_worker(lambda: self._draw(missing, thumbnails), thread=True, exclusive=True, group="pictures")

    def _draw(self, wanted: Sequence[tuple[Cell, bytes]], thumbnails: Thumbnails) -> None:
        worker, renderer = get_current_worker(), host_of(self).renderer
        try:
            for cell, path in wanted:
                if worker.is_cancelled:
                    return
                self.post_message(self._Drawn(renderer, cell, draw(cell, path, thumbnails, renderer)))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def on_side_by_side__drawn(self, message: _Drawn) -> None:
        message.stop()
        if message.renderer is not host_of(self).renderer:
            return  # the cells of the terminal have another size by now
        self._drawn.add(message.cell, message.drawing, at_least=2 * self.size.area)
        self.refresh()

    # -- drawing --------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, background = self.size.width, self.rich_style
        if not self._copies:
            return Strip([Segment(centred_line(self.empty, y, width, self.size.height), background)], width)
        strips = [self._cell_line(number, y) for number in range(self.first, self.first + self.columns)]
        return Strip.join(strips).adjust_cell_length(width, background).apply_style(background)

    def _cell_line(self, number: int, y: int) -> Strip:
        width = self._width
        at_cursor = number == self.cursor
        copy = self._copies[number]
        if y < self._rows:
            inner = self._picture_line(number, y, width - 2)
        else:
            text, kind = self._caption(copy, y - self._rows, width - 2, at_cursor)
            inner = Strip([Segment(fit(text, width - 2), kind)], width - 2)
        line = Strip([Segment(" "), *inner, Segment(" ")], width)
        return line.apply_style(self.get_component_rich_style("side--card")) if at_cursor else line

    def _cell(self, number: int) -> Cell:
        return Cell(self._copies[number].file.key, self._width - 2, self._rows)

    def _place(self, number: int) -> Offset:
        """Of a drawing in the widget: between the marks."""
        return Offset((number - self.first) * self._width + 1, 0)

    def _picture_line(self, number: int, y: int, width: int) -> Strip:
        drawing = self._drawn.get(self._cell(number))
        if isinstance(drawing, Drawing):
            return host_of(self).pictures.line(self, drawing, y, self._place(number))
        text = "·" if drawing is None else f"cannot be read: {drawing}"
        return Strip([Segment(centred_line(text, y, width, self._rows), self._style("side--facts"))], width)

    def _caption(self, copy: Copy, line: int, width: int, at_cursor: bool) -> tuple[str, Style]:
        if line == 0:
            return _standing(copy), self._style("side--keep" if copy.keep else "side--remove") + Style(bold=True)
        if line == 1:
            name = shorten(printable(copy.file.path.rpartition(b"/")[2]), width)
            style = self._style("side--cursor") if at_cursor else Style()
            return name, style + Style(bold=True, reverse=at_cursor and self.has_focus)
        facts = self._style("side--facts")
        if line == 2:
            return f"{copy.file.width:,} x {copy.file.height:,} · {copy.file.format or 'no picture'}", facts
        if line == 3:
            day = time.strftime("%Y-%m-%d", time.localtime(copy.file.mtime_ns / 1e9))
            score = f"cosine {copy.score:.3f}" if copy.score is not None else ""  # to the best copy
            size = byte_size(copy.file.size)
            return first_that_fits(((size, day, score), (size, score)), width), facts
        if line < 4 + _REASON:
            lines = wrapped(printable(copy.remark), width)
            return (lines[line - 4] if line - 4 < len(lines) else ""), Style()
        return shorten_left(display_path(copy.file.path.rpartition(b"/")[0]), width), facts

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)


def pair_of(catalog: Catalog, first: Copy, second: Copy) -> Pair | None:
    """Two copies as a pair to compare, each with what is proposed for it; None if a picture has left the project."""
    pictures = [catalog.by_path(copy.file.path) for copy in (first, second)]
    if pictures[0] is None or pictures[1] is None:
        return None
    return Pair(
        replace(pictures[0], path=first.file.path),
        replace(pictures[1], path=second.file.path),
        (_standing(first), _standing(second)),
    )


def _standing(copy: Copy) -> str:
    """Keep or remove, readable without colour; a question mark until it is decided."""
    if copy.reference:
        return "● keep: reference"
    if not copy.is_distinct_file:
        return "● keep: not a copy"
    if copy.keep:
        return "● keep" if copy.decided else "● keep?"
    return "✗ remove" if copy.decided else "✗ remove?"
