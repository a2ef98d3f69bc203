"""A grid of pictures: draws only what is visible, with a selection and captions that show what differs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.actions import SkipAction
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip

from core.catalog.catalog import Picture
from core.errors import PictoscopeError
from core.text import printable
from tui.host import host_of
from tui.messages import Failed
from tui.widgets.captions import captions
from tui.widgets.cells import shorten_name
from tui.widgets.drawings import Cell
from tui.widgets.drawn_grid import GRID_KEYS, DrawnGrid
from tui.widgets.grid_cells import CARD, STYLES, GridCell
from tui.widgets.grid_layout import GridLayout
from tui.widgets.grid_mouse import GridMouse
from tui.widgets.grid_work import Tile
from tui.widgets.picture_source import Entries, Item, PictureSource
from tui.widgets.selected_pictures import SelectedPictures

if TYPE_CHECKING:  # the first paint has no pictures yet
    from core.images.thumbnails import Thumbnails


class ImageGrid(GridMouse, DrawnGrid[Item], can_focus=True):
    """Pictures of a :class:`PictureSource`, with a cursor and a selection."""

    BINDINGS = [*GRID_KEYS]

    COMPONENT_CLASSES = STYLES

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

    @dataclass
    class _KeysRead(Message):
        source: PictureSource
        keys: dict[bytes, Item | None]

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:
        super().__init__(id=id, empty=empty)
        self._source: PictureSource | None = None
        self._selection = SelectedPictures()
        self._captions: dict[int, dict[str, str]] = {}  # of the names in the window, by width

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
        kept = ((position, item) for position, item in self._entries.items() if item and source.holds(position, item))
        self._entries = OrderedDict(kept)
        self._entries.update(known or {})
        self.place_cursor(cursor)

    def entry_source(self) -> PictureSource | None:
        return self._source

    def update_selection(self, gone: Iterable[bytes], moved: Mapping[bytes, Picture] = {}) -> None:
        """Take pictures out of the selection that have gone; those that were moved are known where they are now."""
        before = len(self._selection)
        self._selection.update(gone, moved)
        if len(self._selection) != before:
            self.post_message(self.SelectionChanged(len(self._selection)))

    @property
    def source(self) -> PictureSource | None:
        """The list that is shown."""
        return self._source

    @property
    def loaded(self) -> dict[bytes, Item]:
        """The pictures whose facts are there, by key."""
        return {item.picture.key: item for item in self._entries.values() if item}

    def read_current(self) -> Item | None:
        """The picture under the cursor, for a key that may come before the thread has loaded what is in sight."""
        if self.cursor not in self._entries and self._source:
            with suppress(PictoscopeError, OSError):  # the thread says it
                self._entries.update(zip([self.cursor], self._source.items(self.cursor, self.cursor + 1), strict=True))
        return self.current

    @property
    def chosen(self) -> list[Item]:
        """The selected pictures, or the one under the cursor. Of very many ask for their keys alone."""
        return self.selected or [item for item in [self.read_current()] if item]

    @property
    def chosen_keys(self) -> list[bytes]:
        """Keys of the selected pictures, or of the one under the cursor."""
        return self._selection.keys or [item.picture.key for item in [self.read_current()] if item]

    @property
    def selected(self) -> list[Item]:
        """The selected pictures, in the order they were selected; see :attr:`chosen`."""
        return self._selection.items()

    @property
    def selected_keys(self) -> list[bytes]:
        """Keys of the selected pictures, in the order they were selected."""
        return self._selection.keys

    def selected_entries(self) -> Callable[[], Entries]:
        """Reads keys and scores of the selected pictures, as they are now; for a thread."""
        return self._selection.entries()

    # -- choosing -------------------------------------------------------------------------------------------------

    def action_select(self) -> None:
        """Put the picture into the selection or take it out, and go on to the next."""
        if (item := self.read_current()) is None:
            if not self.count:
                # What stands there knows whether there is none, or it is still being looked for.
                self.app.notify(self.empty or "no picture here to select", markup=False)
            return
        self.turn([item])
        self.cursor += 1

    def turn(self, items: Iterable[Item]) -> None:
        """Put pictures into the selection; take those out that are in it."""
        for item in items:
            self._selection.turn(item)
        self.post_message(self.SelectionChanged(len(self._selection)))
        self.refresh()

    def item_at(self, position: int) -> Item | None:
        """A picture of the list, once it is loaded."""
        return self._entries.get(position)

    def is_selected(self, item: Item) -> bool:
        """Whether a picture is in the selection."""
        return item.picture.key in self._selection

    def action_select_all(self) -> None:
        """Select every picture of the list, however long it is: their keys are read in a thread."""
        source = self._source
        if source is not None:
            self.run_worker(lambda: self._read_keys(source), thread=True, exclusive=True, group="keys")

    def action_clear_selection(self) -> None:
        """Select nothing.

        Raises:
            SkipAction: nothing was selected: the key is for the screen.
        """
        if not self._selection:
            raise SkipAction
        self.clear_selection()

    def clear_selection(self) -> None:
        self._selection.clear()
        self.post_message(self.SelectionChanged(0))
        self.refresh()

    def action_open(self) -> None:
        """Open the picture under the cursor; an empty grid has none, and its screen does what it says there."""
        if self.read_current() or not self.count:
            self.post_message(self.Opened(self, self.current))

    def moved(self) -> None:
        self.post_message(self.Moved(self, self.current))

    def _read_keys(self, source: PictureSource) -> None:
        try:
            self.post_message(self._KeysRead(source, dict.fromkeys(source.entries()[0])))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def on_image_grid__keys_read(self, message: _KeysRead) -> None:
        """Select them, if they are still what is shown."""
        message.stop()
        if message.source is self._source:
            self._selection.add_all(message.source, message.keys)
            self.post_message(self.SelectionChanged(len(self._selection)))
            self.refresh()
        elif self.count == len(message.keys):  # the same list, read again meanwhile
            self.action_select_all()

    # -- drawing --------------------------------------------------------------------------------------------------

    def entries_changed(self) -> None:
        """Other names are seen."""
        self._captions.clear()

    def tiles(self, entry: Item, box: tuple[int, int]) -> tuple[Tile]:
        return (Tile(Cell(entry.picture.key, *box), entry.picture.path),)

    def cell_line(self, position: int, geometry: GridLayout, line: int) -> Strip:
        item, (wide, high) = self._entries.get(position), geometry.cell
        pictures = host_of(self).pictures
        tile = self.tiles(item, geometry.picture)[0] if item else None
        place = self.place_of(position, geometry, tile) if tile else Offset()
        cell = GridCell(
            item=item,
            drawing=self._drawn.get(tile.cell) if tile else None,
            columns=wide,
            rows=high,
            at_cursor=position == self.cursor,
            focused=self.has_focus,
            selected=item is not None and item.picture.key in self._selection,
            style=lambda name: self.get_component_rich_style(name, partial=name != CARD),
            picture_line=lambda drawing, line: pictures.line(self, drawing, line, place),
            caption=self._caption,
        )
        return cell.line(line)

    def _caption(self, name: str, width: int) -> str:
        """A name in at most ``width`` cells, told apart from the others in the window."""
        if width not in self._captions:
            items = (self._entries.get(position) for position in self.geometry.visible(self.top))
            self._captions[width] = captions((printable(item.picture.name) for item in items if item), width)
        return self._captions[width].get(name) or shorten_name(name, width)
