"""The groups of an answer as a wall: the typical pictures of each, its name and how many it holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from textual import events
from textual.actions import SkipAction
from textual.message import Message
from textual.strip import Strip

from core.actions.answer import Group
from core.catalog.catalog import Catalog, Picture
from core.text import printable
from tui.display import MOST_IN_ROW
from tui.graphics.terminal import CellSize, Protocol
from tui.host import host_of
from tui.widgets.captions import captions
from tui.widgets.cells import shorten
from tui.widgets.cover import MOST, Place, places
from tui.widgets.drawings import Cell
from tui.widgets.drawn_grid import GRID_KEYS, DrawnGrid
from tui.widgets.grid_layout import GridLayout
from tui.widgets.grid_work import Tile
from tui.widgets.group_cells import BELOW, STYLES, GroupCell, Part

if TYPE_CHECKING:  # the first paint has no pictures yet
    from core.images.thumbnails import Thumbnails

_NARROWEST, _WIDEST = 19, 72  # columns of a group
_HEIGHT_TO_WIDTH = 2 / 3  # of a cover: the large picture and the small ones are about square
_SMALLEST = 7, 3  # columns and rows of a picture in pixels
_SMALLEST_OF_CHARACTERS = 12, 5


@dataclass(frozen=True)
class Cover:
    """A group on the wall.

    Attributes:
        group: it.
        pictures: its most typical ones that are still in the project; may be empty.
        is_rest: whether it holds what no other group has.
    """

    group: Group
    pictures: tuple[Picture, ...]
    is_rest: bool


class CoverSource:
    """Reads the covers of groups.

    Args:
        catalog: is read.
        groups: of an answer.
    """

    def __init__(self, catalog: Catalog, groups: Sequence[Group]) -> None:
        self._catalog = catalog
        self.groups = groups
        self._scored = any(group.score is not None for group in groups)

    def __len__(self) -> int:
        return len(self.groups)

    def items(self, start: int, stop: int) -> list[Cover]:
        """Those from ``start`` to before ``stop``."""
        wanted = [(group, [match.key for match in group.matches[:MOST]]) for group in self.groups[start:stop]]
        pictures = self._catalog.by_keys([key for _, keys in wanted for key in keys])
        return [
            Cover(
                group,
                tuple(pictures[key] for key in dict.fromkeys(keys) if key in pictures),
                self._scored and group.score is None,
            )
            for group, keys in wanted
        ]


class GroupWall(DrawnGrid[Cover]):
    """Groups with a cursor and a selection. As large as lets all of them be seen, if there is room."""

    BINDINGS = [replace(key, show=key.action == "open") for key in GRID_KEYS]

    COMPONENT_CLASSES = STYLES

    class Moved(Message):
        """The cursor stands on another group."""

    class Opened(Message):
        """The group under the cursor was opened."""

    class SelectionChanged(Message):
        """Other groups are selected."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source: CoverSource | None = None
        self._selection: dict[int, None] = {}  # positions, in the order they were selected
        self._captions: dict[int, dict[str, str]] = {}  # of the names in the window, by width

    def show(self, groups: Sequence[Group], catalog: Catalog, thumbnails: Thumbnails, *, cursor: int = 0) -> None:
        """Show other groups, the cursor on one of them; none is selected."""
        self._source, self._thumbnails = CoverSource(catalog, groups), thumbnails
        self._entries = OrderedDict()
        self._selection.clear()
        self.place_cursor(cursor)

    def entry_source(self) -> CoverSource | None:
        return self._source

    # -- choosing -------------------------------------------------------------------------------------------------

    @property
    def selected(self) -> list[int]:
        """Positions of the selected groups, in the order they were selected."""
        return list(self._selection)

    @property
    def chosen(self) -> list[int]:
        """Positions of the selected groups, or of the one under the cursor."""
        return self.selected or ([self.cursor] if self.count else [])

    def action_select(self) -> None:
        """Put the group into the selection or take it out, and go on to the next."""
        if self.count:
            if self._selection.pop(self.cursor, self) is self:
                self._selection[self.cursor] = None
            self.cursor += 1
            self._selected()

    def action_select_all(self) -> None:
        """Select every group."""
        self._selection |= dict.fromkeys(range(self.count))
        self._selected()

    def action_clear_selection(self) -> None:
        """Select nothing.

        Raises:
            SkipAction: nothing was selected: the key is for the screen.
        """
        if not self._selection:
            raise SkipAction
        self._selection.clear()
        self._selected()

    def _selected(self) -> None:
        self.post_message(self.SelectionChanged())
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one opens."""
        position = self.geometry.at(event.x, event.y + self.top)
        if position is not None:
            self.cursor = position
            if event.chain > 1:
                self.action_open()

    def action_open(self) -> None:
        """Open the group under the cursor."""
        if self.count:
            self.post_message(self.Opened())

    def action_zoom(self, step: int) -> None:
        """One group fewer in a row, each larger; or one more. Only here: other grids keep their size."""
        self.set_pictures_in_row(max(1, min(MOST_IN_ROW, self.columns - step)))

    def moved(self) -> None:
        self.post_message(self.Moved())

    # -- drawing --------------------------------------------------------------------------------------------------

    @property
    def geometry(self) -> GridLayout:
        """Where the groups are."""
        terminal = host_of(self).pictures.terminal
        high = 0.0 if terminal.protocol is Protocol.NONE else _HEIGHT_TO_WIDTH
        return wall_layout(self.count, self._width, self.size.height, self._in_row, terminal.cell, high)

    def entries_changed(self) -> None:
        """Other names are seen."""
        self._captions.clear()

    def tiles(self, entry: Cover, box: tuple[int, int]) -> list[Tile]:
        cell, found = host_of(self).pictures.terminal.cell, []
        parts = self._places(entry, box)
        for picture, place in zip(entry.pictures, parts, strict=False):
            shape = (place.columns * cell.width, place.rows * cell.height) if len(parts) > 1 else None
            drawn = Cell(picture.key, place.columns, place.rows, shape)
            found.append(Tile(drawn, picture.path, place.column, place.row))
        return found

    def _places(self, entry: Cover, box: tuple[int, int]) -> list[Place]:
        match host_of(self).pictures.terminal.protocol:
            case Protocol.NONE:
                return []
            case Protocol.SYMBOLS | Protocol.HALF:
                smallest = _SMALLEST_OF_CHARACTERS
            case _:
                smallest = _SMALLEST
        return places(len(entry.pictures), *box, smallest)

    def cell_line(self, position: int, geometry: GridLayout, line: int) -> Strip:
        (wide, high), source = geometry.cell, self._source
        if source is None:
            return Strip.blank(wide)
        entry, group, pictures = self._entries.get(position), source.groups[position], host_of(self).pictures
        tiles = self.tiles(entry, geometry.picture) if entry else []
        by_place = {Place(tile.column, tile.row, tile.cell.columns, tile.cell.rows): tile for tile in tiles}
        hidden = pictures.terminal.protocol is Protocol.NONE
        cell = GroupCell(
            name=group.name,
            pictures=len(group.matches),
            is_rest=entry is not None and entry.is_rest,
            parts=[Part(place, self._drawn.get(tile.cell)) for place, tile in by_place.items()],
            words=", ".join(printable(picture.name) for picture in entry.pictures) if entry and hidden else "",
            columns=wide,
            rows=high,
            at_cursor=position == self.cursor,
            focused=self.has_focus,
            selected=position in self._selection,
            style=lambda name: self.get_component_rich_style(name, partial=True),
            picture_line=lambda drawing, place, line: pictures.line(
                self, drawing, line, self.place_of(position, geometry, by_place[place])
            ),
            caption=self._caption,
        )
        return cell.line(line)

    def _caption(self, name: str, width: int) -> str:
        """A name in at most ``width`` cells, told apart from the others in the window."""
        if width not in self._captions and self._source is not None:
            seen = self.geometry.visible(self.top)
            names = (printable(group.name) for group in self._source.groups[seen.start : seen.stop])
            self._captions[width] = captions(names, width)
        return self._captions.get(width, {}).get(name) or shorten(name, width)


@lru_cache(maxsize=64)
def wall_layout(
    count: int, width: int, height: int, in_row: int, character: CellSize, height_to_width: float
) -> GridLayout:
    """Groups as large as lets all of them be seen at once, within limits; ``in_row``: as many in a row, if not 0."""

    def layout(columns: int) -> GridLayout:
        return GridLayout(
            count, width, height, columns, character=character, height_to_width=height_to_width, below=BELOW
        )

    if in_row:
        return layout(in_row)
    fewest, most = -(-width // _WIDEST), max(1, width // _NARROWEST)
    sizes = (layout(columns) for columns in range(max(1, fewest), most))
    return next((one for one in sizes if one.page >= count), layout(most))
