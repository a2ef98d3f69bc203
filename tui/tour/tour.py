"""Leads through the demo: says what to press, looks at what is on the screen, and goes on when it was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.events import Callback

from core.demo import demo_folder
from core.jobs.job import Job, State
from core.key_hints import key_for, with_keys
from core.project import Project
from core.project_location import FOLDER_NAME
from core.text import count
from tui.host import host_of
from tui.newest import read_newest
from tui.tour.moment import Moment, moment_of
from tui.tour.state import remember_step, step_to_go_on_with
from tui.tour.steps import STEPS, Need, advice
from tui.waiting import computed
from tui.widgets.tour_strip import TourStrip

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.vectors.vec_types import VecTypeStatus

_OVER = "that was the tour · the command palette begins it again"


def is_demo(project: Project) -> bool:
    """Whether a project is the demo's."""
    return project.path == demo_folder() / FOLDER_NAME


class Tour:
    """The tour of the open project, if that is the demo and the tour was not left.

    Args:
        app: is looked at after each frame that was drawn, and gets a strip at its top.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._number: int | None = None  # of the step; len(STEPS) when all were done; None: there is no tour
        self._began: Moment | None = None  # what was there when the step came
        self._been: set[str] = set()  # names of the screens since then
        self._statuses: Sequence[VecTypeStatus] | None = None  # until they are known
        self._pending = False

    @property
    def is_on(self) -> bool:
        """Whether a step is shown."""
        return self._number is not None

    def begin(self, project: Project) -> None:
        """Go on where the tour stood, if the project is the demo's and the tour was not left."""
        self._number = step_to_go_on_with() if is_demo(project) else None
        self._began = self._statuses = None
        if self.is_on:
            self.look_at_vectors()
            self.frame_drawn()

    def end(self) -> None:
        """The project was closed: no step is shown. It is not left."""
        self._number = None
        self._remove()

    def leave(self) -> None:
        """It does not come back by itself."""
        remember_step(None)
        if self._number is not None and self._number < len(STEPS):
            self._app.notify("the tour is left · the command palette begins it again", markup=False)
        self.end()

    def skip(self) -> None:
        """Go on to the next step."""
        if self._number is not None and self._number < len(STEPS):
            self._go_on(self._number)
        else:
            self.leave()

    # -- what is on the screen ------------------------------------------------------------------------------------

    def frame_drawn(self) -> None:
        """Look at what was drawn, when its messages have been handled."""
        if self.is_on and not self._pending:
            self._pending = True
            self._app.call_later(self._look)

    def look_at_vectors(self) -> None:
        """Find out which vectors there are, in a thread."""
        project = host_of(self._app).project
        if not self.is_on or project is None:
            return

        def read() -> Callback:
            statuses = project.statuses()
            return Callback(lambda: self._take_statuses(statuses))

        # Where they cannot be read, the screen that needs them says so.
        read_newest(self._app, read, group="tour", failed=lambda error: None)

    def _take_statuses(self, statuses: Sequence[VecTypeStatus]) -> None:
        self._statuses = statuses
        self.frame_drawn()

    def _look(self) -> None:
        self._pending = False
        if self._number is None or not self._app.screen_stack:
            return
        if self._number == len(STEPS):
            self._show(_OVER, skips=False)
            return
        step, now = STEPS[self._number], moment_of(self._app)
        self._been |= {now.screen}
        now = replace(now, been=frozenset(self._been))
        if self._began is None or (not self._began.action and now.action):
            self._began = now  # a step that compares answers begins with the first one
        if step.done(self._began, now):
            self._go_on(self._number)
        else:
            self._show(missing(step.need, self._statuses, host_of(self._app).jobs) or advice(step, now))

    def _go_on(self, number: int) -> None:
        self._number, self._began, self._been = number + 1, None, set()
        remember_step(self._number if self._number < len(STEPS) else None)
        self.frame_drawn()

    # -- the strip ------------------------------------------------------------------------------------------------

    def _show(self, text: str, *, skips: bool = True) -> None:
        title = f"Tour {min((self._number or 0) + 1, len(STEPS))}/{len(STEPS)}"
        keys = with_keys("{skip-tour-step} skips · {leave-tour} leaves the tour")
        screen = self._app.screen
        if screen.is_mounted and not screen.query(TourStrip):
            screen.mount(TourStrip())
        # All of them: that of the screen below a dialog is seen where it has more lines.
        for strip in (strip for shown in self._app.screen_stack for strip in shown.query(TourStrip)):
            strip.show(title, text, keys if skips else f"{key_for('leave-tour')} closes this")

    def _remove(self) -> None:
        for screen in self._app.screen_stack:
            screen.query(TourStrip).remove()


def missing(need: Need, statuses: Sequence[VecTypeStatus] | None, jobs: Sequence[Job]) -> str:
    """What a step waits for, in words: a job that computes its vectors, or somebody who starts one; empty for nothing.

    Vectors that are still computed do not count: what answers changes under the hands of who tries them.
    """
    if statuses is None:  # nobody knows yet
        return ""
    running = computed(jobs)
    ready = [one for one in statuses if one.done and not one.problem and one.vec_type.name not in running]
    wanted = {Need.NONE: 0, Need.ANY: 1, Need.TEXT: 1, Need.TWO: 2}[need]
    if sum(one.text or need is not Need.TEXT for one in ready) >= wanted:
        return ""
    job = next((one for one in jobs if one.state is State.RUNNING and one.vec_types), None)
    if job is None:
        return with_keys(f"this needs {need}: {{settings}}, then {{settings.create}} creates some")
    far = f": {count(job.done)} of {count(job.total)}" if job.total else ""
    return f"waits for {need}{far} · look around meanwhile"
