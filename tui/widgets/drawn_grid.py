"""A grid of entries with drawings: draws only what is visible; no widget an entry, a million are as quick as ten."""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.worker import get_current_worker

from core.errors import PictoscopeError
from tui.graphics.cell_strips import on_background
from tui.graphics.drawing import Drawing
from tui.host import host_of
from tui.messages import Failed
from tui.widgets.cells import centred_line
from tui.widgets.drawings import Cell, KeepsDrawings
from tui.widgets.grid_layout import GridLayout
from tui.widgets.grid_window import GridWindow
from tui.widgets.grid_work import EntrySource, GridWork, Tile

if TYPE_CHECKING:  # the first paint has no pictures yet
    from core.images.thumbnails import Thumbnails
    from tui.graphics.renderer import Renderer

T = TypeVar("T")

GRID_KEYS = [
    Binding("left,h", "move(-1)", "Left", show=False),
    Binding("right,l", "move(1)", "Right", show=False),
    Binding("up,k", "move_rows(-1)", "Up", show=False),
    Binding("down,j", "move_rows(1)", "Down", show=False),
    Binding("pageup,ctrl+b", "move_pages(-1)", "Page up", show=False),
    Binding("pagedown,ctrl+f", "move_pages(1)", "Page down", show=False),
    Binding("home", "move_to(0)", "First", show=False),
    Binding("end,G", "move_to(-1)", "Last", show=False),
    Binding("space", "select", "Select", show=False, key_display="space"),
    Binding("asterisk,ctrl+a", "select_all", "Select all", show=False, key_display="*"),
    Binding("enter", "open", "Open", show=False, key_display="enter"),
    Binding("escape", "clear_selection", "Clear selection", show=False),
    Binding("greater_than_sign", "zoom(1)", "Larger pictures", show=False, key_display=">"),
    Binding("less_than_sign", "zoom(-1)", "Smaller pictures", show=False, key_display="<"),
]

_KEPT_ENTRIES = 4_000


