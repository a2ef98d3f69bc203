"""A map in the terminal: a cursor that finds the nearest picture, zoom, and outlines that select, by keys and mouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.events import MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
from textual.message import Message

from core.key_hints import with_keys
from core.text import count
from tui.host import host_of
from tui.widgets.drawn_map import DrawnMap, on_canvas

if TYPE_CHECKING:  # NumPy comes after the first paint
    import numpy as np
    import numpy.typing as npt

    from core.maps.colouring import Colouring
    from core.maps.layout import Layout
    from core.maps.outline import Outline, Place
    from core.maps.together import Selection
    from core.project import Project
    from core.search.projection import Points

_STEP = 40  # steps of the cursor across the shorter side
_EDGE = 0.1  # of the view: a cursor that comes nearer takes the view along
_ZOOM = 1.5
_LEFT = 1  # button of the mouse


@dataclass
class _Drag:
    """The left button is down.

    Attributes:
        at: the cell where the pointer was seen last.
        draws: whether it was pressed with a modifier, which begins a lasso.
        has_moved: whether it is more than a click.
    """

    at: tuple[int, int]
    draws: bool
    has_moved: bool = False


class MapView(DrawnMap, can_focus=True):
    """A map that is moved over and selected on."""

    BINDINGS = [
        Binding("left,h", "go(-1, 0)", "Left", show=False, key_display="←"),
        Binding("right,l", "go(1, 0)", "Right", show=False, key_display="→"),
        Binding("up,k", "go(0, -1)", "Up", show=False, key_display="↑"),
        Binding("down,j", "go(0, 1)", "Down", show=False, key_display="↓"),
        Binding("plus", "zoom(1)", "Zoom", key_display="+"),
        Binding("minus", "zoom(-1)", "Away", key_display="-"),
        Binding("0", "whole", "All", show=False),
        Binding("n", "next", "Next nearest", show=False),
        Binding("v", "box", "Box", tooltip="begin a box at the cursor; what is in it becomes selected"),
        Binding("a", "lasso", "Lasso", tooltip="begin a lasso at the cursor, then set its points; or drag with ctrl"),
        Binding("space", "select", "Select", show=False, key_display="space", tooltip="select, or set a lasso's point"),
        Binding("backspace", "take_back", "Take back", show=False, tooltip="take back the lasso's last point"),
        Binding("asterisk", "select_shown", "Select what is in view", show=False, key_display="*"),
        Binding(
            "enter",
            "finish",
            "Finish",
            show=False,
            key_display="enter",
            tooltip="select what is in the outline; else open",
        ),
        Binding("escape", "clear", "Clear", show=False, tooltip="drop the outline, then the selection"),
    ]

    @dataclass
    class Moved(Message):
        """The picture that is meant may be another one, or something is being drawn on the map."""

        view: MapView

    @dataclass
    class Selected(Message):
        """Other pictures are selected."""

        view: MapView

    class Opened(Message):
        """The picture under the cursor is to be shown large."""

    def __init__(self, project: Project, *, id: str | None = None) -> None:
        super().__init__(project, id=id)
        self._rank = 0  # how many pictures are nearer to the cursor than the one that is meant
        self._found: tuple[Points, Place, int, int] | None = None  # the nearest, and for what it was looked up
        self._drag: _Drag | None = None

    # -- what it shows ----------------------------------------------------------------------------------------------

    def show(self, layout: Layout, colouring: Colouring, selection: Selection, side: int = 0) -> None:
        """Show a map. Of the same pictures at the same places, the view stays.

        Args:
            layout: the map.
            colouring: of its pictures.
            selection: also that of the map beside it.
            side: the map's number in the selection.
        """
        import numpy as np

        before = self._placed
        same = before is not None and np.array_equal(before.keys, layout.keys)
        self._placed, self._colouring, self._selection, self._side = layout, colouring, selection, side
        self._marked = None
        if not same or before is None or not np.array_equal(before.points, layout.points):
            self.show_all()
        else:
            self.changed()

    @property
    def nearest(self) -> int | None:
        """Index of the picture that is meant: the nearest to the cursor, or after ``n`` one of the next."""
        import numpy as np

        if self._placed is None or not len(self._placed.keys):
            return None
        asked = (self._placed.points, self._cursor, self._rank)
        if self._found is None or self._found[0] is not asked[0] or self._found[1:3] != asked[1:]:
            away = ((self._placed.points - np.array(self._cursor, np.float32)) ** 2).sum(axis=1)
            rank = self._rank % len(away)
            number = int(np.argpartition(away, rank)[: rank + 1][-1]) if rank else int(away.argmin())
            self._found = (*asked, number)
        return self._found[3]

    @property
    def selected(self) -> npt.NDArray[np.int64]:
        """Indices of the selected pictures."""
        import numpy as np

        mask = np.zeros(0, np.bool_) if self._selection is None else self._selection.on(self._side)
        return np.flatnonzero(mask).astype(np.int64)

    @property
    def outline_words(self) -> str:
        """How to go on with the outline that is being drawn; empty for none."""
        from core.maps.outline import Lasso

        if self._outline is None:
            return ""
        if not isinstance(self._outline, Lasso):
            return with_keys("box · {map-view.finish} selects · {map-view.clear} drops it")
        points = count(len(self._outline.path(self._cursor)), "point")
        words = "{map-view.select} sets one · {map-view.finish} selects · {map-view.clear} drops it"
        return f"lasso of {points} · {with_keys(words)}"

    def mark(self, number: int | None) -> None:
        """Mark the picture that is meant on the map beside this one; None if this map does not have it."""
        if number != self._marked:
            self._marked = number
            self.draw()

    def has_keys(self, are_for_it: bool) -> None:
        """Whether the keys are for this map, where several stand side by side: it has the cursor then."""
        if are_for_it != self._has_cursor:
            self._has_cursor = are_for_it
            if not are_for_it:
                self._outline = self._drag = None
            self.draw()

    def show_all(self) -> None:
        """See :class:`DrawnMap`; the cursor goes to the middle."""
        from core.maps.view import View

        if self._placed is None or not self.canvas[0] or not self.canvas[1]:
            return
        self._view = View.of_all(self._placed.points, *self.canvas)
        self._cursor, self._outline, self._rank = (self._view.x, self._view.y), None, 0
        self.changed()

    def changed(self) -> None:
        """Draw what has changed, and tell the screen."""
        self.post_message(self.Moved(self))
        self.draw()

    def sees(self, number: int) -> bool:
        """Whether a picture is in view."""
        if self._placed is None or self._view is None:
            return False
        ((x, y),) = self._view.pixels(self._placed.points[number : number + 1]).tolist()
        return bool(0 <= x < self._view.width and 0 <= y < self._view.height)

    # -- keys -------------------------------------------------------------------------------------------------------

    def action_go(self, right: int, down: int) -> None:
        """Move the cursor; at the edge the view goes with it."""
        if (view := self._view) is None:
            return
        step = min(view.width, view.height) / _STEP * (2 if self._outline is None else 1)
        self._cursor = (self._cursor[0] + right * step / view.scale, self._cursor[1] - down * step / view.scale)
        self._rank = 0
        self._follow()

    def action_zoom(self, closer: int) -> None:
        """Closer to the cursor, or away from it."""
        if self._view is not None:
            self._zoom(closer, *on_canvas(self._view, self._cursor))

    def action_whole(self) -> None:
        """Show all, the cursor in the middle."""
        self.show_all()

    def action_next(self) -> None:
        """The next nearest picture."""
        self._rank += 1
        self.changed()

    def action_box(self) -> None:
        """Begin a box at the cursor."""
        from core.maps.outline import Box

        self._begin(Box([self._cursor]))

    def action_lasso(self) -> None:
        """Begin a lasso at the cursor; set a point of one that was begun."""
        from core.maps.outline import Lasso

        if isinstance(self._outline, Lasso):
            self._set_corner()
        else:
            self._begin(Lasso([self._cursor]))

    def action_take_back(self) -> None:
        """Take the last point of a lasso back."""
        from core.maps.outline import Lasso

        if isinstance(self._outline, Lasso) and len(self._outline.corners) > 1:
            self._outline.corners.pop()
            self.changed()

    def action_select(self) -> None:
        """Set a point of the lasso; without one, select the nearest picture, or take it back."""
        from core.maps.outline import Lasso

        number = self.nearest
        if isinstance(self._outline, Lasso):
            self._set_corner()
        elif self._selection is not None and number is not None:
            self._selection.turn(self._side, number)
            self._tell_selected()

    def action_select_shown(self) -> None:
        """Select all pictures in view."""
        from core.maps.outline import Box

        if (view := self._view) is not None:
            self._select(Box([view.point(0, 0)]), view.point(view.width, view.height))

    def action_finish(self) -> None:
        """Select what is in the outline; without one, open the picture."""
        from core.maps.outline import Lasso

        outline = self._outline
        if outline is None:
            if self.nearest is not None:
                self.post_message(self.Opened())
        elif isinstance(outline, Lasso) and not outline.is_enough(self._cursor):
            words = "a lasso has three points at least: move, then {map-view.select} sets one"
            self.notify(with_keys(words), markup=False)
        else:
            self._outline = None
            self._select(outline, self._cursor)

    def action_clear(self) -> None:
        """Drop the outline, else the selection; without either, go back."""
        if self._outline is not None:
            self._outline = self._drag = None
            self.changed()
        elif self._selection is not None and len(self._selection):
            self._selection.clear()
            self._tell_selected()
        else:
            host_of(self).action_leave()

    def _follow(self) -> None:
        """Let the view follow the cursor."""
        if (view := self._view) is None:
            return
        x, y = on_canvas(view, self._cursor)
        wide, high = _EDGE * view.width, _EDGE * view.height
        right = min(x - wide, 0) + max(x - (view.width - wide), 0)
        down = min(y - high, 0) + max(y - (view.height - high), 0)
        self._view = view.moved(right, down)
        self.changed()

    def _begin(self, outline: Outline) -> None:
        if self._placed is not None:
            self._outline = outline
            self.changed()

    def _set_corner(self) -> None:
        if self._outline is not None and self._outline.corners[-1:] != [self._cursor]:
            self._outline.corners.append(self._cursor)
            self.changed()

    def _select(self, outline: Outline, end: Place) -> None:
        if self._placed is None or self._selection is None:
            return
        inside = outline.holds(self._placed.points, end)
        self._selection.add(self._side, inside)
        if not inside.any():
            self.notify("no picture is there", markup=False)
        self._tell_selected()

    def _tell_selected(self) -> None:
        self.post_message(self.Selected(self))
        self.changed()

    # -- mouse ------------------------------------------------------------------------------------------------------

    def on_mouse_down(self, event: MouseDown) -> None:
        """A click moves the cursor; a drag draws the outline that was begun, a lasso with ctrl or alt, else it pans."""
        if self._view is not None and event.button == _LEFT:
            self.capture_mouse()
            self._drag = _Drag((event.x, event.y), event.ctrl or event.meta)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Go on drawing the outline, or pan."""
        drag, view = self._drag, self._view
        if drag is None or view is None or drag.at == (event.x, event.y):
            return
        if not drag.has_moved:
            drag.has_moved = True
            self._begin_drawing(drag)
        if self._outline is None:
            across, down = (self._on_cell(*drag.at)[axis] - self._on_cell(event.x, event.y)[axis] for axis in (0, 1))
            self._view = view.moved(across, down)
            self.changed()
        else:
            self._cursor = view.point(*self._on_cell(event.x, event.y))
            self._draw_along()
        drag.at = (event.x, event.y)

    def on_mouse_up(self, event: MouseUp) -> None:
        """Close what was drawn; of a click, move the cursor."""
        from core.maps.outline import Lasso

        self.release_mouse()
        drag, self._drag, view = self._drag, None, self._view
        if drag is None or view is None:
            return
        if drag.has_moved:
            if self._outline is not None:
                self.action_finish()
            return
        self._cursor, self._rank = view.point(*self._on_cell(event.x, event.y)), 0
        if isinstance(self._outline, Lasso):
            self._set_corner()
        self.changed()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Zoom in at the pointer."""
        event.stop()
        self._zoom(1, *self._on_cell(event.x, event.y))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Zoom out from the pointer."""
        event.stop()
        self._zoom(-1, *self._on_cell(event.x, event.y))

    def _begin_drawing(self, drag: _Drag) -> None:
        """Where the drag began, the outline begins: not where the cursor was when a key asked for it."""
        from core.maps.outline import Lasso

        if self._view is None:
            return
        if drag.draws and self._outline is None:
            self._outline = Lasso([])
        if self._outline is not None and len(self._outline.corners) < 2:
            self._outline.corners = [self._view.point(*self._on_cell(*drag.at))]

    def _draw_along(self) -> None:
        from core.maps.outline import Lasso

        self._rank = 0
        if isinstance(self._outline, Lasso):
            self._set_corner()
        else:
            self.changed()

    def _on_cell(self, x: int, y: int) -> tuple[float, float]:
        """The middle of a cell, on the canvas."""
        width, height = self.canvas
        return (x + 0.5) * width / max(self.size.width, 1), (y + 0.5) * height / max(self.size.height, 1)

    def _zoom(self, closer: int, x: float, y: float) -> None:
        if self._view is not None:
            self._view = self._view.zoomed(_ZOOM**closer, x, y)
            self.changed()
