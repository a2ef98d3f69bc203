"""Home: recent projects, open a folder, the demo."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from core.demo import demo_folder
from core.errors import PictoscopeError
from core.jobs.job import Job, State
from core.jobs.monitor import Monitor
from core.project import Project
from core.project_location import FOLDER_NAME, JOBS_FOLDER
from core.recent_projects import recent_projects
from core.settings import SETTINGS_NAME, Settings
from core.text import display_path, printable
from tui.messages import Busy, Failed, JobsChanged, Scanned
from tui.newest import read_newest
from tui.paths import typed_path
from tui.screens.base import PictoscopeScreen
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.progress import JobLine

_LOOKED_EVERY = 1.0  # seconds between two checks of the jobs
_DEMO, _OFFERED = "demo", "offered"
_OFFER = "enter opens this folder and creates a project in it"


class HomeScreen(PictoscopeScreen):
    """Where the app begins when it was given no folder.

    Args:
        offered: a folder without a project that is listed first; None for none.
    """

    BINDINGS = [
        Binding("question_mark", "app.help_keys", "Help", key_display="?"),
        Binding("q", "app.leave", "Quit"),
    ]

    class _Running(Message):
        def __init__(self, running: list[tuple[Job, Path]]) -> None:
            super().__init__()
            self.running = running

    def __init__(self, offered: Path | None = None) -> None:
        super().__init__()
        self._offered = offered
        self._left = False  # for a project
        self._monitors: dict[Path, Monitor] = {}

    def compose(self) -> ComposeResult:
        """Title, list, input."""
        with Vertical(id="home"):
            yield Static("P I C T O S C O P E", id="home-title")
            yield Static("looks at picture collections through vision models", id="home-line")
            yield OptionList(id="home-list", markup=False)
            yield Input(placeholder="path of a picture folder, then enter", id="home-folder")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """The list has the focus."""
        self.query_one(OptionList).border_title = "open"
        self.query_one(Input).border_title = "another folder"
        self.query_one(OptionList).focus()
        self.set_interval(_LOOKED_EVERY, self._look_at_jobs)
        self._look_at_jobs()

    def _look_at_jobs(self) -> None:
        """What runs in the projects that are listed: jobs outlive the app."""
        if self.is_current:
            read_newest(self, self._read_jobs, group="jobs")

    def _read_jobs(self) -> _Running:
        running: list[tuple[Job, Path]] = []
        for path in recent_projects():
            monitor = self._monitors.setdefault(path, Monitor(path / JOBS_FOLDER))
            with suppress(PictoscopeError):  # it is said where that project is open
                running += [(job, path) for job in monitor.jobs() if job.state is State.RUNNING]
        return self._Running(running)

    def on_home_screen__running(self, message: _Running) -> None:
        """Show the newest, and whose it is."""
        message.stop()
        running = sorted(message.running, key=lambda one: one[0].created, reverse=True)
        remark = f"in {printable(_pictures(running[0][1]).name)}" if running else ""
        self.query_one(JobLine).show_jobs([job for job, _ in running], remark)

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """Those of the project that was open: here all count."""
        message.prevent_default()

    def on_scanned(self, message: Scanned) -> None:
        """Of the project that was open: if it is left meanwhile nobody would say that the scan is over."""
        message.prevent_default()

    def on_busy(self, message: Busy) -> None:
        """As for a scan."""
        message.prevent_default()

    def on_screen_suspend(self) -> None:
        """Remember whether a project, not a question, comes before this screen."""
        self._left = self.host.project is not None

    def on_screen_resume(self) -> None:
        """List the recent projects, also when one was just left."""
        listed = self.query_one(OptionList)
        before = listed.highlighted or 0
        listed.clear_options()
        recent = recent_projects()
        if self._offered and self._offered / FOLDER_NAME not in recent:
            listed.add_option(Option(_offer(self._offered), id=_OFFERED))
        demo = demo_folder() / FOLDER_NAME
        for path in recent:
            listed.add_option(_demo() if path == demo else Option(_line(path), id=f"project:{path}"))
        if demo not in recent:
            listed.add_option(_demo())
        listed.highlighted = min(before, listed.option_count - 1)
        if self._left:  # to a project: the keys are for the list again, not typed into the path
            self._left = False
            self.query_one(Input).clear()
            listed.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open what was chosen."""
        chosen = event.option.id or ""
        if chosen == _DEMO:
            self.host.open_demo()
        elif chosen == _OFFERED and self._offered:
            self.host.open_folder(self._offered)
        else:
            self._open(Path(chosen.removeprefix("project:")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the folder that was typed."""
        if event.value.strip():
            self.host.open_folder(typed_path(event.value))

    def _open(self, path: Path) -> None:
        try:
            self.host.open_project(Project(path))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))


def _demo() -> Option:
    return Option(Text("the demo   real pictures and models, no network needed"), id=_DEMO)


def _line(path: Path) -> Text:
    """A project's name and where its pictures lie."""
    try:
        name = Settings.load(path / SETTINGS_NAME).name
    except PictoscopeError:
        name = "(damaged)"
    return Text.assemble((printable(name), "bold"), f"   {display_path(_pictures(path))}")


def _pictures(project: Path) -> Path:
    """Where the pictures of a project lie, or the project itself if it is not among them."""
    return project.parent if project.name == FOLDER_NAME else project


def _offer(folder: Path) -> Text:
    return Text.assemble((printable(folder.name or str(folder)), "bold"), f"   {_OFFER}")
