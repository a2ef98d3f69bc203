"""The Textual app: which screens there are, and what they share: the project, the jobs, the encoder."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.filter import LineFilter
from textual.screen import Screen

from core.actions.definition import Action
from core.actions.parameters import PicturesParameter, SubjectParameter
from core.actions.registry import find
from core.catalog.order import Order
from core.catalog.saved_filters import SavedFilters
from core.errors import PictoscopeError
from core.jobs.job import Job, State
from core.jobs.monitor import Monitor
from core.project import Project, remember
from core.text import printable
from core.vectors.encoder import EncoderProcess
from tui import asking, labelling, palette
from tui import display as display_file
from tui.display import DARK, LIGHT, Display
from tui.last_choices import LastChoices
from tui.measuring import Measuring
from tui.messages import Busy, Failed, JobsChanged, LabelsChanged, ModelLoading, Scanned, VectorsChanged, refused
from tui.screens.base import needs_text
from tui.screens.browse import BrowseScreen
from tui.screens.home import HomeScreen
from tui.terminal import harmless_terminal
from tui.widgets.harmless import HarmlessLines
from tui.widgets.picture_source import Item
from tui.widgets.progress import named, standing

if TYPE_CHECKING:  # NumPy and Pillow come after the first paint
    from rich.console import RenderableType

    from core.catalog.scan import ScanReport
    from tui.screens.create_vectors import Wanted

_JOBS_EVERY = 0.5
_SCAN_SAID_EVERY = 0.3
_MOST_EXAMPLES = 1_000  # chosen pictures that a form takes as examples; more are a place to look in
_SAME_AGAIN = 2.0  # seconds in which the same error from several places is said once


class Pictoscope(App[int]):
    """The app on a project, or on Home."""

    TITLE = "Pictoscope"
    CSS_PATH = "pictoscope.tcss"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (150, "-very-wide")]  # noqa: RUF012  Textual's way

    BINDINGS: ClassVar[list[Any]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+c", "quit", "Quit", show=False),
    ]

    def __init__(self, project: Project | None = None) -> None:
        super().__init__()
        self.project = project
        self.encoder = EncoderProcess(self._tell_loading)
        self.loading_model = ""  # the model that the query process loads
        self.jobs: list[Job] = []
        self.look: Display = display_file.load()
        self._monitor: Monitor | None = None
        self._stop_scan = threading.Event()
        self._measuring = Measuring(self)
        self._told = ("", 0.0)
        self._last_choices: LastChoices | None = None
        self._harmless = HarmlessLines()

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

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and one that no control character passes."""
        return [*super().get_line_filters(), self._harmless]

    def run_to_exit_code(self) -> int:
        """Run until the person leaves. Jobs go on; the query process, the scan and the decoders do not."""
        try:
            with harmless_terminal(styled=True):  # what is printed afterwards, should the app end in an error
                self.run()
        finally:
            self._end_threads()
            if self.project:
                self.project.close()
        return self.return_code or 0

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave. Python waits for threads at its end: those that may last are ended first."""
        self._end_threads()
        super().exit(result, return_code, message)

    def _end_threads(self) -> None:
        from core.images.decoders import stop_working

        self._stop_scan.set()
        self._measuring.end()
        self.encoder.close()
        stop_working()

    # -- projects -----------------------------------------------------------------------------------------------

    def open_project(self, project: Project) -> None:
        """Show a project and look for what has changed on the disk."""
        self.project = project
        remember(project)
        self._monitor = Monitor(project.jobs_folder)
        self._last_choices = LastChoices(project.path)
        self.push_screen(BrowseScreen(project, self._last_choices.order))
        self._look_at_jobs()
        self.call_after_refresh(self.action_rescan)

    def keep_order(self, order: Order) -> None:
        """For the next time that the project is opened."""
        if self._last_choices:
            self._last_choices.remember_order(order)

    def open_demo(self) -> None:
        """The demo's project; its vectors are created if they are not there."""
        if not any(worker.group == "demo" and not worker.is_finished for worker in self.workers):
            self.notify("preparing the demo…", markup=False)
            self.run_worker(self._prepare_demo, thread=True, group="demo")

    def _prepare_demo(self) -> None:
        from core import demo
        from core.jobs.launch import create_vectors
        from core.vectors import vec_types

        try:
            project = demo.open_demo()
            self.call_from_thread(self.open_project, project)
            there = set(vec_types.names(project.vectors_folder))
            new = [vec_type for vec_type in demo.VEC_TYPES if vec_type.name not in there]
            if new:
                create_vectors(project, *new)
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def action_rescan(self) -> None:
        """Look for new, changed and vanished pictures."""
        project = self.project
        if project:
            self._stop_scan.set()  # the one before, should it still run
            self._stop_scan = stop = threading.Event()
            self.run_worker(lambda: self._scan(project, stop), thread=True, exclusive=True, group="scan")

    def _scan(self, project: Project, stop: threading.Event) -> None:
        said = time.monotonic()

        def progress(report: ScanReport) -> None:
            nonlocal said
            if time.monotonic() - said >= _SCAN_SAID_EVERY and not stop.is_set():
                said = time.monotonic()
                self.post_message(Scanned(replace(report), finished=False))

        try:
            report = project.scan(progress, stop)
            if not report.stopped:
                self.post_message(Scanned(report, finished=True))
        except (PictoscopeError, OSError) as error:
            if not stop.is_set():
                self.post_message(Failed(error))

    def on_scanned(self, message: Scanned) -> None:
        """To every screen: those below will be seen again."""
        for screen in self.screen_stack:  # posted, not called: a screen may have been pushed this moment
            screen.post_message(Scanned(message.report, finished=message.finished))
        if message.finished and message.report.unreadable_count:
            path, reason = message.report.unreadable[0]
            more = message.report.unreadable_count - 1
            text = f"{os.fsdecode(path)}: {reason}" + (f", and {more:,} more" if more else "")
            self.tell(PictoscopeError(f"cannot read {text}"))
        if message.finished and message.report.absent:
            folders = ", ".join(os.fsdecode(folder) for folder in message.report.absent)
            self.tell(PictoscopeError(f"not there: {folders}", "what is known of its pictures is kept"))

    def action_measure(self) -> None:
        """Mean colour and sharpness of the pictures that no job has looked at."""
        if self.project:
            self._measuring.start(self.project)

    def on_busy(self, message: Busy) -> None:
        """How far something is that runs in the app itself; what came of it."""
        for screen in self.screen_stack:
            screen.post_message(Busy(message.doing))
        if message.done:
            self.notify(message.done, markup=False)

    # -- jobs -----------------------------------------------------------------------------------------------------

    def _look_at_jobs(self) -> None:
        monitor = self._monitor
        if monitor:
            self.run_worker(lambda: self._read_jobs(monitor), thread=True, exclusive=True, group="jobs")

    def _read_jobs(self, monitor: Monitor) -> None:
        found = monitor.jobs()
        if monitor is self._monitor:  # the project may have been left
            self.post_message(JobsChanged(found))

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """Hand them to the screen, and say when one has ended."""
        running = {job.id for job in self.jobs if job.state is State.RUNNING}
        for job in message.jobs:
            if job.id in running and job.state is not State.RUNNING:
                self._say_ended(job)
        if message.jobs == self.jobs:
            return  # nothing to draw: over a slow line every repaint counts
        self.jobs = message.jobs
        for screen in self.screen_stack:
            screen.post_message(JobsChanged(message.jobs))

    def _say_ended(self, job: Job) -> None:
        if job.state is State.DONE:
            self.notify(f"{named(job)}: done", markup=False)
        else:
            self.notify(f"{named(job)}: {standing(job)}", severity="warning", markup=False)

    # -- actions --------------------------------------------------------------------------------------------------

    def action_form(self, name: str) -> None:
        """The form of an action, for the pictures that are chosen."""
        action = find(name)
        values: dict[str, Any] = dict(self._last_choices.of(action)) if self._last_choices else {}
        few = len(getattr(self.screen, "chosen_keys", ())) <= _MOST_EXAMPLES
        chosen: list[Item] = getattr(self.screen, "chosen", []) if few else []
        subject: str = getattr(self.screen, "subject", "")
        subjects = [field.name for field in action.fields() if isinstance(field, SubjectParameter) and subject]
        values |= dict.fromkeys(subjects, subject)
        for field in action.fields():
            if isinstance(field, PicturesParameter) and field.chosen and not subjects:
                values[field.name] = tuple(os.fsdecode(item.picture.path) for item in chosen)
        self.open_form(action, values)

    def open_form(
        self, action: Action[Any], values: Mapping[str, Any], *, again: bool = False, begin_at: str = ""
    ) -> None:
        """Ask for parameters, then run. ``again``: by other vectors; the answer takes the place of the one on top."""
        project = self.project
        if project is None:
            return
        from core.actions.history import ActionHistory
        from tui.screens.action_form import ActionForm, Create, Outcome, Restart
        from tui.screens.filter_line import FilterSuggester, vocabulary

        def answered(result: Outcome | None) -> None:
            if isinstance(result, Create):
                self.action_create_vectors(for_text=needs_text(action))
            elif isinstance(result, Restart):
                self._restart(project, result.vec_type)
            elif result is not None:
                if self._last_choices:
                    self._last_choices.remember(action, result)
                if again:
                    self.pop_screen()
                self.show_answer(action, result)

        places = tuple(getattr(self.screen, "places", ()))
        form = ActionForm(action, places, values, begin_at="vec_type" if again else begin_at)
        self.push_screen(form, answered)

        # The form is there at once, so that what is typed goes into it; what it must read of the disk comes after.
        def find_out() -> None:
            try:
                texts, filters = ActionHistory(project).texts(action), list(SavedFilters(project.catalog).all())
                suggester = FilterSuggester(lambda: vocabulary(project))
                form.post_message(ActionForm.Statuses(project.statuses(), texts, filters=filters, suggester=suggester))
            except (PictoscopeError, OSError) as error:
                self.post_message(Failed(error))

        self.run_worker(find_out, thread=True, exclusive=True, group="form")

    def show_answer(self, action: Action[Any], values: Mapping[str, Any]) -> None:
        """Run an action and show what it found, on a screen of its own where it has one."""
        if self.project is None:
            return
        if action.name == "duplicates":
            from tui.screens.duplicates import DuplicatesScreen

            self.push_screen(DuplicatesScreen(self.project, action, values))
        elif action.name == "recommend":
            from tui.screens.recommend import RecommendScreen

            self.push_screen(RecommendScreen(self.project, action, values))
        else:
            from tui.screens.results import ResultsScreen

            self.push_screen(ResultsScreen(self.project, action, values))

    def _restart(self, project: Project, vec_type: str) -> None:
        from core.jobs.launch import restart_vectors

        try:
            job = restart_vectors(project, vec_type)
        except (PictoscopeError, OSError) as error:
            self.tell(error)
        else:
            self.notify(f"{named(job)}: goes on from what is done · J shows the job", markup=False)
        self._look_at_jobs()

    def _tell_loading(self, model: str) -> None:
        self.post_message(ModelLoading(model))

    def on_model_loading(self, message: ModelLoading) -> None:
        """For whoever waits for an answer."""
        self.loading_model = message.model
        for screen in self.screen_stack:
            screen.post_message(ModelLoading(message.model))

    def action_create_vectors(self, for_text: bool = False) -> None:
        """The form behind Create. ``for_text``: begin with a model that reads text."""
        if self.project is None:
            return
        from core.vectors import vec_types
        from tui.screens.create_vectors import CreateVectors

        project = self.project

        def answered(wanted: Wanted | None) -> None:
            if wanted is not None:
                self._create(project, wanted)

        try:
            existing = vec_types.names(project.vectors_folder)
            pictures = project.catalog.count()
        except (PictoscopeError, OSError) as error:
            self.tell(error)
            return
        self.push_screen(CreateVectors(pictures, existing, needs_text=for_text), answered)

    def _create(self, project: Project, wanted: Wanted) -> None:
        from core.jobs.launch import create_vectors

        try:
            job = create_vectors(project, *wanted.vec_types, options=wanted.options)
        except (PictoscopeError, OSError) as error:
            self.tell(error)
        else:
            self.notify(f"{named(job)}: started · goes on when you quit · J shows the job", markup=False)
        self._look_at_jobs()
        for screen in self.screen_stack:
            screen.post_message(VectorsChanged())

    # -- labels ---------------------------------------------------------------------------------------------------

    def action_tag(self) -> None:
        """Put a tag on the chosen pictures."""
        asking.ask_tag(self, "Tag", labelling.tag)

    def action_untag(self) -> None:
        """Take a tag off the chosen pictures."""
        asking.ask_tag(self, "Take a tag off", labelling.untag)

    def action_undo(self) -> None:
        """Take back what was decided last."""
        if project := self.project:
            self.label(lambda: labelling.undo(project))

    def action_redo(self) -> None:
        """Do again what was taken back last."""
        if project := self.project:
            self.label(lambda: labelling.redo(project))

    def label(self, work: Callable[[], str], refuse: Callable[[PictoscopeError | OSError], None] | None = None) -> None:
        """Change what people decided, in a thread; say what was done, and tell every screen; errors to ``refuse``."""

        def run() -> None:
            try:
                done = work()
            except (PictoscopeError, OSError) as error:
                self.call_from_thread(refuse, error) if refuse else self.post_message(Failed(error))
            else:
                self.call_from_thread(self._labelled, done)

        self.run_worker(run, thread=True, group="labels")

    def _labelled(self, done: str) -> None:
        self.notify(done, markup=False)
        for screen in self.screen_stack:
            screen.post_message(LabelsChanged())

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

    def action_history(self) -> None:
        """What was asked and what was decided."""
        from tui.screens.history import HistoryScreen

        if self.project and not isinstance(self.screen, HistoryScreen):
            self.push_screen(HistoryScreen(self.project))

    def action_failures(self, *vec_types: str) -> None:
        """The pictures that could not be read; of all vec types if none is named."""
        from tui.screens.failures import FailuresScreen

        if self.project and not isinstance(self.screen, FailuresScreen):
            self.push_screen(FailuresScreen(self.project, vec_types))

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
        self._measuring.end()
        self.project, self._monitor, self.jobs = None, None, []

    def action_help_keys(self) -> None:
        """The keys of where you are."""
        from tui.screens.dialogs import KeysHelp, keys_of

        self.push_screen(KeysHelp("keys", keys_of(self.screen)))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The command palette: actions, screens, and Textual's own."""
        if self.project:
            yield from palette.commands(self)
        yield from super().get_system_commands(screen)

    # -- telling --------------------------------------------------------------------------------------------------

    def on_failed(self, message: Failed) -> None:
        """Say what could not be done."""
        self.tell(message.error)

    def tell(self, error: PictoscopeError | OSError) -> None:
        """An error as a notification: what, and what to do."""
        known = error if isinstance(error, PictoscopeError) else refused(error)
        text = printable(known.message) + (f"\n{printable(known.hint)}" if known.hint else "")
        (before, when), now = self._told, time.monotonic()
        if text != before or now - when > _SAME_AGAIN:
            self._told = (text, now)
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
