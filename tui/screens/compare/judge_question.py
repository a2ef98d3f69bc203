"""The picture that is asked about while one judges: large, and without its name, which may give the answer away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from core.catalog.catalog import Picture
from core.errors import UnreadablePicture
from core.text import printable
from tui.graphics.drawing import Drawing
from tui.host import host_of
from tui.newest import read_newest
from tui.widgets.cells import centred_line
from tui.widgets.drawings import source
from tui.widgets.picture_view import PictureView

if TYPE_CHECKING:  # the first paint has no pictures yet
    from core.images.thumbnails import Thumbnails


class JudgeQuestion(PictureView):
    """One picture as large as the widget, drawn in a thread."""

    @dataclass
    class _Drawn(Message):
        key: bytes
        size: tuple[int, int]
        drawing: Drawing | str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture: Picture | None = None
        self._thumbnails: Thumbnails | None = None
        self._problem = ""

    def show(self, picture: Picture | None, thumbnails: Thumbnails) -> None:
        """Show another picture, or nothing."""
        if self._picture is None or picture is None or picture.key != self._picture.key:
            self._problem = ""
            self.draw()
        self._picture, self._thumbnails = picture, thumbnails
        self._load()

    def on_resize(self) -> None:
        """Draw again at the new size."""
        self._load()

    def on_picture_view_lost(self) -> None:
        """Draw again for other cells."""
        self._load()

    def _load(self) -> None:
        picture, thumbnails = self._picture, self._thumbnails
        wide, high = self.content_size
        if picture is None or thumbnails is None or not (wide and high):
            return
        renderer = host_of(self).renderer

        def draw() -> Message:
            try:
                image = source(picture.key, picture.path, thumbnails, max(renderer.pixels(wide, high)))
                drawing: Drawing | str = renderer.draw(image, wide, high)
            except UnreadablePicture as error:
                drawing = error.message
            return self._Drawn(picture.key, (wide, high), drawing)

        read_newest(self, draw, group="question")

    def on_judge_question__drawn(self, message: _Drawn) -> None:
        """Show it, if it is still what is asked for."""
        message.stop()
        picture = self._picture
        if picture is None or picture.key != message.key or message.size != tuple(self.content_size):
            return
        drawing = message.drawing
        self._problem = drawing if isinstance(drawing, str) else ""
        self.draw(*[drawing] if isinstance(drawing, Drawing) else [])

    def render_line(self, y: int) -> Strip:
        """A line of the picture, or why there is none."""
        if not self._problem:
            return super().render_line(y)
        text = centred_line(f"cannot be read: {printable(self._problem)}", y, self.size.width, self.size.height)
        return Strip([Segment(text, self.rich_style)], self.size.width)
