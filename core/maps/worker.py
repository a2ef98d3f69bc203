"""The worker process of a job that makes a map: ``python -m core.maps.worker PROJECT JOB LOCK``.

:mod:`core.maps.job` starts it. It writes the file of the map, and reports through events; no process waits for it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from core.errors import Cancelled, JobError, StoreError
from core.jobs.events import EventLog
from core.jobs.job import Job
from core.jobs.process import run_job
from core.jobs.recent_rate import RecentRate
from core.maps.layout import Layout, lay_out
from core.priority import give_way
from core.project import Project
from core.text import count, duration, printable

_LOOKED_EVERY = 0.2  # seconds between two looks at whether it is to stop
_SAY_EVERY = 0.5  # seconds between progress events


def make_map(project: Project, folder: Path, events: EventLog, stop: threading.Event) -> str:
    """Make and store the map of a job. Returns the last log message.

    Libraries cannot be interrupted in the middle of a step, so a thread does the work: when the job is to stop, this
    returns at once, and the end of the process ends the thread. A map is stored as a whole or not at all.

    Raises:
        PictoscopeError: it cannot be made or stored.
    """
    work = _Work(project, folder, events, stop)
    thread = threading.Thread(target=work.run, daemon=True)
    thread.start()
    while thread.is_alive() and not stop.is_set():
        thread.join(_LOOKED_EVERY)
    return work.outcome()


class _Work:
    """What the thread does. It says nothing more once the job is to stop."""

    def __init__(self, project: Project, folder: Path, events: EventLog, stop: threading.Event) -> None:
        task = Job.read(folder).map_task
        if task is None:
            raise JobError(f"{folder.name} makes no map", "it may be deleted")
        self._project, self._task, self._events, self._stop = project, task, events, stop
        self._began = time.monotonic()
        self._rate = RecentRate()
        self._reported = 0.0
        self._speaking = threading.Lock()  # held while an event is written: none is after the last one
        self._made: Layout | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Make the map; what happens is kept for :meth:`outcome`."""
        task = self._task
        try:
            self._made = lay_out(
                self._project,
                task.vec_type,
                task.method,
                seed=task.seed,
                again=task.again,
                say=self._say,
                reached=self._reached,
                check=self._check,
            )
        except Exception as error:  # noqa: BLE001  raised again in the main thread, which reports it
            self._error = error

    def outcome(self) -> str:
        """What there is to say at the end.

        Raises:
            PictoscopeError: the map was not made, or not stored.
        """
        with self._speaking:  # from here on the thread says nothing
            if self._stop.is_set():
                return "stopped"
        if self._error is not None:
            raise self._error
        if self._made is None:
            raise JobError("the thread that made the map ended", "see worker.log")
        if self._made.unstored:
            raise StoreError(f"the map could not be stored: {self._made.unstored}", "then make it again")
        for note in self._made.notes:
            self._events.write("log", text=printable(note))
        seconds = time.monotonic() - self._began
        return f"finished: {count(len(self._made.keys), 'picture')} placed in {duration(seconds)}"

    def _check(self) -> None:
        if self._stop.is_set():
            raise Cancelled("the job was stopped")

    def _say(self, text: str) -> None:
        with self._speaking:
            self._check()
            self._events.write("log", text=text)

    def _reached(self, done: int, total: int) -> None:
        now = time.monotonic()
        speed = self._rate.note(now, done)
        with self._speaking:
            self._check()
            if now - self._reported >= _SAY_EVERY or done == total:
                self._reported = now
                self._events.write("progress", done=done, failed=0, total=total, rate=round(speed, 2))


def main(arguments: list[str]) -> int:
    """Run a job that makes a map; see :func:`core.jobs.process.run_job`."""
    return run_job(arguments, make_map)


if __name__ == "__main__":
    give_way()
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a thread may still be in a library that cannot be interrupted, and has nothing to finish
