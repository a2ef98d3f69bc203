"""The picture under the cursor, larger, with its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from core.catalog.catalog import Picture
from core.errors import PictoscopeError, UnreadablePicture
from core.labels.properties import Properties
from core.project import Project
from core.text import printable
from tui.graphics.drawing import Drawing
from tui.host import host_of
from tui.messages import Failed
from tui.newest import read_newest
from tui.reading import failure_words
from tui.widgets.decoded import Decoded
from tui.widgets.drawings import source
from tui.widgets.picture_facts import PictureFacts
from tui.widgets.picture_view import PictureView
from tui.widgets.zoom import Zoom
from tui.widgets.zoomed_picture import ZoomedPicture, draw_part

if TYPE_CHECKING:  # the first paint has no pictures yet
    from tui.graphics.renderer import Renderer

_FACTS, _FULL_FACTS, _MARGIN = 9, 6, 1  # lines below a picture, below a large one; the empty one above them
# Of the lines that a pane has above so many, one of four is for more facts: all of EXIF takes four.
_LOW, _LINES_EACH, _MORE_FACTS = 24, 4, 4


@dataclass(frozen=True)
class _Asked:
    """What a drawing is of. It is not shown if something else is asked for by now."""

    picture: Picture
    zoom: Zoom
    renderer: Renderer


@dataclass(frozen=True)
class _Facts:
    """``lines`` of text, in ``height`` lines of the pane."""

    lines: tuple[Text, ...]
    height: int


class Preview(ZoomedPicture):
    """A picture and its facts.

    Args:
        full: whether it has the whole screen, and may be enlarged.
    """

    class _Loaded(Message):
        def __init__(self, asked: _Asked, drawing: Drawing | None, facts: _Facts) -> None:
            super().__init__()
            self.asked = asked
            self.drawing = drawing
            self.facts = facts

    def __init__(self, *, id: str | None = None, full: bool = False) -> None:
        super().__init__(id=id)
        self._full = full
        self._picture: Picture | None = None
        self._project: Project | None = None
        self._coming: Sequence[Picture] = ()
        self._decoded = Decoded()
        self._picture_facts = PictureFacts()

    def on_mount(self) -> None:
        """What is decoded counts."""
        host_of(self).pictures.count(self._decoded)

    def compose(self) -> ComposeResult:
        """Picture above, facts below."""
        yield PictureView(id="preview-picture")
        yield Static(id="preview-facts", markup=False)

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height of the picture on show; None where there is none."""
        return (self._picture.width, self._picture.height) if self._picture else None

    def show(self, project: Project, picture: Picture | None, coming: Sequence[Picture] = ()) -> None:
        """Show a picture, or nothing. ``coming``: those that may be shown next, decoded in advance."""
        if picture is not self._picture:
            self.zoom = Zoom()
        self._project, self._picture, self._coming = project, picture, coming
        if picture is None:
            self.not_now()
            self.query_one(PictureView).draw()
            self.query_one("#preview-facts", Static).update("")
        else:
            self.load_soon()

    def reload(self) -> None:
        """Draw again: the size is another, or there is more to say."""
        if self._picture and self._project:
            self.show(self._project, self._picture, self._coming)

    def load(self) -> None:
        """Draw the picture and read its facts, then decode those that may be shown next."""
        picture, project = self._picture, self._project
        size = self.content_size
        if picture and project and size.width and size.height:
            renderer, zoom, coming = host_of(self).renderer, self.zoom, self._coming

            def read() -> Iterator[Message]:
                needed = max(renderer.pixels(size.width, max(1, size.height - _FULL_FACTS)))
                yield from self._fetch(project, picture, size, renderer, zoom, needed)
                self._decode(project, coming, needed)

            read_newest(self, read, group="preview")

    def _decode(self, project: Project, coming: Sequence[Picture], needed: int) -> None:
        """Decode what may be shown next, until something else is asked for."""
        worker = get_current_worker()
        for picture in coming:
            if worker.is_cancelled:
                return
            with suppress(PictoscopeError, OSError):  # it is said when it is shown
                self._decoded.get(project, picture, needed)

    def _fetch(
        self, project: Project, picture: Picture, whole: Size, renderer: Renderer, zoom: Zoom, needed: int
    ) -> Iterator[Message]:
        """``needed``: how many pixels a picture that is shown whole needs on its longest side."""
        asked = _Asked(picture, zoom, renderer)
        try:
            problem, image = picture.problem, None
            try:
                if self._full:
                    image = self._decoded.get(project, picture, round(needed * zoom.factor))
                else:
                    image = source(picture.key, picture.path, project.thumbnails, needed)
            except UnreadablePicture as error:
                problem = error.message
            facts = self._facts(project, picture, problem, whole)
            size = Size(whole.width, max(1, whole.height - facts.height))
            drawing = draw_part(image, zoom, renderer, size) if image else None
            yield self._Loaded(asked, drawing, facts)
        except (PictoscopeError, OSError) as error:
            failed = Failed(error)
            facts = _Facts((Text(printable(picture.name)), Text(failure_words(failed.error))), _FULL_FACTS)
            yield self._Loaded(asked, None, facts)  # not those of the one before
            yield failed

    def _facts(self, project: Project, picture: Picture, problem: str, whole: Size) -> _Facts:
        """Beside the grid as many lines for every picture: nothing jumps. A large picture gets all that can be had."""
        if self._full:
            most = max(_FULL_FACTS, whole.height // 2)
            lines = self._picture_facts.lines(project, picture, problem, Size(whole.width, most - _MARGIN))
            return _Facts(tuple(lines), min(most, max(_FULL_FACTS, len(lines) + _MARGIN)))
        base = _FACTS + max(0, min(_MORE_FACTS, (whole.height - _LOW) // _LINES_EACH))
        height = min(base + len(Properties(project.catalog).all()), max(base, whole.height // 2))
        lines = self._picture_facts.lines(project, picture, problem, Size(whole.width, height - _MARGIN))
        return _Facts(tuple(lines), height)

    def on_preview__loaded(self, message: _Loaded) -> None:
        """The drawing and the facts have come."""
        message.stop()
        if self._picture and message.asked == _Asked(self._picture, self.zoom, host_of(self).renderer):
            facts = self.query_one("#preview-facts", Static)
            facts.styles.height = message.facts.height
            facts.update(Text("\n").join(message.facts.lines), layout=False)  # its height was just set
            self.query_one(PictureView).draw(*([message.drawing] if message.drawing else []))
