"""Labels: tags, properties, groups and filters, each in a pane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static, TabbedContent, TabPane

from core.key_hints import key_for, with_keys
from core.project import Project
from tui.messages import LabelsChanged, Scanned
from tui.screens.base import PictoscopeScreen, common_bindings
from tui.screens.browse.browse import BrowseScreen
from tui.screens.labels.labels_filters import FiltersPane
from tui.screens.labels.labels_groups import GroupsPane
from tui.screens.labels.labels_pane import LabelsPane, LabelsTable
from tui.screens.labels.labels_properties import PropertiesPane
from tui.screens.labels.labels_tags import TagsPane
from tui.widgets.keys_footer import KeysFooter
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

    BINDINGS = [
        Binding("escape", "app.leave", "Back", show=False),
        Binding("n", "press('new')", "New"),
        Binding("r", "press('rename')", "Rename"),
        Binding("e", "press('edit')", "Edit"),
        Binding("m", "press('merge')", "Merge"),
        Binding("c", "press('colour')", "Colour"),
        Binding("b", "press('below')", "Under", tooltip="move the tag under another tag"),
        Binding("space", "press('mark')", "Mark", show=False, key_display="space"),
        Binding("C", "press('combine')", "Combine"),
        Binding("o", "press('order')", "Order"),
        Binding("t", "press('tag')", "Tag all"),
        Binding("X,delete", "press('delete')", "Delete", key_display="X"),
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

    @property
    def resumes_as(self) -> tuple[str, str]:
        return "labels", self.query_one(TabbedContent).active

    def compose(self) -> ComposeResult:
        """A pane each for tags, properties, groups and filters."""
        yield Static(
            Text.assemble((" Labels  ", "bold"), with_keys("{labels.tags} – {labels.filters} choose a pane")),
            id="header",
        )
        with TabbedContent(initial=self._pane):
            for number, (name, kind) in enumerate(_PANES.items(), 1):
                with TabPane(f"{number} {name.capitalize()}", id=name):
                    yield kind(self._project)
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """The table has the focus."""
        self._pane_named(self._pane).reload(self._first)
        self._pane_named(self._pane).query_one(LabelsTable).focus()

    def _pane_named(self, pane: str) -> LabelsPane[Any]:
        return self.query_one(_PANES[pane])

    @property
    def _active(self) -> LabelsPane[Any]:
        return self._pane_named(self.query_one(TabbedContent).active or self._pane)

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        """Keys are for the panes that have a button for them."""
        if action != "press" or not self.is_mounted or _has_button(type(self._active), parameters[0]):
            return ""
        return f"only in {_places([name for name, kind in _PANES.items() if _has_button(kind, parameters[0])])}"

    def action_press(self, button: str) -> None:
        """A key of the pane on show."""
        self._active.press(button)

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.query_one(TabbedContent).active = name
        self._pane_named(name).query_one(LabelsTable).focus()

    def on_tabbed_content_tab_activated(self, event: TabbedContent.TabActivated) -> None:
        """What it shows may have changed while another one was on show. Its keys are others."""
        self._active.reload()
        self.refresh_bindings()

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """Reload the rows on show."""
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


def _places(panes: Sequence[str]) -> str:
    """Panes as their tabs name them: the numbers are those of panes, not how many there are of something."""
    named = [f"{key_for(f'labels.{pane}')} ({pane.capitalize()})" for pane in panes]
    most = ", ".join(named[:-1])
    return f"panes {most} and {named[-1]}" if most else f"pane {named[0]}"


def _has_button(pane: type[LabelsPane[Any]], button: object) -> bool:
    return any(name == button for name, _ in pane.BUTTONS)
