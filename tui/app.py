"""The Textual app: opens screens and holds what they share: the project, the jobs, the encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen
from textual.worker import WorkerFailed

from core import plugins
from core.actions.definition import Action
from core.actions.registry import actions, find
from core.errors import PictoscopeError, TooFewVectors, VectorsMissing
from core.jobs.job import Job, State
from core.models.catalogue import catalogue
from core.project import Project
from core.recent_projects import remember
from core.vectors.encoder import EncoderProcess
from tui import ending, looks, opening, palette, scanning, watching
from tui.action_dialogs import ActionDialogs
from tui.display import Display
from tui.garbage import release_collector
from tui.graphics.probe import UNPROBED, Probed
from tui.graphics.terminal import NO_COLOURS, UNASKED, Terminal
from tui.host import Host
from tui.job_notice import notice
from tui.last_choices import LastChoices
from tui.last_view import FIRST_VIEW
from tui.measuring import Measuring
from tui.memory import return_what_is_freed
from tui.messages import (
    Busy,
    Elsewhere,
    JobsChanged,
    JobsNotRead,
    LabelsChanged,
    ModelLoading,
    NotScanned,
    Scanned,
    VectorsChanged,
)
from tui.process import typed
from tui.scanning import Scanning
from tui.screens.base import PictoscopeScreen
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.home import HomeScreen
from tui.terminal import harmless_terminal
from tui.themes import begin_with_theme
from tui.tour_keys import TourKeys
from tui.typed_ahead import KeysGivenBack
from tui.user_keys import use_keys_of_user
from tui.vector_jobs import VectorJobs
from tui.waiting import computed
from tui.watching import Watching
from tui.widgets.harmless import HarmlessLines
from tui.widgets.progress import named, standing

if TYPE_CHECKING:  # NumPy and Pillow come after the first paint
    from rich.console import RenderableType

    from core.actions.run import Question

_LOOKED_EVERY = 0.5  # seconds between two checks of the jobs and the terminal
_ADVICE_STAYS = 20.0  # seconds


class Pictoscope(TourKeys):
    """The app on a project, or on Home.

    Args:
        project: to open; None for Home.
        offered: a folder without a project that Home offers to open.
        fresh: open the project as for the first time, not as it was left.
        first: makes a screen that is shown over the project at the start.
    """

    TITLE = "Pictoscope"
    CSS_PATH = "pictoscope.tcss"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (150, "-very-wide")]

    BINDINGS: ClassVar[list[Any]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+c", "quit", "Quit", show=False),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False),
    ]

    def __init__(
        self,
        project: Project | None = None,
        terminal: Terminal = UNASKED,
        probed: Probed = UNPROBED,
        advice: str = "",
        offered: Path | None = None,
        *,
        fresh: bool = False,
        first: Callable[[Project], Screen[None]] | None = None,
    ) -> None:
        super().__init__(terminal)
        self._first = first
        self._advice = advice  # on the terminal, to be said now
        self._keys = KeysGivenBack(probed, self.cell_asked)
        self.project = project
        self._offered = offered
        self._fresh = fresh
        self.encoder = EncoderProcess(self._tell_loading)
        self.loading_model = ""  # the model that the query process loads
        self.jobs: list[Job] = []
        self.jobs_known = False
        self.look: Display = Display.load()
        self._scanning = Scanning(self)
        self._measuring = Measuring(self)
        self._watching = Watching(self)
        self._vectors = VectorJobs(self, self._watching.look)
        self._action_dialogs = ActionDialogs(self, self._vectors)
        self._last_choices: LastChoices | None = None
        self._harmless = HarmlessLines()
        begin_with_theme(self, self.look.theme, self.terminal)

    def on_mount(self) -> None:
        """Paint at once; everything that reads the disk comes after."""
        if not self.is_headless:
            ending.handle_signals(lambda code: self.exit(None, code))
        looks.begin(self)
        use_keys_of_user(self)
        if self.project:
            self.open_project(self.project)
        else:
            self.push_screen(HomeScreen(self._offered))
        self.set_interval(_LOOKED_EVERY, self._watching.look)
        if not self.is_headless:
            self.set_interval(_LOOKED_EVERY, self._look_at_terminal)
        self.run_worker(self._look_at_plug_ins, thread=True, group="plug-ins")
        if self._advice:
            self.notify(self._advice, title="pictures in this terminal", timeout=_ADVICE_STAYS, markup=False)

    def on_ready(self) -> None:
        """The first screen is there: keys typed before find it."""
        self._keys.ready.set()

    def _look_at_terminal(self) -> None:
        if ending.is_left_alone():
            self.exit(None, ending.HUNG_UP)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and one that removes control characters."""
        filters = list(super().get_line_filters())
        if self.terminal.colours == NO_COLOURS:  # Textual would leave greys
            filters = [NoColor() if isinstance(one, Monochrome) else one for one in filters]
        return [*filters, self._harmless]

    def run_to_exit_code(self) -> int:
        """Run until the user quits. Jobs keep running; the query process, the scan and the decoders end."""
        return_what_is_freed()
        with ending.signals_wait():
            try:
                # Harmless: what is printed afterwards, should the app end in an error.
                with self._keys.in_use(), harmless_terminal(styled=True):
                    self.run()
            finally:
                self._end_threads()
                if self.project:
                    self.project.close()
                release_collector()  # where the app ended before its first paint
        return self.return_code or 0

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Quit. Python waits for threads at exit, so those that may take long are ended first."""
        self._keep_view()
        self._end_threads()
        super().exit(result, return_code, message)

    def _handle_exception(self, error: Exception) -> None:
        """Textual would end the app. What a thread did not foresee ends what the thread did, and nothing else."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            self.tell(typed(error.error))
        else:
            super()._handle_exception(error)

    def _end_threads(self) -> None:
        from core.images.decoders import stop_working

        self._scanning.end()
        self._measuring.end()
        self.encoder.close()
        stop_working()
        self.pictures.end_painting()

    def _look_at_plug_ins(self) -> None:
        """Report broken plug-ins. Plug-ins with models are imported here, where nothing waits for them."""
        actions(), catalogue()  # looked for where that has not been done yet
        for plug_in in plugins.broken():
            self.call_from_thread(self.tell, PictoscopeError(plug_in.warning))

    # -- projects -----------------------------------------------------------------------------------------------

    def open_project(self, project: Project) -> None:
        """Show a project and look for what has changed on the disk."""
        self.project = project
        remember(project)
        self._watching.begin(project)
        self._last_choices = last = LastChoices(project.path)
        if last.problem:
            self.tell(last.problem)
        self.push_screen(BrowseScreen(project, last.view if self.look.restore and not self._fresh else FIRST_VIEW))
        if self._first:
            self.push_screen(self._first(project))
            self._first = None
        self._watching.look()
        self.call_after_refresh(self.action_rescan)
        self.tour.begin(project)

    def open_folder(self, folder: Path) -> None:
        """Open the project of a picture folder, created if there is none; ask before one of the user's home."""
        opening.open_folder(self, folder)

    def open_demo(self) -> None:
        """Open the demo project and create its vectors if they are missing."""
        opening.open_demo(self)

    def action_rescan(self, rehash: bool = False) -> None:
        """Look for new, changed and vanished pictures. ``rehash``: read every byte."""
        if self.project:
            self._scanning.start(self.project, rehash=rehash)

    def on_scanned(self, message: Scanned) -> None:
        """Pass it to all screens; when the scan is finished, report its problems."""
        self.broadcast(lambda: Scanned(message.report, finished=message.finished))
        if message.finished:
            for error in scanning.failures(message.report):
                self.tell(error)
            if words := self._scanning.beside_pictures(message.report):
                self.notify(words, markup=False)
            if self.project and scanning.is_first(message.report):
                self._vectors.offer_first(self.project, message.report.pictures)

    def on_not_scanned(self, message: NotScanned) -> None:
        """Say why, and tell all screens that nothing is looked for any more."""
        self.tell(message.error)
        self.broadcast(lambda: NotScanned(message.error))

    def action_measure(self) -> None:
        """Measure mean colour and sharpness of the pictures that no job has processed."""
        if self.project:
            self._measuring.start(self.project)

    def on_busy(self, message: Busy) -> None:
        """Pass the progress of work in the app to all screens; at its end, show the outcome."""
        self.broadcast(lambda: Busy(message.doing))
        if message.done:
            self.notify(message.done, markup=False)

    # -- jobs -----------------------------------------------------------------------------------------------------

    def on_elsewhere(self, message: Elsewhere) -> None:
        """Show what another program has changed, and scan new folders."""
        self._watching.change_was_told()
        changes = message.changes
        if changes.settings:
            self.broadcast(lambda: Elsewhere(changes))
        if changes.settings or changes.pictures:
            self.broadcast(VectorsChanged)
        if changes.labels or changes.pictures:
            self.broadcast(LabelsChanged)
        if changes.settings:
            self.notify("another program has changed the settings of the project", markup=False)
            self.action_rescan()

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """Pass the jobs to all screens, and report those that have ended."""
        for job in watching.ended(self.jobs, message.jobs):
            self._say_ended(job)
        self._ask_waiting(message.jobs)
        if self.jobs_known and message.jobs == self.jobs:
            return  # nothing to draw: over a slow line every repaint counts
        self.jobs, self.jobs_known = message.jobs, True
        self.broadcast(lambda: JobsChanged(message.jobs))
        self.tour.look_at_vectors()

    def on_jobs_not_read(self, message: JobsNotRead) -> None:
        """Tell the screens, each time, since one may be new."""
        self.broadcast(lambda: JobsNotRead(message.error))

    def _say_ended(self, job: Job) -> None:
        done = job.state is State.DONE
        text = f"{named(job)}: {'done' if done else standing(job)}"
        self.notify(text, severity="information" if done else "warning", markup=False)
        if self._driver and (sequences := notice(text, self.look.notices, self.terminal)):
            self._driver.write(sequences)

    # -- actions --------------------------------------------------------------------------------------------------

    def action_form(self, name: str) -> None:
        """The form of an action, for the pictures that are chosen; a text search begins with its line alone."""
        action = find(name)
        values = self._action_dialogs.begin(action, self._last_choices)
        if name == "text_search" and self.project:
            self._action_dialogs.search(self.project, values, self._last_choices)
        else:
            self.open_form(action, values)

    def open_form(
        self,
        action: Action[Any],
        values: Mapping[str, Any],
        *,
        again: bool = False,
        begin_at: str = "",
        error: str = "",
    ) -> None:
        """See :class:`Host`."""
        if self.project:
            dialogs = self._action_dialogs
            dialogs.ask(self.project, action, values, self._last_choices, again=again, begin_at=begin_at, error=error)

    def show_answer(self, question: Question[Any], *, trail: tuple[str, ...] = ()) -> None:
        """See :class:`Host`."""
        if self.project:
            self._action_dialogs.show_answer(self.project, question, trail=trail)

    def _tell_loading(self, model: str) -> None:
        self.post_message(ModelLoading(model))

    def on_model_loading(self, message: ModelLoading) -> None:
        """Tell all screens which model is being loaded."""
        self.loading_model = message.model
        self.broadcast(lambda: ModelLoading(message.model))

    def action_create_vectors(self, for_text: bool = False) -> None:
        """Ask what vectors to create. ``for_text``: preselect a model that reads text."""
        if self.project:
            self._vectors.ask(self.project, for_text=for_text)

    def can_wait_for(self, error: PictoscopeError) -> bool:
        """Whether a running job computes the vectors that a question lacked."""
        return isinstance(error, TooFewVectors) and error.vec_type in computed(self.jobs)

    def offer_vectors(self, error: VectorsMissing, question: Question[Any]) -> None:
        """Offer to compute the vectors that a question lacked; it waits for a job that computes them already."""
        if self.project:
            self._vectors.offer(self.project, error, question)

    def _ask_waiting(self, jobs: Sequence[Job]) -> None:
        """Ask a question whose vectors are there now. Only over Browse: elsewhere a person is busy with something."""
        on_top = next(reversed(self.screen_stack), None)  # none any more while the app ends
        if isinstance(on_top, BrowseScreen) and (question := self._vectors.waiting.next(jobs)):
            self.show_answer(question)

    # -- screens --------------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Go back to the previous screen; from the last one, quit. Jobs keep running."""
        if len(self.screen_stack) > 2:
            if isinstance(self.screen, BrowseScreen):
                self._close_project()
            self.pop_screen()
        else:
            self.exit(0)

    def go_home(self) -> None:
        """Close the project, and show Home."""
        if self.project:
            self._close_project()
        while len(self.screen_stack) > 1 and not isinstance(self.screen, HomeScreen):
            self.pop_screen()
        if not isinstance(self.screen, HomeScreen):
            self.push_screen(HomeScreen(self._offered))

    def _keep_view(self) -> None:
        """The next start shows what is on show now."""
        browse = next((screen for screen in self.screen_stack if isinstance(screen, BrowseScreen)), None)
        if self._last_choices and browse:
            above = (one.resumes_as for one in reversed(self.screen_stack) if isinstance(one, PictoscopeScreen))
            screen, pane = next(above, ("", ""))
            self._last_choices.remember_view(replace(browse.view, screen=screen, screen_pane=pane))

    def _close_project(self) -> None:
        self._keep_view()
        self._scanning.end()
        self._measuring.end()
        self._watching.end()
        self._vectors.waiting.clear()
        self.tour.end()
        self.project, self.jobs, self.jobs_known = None, [], False

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The command palette: see :mod:`tui.palette`. Textual's own help panel and screenshots are left out."""
        yield from palette.commands(self, screen)
        yield from self.picture_commands()

    # -- display -------------------------------------------------------------------------------------------------

    def change_display(self, **chosen: str | int | bool) -> None:
        """See :class:`Host`."""
        looks.change(self, **chosen)


def _as_host(app: Pictoscope) -> Host:
    """Checked by mypy alone: the app implements :class:`Host`."""
    return app
