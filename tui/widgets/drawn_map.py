"""Draws a map in the cells of a terminal: what it shows, and the thread that draws it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Offset, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.graphics.drawing import Drawing
from tui.graphics.terminal import Protocol
from tui.host import host_of
from tui.widgets.cells import centred_line

if TYPE_CHECKING:  # NumPy comes after the first paint
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    from core.maps.colouring import Colouring
    from core.maps.layout import Layout
    from core.maps.outline import Outline, Place
    from core.maps.together import Selection
    from core.maps.view import View
    from core.project import Project
    from tui.graphics.renderer import Renderer

_PIXELS = (Protocol.KITTY, Protocol.SIXEL, Protocol.ITERM)


class DrawnMap(Widget):
    """The dots of a map. Everything slow happens in a thread; while one draws, later wishes are gathered into one.

    Attributes:
        empty: what is said instead of a map.
    """

    ALLOW_SELECT = False  # a drag moves the map

    @dataclass
    class _Drawn(Message):
        drawing: Drawing

    def __init__(self, project: Project, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._project = project
        self._placed: Layout | None = None
        self._colouring: Colouring | None = None
        self._selection: Selection | None = None
        self._side = 0  # which of the maps of the selection this is
        self._view: View | None = None
        self._cursor = (0.0, 0.0)  # on the map
        self._outline: Outline | None = None  # that is being drawn
        self._has_cursor = True
        self._marked: int | None = None  # the picture that is meant on the map beside this one
        self._drawing: Drawing | None = None
        self._is_drawing = self._is_outdated = False
        self.empty = ""

    @property
    def nearest(self) -> int | None:
        """Index of the picture that is meant."""
        return None

    def show_all(self) -> None:
        """Show the whole map."""

    def changed(self) -> None:
        """Something has moved: draw it."""
        self.draw()

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height of what is drawn on: pixels, or braille dots."""
        host = host_of(self)
        if host.terminal.protocol in _PIXELS:
            return host.renderer.pixels(self.size.width, self.size.height)
        return 2 * self.size.width, 4 * self.size.height

    def draw(self) -> None:
        """Draw in a thread; while that goes on, remember that it must be drawn once more."""
        if self._is_drawing:
            self._is_outdated = True
            return
        layout, colouring, view, selection = self._placed, self._colouring, self._view, self._selection
        if layout is None or colouring is None or view is None or selection is None or not self.size.area:
            return
        self._is_drawing, self._is_outdated = True, False
        host, size, ground = host_of(self), self.size, self.background_colors[1].rgb
        renderer, protocol, selected = host.renderer, host.terminal.protocol, selection.on(self._side)
        cursor = on_canvas(view, self._cursor) if self._has_cursor else None
        marked = self.nearest if self._has_cursor else self._marked
        path = [] if self._outline is None else self._outline.path(self._cursor)
        path = [on_canvas(view, place) for place in path]

        def work() -> None:
            drawing = _painted(
                self._project,
                layout,
                colouring,
                view,
                selected,
                cursor,
                marked,
                path,
                ground,
                renderer,
                size,
                protocol,
            )
            self.post_message(self._Drawn(drawing))

        self.run_worker(work, thread=True, group="map-draw")

    def on_drawn_map__drawn(self, message: _Drawn) -> None:
        """A drawing has come; draw again if something has changed meanwhile."""
        message.stop()
        self._is_drawing = False
        host_of(self).pictures.drop(self._drawing)
        self._drawing = message.drawing
        self.refresh()
        if self._is_outdated:
            self.draw()

    def on_mount(self) -> None:
        """Pictures are shown by the terminal."""
        host_of(self).pictures.watch(self)
        self.watch(self.app, "theme", self._draw_in_theme, init=False)

    def _draw_in_theme(self) -> None:
        self.call_after_refresh(self.draw)  # by then the background is the new one

    def on_unmount(self) -> None:
        """Nobody sees it any more."""
        host_of(self).pictures.drop(self._drawing)

    def on_resize(self) -> None:
        """Look at the same place through another window."""
        self.draw_again()

    def shown_drawings(self) -> Iterator[tuple[Drawing, Offset]]:
        """See :class:`tui.host.ShowsPictures`."""
        if self._drawing:
            yield self._drawing, Offset(0, 0)

    def draw_again(self) -> None:
        """See :class:`tui.host.ShowsPictures`."""
        view, (width, height) = self._view, self.canvas
        if view is None or not width or not height:
            self.show_all()
            return
        larger = min(width / view.width, height / view.height)
        self._view = replace(view, width=width, height=height, scale=view.scale * larger)
        self.changed()

    def render_line(self, y: int) -> Strip:
        """A line of the map, or in the middle why there is none."""
        background, width = self.rich_style, self.size.width
        if self._drawing and y < len(self._drawing.lines):
            line = host_of(self).pictures.line(self, self._drawing, y, Offset(0, 0))
            return line.adjust_cell_length(width).apply_style(background)
        text = "" if self._drawing else self.empty
        return Strip([Segment(centred_line(text, y, width, self.size.height), background)], width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All rows that the parent has."""
        return container.height


def on_canvas(view: View, place: Place) -> Place:
    """Where a place of the map is on the canvas of a view."""
    return (place[0] - view.x) * view.scale + view.width / 2, (view.y - place[1]) * view.scale + view.height / 2


def _painted(
    project: Project,
    layout: Layout,
    colouring: Colouring,
    view: View,
    selected: npt.NDArray[np.bool_],
    cursor: Place | None,
    marked: int | None,
    path: list[Place],
    ground: tuple[int, int, int],
    renderer: Renderer,
    size: Size,
    protocol: Protocol,
) -> Drawing:
    """Called in a thread."""
    from core.errors import UnreadablePicture
    from core.keys import whole_key
    from core.maps.colouring import RGB
    from tui.widgets.map_painting import Scene, paint_braille, paint_pixels

    def thumbnail(number: int) -> Image.Image:
        key = whole_key(layout.keys[number])
        picture = project.catalog.by_keys([key]).get(key)
        if picture is None:
            raise UnreadablePicture("it has left the project")
        return project.thumbnails.get(key, picture.path)

    ink = (0, 0, 0) if sum(ground) > 3 * 128 else (255, 255, 255)
    places, colours, pictures = view.pixels(layout.points), RGB[colouring.codes], protocol is not Protocol.NONE
    scene = Scene(view, places, colours, selected, cursor, marked, path, ground, ink, pictures)
    paint = paint_pixels if protocol in _PIXELS else paint_braille
    return paint(scene, thumbnail, renderer, size.width, size.height)
