"""A picture of which a part can be shown, larger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.geometry import Size
from textual.timer import Timer

from tui.graphics.drawing import Drawing
from tui.host import host_of
from tui.widgets.picture_view import PictureView
from tui.widgets.zoom import Zoom

if TYPE_CHECKING:  # the first paint has no pictures yet
    from PIL import Image

    from tui.graphics.renderer import Renderer

# A cursor that runs over the grid must not start a decoder at every step.
_PAUSE = 0.06


class ZoomedPicture(Vertical):
    """A :class:`PictureView` and what is said of it, loaded in a thread a moment after it was asked for.

    Attributes:
        zoom: the part on show.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.zoom = Zoom()
        self._timer: Timer | None = None

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height of the picture on show; None where there is none."""
        raise NotImplementedError

    def reload(self) -> None:
        """Draw again: the size is another, or there is more to say."""
        raise NotImplementedError

    def load(self) -> None:
        """Start to load what was asked for last."""
        raise NotImplementedError

    def load_soon(self) -> None:
        """Load in a moment, if nothing else is asked for until then."""
        self.not_now()
        self._timer = self.set_timer(_PAUSE, self.load)

    def not_now(self) -> None:
        """Load nothing of what was asked for."""
        if self._timer:
            self._timer.stop()

    def show_part(self, zoom: Zoom) -> None:
        """Show a part of the same picture."""
        if zoom != self.zoom:
            self.zoom = zoom
            self.reload()

    def at_actual_size(self) -> Zoom:
        """The part that is shown when each of its pixels is one of the terminal's."""
        size = self.query_one(PictureView).size
        if self.pixels is None or not size.area:
            return self.zoom
        return self.zoom.at_actual_size(self.pixels, host_of(self).renderer.pixels(size.width, size.height))

    def on_resize(self) -> None:
        """Draw again at the new size."""
        self.reload()

    def on_picture_view_lost(self) -> None:
        """Draw again for other cells."""
        self.reload()


def draw_part(image: Image.Image, zoom: Zoom, renderer: Renderer, size: Size) -> Drawing:
    """The part of a picture that fits a box of cells, drawn.

    Args:
        image: all of the picture, RGB.
        zoom: says which part.
        renderer: draws it.
        size: columns and rows.
    """
    if not zoom.is_whole:
        image = image.crop(zoom.part(image.size, renderer.pixels(size.width, size.height)))
    return renderer.draw(image, size.width, size.height)
