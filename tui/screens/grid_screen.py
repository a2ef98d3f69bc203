"""What Browse, Results and Recommend have in common: pictures in a grid, and the one under the cursor beside it."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import ActiveBinding, Binding
from textual.css.query import DOMQuery
from textual.widget import Widget

from core.comparison.shared_question import SharedQuestion
from core.key_hints import with_keys
from core.project import Project
from core.text import count, printable
from tui.screens.base import PictoscopeScreen
from tui.screens.browse.pair import PairScreen
from tui.screens.browse.picture import PictureScreen
from tui.screens.dialogs.action_menu import ActionMenu, menu_of
from tui.widgets.form_controls import Place
from tui.widgets.image_grid import ImageGrid
from tui.widgets.pairs import Pair, Pairs
from tui.widgets.picture_source import Item, PictureSource
from tui.widgets.preview import Preview

_MOST_PAIRED = 100  # selected pictures
_ROOM_FOR_LEFT = 70  # columns from which the left pane is there without being asked for


class GridScreen(PictoscopeScreen):
    """Composes an :class:`ImageGrid` ``#grid`` and a :class:`Preview`; keys are for what is selected in the grid."""

    BINDINGS = [
        Binding("backslash", "fold_left", "Fold or unfold the left pane", show=False),
        Binding("W", "pair", "Two pictures side by side", show=False),
    ]

    _project: Project
    _folded: bool | None = None  # as the person wants it; None: as the width asks
    _selected = 0  # pictures

    @property
    def grid(self) -> ImageGrid:
        """The grid of pictures."""
        return self.query_one("#grid", ImageGrid)

    @property
    def awaited(self) -> str:
        return self.grid.empty if self.grid.source is None else ""

    @property
    def chosen(self) -> list[Item]:
        """The selected pictures, or the one under the cursor."""
        return self.grid.chosen

    @property
    def chosen_keys(self) -> list[bytes]:
        """Keys of the same: there may be a million."""
        return self.grid.chosen_keys

    @property
    def selected_keys(self) -> list[bytes]:
        """Keys of what is selected, without the picture under the cursor."""
        return self.grid.selected_keys

    @property
    def shared_question(self) -> SharedQuestion | None:
        """The selected pictures, for Side by side."""
        return SharedQuestion.of_keys(self.selected_keys)

    def selected_place(self) -> list[Place]:
        """The selection as a part of the collection, where there is one."""
        selected = tuple(key.hex() for key in self.selected_keys)
        return [Place(f"the selection ({count(len(selected))})", selected, first=True)] if selected else []

    def with_selection(self, facts: str) -> str:
        """Facts for the header, after how many pictures are selected: the cursor has moved on from them."""
        return " · ".join(filter(None, (f"{count(self._selected)} selected" if self._selected else "", facts)))

    def on_image_grid_selection_changed(self, message: ImageGrid.SelectionChanged) -> None:
        """Say in the header how many pictures are selected."""
        self._selected = message.count
        self.show_header()

    def begin(self) -> None:
        """Pictures as large as the person likes them; the keys are for the grid."""
        for grid in self.query(ImageGrid):
            grid.set_pictures_in_row(self.host.look.pictures_in_row)
        self.set_focus(self.grid)  # at once: an answer may hide the grid before a message would come

    def show_pictures(self, source: PictureSource, cursor: int, known: Mapping[int, Item] | None = None) -> None:
        """Show a list, the cursor on its ``cursor``-th picture; ``known``: by position what need not be read."""
        self.grid.show(source, self._project.thumbnails, cursor=cursor, known=known)
        if not len(source):
            self.query_one(Preview).show(self._project, None)

    def action_zoom(self, step: int) -> None:
        """Larger pictures in the grid, or smaller ones."""
        self.grid.action_zoom(step)

    def show_words(self, text: str) -> None:
        """What stands in the grid where there are no pictures."""
        self.grid.empty = text
        self.grid.refresh()

    def show_header(self) -> None:
        """What stands above the pictures; drawn again at every width."""
        raise NotImplementedError

    def on_image_grid_moved(self, message: ImageGrid.Moved) -> None:
        """Preview what the cursor is on. Beside the grid there may be a smaller one: then of the one with the focus."""
        if message.grid.has_focus or message.grid is self.grid:
            self.query_one(Preview).show(self._project, message.item.picture if message.item else None)

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Show one picture large."""
        grid = message.grid
        if grid.source is not None and message.item:
            self.app.push_screen(PictureScreen(self._project, grid.source, grid.cursor, message.item))

    def on_grid_mouse_menu_wanted(self, message: ImageGrid.MenuWanted) -> None:
        """What can be done with the chosen pictures, at the mouse."""
        message.stop()
        chosen, item = self.grid.selected_keys, self.grid.current
        about = f"{count(len(chosen))} selected" if chosen else printable(item.picture.name) if item else "pictures"

        def run(chosen: ActiveBinding | None) -> None:
            if chosen:
                self.run_worker(self.app.run_action(chosen.binding.action, chosen.node))

        self.app.push_screen(ActionMenu(about, menu_of(self), message.at), run)

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        """A pair needs two pictures, folding a pane at the left."""
        if action == "fold_left" and not self._left:
            return "there is no pane at the left here"
        if action == "pair" and not 2 <= (selected := len(self.selected_keys)) <= _MOST_PAIRED:
            some = f"two to {_MOST_PAIRED} pictures" if selected else "two pictures"
            return with_keys(f"select {some} to compare · {{image-grid.select}} selects")
        return ""

    def action_pair(self) -> None:
        """Two selected pictures side by side; of more, the first with each of the others."""
        first, *others = [item.picture for item in self.chosen]
        if not others:
            self.nothing_chosen()
            return
        pairs = Pairs(len(others), lambda position: Pair(first, others[position]))
        self.app.push_screen(PairScreen(self._project, pairs))

    def on_resize(self) -> None:
        """The header is as wide as the screen; where it is narrow the left pane gives way to the pictures."""
        self._fold(self.app.size.width < _ROOM_FOR_LEFT if self._folded is None else self._folded)
        self.show_header()

    @property
    def _left(self) -> DOMQuery[Widget]:
        """The panes beside the pictures that fold."""
        return self.query("#left, #groups, #group")

    def action_fold_left(self) -> None:
        """Fold the left pane, or unfold it and go there."""
        self._folded = not self.has_class("-folded")
        self._fold(self._folded)
        if not self._folded:
            self.call_after_refresh(self._focus_left)

    def _focus_left(self) -> None:
        inside = (one for pane in self._left for one in (pane, *pane.query("*")) if one.focusable and one.display)
        if first := next(inside, None):
            first.focus()

    def _fold(self, folded: bool) -> None:
        self.set_class(folded, "-folded")
        if folded and self.focused is not None and set(self._left) & set(self.focused.ancestors_with_self):
            self.grid.focus()
