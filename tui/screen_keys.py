"""The part of the app that opens screens: the handlers of their keys, and of what is done with the chosen pictures."""

from __future__ import annotations

from core.errors import PictoscopeError
from core.project import Project
from tui import viewer
from tui.host import host_of
from tui.key_names import title
from tui.label_keys import LabelKeys
from tui.screens.base import PictoscopeScreen
from tui.widgets.labels_list import LabelsList

SETTINGS_PANES = ("project", "folders", "vectors", "display")
LABELS_PANES = ("tags", "properties", "groups", "filters")
HISTORY_PANES = ("actions", "changes")


def vec_type_names(project: Project) -> list[str]:
    """Names of the vec types, ordered; none if they cannot be read: Settings says why."""
    from core.vectors import vec_types  # NumPy: after the first paint

    try:
        return vec_types.names(project.vectors_folder)
    except (PictoscopeError, OSError):
        return []


class ScreenKeys(LabelKeys):
    """Settings, jobs, history, labels, export and help, of the open project.

    Attributes:
        project: None at Home.
    """

    project: Project | None

    def resume_screen(self, name: str, pane: str) -> None:
        """See :class:`tui.host.Host`. What the file of the last time names is looked up, never called."""
        match name:
            case "settings":
                self.action_settings(*[pane] if pane in SETTINGS_PANES else [])
            case "labels":
                self.action_labels(*[pane] if pane in LABELS_PANES else [])
            case "history":
                self.action_history(*[pane] if pane in HISTORY_PANES else [])
            case "jobs":
                self.action_jobs()

    def action_settings(self, pane: str = "vectors") -> None:
        """Open Settings at a pane."""
        from tui.screens.settings.settings import SettingsScreen

        if self.project and not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen(self.project, pane))

    def action_jobs(self) -> None:
        """Open the list of jobs."""
        from tui.screens.settings.jobs import JobsScreen

        if self.project and not isinstance(self.screen, JobsScreen):
            self.push_screen(JobsScreen(self.project))

    def action_history(self, pane: str = "actions") -> None:
        """Open the history of actions and changes of labels at a pane."""
        from tui.screens.results.history import HistoryScreen

        if self.project and not isinstance(self.screen, HistoryScreen):
            self.push_screen(HistoryScreen(self.project, pane))

    def action_compare(self, what: str = "") -> None:
        """Open Compare; where pictures or a question are chosen, show these side by side. ``table``: Compare anyway."""
        from tui.screens.compare.compare import CompareScreen
        from tui.screens.compare.side_by_side import SideBySideScreen

        project, offering = self.project, self.offering
        if project is None or offering is None:
            return
        question = offering.shared_question if what != "table" else None
        if question is not None:
            self.push_screen(SideBySideScreen(project, question))
        elif not isinstance(self.screen, CompareScreen):
            self.push_screen(CompareScreen(project, offering.chosen_keys))

    def action_map(self) -> None:
        """Open the map of the collection."""
        from tui.screens.map.map_screen import MapScreen

        if self.project and not isinstance(self.screen, MapScreen):
            self.push_screen(MapScreen(self.project))

    def action_failures(self, *vec_types: str) -> None:
        """Open the pictures that could not be read; of all vec types if none is given."""
        from tui.screens.settings.failures import FailuresScreen

        if self.project and not isinstance(self.screen, FailuresScreen):
            self.push_screen(FailuresScreen(self.project, vec_types))

    def action_labels(self, pane: str = "tags", name: str = "") -> None:
        """Open Labels at a pane and a name."""
        from tui.screens.labels.labels import LabelsScreen

        if self.project and self.offering and not isinstance(self.screen, LabelsScreen):
            self.push_screen(LabelsScreen(self.project, pane, name))

    def action_judge(self, *names: str) -> None:
        """Judge which of these vec types finds better; of more than two that nobody named, ask which."""
        from tui.screens.compare.judge import JudgeScreen, names_in, wrong_names
        from tui.screens.dialogs.ask_line import AskLine

        project = self.project
        if project is None or isinstance(self.screen, JudgeScreen):
            return

        def judge(chosen: str | None) -> None:
            if chosen:
                self.push_screen(JudgeScreen(project, names_in(chosen)))

        there = vec_type_names(project)
        if names or len(there) <= 2:
            self.push_screen(JudgeScreen(project, names))
        else:
            self.push_screen(
                AskLine(
                    "Judge",
                    f"Which vec types? There are {', '.join(there)}.",
                    given=" ".join(there[:2]),
                    yes="Judge",
                    help="two to six names with blanks between them; two need the fewest judgements",
                    check=lambda typed: wrong_names(names_in(typed), there),
                ),
                judge,
            )

    def on_labels_list_manage(self, message: LabelsList.Manage) -> None:
        """Open Labels from the list of labels beside the pictures."""
        self.action_labels(message.pane, message.name)

    def action_export_list(self) -> None:
        """Ask which pictures of the screen to export, and where to; report what was written."""
        from tui.screens.dialogs.export import ExportDialog

        def written(text: str | None) -> None:
            if text:
                self.notify(f"exported {text}", markup=False)

        offers = self.offering.exports if self.offering else ()
        if self.project and offers:
            self.push_screen(ExportDialog(self.project, offers), written)
        elif self.offering:
            self.notify(self.offering.awaited or "there is nothing to export here", markup=False)

    def action_copy_paths(self) -> None:
        """Copy the paths of the chosen pictures to the terminal's clipboard."""
        if screen := self.offering:
            paths = [item.picture.path for item in screen.chosen[: viewer.MOST]]
            viewer.copy_paths(self, paths) if paths else screen.nothing_chosen()

    def action_open_in_viewer(self) -> None:
        """Open the first chosen picture in the viewer of the desktop, or in that of the user."""
        if not self.offering:
            return
        if chosen := self.offering.chosen:
            try:
                self.notify(f"opened in {viewer.open_in_viewer(chosen[0].picture.path)}", markup=False)
            except PictoscopeError as error:
                host_of(self).tell(error)
        else:
            self.offering.nothing_chosen()

    def action_help_keys(self) -> None:
        """Show the keys of the current screen or dialog, and what its fields are for."""
        from tui.screens.dialogs.dialog import Dialog
        from tui.screens.dialogs.dialogs import KeysHelp, keys_of

        screen = self.screen
        about = screen.about if isinstance(screen, Dialog | PictoscopeScreen) else ""
        named = (screen.called if isinstance(screen, Dialog) else "") or title(type(screen))
        self.push_screen(KeysHelp(named, keys_of(screen), about, self.keys_not_now()))
