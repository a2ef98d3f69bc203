"""Progress of jobs as text: a bar that needs one line and no colour."""

from __future__ import annotations

import math

from rich.text import Text
from textual.widgets import Static

from core.jobs.job import Job, State
from core.text import count, duration, printable, rate
from tui.widgets.cells import enumerated

MARKS = {
    State.RUNNING: "▶",
    State.DONE: "✓",
    State.STOPPED: "■",
    State.FAILED: "✗",
    State.INTERRUPTED: "■",
}
_NAME = 20  # cells that the job line leaves a name at the least
_BESIDES = 64  # what else stands in it


def bar(done: int, total: int, width: int) -> str:
    """``done`` of ``total`` in ``width`` cells, in steps of an eighth of a cell."""
    if total <= 0 or width <= 0:
        return "·" * max(0, width)
    eighths = min(width * 8, width * 8 * done // total)
    whole, part = divmod(eighths, 8)
    return ("█" * whole + (" ▏▎▍▌▋▊▉"[part] if part else "")).ljust(width, "·")


def named(job: Job, room: int = 0) -> str:
    """What it fills, fit to be shown: a job's folder may come from somebody else. ``room``: cells; 0 for all of it."""
    return enumerated([printable(name) for name in job.vec_types], room)


def standing(job: Job) -> str:
    """Where a job stands, in words."""
    if job.state is State.RUNNING:
        return _pace(job)
    if job.state is State.DONE:
        return f"done in {duration(job.seconds)}"
    where = f"{job.state} at {count(job.done)} of {count(job.total)}" if job.total else str(job.state)
    return f"{where}: {printable(job.error)}" if job.error else where


def _pace(job: Job) -> str:
    left = job.seconds_left
    if job.total and job.done + job.failed and left is not None and math.isfinite(left):
        return f"{rate(job.rate)}  {duration(left)} left"
    return printable(job.activity)


class JobLine(Static):
    """One line that shows the job that runs, or what the app is doing; gone when nothing is going on."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._scanning = ""
        self._job: Job | None = None
        self._others = 0

    def on_mount(self) -> None:
        """Nothing is going on yet."""
        self._show()

    def show_jobs(self, jobs: list[Job]) -> None:
        """The newest job that runs, and how many others."""
        running = [job for job in jobs if job.state is State.RUNNING]
        self._job, self._others = (running[0] if running else None), max(0, len(running) - 1)
        self._show()

    def show_scan(self, text: str) -> None:
        """What the scan says; empty when it is over."""
        self._scanning = text
        self._show()

    def _show(self) -> None:
        job = self._job
        text = Text(no_wrap=True, overflow="ellipsis")
        if job:
            seen = job.done + job.failed
            text.append(f" {MARKS[job.state]} {named(job, max(_NAME, self.app.size.width - _BESIDES))}  ", "bold")
            text.append(bar(seen, job.total, 20) + "  ")
            text.append(f"{count(job.done)}/{count(job.total)}  " if job.total else "")
            text.append(standing(job))
            if job.failed:
                text.append(f"  {count(job.failed)} failed")
            if self._others:
                text.append(f"  and {count(self._others, 'other')}")
            text.append("   J jobs", "dim")
        elif self._scanning:
            text.append(f" {self._scanning}", "dim")
        self.update(text, layout=False)  # one line, always: what is around it need not be drawn again
        shown = bool(job or self._scanning)
        if self.display != shown:
            self.display = shown
