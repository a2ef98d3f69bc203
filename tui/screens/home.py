"""Home: recent projects, open a folder, the demo."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from core import settings
from core.errors import PictoscopeError
from core.project import FOLDER_NAME, Project, recent_projects
from core.text import place, printable
from tui.messages import Failed
from tui.screens.base import PictoscopeScreen, typed_path

_DEMO = "demo"


class HomeScreen(PictoscopeScreen):
    """Where the app begins when it was given no folder."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("question_mark", "app.help_keys", "Help", key_display="?"),
        Binding("q", "app.leave", "Quit"),
    ]

    def compose(self) -> ComposeResult:
        """Title, list, input."""
        with Vertical(id="home"):
            yield Static("P I C T O S C O P E", id="home-title")
            yield Static("looks at picture collections through vision models", id="home-line")
            yield OptionList(id="home-list", markup=False)
            yield Input(placeholder="path of a picture folder, then enter", id="home-folder")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """The list has the focus."""
        self.query_one(OptionList).border_title = "open"
        self.query_one(Input).border_title = "another folder"
        self.query_one(OptionList).focus()

    def on_screen_resume(self) -> None:
        """List the recent projects, also when one was just left."""
        listed = self.query_one(OptionList)
        before = listed.highlighted or 0
        listed.clear_options()
        for path in recent_projects():
            listed.add_option(Option(_line(path), id=f"project:{path}"))
        listed.add_option(Option(Text("the demo   real pictures and models, no network needed"), id=_DEMO))
        listed.highlighted = min(before, listed.option_count - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open what was chosen."""
        chosen = event.option.id or ""
        if chosen == _DEMO:
            self.pictoscope.open_demo()
        else:
            self._open(Path(chosen.removeprefix("project:")), picture_folder=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the folder that was typed."""
        if event.value.strip():
            self._open(typed_path(event.value), picture_folder=True)

    def _open(self, path: Path, *, picture_folder: bool) -> None:
        try:
            self.pictoscope.open_project(Project.open_or_create(path) if picture_folder else Project(path))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))


def _line(path: Path) -> Text:
    """A project's name and where its pictures lie."""
    try:
        name = settings.load(path / settings.FILE_NAME).name
    except PictoscopeError:
        name = "(damaged)"
    where = path.parent if path.name == FOLDER_NAME else path
    return Text.assemble((printable(name), "bold"), f"   {place(where)}")
