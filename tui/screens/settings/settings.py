"""Settings: Project, Folders, Vectors, Display."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import (
    DataTable,
    Input,
    Label,
    Select,
    Static,
    TabbedContent,
    TabPane,
    Tabs,
)

from core.errors import PictoscopeError
from core.key_hints import key_for, with_keys
from core.mounts import warning
from core.project import Project
from core.text import display_path, printable
from tui import settings_file
from tui.display import MOST_IN_ROW, SETTINGS
from tui.graphics.terminal import AUTO, WAYS, Protocol
from tui.job_notice import NOTICES, WORDS
from tui.messages import Elsewhere, Failed, JobsChanged, Scanned, VectorsChanged
from tui.screens.base import PictoscopeScreen, common_bindings
from tui.screens.settings.folders_pane import FoldersPane
from tui.screens.settings.vectors_pane import VectorsPane
from tui.widgets.field_help import FieldHelp
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.progress import JobLine

_SETTING_OF = {  # by the id of its select
    "theme": "theme",
    "pictures-in-row": "pictures_in_row",
    "notices": "notices",
    "graphics": "graphics",
    "restore": "restore",
}


class SettingsScreen(PictoscopeScreen):
    """The project's settings."""

    BINDINGS = [
        Binding("escape", "back", "Back", show=False),
        Binding("n", "vectors('create')", "Create"),
        Binding("1", "pane('project')", "Project", show=False),
        Binding("2", "pane('folders')", "Folders", show=False),
        Binding("3", "pane('vectors')", "Vectors", show=False),
        Binding("4", "pane('display')", "Display", show=False),
        *common_bindings("g"),
    ]

    def __init__(self, project: Project, pane: str = "vectors") -> None:
        super().__init__()
        self._project = project
        self._pane = pane

    @property
    def resumes_as(self) -> tuple[str, str]:
        return "settings", self.query_one(TabbedContent).active

    def compose(self) -> ComposeResult:
        """Four panes."""
        yield Static(
            Text.assemble((" Settings  ", "bold"), with_keys("{settings.project} – {settings.display} choose a pane")),
            id="header",
        )
        with TabbedContent(initial=self._pane):
            with TabPane("1 Project", id="project"):
                yield from self._project_pane()
            with TabPane("2 Folders", id="folders"):
                yield FoldersPane(self._project)
            with TabPane("3 Vectors", id="vectors"):
                yield VectorsPane(self._project)
            with TabPane("4 Display", id="display"):
                yield from self._display_pane()
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """The table of vectors has the focus; of folders the line for a new one."""
        if self._pane == "vectors":
            self.query_one(DataTable).focus()
        elif self._pane == "folders":
            self.query_one("#new-folder", Input).focus()

    def _project_pane(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Label("name", classes="name")
            yield Input(printable(self._project.settings.name), id="name", compact=True)
        yield FieldHelp({"name": "shown in the list of recent projects"}, id="project-help")
        facts = f"project folder   {display_path(self._project.path)}\nvectors          in its folder vectors/"
        if said := warning(self._project.path):
            facts += f"\n\n⚠ {said}"
        yield Static(facts, id="project-facts", markup=False)

    def _display_pane(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            with Horizontal(classes="row"):
                yield Label("theme", classes="name")
                themes = sorted(self.app.available_themes, key=lambda name: (not name.startswith("pictoscope"), name))
                chosen = self.host.look.theme
                value = chosen if chosen in themes else AUTO
                yield Select(
                    [("auto: as the terminal's background", AUTO), *((name, name) for name in themes)],
                    value=value,
                    allow_blank=False,
                    id="theme",
                    compact=True,
                )
            with Horizontal(classes="row"):
                yield Label("thumbnails", classes="name")
                choices = [
                    ("as many in a row as have room", 0),
                    *((f"{n} in a row", n) for n in range(MOST_IN_ROW, 0, -1)),
                ]
                in_row = self.host.look.pictures_in_row
                yield Select(choices, value=in_row, allow_blank=False, id="pictures-in-row", compact=True)
            with Horizontal(classes="row"):
                yield Label("job ended", classes="name")
                yield Select(
                    [(WORDS[one], one) for one in NOTICES],
                    value=self.host.look.notices,
                    allow_blank=False,
                    id="notices",
                    compact=True,
                )
            with Horizontal(classes="row"):
                yield Label("drawn with", classes="name")
                yield Select(
                    [("auto: the best that the terminal can do", AUTO), *((WAYS[one], str(one)) for one in Protocol)],
                    value=self.host.look.graphics,
                    allow_blank=False,
                    id="graphics",
                    compact=True,
                )
            with Horizontal(classes="row"):
                yield Label("opens", classes="name")
                yield Select(
                    [("as it was left", True), ("as for the first time", False)],
                    value=self.host.look.restore,
                    allow_blank=False,
                    id="restore",
                    compact=True,
                )
            helps = {id: SETTINGS[name].help for id, name in _SETTING_OF.items()}
            yield FieldHelp(helps, f"kept in {display_path(settings_file.path())}", id="display-help")
            terminal = self.host.terminal
            yield Static(
                f"from the next start on; now {terminal.protocol}: {printable(terminal.reason)}. One start only:"
                " pictoscope --graphics WAY. `pictoscope doctor` says more.",
                classes="help",
                markup=False,
            )
            yield Static(self._memory(), id="picture-memory", classes="help", markup=False)

    def _memory(self) -> str:
        return "\n".join(["memory that pictures take:", *(f"  {held}" for held in self.host.pictures.memory)])

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        """New vectors are made in their pane: in another one the same key is another's, or nobody's."""
        if (
            action == "vectors"
            and self.is_mounted
            and (self.query_one(TabbedContent).active or self._pane) != "vectors"
        ):
            return f"only in pane {key_for('settings.vectors')} (Vectors)"
        return ""

    def on_tabbed_content_tab_activated(self) -> None:
        """Say what pictures take now. The keys are those of another pane."""
        self.refresh_bindings()
        self.query_one("#picture-memory", Static).update(self._memory())

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.query_one(TabbedContent).active = name
        first = next((widget for widget in self.query_one(f"#{name}", TabPane).query("*") if widget.focusable), None)
        # Not into a line that takes letters: there the keys that lead on would be typed.
        (self.query_one(Tabs) if first is None or isinstance(first, Input) else first).focus()

    def action_back(self) -> None:
        """Out of a line that takes letters; from anywhere else to the screen below."""
        if isinstance(self.focused, Input):
            self.query_one(Tabs).focus()
        else:
            self.host.action_leave()

    def action_vectors(self, button: str) -> None:
        """A key of the Vectors pane, from anywhere in it."""
        self.query_one(VectorsPane).press(button)

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """The table shows what runs."""
        self.query_one(VectorsPane).show_jobs(message.jobs)

    def on_scanned(self, message: Scanned) -> None:
        """Pictures that came are not covered yet."""
        if message.finished:
            self.query_one(VectorsPane).reload()
            self.query_one(FoldersPane).reload(scanned=True)

    def on_elsewhere(self, message: Elsewhere) -> None:
        """Folders that another program has added or removed."""
        self.query_one(FoldersPane).reload()

    def on_vectors_changed(self, message: VectorsChanged) -> None:
        """Reload the table."""
        self.query_one(VectorsPane).reload()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A new name."""
        try:
            if event.input.id == "name" and event.value.strip():
                name = event.value.strip()
                self._project.update_settings(lambda settings: replace(settings, name=name))
                self.notify("name saved", markup=False)
        except (PictoscopeError, OSError) as error:
            self._failed(error)

    def on_select_changed(self, event: Select.Changed) -> None:
        """A setting of the user has changed."""
        if (name := _SETTING_OF.get(event.select.id or "")) and isinstance(event.value, str | int):
            self.host.change_display(**{name: event.value})

    def _failed(self, error: PictoscopeError | OSError) -> None:
        self.post_message(Failed(error))
