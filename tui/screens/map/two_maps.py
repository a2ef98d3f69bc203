"""What a screen of one or two maps keeps: which are open, which has the keys, one selection and one picture on both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.events import DescendantFocus

from core.project import Project
from core.text import count
from tui.screens.base import PictoscopeScreen
from tui.screens.map.map_side import MapSide
from tui.widgets.map_view import MapView

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.maps.together import Selection, Together
    from tui.screens.map.reading import MapsRead

_TWO = (76, 16)  # columns and rows of a terminal in which two maps, their captions and the preview can be read


class TwoMaps(PictoscopeScreen):
    """A screen with a map, and another one beside it.

    Args:
        project: whose pictures are shown.
    """

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._sides = [MapSide(project, number) for number in (0, 1)]
        self._active = self._sides[0]  # which has the keys
        self._maps: MapsRead | None = None
        self._selection: Selection | None = None

    @property
    def _map(self) -> MapView:
        return self._active.view

    @property
    def _open(self) -> list[MapSide]:
        return [side for side in self._sides if side.is_open]

    @property
    def _has_room(self) -> bool:
        """Whether the screen has room for two maps."""
        return self.app.size.width >= _TWO[0] and self.app.size.height >= _TWO[1]

    @property
    def _needs_room(self) -> str:
        return f"two maps need {_TWO[0]} x {_TWO[1]}"

    def on_resize(self) -> None:
        """Where two maps do not fit, the one that has the keys is shown alone, until they do."""
        self._arrange()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """The keys are for another map now."""
        for side in self._open:
            if event.widget is side.view and side is not self._active:
                self._active = side
                self._arrange()
                side.view.changed()

    def on_map_view_selected(self, message: MapView.Selected) -> None:
        """The selection is lit on the other map too."""
        for side in self._open:
            if side.view is not message.view:
                side.view.draw()

    def _arrange(self) -> None:
        """Show the maps that are open, as far as there is room, and say which of them has the keys."""
        two = len(self._open) == 2 and self._has_room
        self.set_class(two, "-two")
        for side in self._sides:
            side.display = side is self._active or (two and side.is_open)
            side.view.has_keys(side is self._active)
        self._show_words()

    def _close(self, side: MapSide) -> None:
        """Leave only the other map."""
        side.close()
        self._active = self._open[0]
        self._arrange()
        self._map.focus()

    def _select_on(self, together: Together) -> Selection:
        """The selection, as far as these maps have its pictures."""
        from core.maps.together import Selection

        before = self._selection
        self._selection = Selection(together) if before is None else before.moved_to(together)
        if left := (0 if before is None else len(before)) - len(self._selection):
            self.notify(f"no longer selected, as not on the map: {count(left, 'picture')}", markup=False)
        return self._selection

    def _show_captions(self) -> None:
        """Say what each of two maps is; mark on the other one the picture that is meant, or say why it is not seen."""
        for side in self._open:
            remark = ""
            if side is not self._active and self._map.nearest is not None and side.placed is not None:
                number = self._number_on(side)
                side.view.mark(number)
                if number is None:
                    remark = "lacks this picture"
                elif not side.view.sees(number):
                    remark = "this picture is out of view"
            side.show_caption(remark, has_keys=side is self._active)

    def _number_on(self, other: MapSide) -> int | None:
        """The number that the picture at the cursor has on the other map."""
        number, sides = self._map.nearest, self._open
        if self._maps is None or number is None or len(self._maps.layouts) != len(sides):
            return None
        return self._maps.together.seen_on(sides.index(other), sides.index(self._active), number)

    def _show_words(self) -> None:
        """Say what is shown."""