class DrawnGrid(KeepsDrawings, GridWindow, Generic[T], can_focus=True, inherit_bindings=False):
    """Entries with a cursor, moved by ``GRID_KEYS``. Classes made from it say what a cell shows, and what is told."""

    @dataclass
    class _EntriesLoaded(Message):
        source: EntrySource[Any]
        start: int
        entries: list[Any]

    @dataclass
    class _PictureDrawn(Message):
        renderer: Renderer
        cell: Cell
        drawing: Drawing | str

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:
        super().__init__(id=id)
        self.empty = empty
        self._thumbnails: Thumbnails | None = None
        self._entries: OrderedDict[int, T | None] = OrderedDict()
        self._drawn = self.keep_drawings()

    # -- what the classes made from it say ------------------------------------------------------------------------

    @abstractmethod
    def entry_source(self) -> EntrySource[T] | None:
        """The list that is shown."""

    @abstractmethod
    def tiles(self, entry: T, box: tuple[int, int]) -> Sequence[Tile]:
        """The drawings of an entry in a box of columns and rows. Called in threads too."""

    @abstractmethod
    def cell_line(self, position: int, geometry: GridLayout, line: int) -> Strip:
        """A line of a cell, from above."""

    def entries_changed(self) -> None:
        """Other entries are loaded, or in the window."""

    @abstractmethod
    def moved(self) -> None:
        """The cursor stands on another entry (or none)."""

    @abstractmethod
    def action_open(self) -> None:
        """Open the entry under the cursor."""

    @property
    def count(self) -> int:
        """How many entries the list has."""
        source = self.entry_source()
        return len(source) if source is not None else 0

    @property
    def current(self) -> T | None:
        """The entry under the cursor, once it is loaded."""
        return self._entries.get(self.cursor)

    # -- moving ---------------------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Left and right, over the ends of rows."""
        self.cursor += step

    def action_move_rows(self, rows: int) -> None:
        """Up and down; the last row may be shorter."""
        row, last = self.cursor // self.columns, (self.count - 1) // self.columns
        if 0 <= row + rows <= last:
            self.cursor += rows * self.columns

    def action_move_pages(self, pages: int) -> None:
        """Move the cursor by screenfuls."""
        self.cursor += pages * self.geometry.page

    def action_move_to(self, position: int) -> None:
        """Move the cursor to the first (0) or the last (-1) entry."""
        self.cursor = position % max(1, self.count)

    def validate_cursor(self, position: int) -> int:
        """The cursor stays within the list."""
        return max(0, min(position, self.count - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Bring it into view and tell; only the two cells are drawn again, unless the grid scrolls."""
        self.reveal()
        self.load()
        self._refresh_cells(before, now)
        if self.cursor in self._entries:
            self.moved()

    # -- in the window ------------------------------------------------------------------------------------------

    def place_cursor(self, position: int) -> None:
        """The cursor of a list that is shown from now on."""
        self.lay_out()
        self.set_reactive(GridWindow.cursor, max(0, min(position, self.count - 1)))
        self.reveal()
        self.load(reload=True)
        self.refresh()

    def draw_again(self) -> None:
        """See :class:`tui.host.ShowsPictures`."""
        self._drawn.clear()
        self.rearrange()
        self.refresh()

    # -- loading, in a thread -------------------------------------------------------------------------------------

    def load(self, *, reload: bool = False) -> None:
        """Fetch and draw what is visible and not there yet, then the next page; ``reload``: also read what is there.

        A later call takes the place of an earlier one.
        """
        self.entries_changed()
        source = self.entry_source()
        if source is None or self._thumbnails is None or not self.size.width:
            return
        geometry, renderer = self.geometry, host_of(self).renderer
        visible = geometry.visible(self.top)
        ahead = geometry.ahead(visible, up=self._upwards)
        known = {} if reload else {at: self._entries[at] for at in (*visible, *ahead) if at in self._entries}
        box = geometry.picture
        work = GridWork(
            source,
            self._thumbnails,
            renderer,
            lambda entry: self.tiles(entry, box),
            (visible, ahead),
            known,
            self._drawn,
        )
        if work.is_done:
            return

        def loaded(start: int, entries: list[T | None]) -> None:
            self.post_message(self._EntriesLoaded(source, start, entries))

        def drawn(cell: Cell, drawing: Drawing | str) -> None:
            self.post_message(self._PictureDrawn(renderer, cell, drawing))

        def run() -> None:
            worker = get_current_worker()
            try:
                work.run(lambda: worker.is_cancelled, loaded, drawn)
            except (PictoscopeError, OSError) as error:
                self.post_message(Failed(error))

        self.run_worker(run, thread=True, exclusive=True, group="pictures", exit_on_error=False)

    def on_drawn_grid__entries_loaded(self, message: _EntriesLoaded) -> None:
        """What cells show of their entries has been read."""
        message.stop()
        if message.source is not self.entry_source():
            return
        for offset, entry in enumerate(message.entries):
            self._entries[message.start + offset] = entry
            self._entries.move_to_end(message.start + offset)
        while len(self._entries) > _KEPT_ENTRIES:
            self._entries.popitem(last=False)
        self.entries_changed()
        if message.start <= self.cursor < message.start + len(message.entries):
            self.moved()
        visible = self.geometry.visible(self.top)
        if any(message.start + offset in visible for offset in range(len(message.entries))):
            self.refresh()  # all: captions tell names in sight apart

    def on_drawn_grid__picture_drawn(self, message: _PictureDrawn) -> None:
        """A drawing has come, mostly of the page that comes next: nothing else is drawn again."""
        message.stop()
        if message.renderer is not host_of(self).renderer:
            return  # the cells of the terminal have another size by now
        self._drawn.add(message.cell, message.drawing, at_least=3 * self.size.area)
        box = self.geometry.picture
        self._refresh_cells(
            *(
                position
                for position in self.geometry.visible(self.top)
                if (entry := self._entries.get(position)) is not None
                and any(tile.cell == message.cell for tile in self.tiles(entry, box))
            )
        )

    def _refresh_cells(self, *positions: int) -> None:
        """Draw some entries again: those of them in the window."""
        geometry, at = self.geometry, Offset(self.gutter.left, self.gutter.top - self.top)
        seen = set(positions).intersection(geometry.visible(self.top))
        if seen:  # given no region Textual draws the whole
            self.refresh(*(geometry.region(position).translate(at) for position in seen))

    # -- drawing --------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """A line of the terminal: a line of each cell in the row."""
        width = self.size.width
        background = self.rich_style
        if not self.count:
            return Strip([Segment(centred_line(self.empty, y, width, self.size.height), background)], width)
        geometry = self.geometry
        row, line = divmod(y + self.top, geometry.cell[1])
        cells = range(row * geometry.columns, min((row + 1) * geometry.columns, self.count))
        strips = [self.cell_line(position, geometry, line) for position in cells]
        return on_background(Strip.join(strips).adjust_cell_length(width, background), background)

    def shown_drawings(self) -> Iterator[tuple[Drawing, Offset]]:
        """See :class:`tui.host.ShowsPictures`."""
        geometry = self.geometry
        for position in geometry.visible(self.top):
            if (entry := self._entries.get(position)) is not None:
                for tile in self.tiles(entry, geometry.picture):
                    drawing = self._drawn.get(tile.cell)
                    if isinstance(drawing, Drawing):
                        yield drawing, self.place_of(position, geometry, tile)

    def place_of(self, position: int, geometry: GridLayout, tile: Tile) -> Offset:
        """Of a drawing in the window: between the marks of its cell."""
        return geometry.region(position).offset + Offset(1 + tile.column, tile.row - self.top)
