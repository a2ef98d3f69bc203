"""Polls the jobs of the project, and what other programs change in it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from textual.app import App
from textual.message import Message

from core.errors import PictoscopeError
from core.jobs.job import Job, State
from core.jobs.monitor import Monitor
from core.project import Project
from core.watch import Watch
from tui.messages import Elsewhere, Failed, JobsChanged, JobsNotRead
from tui.newest import read_newest

_ELSEWHERE_EVERY = 3.0  # seconds at least between two changes of other programs: each has long lists read again


class Watching:
    """The jobs and the changes of the open project.

    Args:
        app: gets messages about them.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._monitor: Monitor | None = None
        self._watch: Watch | None = None
        self._told = self._jobs_told = ""  # what could not be read, said once
        self._changed = 0.0  # when another program's change was told last

    def begin(self, project: Project) -> None:
        """Watch a project instead of the previous one."""
        self._monitor = Monitor(project.jobs_folder)
        self._watch = Watch(project)

    def end(self) -> None:
        """Stop watching: no project is open."""
        self._monitor = self._watch = None

    def look(self) -> None:
        """Check once, in one thread for both: this runs every half second."""
        monitor, watch = self._monitor, self._watch

        def work() -> Iterator[Message]:
            if monitor:
                yield from self._jobs_of(monitor)
            if watch and time.monotonic() - self._changed > _ELSEWHERE_EVERY:
                self._look_for_changes(watch)

        if monitor:
            read_newest(self._app, work, group="jobs")

    def _jobs_of(self, monitor: Monitor) -> Iterator[Message]:
        jobs: list[Job] = []
        error: PictoscopeError | None = None
        try:
            jobs = monitor.jobs()
        except PictoscopeError as caught:
            error = caught
        if monitor is not self._monitor:  # the project was left
            return
        if error and str(error) != self._jobs_told:
            yield Failed(error)
        self._jobs_told = str(error or "")
        yield JobsNotRead(error) if error else JobsChanged(jobs)

    def change_was_told(self) -> None:
        """Wait before the next check for changes."""
        self._changed = time.monotonic()

    def _look_for_changes(self, watch: Watch) -> None:
        """What is told is posted in any case: each look says what has changed since the one before."""
        try:
            changes = watch.look()
            self._told = ""
        except (PictoscopeError, OSError) as error:
            if watch is self._watch and self._told != str(error):
                self._told = str(error)
                self._app.post_message(Failed(error))
            return
        if watch is self._watch and changes.any():
            self._app.post_message(Elsewhere(changes))


def ended(before: Sequence[Job], now: Sequence[Job]) -> list[Job]:
    """The jobs that were running before and are not now."""
    running = {job.id for job in before if job.state is State.RUNNING}
    return [job for job in now if job.id in running and job.state is not State.RUNNING]
