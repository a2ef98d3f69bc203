"""Settings: Project, Folders, Vectors, Display."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import (
    Button,
    DataTable,
    Footer,
    Input,
    Label,
    OptionList,
    Select,
    Static,
    TabbedContent,
    TabPane,
    Tabs,
)
from textual.widgets.option_list import Option

from core.errors import PictoscopeError
from core.mounts import warning
from core.project import Project
from core.text import count, place, printable
from tui.messages import Failed, JobsChanged, Scanned, VectorsChanged
from tui.screens.base import PictoscopeScreen, common_bindings, typed_path
from tui.screens.dialogs import Confirm
from tui.screens.vectors_pane import VectorsPane
from tui.widgets.image_grid import SIZES
from tui.widgets.progress import JobLine


class SettingsScreen(PictoscopeScreen):
    """The project's settings."""

    BINDINGS = [  # noqa: RUF012  Textual's way
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

    def compose(self) -> ComposeResult:
        """Four panes."""
        yield Static(Text.assemble((" Settings  ", "bold"), "1 – 4 choose a pane"), id="header")
        with TabbedContent(initial=self._pane):
            with TabPane("1 Project", id="project"):
                yield from self._project_pane()
            with TabPane("2 Folders", id="folders"):
                yield from self._folders_pane()
            with TabPane("3 Vectors", id="vectors"):
                yield VectorsPane(self._project)
            with TabPane("4 Display", id="display"):
                yield from self._display_pane()
        yield JobLine()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """The table of vectors has the focus."""
        if self._pane == "vectors":
            self.query_one(DataTable).focus()
        self._show_folders()

    def _project_pane(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Label("name", classes="name")
            yield Input(printable(self._project.settings.name), id="name", compact=True)
        facts = f"project folder   {place(self._project.path)}\nvectors          in its folder vectors/"
        if said := warning(self._project.path):
            facts += f"\n\n⚠ {said}"
        yield Static(facts, id="project-facts", markup=False)

    def _folders_pane(self) -> ComposeResult:
        yield OptionList(id="folder-list", markup=False)
        yield Input(placeholder="path of a folder to add, then enter", id="new-folder")
        with Horizontal(classes="buttons left"):
            yield Button("Remove", id="remove-folder", compact=True)
            yield Button("Look for new pictures", id="rescan", compact=True)

    def _display_pane(self) -> ComposeResult:
        with Vertical():
            with Horizontal(classes="row"):
                yield Label("theme", classes="name")
                themes = sorted(self.app.available_themes, key=lambda name: (not name.startswith("pictoscope"), name))
                yield Select(
                    [(name, name) for name in themes], value=self.app.theme, allow_blank=False, id="theme", compact=True
                )
            with Horizontal(classes="row"):
                yield Label("pictures", classes="name")
                size = self.pictoscope.look.picture_size
                yield Select(
                    [(name, name) for name in SIZES], value=size, allow_blank=False, id="picture-size", compact=True
                )

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
            self.pictoscope.action_leave()

    def action_vectors(self, button: str) -> None:
        """A key of the Vectors pane, from anywhere in Settings."""
        self.action_pane("vectors")
        self.query_one(VectorsPane).press(button)

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """The table shows what runs."""
        self.query_one(VectorsPane).show_jobs(message.jobs)

    def on_scanned(self, message: Scanned) -> None:
        """Pictures that came are not covered yet."""
        if message.finished:
            self.query_one(VectorsPane).reload()

    def on_vectors_changed(self, message: VectorsChanged) -> None:
        """Read the table anew."""
        self.query_one(VectorsPane).reload()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A new name, or a new folder."""
        try:
            if event.input.id == "name" and event.value.strip():
                self._project.change_settings(replace(self._project.settings, name=event.value.strip()))
                self.notify("the name is kept", markup=False)
            elif event.input.id == "new-folder" and event.value.strip():
                added = self._project.add_folder(typed_path(event.value))
                event.input.value = ""
                self._show_folders()
                self.notify(f"added {printable(added)}", markup=False)
                self.pictoscope.action_rescan()
        except (PictoscopeError, OSError) as error:
            self._failed(error)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Buttons of the Folders pane."""
        if event.button.id == "rescan":
            self.pictoscope.action_rescan()
        elif event.button.id == "remove-folder":
            self._remove_folder()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Theme and size of pictures."""
        if event.select.id == "theme" and isinstance(event.value, str):
            self.pictoscope.change_display(theme=event.value)
        elif event.select.id == "picture-size" and isinstance(event.value, str):
            self.pictoscope.change_display(picture_size=event.value)

    def _remove_folder(self) -> None:
        number = self.query_one("#folder-list", OptionList).highlighted
        if number is None:
            return
        folder = self._project.folders[number]

        def answer(yes: bool | None) -> None:
            if yes:
                try:
                    self._project.remove_folder(folder)
                except (PictoscopeError, OSError) as error:
                    self._failed(error)
                self._show_folders()
                self.pictoscope.action_rescan()

        question = f"Take {place(folder)} out of the project? Its files and the vectors computed for them are kept."
        self.app.push_screen(Confirm(question, "Remove"), answer)

    def _show_folders(self) -> None:
        listed = self.query_one("#folder-list", OptionList)
        listed.clear_options()
        listed.add_options(Option(Text(place(folder))) for folder in self._project.folders)
        listed.highlighted = 0 if self._project.folders else None
        listed.border_title = count(len(self._project.folders), "picture folder")

    def _failed(self, error: PictoscopeError | OSError) -> None:
        self.post_message(Failed(error))
