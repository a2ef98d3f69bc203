"""The mouse over a grid, a second way to do what keys do: click, double click, drag over cells, right click."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.geometry import Offset
from textual.message import Message

from core.errors import PictoscopeError
from tui.messages import Failed
from tui.widgets.grid_window import GridWindow
from tui.widgets.picture_source import Item, PictureSource

_LEFT, _RIGHT = 1, 3  # buttons


class GridMouse(GridWindow):
    """A click moves the cursor, a second one opens; ctrl and a click select; dragging selects all in a rectangle."""

    ALLOW_SELECT: ClassVar[bool] = False  # of text: dragging selects pictures

    class MenuWanted(Message):
        """A picture was clicked with the right button; ``at`` is the place on the screen."""

        def __init__(self, at: Offset) -> None:
            super().__init__()
            self.at = at

    class _Read(Message):
        def __init__(self, source: PictureSource, items: Sequence[Item]) -> None:
            super().__init__()
            self.source = source
            self.items = items

    def __init__(self, *, id: str | None = None, **options: Any) -> None:
        super().__init__(id=id, **options)
        self._pressed: tuple[int, int] | None = None  # column and row of the cell at which the button went down
        self._band: dict[int, Item | None] = {}  # by position: the pictures dragged over, and those that this selected

    @property
    def source(self) -> PictureSource | None:
        """The list that is shown."""
        raise NotImplementedError

    def item_at(self, position: int) -> Item | None:
        """A picture of the list, once it is loaded."""
        raise NotImplementedError

    def is_selected(self, item: Item) -> bool:
        """Whether a picture is in the selection."""
        raise NotImplementedError

    def turn(self, items: Iterable[Item]) -> None:
        """Put pictures into the selection; take those out that are in it."""
        raise NotImplementedError

    def action_open(self) -> None:
        """Open the picture under the cursor."""
        raise NotImplementedError

    # -- clicks -------------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Move the cursor, and open, select, or ask for the menu."""
        position = self.geometry.at(event.x, event.y + self.top)
        if position is None:
            return
        self.cursor = position
        if event.button == _RIGHT:
            event.stop()
            self.post_message(self.MenuWanted(event.screen_offset))
        elif event.ctrl:
            self.turn([item] if (item := self.item_at(position)) else [])
        elif event.chain > 1:
            self.action_open()

    # -- dragging -----------------------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A rectangle may begin here."""
        if event.button == _LEFT and self.count:
            self._pressed, self._band = self._cell_under(event), {}
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Select what lies between the cell where the button went down and this one; scroll at the edges."""
        if self._pressed is None:
            return
        event.stop()
        if not 0 <= event.y < self.size.height:
            rows = 1 if event.y > 0 else -1
            self.scroll_to(y=self.top + rows * self.geometry.cell[1], animate=False, force=True, immediate=True)
        here = self._cell_under(event)
        if here != self._pressed or self._band:
            self._select_band(band(self._pressed, here, self.columns, self.count))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """What was dragged over is selected; facts that were not there yet are read."""
        if self._pressed is None:
            return
        self._pressed = None
        self.release_mouse()
        source, missing = self.source, [place for place in self._band if self.item_at(place) is None]
        if source is not None and missing:
            self.run_worker(lambda: self._read(source, missing), thread=True, exclusive=True, group="band")

    def _cell_under(self, event: events.MouseEvent) -> tuple[int, int]:
        wide, high = self.geometry.cell
        y = max(0, min(event.y, self.size.height - 1))
        return max(0, min(event.x // wide, self.columns - 1)), (y + self.top) // high

    def _select_band(self, positions: Sequence[int]) -> None:
        """Select these, and no more what was selected by dragging further before."""
        wanted = set(positions)
        left = [item for place, item in self._band.items() if item and place not in wanted]
        kept = {place: self._band.get(place) for place in positions}
        new = {place: item for place in positions if not kept[place] and (item := self._unselected(place))}
        self._band = {**kept, **new}
        if left or new:
            self.turn([*left, *new.values()])

    def _unselected(self, position: int) -> Item | None:
        item = self.item_at(position)
        return None if item is None or self.is_selected(item) else item

    def _read(self, source: PictureSource, positions: Sequence[int]) -> None:
        try:
            items = [item for place in positions for item in source.items(place, place + 1) if item]
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))
        else:
            self.post_message(self._Read(source, items))

    def on_grid_mouse__read(self, message: _Read) -> None:
        """Select them, if they are still what is shown."""
        message.stop()
        if message.source is self.source:
            self.turn([item for item in message.items if not self.is_selected(item)])


def band(start: tuple[int, int], end: tuple[int, int], columns: int, count: int) -> list[int]:
    """Positions of the pictures in a rectangle of cells.

    Args:
        start, end: column and row of two corners, in any order.
        columns: pictures in a row.
        count: pictures of the list.
    """
    (left, right), (first, last) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    places = (row * columns + column for row in range(first, last + 1) for column in range(left, right + 1))
    return [place for place in places if place < count]
