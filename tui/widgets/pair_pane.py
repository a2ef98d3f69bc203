"""A pane of the screen of two pictures: one picture, two in turns, or a difference; and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text
from textual.app import ComposeResult
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from core.errors import PictoscopeError, UnreadablePicture
from core.text import byte_size, printable
from tui.graphics.drawing import Drawing
from tui.host import host_of
from tui.messages import Failed
from tui.newest import read_newest
from tui.reading import failure_words
from tui.widgets.pairs import Look
from tui.widgets.picture_view import PictureView
from tui.widgets.zoom import Zoom
from tui.widgets.zoomed_picture import ZoomedPicture, draw_part

if TYPE_CHECKING:  # the first paint has no pictures yet
    from tui.graphics.renderer import Renderer


@dataclass(frozen=True)
class _Asked:
    """What a drawing is of. It is not shown if something else is asked for by now."""

    look: Look
    zoom: Zoom
    renderer: Renderer


class PairPane(ZoomedPicture):
    """Shows what it is given, at a zoom; of two pictures in turns it shows one at a time.

    Attributes:
        sentence: what the thread that read the pictures found; empty for nothing.
        remark: on how they are shown.
        number: of the picture on show, from 0.
        bytes_each: what the terminal gets when the other picture is shown; 0 if it has it already.
    """

    class Changed(Message):
        """There is something else to say: see the attributes of the pane."""

    class _Loaded(Message):
        def __init__(self, asked: _Asked, drawings: Sequence[Drawing], sentence: str, remark: str, sent: int) -> None:
            super().__init__()
            self.asked = asked
            self.drawings = drawings
            self.sentence = sentence
            self.remark = remark
            self.sent = sent

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look: Look | None = None
        self._coming: Sequence[Look] = ()
        self._pixels: tuple[int, int] | None = None
        self._turns: Timer | None = None
        self.sentence = self.remark = ""
        self.number = 0
        self.bytes_each = 0

    def compose(self) -> ComposeResult:
        yield PictureView()
        yield Static(classes="caption", markup=False)

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height of the picture on show; None where there is none."""
        return self._pixels

    def show(self, look: Look, pixels: tuple[int, int], zoom: Zoom, coming: Sequence[Look] = ()) -> None:
        """Show something.

        Args:
            look: reads it.
            pixels: width and height of the picture in its file.
            zoom: which part of it.
            coming: what may be shown next, read in advance.
        """
        self._look, self._pixels, self.zoom, self._coming = look, pixels, zoom, coming
        self.sentence = self.remark = ""
        self.number = self.bytes_each = 0
        self.query_one(PictureView).draw()
        self.load_soon()

    def say(self, lines: Sequence[Text]) -> None:
        """What stands below the picture, a line each."""
        self.query_one(Static).update(Text("\n").join(lines))

    def turn(self) -> None:
        """Show the other one of two pictures, once they are there."""
        view = self.query_one(PictureView)
        if view.count > 1:
            self.number = 1 - self.number
            view.turn_to(self.number)
            self.post_message(self.Changed())

    def turn_every(self, seconds: float) -> None:
        """Show the other one again and again; 0: no more. While the terminal is busy, nothing is turned."""
        if self._turns:
            self._turns.stop()
        self._turns = self.set_interval(seconds, self._turn_if_idle) if seconds else None

    def _turn_if_idle(self) -> None:
        if host_of(self).pictures.is_idle and self.screen is self.app.screen:
            self.turn()

    def reload(self) -> None:
        """Draw again at another size or zoom."""
        if self._look:
            self.load_soon()

    def load(self) -> None:
        """Read and draw, then read what may be shown next."""
        look, zoom, coming, size = self._look, self.zoom, self._coming, self.query_one(PictureView).size
        if look is None or not size.area:
            return
        renderer, console = host_of(self).renderer, self.app.console
        needed = max(renderer.pixels(size.width, size.height))
        asked = _Asked(look, zoom, renderer)

        def read() -> Iterator[Message]:
            from tui.graphics.overlays import in_place

            try:
                sight = look(round(needed * zoom.factor))
                drawings = [draw_part(image, zoom, renderer, size) for image in sight.images]
                if len(drawings) > 1:
                    drawings = [in_place(drawing) for drawing in drawings]
                sent = max(bytes_to_show(drawing, console) for drawing in drawings)
                yield self._Loaded(asked, drawings, sight.sentence, sight.remark, sent)
            except UnreadablePicture as error:
                yield self._Loaded(asked, (), f"cannot be read: {error.message}", "", 0)
            except (PictoscopeError, OSError) as error:
                failed = Failed(error)
                yield self._Loaded(asked, (), failure_words(failed.error), "", 0)
                yield failed
            _read(coming, needed, lambda: get_current_worker().is_cancelled)

        read_newest(self, read, group="pair")

    def on_pair_pane__loaded(self, message: _Loaded) -> None:
        """The drawings have come."""
        message.stop()
        if self._look and message.asked == _Asked(self._look, self.zoom, host_of(self).renderer):
            self.sentence, self.remark, self.bytes_each = printable(message.sentence), message.remark, message.sent
            self.query_one(PictureView).draw(*message.drawings, number=self.number)
            self.post_message(self.Changed())


def bytes_to_show(drawing: Drawing, console: Console) -> int:
    """Bytes that the terminal gets to show a drawing, once it has what it keeps of it (kitty)."""
    if drawing.overlay is not None:
        return len(drawing.overlay.data)
    return sum(len(line.render(console).encode("utf-8")) for line in drawing.lines)


def bytes_in_words(sent: int, *, keeps: bool) -> str:
    """What a change costs on the line. ``keeps``: whether the terminal keeps the pictures."""
    return f"each change sends {byte_size(sent)}" + (", both pictures are sent once" if keeps else "")


def _read(coming: Sequence[Look], needed: int, is_cancelled: Callable[[], bool]) -> None:
    for look in coming:
        if is_cancelled():
            return
        with suppress(PictoscopeError, OSError):  # it is said when it is shown
            look(needed)
