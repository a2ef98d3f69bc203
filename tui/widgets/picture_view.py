"""A picture that is drawn, as large as its widget."""

from __future__ import annotations

from collections.abc import Iterator

from rich.segment import Segment
from textual.geometry import Offset, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.graphics.cell_strips import on_background
from tui.graphics.drawing import Drawing
from tui.host import host_of


class PictureView(Widget):
    """Shows one drawing. Of several it shows one after the other in the same place; the terminal keeps them all."""

    class Lost(Message):
        """The drawing must be made again: the cells of the terminal have another size."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawings: tuple[Drawing, ...] = ()
        self._number = 0  # of the one on show

    def on_mount(self) -> None:
        """Pictures are shown by the terminal."""
        host_of(self).pictures.watch(self)

    def on_unmount(self) -> None:
        """Nobody sees it any more."""
        self._drop()

    @property
    def drawing(self) -> Drawing | None:
        """The drawing on show."""
        return self._drawings[self._number] if self._drawings else None

    @property
    def count(self) -> int:
        """How many drawings there are."""
        return len(self._drawings)

    def draw(self, *drawings: Drawing, number: int = 0) -> None:
        """Show the ``number``-th of some drawings, or nothing. Those before are given up."""
        self._drop()
        self._drawings, self._number = drawings, number if number < len(drawings) else 0
        self.refresh()

    def turn_to(self, number: int) -> None:
        """Show another of the drawings."""
        if number < len(self._drawings):
            self._number = number
            self.refresh()

    def shown_drawings(self) -> Iterator[tuple[Drawing, Offset]]:
        """See :class:`tui.host.ShowsPictures`."""
        if self.drawing:
            yield self.drawing, Offset(0, 0)

    def draw_again(self) -> None:
        """See :class:`tui.host.ShowsPictures`."""
        self.draw()
        self.post_message(self.Lost())

    def render_line(self, y: int) -> Strip:
        background, drawing = self.rich_style, self.drawing
        if drawing and y < len(drawing.lines):
            line = host_of(self).pictures.line(self, drawing, y, Offset(0, 0))
            return on_background(line.adjust_cell_length(self.size.width), background)
        return Strip([Segment(" " * self.size.width, background)], self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All rows that the parent has."""
        return container.height

    def _drop(self) -> None:
        for drawing in self._drawings:
            host_of(self).pictures.drop(drawing)
