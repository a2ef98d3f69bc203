"""One question through several vec types: a column of the grid for each, best first, that scroll together."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from core.catalog.catalog import Catalog
from core.comparison.columns import Column, Columns
from core.text import printable
from tui.host import host_of
from tui.widgets.cells import fit, shorten
from tui.widgets.grid_layout import GridLayout
from tui.widgets.image_grid import ImageGrid
from tui.widgets.picture_source import Entries, Item

ONLY_HERE = "◆"
_MOST_RANKS = 100
_MOST_IN_SIGHT = 6  # ranks
_LEAST_HEIGHT = 0.2  # of a picture, as a share of its width: below nobody can tell what it shows


class ColumnsSource:
    """The columns as one list: rank by rank, in each the picture of every column.

    Args:
        catalog: is read.
        found: the columns.
        order: which of them, from left to right; all that answer.
    """

    def __init__(self, catalog: Catalog, found: Columns, order: Sequence[Column]) -> None:
        self._catalog = catalog
        self._found = found
        self.order = tuple(order)
        self._keys = [found.ranked(column, _MOST_RANKS) for column in self.order]

    def __len__(self) -> int:
        return min(map(len, self._keys)) * len(self.order)

    def column(self, position: int) -> Column:
        """The column that a position is in."""
        return self.order[position % len(self.order)]

    def rank(self, position: int) -> int:
        """The rank of a position, from 1."""
        return position // len(self.order) + 1

    def key(self, position: int) -> bytes:
        """Of the picture there."""
        return self._keys[position % len(self.order)][position // len(self.order)]

    def ranked(self, position: int) -> list[bytes]:
        """All keys of the column that a position is in."""
        return self._keys[position % len(self.order)]

    def is_only_here(self, position: int) -> bool:
        """Whether no other column finds the picture at a position."""
        return self._found.only_here(self.column(position), self.rank(position))

    def items(self, start: int, stop: int) -> list[Item | None]:
        """See :class:`tui.widgets.picture_source.PictureSource`."""
        keys = [self.key(position) for position in range(start, min(stop, len(self)))]
        pictures = self._catalog.by_keys(keys)
        return [
            Item(pictures[key], mark=self._mark(position)) if key in pictures else None
            for position, key in enumerate(keys, start)
        ]

    def _mark(self, position: int) -> str:
        return f"{self.rank(position)}{ONLY_HERE if self.is_only_here(position) else ''}"

    def find(self, key: bytes) -> int | None:
        """See :class:`tui.widgets.picture_source.PictureSource`."""
        return next((position for position in range(len(self)) if self.key(position) == key), None)

    def holds(self, position: int, item: Item) -> bool:
        """See :class:`tui.widgets.picture_source.PictureSource`."""
        same = position < len(self) and self.key(position) == item.picture.key
        return same and self._mark(position) == item.mark

    def entries(self) -> Entries:
        """See :class:`tui.widgets.picture_source.PictureSource`. Each picture once."""
        return list(dict.fromkeys(self.key(position) for position in range(len(self)))), None


class ColumnsGrid(ImageGrid):
    """As many pictures in a row as there are columns; larger and smaller change how many ranks are in sight."""

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:
        super().__init__(id=id, empty=empty)
        self._in_sight = 3  # ranks

    @property
    def geometry(self) -> GridLayout:
        """A column for each vec type, and so many ranks in sight."""
        source = self.source
        in_row = len(source.order) if isinstance(source, ColumnsSource) else 1
        character = host_of(self).pictures.terminal.cell
        across = (self._width // in_row - 2) * character.width / character.height
        high = max(1, self.size.height // self._in_sight - GridLayout.below)
        shape = min(1.0, max(_LEAST_HEIGHT, high / across)) if across > 0 else 1.0
        return GridLayout(self.count, self._width, self.size.height, in_row, character=character, height_to_width=shape)

    def set_pictures_in_row(self, count: int) -> None:
        """Not here: each vec type has a column."""

    def action_zoom(self, step: int) -> None:
        """One rank fewer in sight, its pictures larger; or one more. Only here: other grids keep their size."""
        self._in_sight = max(1, min(_MOST_IN_SIGHT, self._in_sight - step))
        self.rearrange()
        self.refresh()

    def watch_cursor(self, before: int, now: int) -> None:
        """The same picture in other columns is underlined."""
        super().watch_cursor(before, now)
        source = self.source
        if isinstance(source, ColumnsSource):
            keys = {source.key(at) for at in (before, now) if 0 <= at < len(source)}
            self._refresh_cells(*(at for at in self.geometry.visible(self.top) if source.key(at) in keys))

    def cell_line(self, position: int, geometry: GridLayout, line: int) -> Strip:
        strip, source = super().cell_line(position, geometry, line), self.source
        if (
            line != geometry.cell[1] - geometry.below
            or position == self.cursor
            or not isinstance(source, ColumnsSource)
        ):
            return strip
        same = source.key(position) == source.key(self.cursor)
        return strip.apply_style(Style(underline=True, bold=True)) if same else strip

    def headings(self, names: Sequence[str]) -> Text:
        """Names above the columns, in two lines where an option does not fit beside its model."""
        wide = self.geometry.cell[0]
        parts = [_parted(name, wide - 1) for name in names]
        lines = [[part[line] for part in parts] for line in range(2) if any(part[line] for part in parts)]
        return Text("\n".join("".join(" " + fit(shorten(text, wide - 1), wide - 1) for text in line) for line in lines))


def _parted(name: str, width: int) -> tuple[str, str]:
    shown = printable(name)
    if cell_len(shown) <= width:
        return shown, ""
    model, plus, option = shown.partition("+")
    return model, plus + option
