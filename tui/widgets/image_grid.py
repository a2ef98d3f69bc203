"""A grid of pictures that draws only what is visible: no widget a picture, a million are as quick as ten."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import get_current_worker

from core.catalog.catalog import Picture
from core.errors import PictoscopeError, UnreadablePicture
from core.text import printable
from tui.messages import Failed
from tui.widgets.cells import centred_line, fit, shorten
from tui.widgets.picture_source import Item, PictureSource

if TYPE_CHECKING:  # the first paint has no pictures yet
    from core.images.thumbnails import Thumbnails

# Cells (columns, rows) of a picture with its caption line, by name of the size.
SIZES = {"small": (13, 6), "medium": (17, 9), "large": (28, 13)}
_KEPT_PICTURES = 800  # drawn pictures kept: about 10 KB each
_KEPT_ITEMS = 4_000


@dataclass(frozen=True, slots=True)
class _Cell:
    """Which drawing: a picture at a size in cells."""

    key: bytes
    columns: int
    rows: int


class ImageGrid(ScrollView, can_focus=True):
    """Pictures of a :class:`PictureSource`, with a cursor and a selection."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("left,h", "move(-1)", "Left", show=False),
        Binding("right,l", "move(1)", "Right", show=False),
        Binding("up,k", "move_rows(-1)", "Up", show=False),
        Binding("down,j", "move_rows(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "move_pages(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "move_pages(1)", "Page down", show=False),
        Binding("home", "move_to(0)", "First", show=False),
        Binding("end,G", "move_to(-1)", "Last", show=False),
        Binding("space", "select", "Select", show=False, key_display="space"),
        Binding("enter", "open", "Open", show=False, key_display="enter"),
        Binding("ctrl+a", "select_all", "Select all that is shown", show=False),
        Binding("escape", "clear_selection", "Clear selection", show=False),
    ]

    COMPONENT_CLASSES = {  # noqa: RUF012  Textual's way
        "grid--caption",
        "grid--cursor",
        "grid--marks",
        "grid--problem",
    }

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another picture (or none)."""

        def __init__(self, grid: ImageGrid, item: Item | None) -> None:
            super().__init__()
            self.grid = grid
            self.item = item

        @property
        def control(self) -> ImageGrid:
            """The grid."""
            return self.grid

    class Opened(Moved):
        """A picture was opened."""

    class SelectionChanged(Message):
        """How many pictures are selected has changed."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    class _ItemsLoaded(Message):
        def __init__(self, source: PictureSource, start: int, items: list[Item | None]) -> None:
            super().__init__()
            self.source = source
            self.start = start
            self.items = items

    class _AllLoaded(Message):
        def __init__(self, source: PictureSource, items: list[Item | None]) -> None:
            super().__init__()
            self.source = source
            self.items = items

    class _PictureDrawn(Message):
        def __init__(self, cell: _Cell, lines: list[Strip] | str) -> None:
            super().__init__()
            self.cell = cell
            self.lines = lines

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:
        super().__init__(id=id)
        self.empty = empty
        self._source: PictureSource | None = None
        self._thumbnails: Thumbnails | None = None
        self._items: OrderedDict[int, Item | None] = OrderedDict()
        self._drawn: OrderedDict[_Cell, list[Strip] | str] = OrderedDict()
        self._selected: dict[bytes, Item] = {}
        self._size_name = "medium"

    # -- what is shown ------------------------------------------------------------------------------------------

    def show(
        self,
        source: PictureSource,
        thumbnails: Thumbnails,
        *,
        cursor: int = 0,
        known: Mapping[int, Item] | None = None,
    ) -> None:
        """Show another list, the cursor on its ``cursor``-th picture. What stays where it is does not flicker.

        Nor do those that are ``known``, by their new positions.
        """
        self._source, self._thumbnails = source, thumbnails
        kept = ((position, item) for position, item in self._items.items() if item and source.holds(position, item))
        self._items = OrderedDict(kept)
        self._items.update(known or {})
        self._lay_out()
        self.set_reactive(ImageGrid.cursor, max(0, min(cursor, len(source) - 1)))
        self._reveal()
        self._load(anew=True)
        self.refresh()

    def keep_selected(self, present: Mapping[bytes, Picture]) -> None:
        """Take out of the selection what has left the project; the rest may have moved."""
        kept = {key: replace(item, picture=present[key]) for key, item in self._selected.items() if key in present}
        if len(kept) != len(self._selected):
            self.post_message(self.SelectionChanged(len(kept)))
        self._selected = kept

    def set_picture_size(self, name: str) -> None:
        """One of ``SIZES``."""
        self._size_name = name
        self._lay_out()
        self._reveal()
        self._load()

    @property
    def source(self) -> PictureSource | None:
        """The list that is shown."""
        return self._source

    @property
    def loaded(self) -> dict[bytes, Item]:
        """The pictures whose facts are there, by key."""
        return {item.picture.key: item for item in self._items.values() if item}

    @property
    def current(self) -> Item | None:
        """The picture under the cursor, once it is loaded."""
        return self._items.get(self.cursor)

    @property
    def chosen(self) -> list[Item]:
        """The selected pictures, or the one under the cursor."""
        return list(self._selected.values()) or [item for item in [self.current] if item]

    @property
    def selected(self) -> list[Item]:
        """The selected pictures, in the order they were selected."""
        return list(self._selected.values())

    @property
    def columns(self) -> int:
        """Pictures in a row."""
        return max(1, self._width // SIZES[self._size_name][0])

    @property
    def _width(self) -> int:
        """Columns for pictures. Those of the scroll bar stay free: nothing jumps when it comes."""
        return max(0, self.size.width - self.styles.scrollbar_size_vertical)

    @property
    def _cell_size(self) -> tuple[int, int]:
        """Columns and rows of a cell; the columns that are left over are shared out."""
        return max(4, self._width // self.columns), SIZES[self._size_name][1]

    # -- moving and choosing ------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Left and right, over the ends of rows."""
        self.cursor += step

    def action_move_rows(self, rows: int) -> None:
        """Up and down; the last row may be shorter."""
        target = self.cursor + rows * self.columns
        if 0 <= target < self._count or (rows > 0 and self.cursor // self.columns < (self._count - 1) // self.columns):
            self.cursor = target

    def action_move_pages(self, pages: int) -> None:
        """A screenful."""
        rows = max(1, self.size.height // self._cell_size[1])
        self.cursor += pages * rows * self.columns

    def action_move_to(self, position: int) -> None:
        """First (0) or last (-1)."""
        self.cursor = position if position >= 0 else self._count - 1

    def action_select(self) -> None:
        """Put the picture into the selection or take it out, and go on to the next."""
        item = self.current
        if item is None:
            return
        if self._selected.pop(item.picture.key, None) is None:
            self._selected[item.picture.key] = item
        self.post_message(self.SelectionChanged(len(self._selected)))
        self.cursor += 1
        self.refresh()

    def action_select_all(self) -> None:
        """Select every picture of the list; the facts of a long one take a thread a moment."""
        source = self._source

        def work() -> None:
            try:
                if source is not None:
                    self.post_message(self._AllLoaded(source, source.items(0, len(source))))
            except (PictoscopeError, OSError) as error:
                self.post_message(Failed(error))

        self.run_worker(work, thread=True, exclusive=True, group="all", exit_on_error=False)

    def on_image_grid__all_loaded(self, message: _AllLoaded) -> None:
        """They have come."""
        message.stop()
        if message.source is self._source:
            self._selected |= {item.picture.key: item for item in message.items if item}
            self.post_message(self.SelectionChanged(len(self._selected)))
            self.refresh()

    def action_clear_selection(self) -> None:
        """Select nothing.

        Raises:
            SkipAction: nothing was selected: the key is for the screen.
        """
        if not self._selected:
            raise SkipAction
        self._selected.clear()
        self.post_message(self.SelectionChanged(0))
        self.refresh()

    def action_open(self) -> None:
        """Open the picture under the cursor."""
        if self.current:
            self.post_message(self.Opened(self, self.current))

    def validate_cursor(self, position: int) -> int:
        """The cursor stays within the list."""
        return max(0, min(position, self._count - 1))

    def watch_cursor(self) -> None:
        """Bring it into view and tell."""
        self._reveal()
        self._load()
        self.refresh()
        if self.cursor in self._items:
            self.post_message(self.Moved(self, self.current))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one opens."""
        wide, high = self._cell_size
        column = event.x // wide
        position = (event.y + self.scroll_offset.y) // high * self.columns + column
        if column < self.columns and position < self._count:
            self.cursor = position
            if event.chain > 1:
                self.action_open()

    # -- layout -------------------------------------------------------------------------------------------------

    @property
    def _count(self) -> int:
        return len(self._source) if self._source is not None else 0

    def _lay_out(self) -> None:
        rows = -(-self._count // self.columns)
        self.virtual_size = Size(self._width, rows * self._cell_size[1])

    def _reveal(self) -> None:
        wide, high = self._cell_size
        row, column = divmod(self.cursor, self.columns)
        self.scroll_to_region(Region(column * wide, row * high, wide, high), animate=False, force=True)

    def on_resize(self) -> None:
        """Other columns, other drawings."""
        self._lay_out()
        self._reveal()
        self._load()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """What has come into view must be loaded."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._load()

    def _visible(self) -> range:
        high = self._cell_size[1]
        first = int(self.scroll_offset.y) // high * self.columns
        last = (int(self.scroll_offset.y) + self.size.height) // high * self.columns + self.columns
        return range(max(0, first), min(self._count, last))

    # -- loading, in a thread -------------------------------------------------------------------------------------

    def _load(self, *, anew: bool = False) -> None:
        """Fetch and draw what is visible and not there yet; ``anew``: also read again what is there.

        A later call takes the place of an earlier one.
        """
        if self._source is None or self._thumbnails is None or not self.size.width:
            return
        wide, high = self._cell_size
        visible = self._visible()
        known = {position: self._items[position] for position in visible if position in self._items and not anew}
        missing = len(known) < len(visible)
        undrawn = any(
            item and _Cell(item.picture.key, wide - 2, high - 1) not in self._drawn for item in known.values()
        )
        if missing or undrawn:
            source, thumbnails = self._source, self._thumbnails
            items = None if missing else list(known.values())

            def work() -> None:
                try:
                    self._draw(items or self._fetch(source, visible), thumbnails, wide - 2, high - 1)
                except (PictoscopeError, OSError) as error:
                    self.post_message(Failed(error))

            self.run_worker(work, thread=True, exclusive=True, group="pictures", exit_on_error=False)

    def _fetch(self, source: PictureSource, visible: range) -> list[Item | None]:
        items = source.items(visible.start, visible.stop)
        self.post_message(self._ItemsLoaded(source, visible.start, items))
        return items

    def _draw(self, items: list[Item | None], thumbnails: Thumbnails, columns: int, rows: int) -> None:
        from tui.graphics.half_blocks import half_blocks

        worker = get_current_worker()
        for item in items:
            if worker.is_cancelled:
                return
            if item is None or (cell := _Cell(item.picture.key, columns, rows)) in self._drawn:
                continue
            try:
                lines: list[Strip] | str = half_blocks(thumbnails.get(cell.key, item.picture.path), columns, rows)
            except UnreadablePicture as error:
                lines = error.message
            self.post_message(self._PictureDrawn(cell, lines))

    def on_image_grid__items_loaded(self, message: _ItemsLoaded) -> None:
        """Facts have come."""
        message.stop()
        if message.source is not self._source:
            return
        for offset, item in enumerate(message.items):
            self._items[message.start + offset] = item
            self._items.move_to_end(message.start + offset)
        while len(self._items) > _KEPT_ITEMS:
            self._items.popitem(last=False)
        if message.start <= self.cursor < message.start + len(message.items):
            self.post_message(self.Moved(self, self.current))
        self.refresh()

    def on_image_grid__picture_drawn(self, message: _PictureDrawn) -> None:
        """A drawing has come."""
        message.stop()
        self._drawn[message.cell] = message.lines
        while len(self._drawn) > _KEPT_PICTURES:
            self._drawn.popitem(last=False)
        self.refresh()

    # -- drawing --------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """A line of the terminal: a line of each cell in the row."""
        width = self.size.width
        background = self.rich_style
        if not self._count:
            return Strip([Segment(centred_line(self.empty, y, width, self.size.height), background)], width)
        wide, high = self._cell_size
        row, line = divmod(y + int(self.scroll_offset.y), high)
        strips = [
            self._cell_line(position, line, wide, high)
            for position in range(row * self.columns, min((row + 1) * self.columns, self._count))
        ]
        return Strip.join(strips).adjust_cell_length(width, background).apply_style(background)

    def _cell_line(self, position: int, line: int, wide: int, high: int) -> Strip:
        item = self._items.get(position)
        at_cursor = position == self.cursor
        left, right = ("▌", "▐") if at_cursor else (" ", " ")
        mark_style = self.get_component_rich_style("grid--cursor" if at_cursor else "grid--marks", partial=True)
        if line == high - 1:
            inner = Strip([Segment(*self._caption(position, item, wide - 2))], wide - 2)
        else:
            inner = self._picture_line(item, line, wide - 2, high - 1)
        return Strip([Segment(left, mark_style), *inner, Segment(right, mark_style)], wide)

    def _caption(self, position: int, item: Item | None, width: int) -> tuple[str, Style]:
        at_cursor = position == self.cursor
        if item is None:
            return " " * width, self.get_component_rich_style("grid--caption", partial=True)
        mark = "✓" if item.picture.key in self._selected else ""
        score = f"{item.score:.2f} " if item.score is not None else ""
        text = mark + score + shorten(printable(item.picture.name), max(1, width - len(mark) - len(score)))
        style = self.get_component_rich_style("grid--cursor" if at_cursor else "grid--caption", partial=True)
        if at_cursor and self.has_focus:
            style += Style(reverse=True)
        return fit(text, width), style + Style(bold=bool(mark) or at_cursor)

    def _picture_line(self, item: Item | None, line: int, columns: int, rows: int) -> Strip:
        lines = self._drawn.get(_Cell(item.picture.key, columns, rows)) if item else None
        if lines is None:
            text = "·" if line == rows // 2 else ""
            return Strip([Segment(text.center(columns), self.get_component_rich_style("grid--marks", partial=True))])
        if isinstance(lines, str):
            text = "cannot be read" if line == rows // 2 else ""
            return Strip(
                [Segment(text.center(columns)[:columns], self.get_component_rich_style("grid--problem", partial=True))]
            )
        return lines[line]
