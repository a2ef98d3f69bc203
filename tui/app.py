"""The Textual app: which screens there are, and what they share: the project, the jobs, the encoder."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen
from textual.theme import Theme

from core.actions.definition import Action, PicturesParameter, VecTypeParameter
from core.actions.registry import actions, find
from core.errors import PictoscopeError
from core.jobs.job import Job, State
from core.jobs.monitor import Monitor
from core.project import Project, remember
from core.vectors.encoder import EncoderProcess
from tui import display as display_file
from tui.display import Display
from tui.messages import Failed, JobsChanged, Scanned, VectorsChanged
from tui.screens.base import PictoscopeScreen
from tui.screens.browse import BrowseScreen
from tui.screens.home import HomeScreen
from tui.widgets.picture_source import Item

if TYPE_CHECKING:  # NumPy and Pillow come after the first paint
    from core.catalog.scan import ScanReport
    from core.vectors.vec_type import VecType
    from core.vectors.vec_types import VecTypeStatus

_JOBS_EVERY = 0.5
_SCAN_SAID_EVERY = 0.3

DARK = Theme(
    name="pictoscope",
    primary="#d9a05b",
    secondary="#8fa3b0",
    accent="#d9a05b",
    foreground="#d8d4cc",
    background="#16171a",
    surface="#1c1e22",
    panel="#24272c",
    success="#8fb573",
    warning="#d9a05b",
    error="#d06c5a",
    dark=True,
    variables={"footer-key-foreground": "#d9a05b", "border": "#3a3e45", "border-blurred": "#3a3e45"},
)
LIGHT = Theme(
    name="pictoscope-light",
    primary="#9a5b12",
    secondary="#4f6470",
    accent="#9a5b12",
    foreground="#26241f",
    background="#f6f4ef",
    surface="#eeebe4",
    panel="#e4e0d7",
    success="#4c7a2f",
    warning="#9a5b12",
    error="#a63d2a",
    dark=False,
    variables={"footer-key-foreground": "#9a5b12", "border": "#b9b3a6", "border-blurred": "#b9b3a6"},
)


class Pictoscope(App[int]):
    """The app on a project, or on Home."""

    TITLE = "Pictoscope"
    CSS_PATH = "pictoscope.tcss"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  Textual's way

    BINDINGS: ClassVar[list[Any]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+c", "quit", "Quit", show=False),
    ]

    def __init__(self, project: Project | None = None) -> None:
        super().__init__()
        self.project = project
        self.encoder = EncoderProcess()
        self.jobs: list[Job] = []
        self.look: Display = display_file.load()
        self._monitor: Monitor | None = None
        self._stop_scan = threading.Event()
        self._last_vec_types: dict[str, str] = {}
        self._last_values: dict[str, dict[str, Any]] = {}

    def on_mount(self) -> None:
        """Paint at once; everything that reads the disk comes after."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = self.look.theme if self.look.theme in self.available_themes else DARK.name
        if self.project:
            self.open_project(self.project)
        else:
            self.push_screen(HomeScreen())
        self.set_interval(_JOBS_EVERY, self._look_at_jobs)

    def run_to_exit_code(self) -> int:
        """Run until the person leaves. Jobs go on; the query process and the scan do not."""
        try:
            self.run()
        finally:
            self._stop_scan.set()
            self.encoder.close()
            if self.project:
                self.project.close()
        return self.return_code or 0

    # -- projects -----------------------------------------------------------------------------------------------

    def open_project(self, project: Project) -> None:
        """Show a project and look for what has changed on the disk."""
        self.project = project
        remember(project)
        self._monitor = Monitor(project.jobs_folder)
        self.push_screen(BrowseScreen(project))
        self._look_at_jobs()
        self.call_after_refresh(self.action_rescan)

    def open_demo(self) -> None:
        """The demo's project; its vectors are created if they are not there."""
        self.run_worker(self._prepare_demo, thread=True, exclusive=True, group="demo")

    def _prepare_demo(self) -> None:
        from core import demo
        from core.jobs.launch import create_vectors
        from core.vectors import vec_types

        try:
            project = demo.open_demo()
            self.call_from_thread(self.open_project, project)
            for vec_type in demo.VEC_TYPES:
                if not vec_types.exists(project.vectors_folder, vec_type.name):
                    create_vectors(project, vec_type)
        except PictoscopeError as error:
            self.post_message(Failed(error))

    def action_rescan(self) -> None:
        """Look for new, changed and vanished pictures."""
        project = self.project
        if project:
            self._stop_scan.clear()
            self.run_worker(lambda: self._scan(project), thread=True, exclusive=True, group="scan")

    def _scan(self, project: Project) -> None:
        said = time.monotonic()

        def progress(report: ScanReport) -> None:
            nonlocal said
            if time.monotonic() - said >= _SCAN_SAID_EVERY:
                said = time.monotonic()
                self.post_message(Scanned(replace(report), finished=False))

        try:
            report = project.scan(progress, self._stop_scan)
            self.post_message(Scanned(report, finished=True))
        except PictoscopeError as error:
            self.post_message(Failed(error))

    def on_scanned(self, message: Scanned) -> None:
        """To every screen: those below will be seen again."""
        for screen in self.screen_stack:
            if isinstance(screen, PictoscopeScreen):
                screen.on_scanned(message)
        if message.finished and message.report.unreadable_count:
            path, reason = message.report.unreadable[0]
            more = message.report.unreadable_count - 1
            text = f"{os.fsdecode(path)}: {reason}" + (f", and {more:,} more" if more else "")
            self.tell(PictoscopeError(f"cannot read {text}"))

    # -- jobs -----------------------------------------------------------------------------------------------------

    def _look_at_jobs(self) -> None:
        monitor = self._monitor
        if monitor:
            self.run_worker(lambda: self._read_jobs(monitor), thread=True, exclusive=True, group="jobs")

    def _read_jobs(self, monitor: Monitor) -> None:
        self.post_message(JobsChanged(monitor.jobs()))

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """Hand them to the screen, and say when one has ended."""
        running = {job.id for job in self.jobs if job.state is State.RUNNING}
        for job in message.jobs:
            if job.id in running and job.state is not State.RUNNING:
                self._say_ended(job)
        self.jobs = message.jobs
        for screen in self.screen_stack:
            if isinstance(screen, PictoscopeScreen):
                screen.on_jobs_changed(message)

    def _say_ended(self, job: Job) -> None:
        if job.state is State.DONE:
            self.notify(f"{job.vec_type}: done", markup=False)
        else:
            self.notify(f"{job.vec_type}: {job.state}. {job.error}", severity="warning", markup=False)

    # -- actions --------------------------------------------------------------------------------------------------

    def action_form(self, name: str) -> None:
        """The form of an action, for the pictures that are chosen."""
        action = find(name)
        values = dict(self._last_values.get(name, {}))
        chosen: list[Item] = getattr(self.screen, "chosen", [])
        for field in action.fields():
            if isinstance(field, PicturesParameter):
                values[field.name] = tuple(os.fsdecode(item.picture.path) for item in chosen)
        self.open_form(action, values)

    def open_form(self, action: Action[Any], values: Mapping[str, Any], *, replace: bool = False) -> None:
        """Ask for parameters, then run. ``replace``: the answer takes the place of the screen on top."""
        if self.project is None:
            return
        from tui.screens.action_form import CREATE, ActionForm
        from tui.screens.results import ResultsScreen

        project = self.project
        try:
            statuses = self._statuses()
        except PictoscopeError as error:
            self.tell(error)
            return

        def answered(result: dict[str, Any] | str | None) -> None:
            if result == CREATE:
                needs_text = any(isinstance(field, VecTypeParameter) and field.needs_text for field in action.fields())
                self.action_create_vectors(needs_text=needs_text)
            elif isinstance(result, dict):
                self._remember_values(action, result)
                if replace:
                    self.pop_screen()
                self.push_screen(ResultsScreen(project, action, result))

        given = {**values, "vec_type": values.get("vec_type") or self._last_vec_types.get(action.name, "")}
        self.push_screen(ActionForm(action, statuses, given), answered)

    def _remember_values(self, action: Action[Any], values: Mapping[str, Any]) -> None:
        """The next form of this action begins with what was chosen now."""
        self._last_values[action.name] = dict(values)
        for field in action.fields():
            if isinstance(field, VecTypeParameter):
                self._last_vec_types[action.name] = str(values.get(field.name, ""))

    def action_create_vectors(self, needs_text: bool = False) -> None:
        """The form behind Create."""
        if self.project is None:
            return
        from core.vectors import vec_types
        from tui.screens.create_vectors import CreateVectors

        project = self.project

        def answered(vec_type: VecType | None) -> None:
            if vec_type is not None:
                self._create(project, vec_type)

        existing = vec_types.names(project.vectors_folder)
        try:
            pictures = project.catalog.count()
        except PictoscopeError as error:
            self.tell(error)
            return
        self.push_screen(CreateVectors(pictures, existing, needs_text=needs_text), answered)

    def _create(self, project: Project, vec_type: VecType) -> None:
        from core.jobs.launch import create_vectors

        try:
            create_vectors(project, vec_type)
        except PictoscopeError as error:
            self.tell(error)
        except OSError as error:
            self.tell(
                PictoscopeError(f"cannot create the vectors ({error.strerror})", "check the disk and its permissions")
            )
        else:
            self.notify(f"{vec_type}: started · goes on when you quit · J shows the job", markup=False)
        self._look_at_jobs()
        for screen in self.screen_stack:
            screen.post_message(VectorsChanged())

    def _statuses(self) -> list[VecTypeStatus]:
        project = self.project
        if project is None:
            return []
        from core.vectors import vec_types

        return vec_types.statuses(project.vectors_folder, project.catalog.keys(), project.settings.default_vec_type)

    # -- screens --------------------------------------------------------------------------------------------------

    def action_settings(self, pane: str = "vectors") -> None:
        """Settings, at the Vectors pane."""
        from tui.screens.settings import SettingsScreen

        if self.project and not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen(self.project, pane))

    def action_jobs(self) -> None:
        """The jobs."""
        from tui.screens.jobs import JobsScreen

        if self.project and not isinstance(self.screen, JobsScreen):
            self.push_screen(JobsScreen(self.project))

    def action_leave(self) -> None:
        """To the screen below; from the last one, out. Jobs go on."""
        if len(self.screen_stack) > 2:
            if isinstance(self.screen, BrowseScreen):
                self._close_project()
            self.pop_screen()
        else:
            self.exit(0)

    def _close_project(self) -> None:
        self._stop_scan.set()
        self.project, self._monitor, self.jobs = None, None, []

    def action_help_keys(self) -> None:
        """The keys of where you are."""
        from tui.screens.dialogs import KeysHelp

        keys: dict[str, str] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.description and not binding.system:
                shown = self.get_key_display(binding)
                keys[binding.description] = (
                    f"{keys[binding.description]}, {shown}" if binding.description in keys else shown
                )
        self.push_screen(KeysHelp("keys", [(key, text) for text, key in keys.items()]))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The command palette: actions, screens, and Textual's own."""
        if self.project:
            for action in actions():
                yield SystemCommand(action.title, action.help, lambda name=action.name: self.action_form(name))
            yield SystemCommand("Create new vectors", "choose a model and start a job", self.action_create_vectors)
            yield SystemCommand("Settings", "project, folders, vectors, display", self.action_settings)
            yield SystemCommand("Jobs", "what runs and what ran", self.action_jobs)
            yield SystemCommand("Look for new pictures", "read the picture folders again", self.action_rescan)
        yield from super().get_system_commands(screen)

    # -- telling --------------------------------------------------------------------------------------------------

    def on_failed(self, message: Failed) -> None:
        """Say what could not be done."""
        self.tell(message.error)

    def tell(self, error: PictoscopeError) -> None:
        """An error as a notification: what, and what to do."""
        from core.text import printable

        text = printable(error.message) + (f"\n{printable(error.hint)}" if error.hint else "")
        self.notify(text, severity="error", timeout=10, markup=False)

    def change_display(self, *, theme: str = "", picture_size: str = "") -> None:
        """Another look, kept for the next time."""
        from tui.widgets.image_grid import ImageGrid

        changed = replace(
            self.look, theme=theme or self.look.theme, picture_size=picture_size or self.look.picture_size
        )
        if changed == self.look:
            return
        self.look = changed
        self.theme = changed.theme
        for screen in self.screen_stack:
            for grid in screen.query(ImageGrid):
                grid.set_picture_size(changed.picture_size)
        try:
            display_file.save(changed)
        except (PictoscopeError, OSError) as error:
            self.tell(PictoscopeError(f"the choice could not be kept: {error}"))
