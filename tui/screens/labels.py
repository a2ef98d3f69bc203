"""Labels: tags, properties, groups and filters, each in a pane."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Footer, Static, TabbedContent, TabPane

from core.project import Project
from tui.messages import LabelsChanged, Scanned
from tui.screens.base import PictoscopeScreen, common_bindings
from tui.screens.browse import BrowseScreen
from tui.screens.labels_filters import FiltersPane
from tui.screens.labels_groups import GroupsPane
from tui.screens.labels_pane import LabelsPane, LabelsTable
from tui.screens.labels_properties import PropertiesPane
from tui.screens.labels_tags import TagsPane
from tui.widgets.progress import JobLine

_PANES: dict[str, type[LabelsPane[Any]]] = {
    "tags": TagsPane,
    "properties": PropertiesPane,
    "groups": GroupsPane,
    "filters": FiltersPane,
}


class LabelsScreen(PictoscopeScreen):
    """Everything that people have named.

    Args:
        project: whose labels are shown.
        pane: ``tags``, ``properties``, ``groups`` or ``filters``.
        name: on which the cursor stands, if it is there.
    """

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("escape", "app.leave", "Back", show=False),
        Binding("n", "press('new')", "New"),
        Binding("r", "press('rename')", "Rename"),
        Binding("e", "press('edit')", "Edit"),
        Binding("m", "press('merge')", "Merge"),
        Binding("c", "press('colour')", "Colour"),
        Binding("b", "press('below')", "Below"),
        Binding("space", "press('mark')", "Mark", show=False, key_display="space"),
        Binding("C", "press('combine')", "Combine"),
        Binding("o", "press('order')", "Order"),
        Binding("t", "press('tag')", "Tag all"),
        Binding("x,delete", "press('delete')", "Delete", key_display="x"),
        Binding("u", "app.undo", "Undo"),
        Binding("U", "app.redo", "Redo", show=False),
        Binding("1", "pane('tags')", "Tags", show=False),
        Binding("2", "pane('properties')", "Properties", show=False),
        Binding("3", "pane('groups')", "Groups", show=False),
        Binding("4", "pane('filters')", "Filters", show=False),
        *common_bindings("g", "J"),
    ]

    def __init__(self, project: Project, pane: str = "tags", name: str = "") -> None:
        super().__init__()
        self._project = project
        self._pane = pane
        self._first = name

    def compose(self) -> ComposeResult:
        """Four panes."""
        yield Static(Text.assemble((" Labels  ", "bold"), "1 – 4 choose a pane"), id="header")
        with TabbedContent(initial=self._pane):
            for number, (name, kind) in enumerate(_PANES.items(), 1):
                with TabPane(f"{number} {name.capitalize()}", id=name):
                    yield kind(self._project)
        yield JobLine()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The table has the focus."""
        self._at(self._pane).reload(self._first)
        self._at(self._pane).query_one(LabelsTable).focus()

    def _at(self, pane: str) -> LabelsPane[Any]:
        return self.query_one(_PANES[pane])

    @property
    def _active(self) -> LabelsPane[Any]:
        return self._at(self.query_one(TabbedContent).active or self._pane)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys are there where the pane has a button for them."""
        if action == "press" and self.is_mounted:
            return any(name == parameters[0] for name, _ in self._active.BUTTONS)
        return True

    def action_press(self, button: str) -> None:
        """A key of the pane on show."""
        self._active.press(button)

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.query_one(TabbedContent).active = name
        self._at(name).query_one(LabelsTable).focus()

    def on_tabbed_content_tab_activated(self, event: TabbedContent.TabActivated) -> None:
        """What it shows may have changed while another one was on show. Its keys are others."""
        self._active.reload()
        self.refresh_bindings()

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """Read the rows on show anew."""
        self._active.reload()

    def on_scanned(self, message: Scanned) -> None:
        """Pictures that came or went are counted."""
        if message.finished:
            self._active.reload()

    def on_labels_pane_show(self, message: LabelsPane.Show) -> None:
        """Back to Browse, whatever lies between."""
        message.stop()
        browse = next(screen for screen in reversed(self.app.screen_stack) if isinstance(screen, BrowseScreen))
        while self.app.screen is not browse:
            self.app.pop_screen()
        browse.show_only(filter=message.filter, group=message.group)
