"""The pictures whose neighbours differ most between two vec types."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Static

from core.actions.answer import Match
from core.comparison.shared_question import SharedQuestion
from core.key_hints import with_keys
from core.project import Project
from core.text import count, printable
from tui.exporting import Offer, of_source
from tui.screens.base import action_bindings, common_bindings, label_bindings
from tui.screens.grid_screen import GridScreen
from tui.widgets.image_grid import ImageGrid
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.picture_source import MatchSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

_NOTE = "before each name: the share of its ten nearest that both have · {compare} shows it through both"


class ChangedScreen(GridScreen):
    """A grid, what differs most first.

    Args:
        project: of the pictures.
        names: of the two vec types.
        pictures: keys, and which share of their ten nearest is common.
    """

    BINDINGS = [
        Binding("escape", "app.leave", "Back", show=False),
        *action_bindings(show=False),
        *label_bindings(show=False),
        Binding("equals_sign", "app.compare", "Side by side", key_display="="),
        *(key for key in common_bindings("g", "J") if key.action != "app.compare"),
    ]

    def __init__(self, project: Project, names: tuple[str, str], pictures: Sequence[tuple[bytes, float]]) -> None:
        super().__init__()
        self._project = project
        self._names = names
        self._matches = tuple(Match(key, b"", share) for key, share in pictures)

    @property
    def shared_question(self) -> SharedQuestion | None:
        """The chosen pictures, through the two vec types."""
        return SharedQuestion.of_keys(self.chosen_keys, self._names)

    @property
    def exports(self) -> Sequence[Offer]:
        """The list of changed pictures."""
        source = self.grid.source
        return [of_source("this list", "neighbours changed", source)] if source and len(source) else []

    def compose(self) -> ComposeResult:
        """Grid and preview."""
        yield Static("", id="header")
        yield Static(with_keys(_NOTE), id="note", markup=False)
        with Horizontal(id="panes"):
            yield ImageGrid(id="grid")
            yield Preview(id="preview")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        self.begin()
        self.show_pictures(MatchSource(self._project.catalog, self._matches), 0)
        self.show_header()

    def show_header(self) -> None:
        """Between which vec types."""
        facts = self.with_selection(count(len(self._matches), "picture"))
        title = f"Neighbours change most: {' and '.join(map(printable, self._names))}"
        self.draw_header(title, facts)
