"""The work of a grid in a thread: reads and draws what is visible, then the page that comes next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from tui.graphics.drawing import Drawing
from tui.widgets.drawings import Cell, Drawings, draw

if TYPE_CHECKING:  # the first paint has no pictures yet
    from core.images.thumbnails import Thumbnails
    from tui.graphics.renderer import Renderer

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class EntrySource(Protocol[T_co]):
    """A list of what a grid shows. ``items`` is called from threads."""

    def __len__(self) -> int:
        """How many entries there are."""
        ...

    def items(self, start: int, stop: int) -> Sequence[T_co | None]:
        """Those from ``start`` to before ``stop``; None where one has left the project."""
        ...


@dataclass(frozen=True, slots=True)
class Tile:
    """A drawing in the box of an entry.

    Attributes:
        cell: which drawing.
        path: of its picture.
        column, row: where it begins in the box, in cells.
    """

    cell: Cell
    path: bytes
    column: int = 0
    row: int = 0

    @property
    def is_first(self) -> bool:
        """Whether it is at the beginning of the box."""
        return not (self.column or self.row)


@dataclass(frozen=True)
class GridWork(Generic[T]):
    """What a grid lacks.

    Attributes:
        source: the list.
        thumbnails: of its pictures.
        renderer: draws them.
        tiles: gives the drawings of an entry.
        parts: positions, the most urgent first.
        known: what is already read, by position.
        drawn: what is already drawn.
    """

    source: EntrySource[T]
    thumbnails: Thumbnails
    renderer: Renderer
    tiles: Callable[[T], Sequence[Tile]]
    parts: tuple[range, ...]
    known: Mapping[int, T | None]
    drawn: Drawings

    @property
    def is_done(self) -> bool:
        """Whether nothing is lacking."""
        positions = [position for part in self.parts for position in part]
        return all(position in self.known and not self._lacks(self.known[position]) for position in positions)

    def run(
        self,
        is_cancelled: Callable[[], bool],
        loaded: Callable[[int, list[T | None]], None],
        drawn: Callable[[Cell, Drawing | str], None],
    ) -> None:
        """Read and draw, and hand over each part at once.

        Raises:
            PictoscopeError, OSError: what has nothing to do with a single picture.
        """
        for part in self.parts:
            tiles = [tile for entry in self._entries(part, loaded) for tile in self._lacks(entry)]
            for tile in sorted(tiles, key=lambda tile: not tile.is_first):  # one of each entry, then the others
                if is_cancelled():
                    return
                drawn(tile.cell, draw(tile.cell, tile.path, self.thumbnails, self.renderer))
            if is_cancelled():
                return

    def _entries(self, part: range, loaded: Callable[[int, list[T | None]], None]) -> list[T | None]:
        if all(position in self.known for position in part):
            return [self.known[position] for position in part]
        entries = list(self.source.items(part.start, part.stop))
        loaded(part.start, entries)
        return entries

    def _lacks(self, entry: T | None) -> list[Tile]:
        return [] if entry is None else [tile for tile in self.tiles(entry) if tile.cell not in self.drawn]
