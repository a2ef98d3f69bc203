"""Progress of jobs as text: a bar that needs one line and no colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.text import Text
from textual.widgets import Static

from core.jobs.job import Job, State
from core.key_hints import key_for
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
    """What it makes, fit to be shown: a job's folder may come from somebody else. ``room``: cells; 0 for all of it."""
    return enumerated([printable(name) for name in job.names], room)


def standing(job: Job) -> str:
    """Where a job stands, in words."""
    if job.state is State.RUNNING:
        return _pace(job)
    if job.state is State.DONE:
        return f"done in {duration(job.seconds)}"
    where = f"{job.state} at {count(job.done)} of {count(job.total)}{job.unit}" if job.total else str(job.state)
    return f"{where}: {printable(job.error)}" if job.error else where


def _pace(job: Job) -> str:
    left = job.seconds_left
    if job.total and job.done + job.failed and left is not None and math.isfinite(left):
        return f"{rate(job.rate)}  {duration(left)} left"
    return printable(job.activity)


_KEY_GOES_FIRST = ((20, True), (20, False), (10, False), (5, False))  # cells of the bar, and whether the remark is said
_BAR_GOES_FIRST = ((20, True), (10, True), (5, True), (0, True))


class JobLine(Static):
    """One line that shows the job that runs, or what the app is doing; gone when nothing is going on."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._scanning = ""
        self._job: Job | None = None
        self._others = 0
        self._remark = ""
        self._names_key = True

    def on_mount(self) -> None:
        """Nothing is going on yet."""
        self._show()

    def show_jobs(self, jobs: Sequence[Job], remark: str | None = None) -> None:
        """The newest job that runs, and how many others. ``remark``: instead of the key that lists them."""
        running = [job for job in jobs if job.state is State.RUNNING]
        self._job, self._others = (running[0] if running else None), max(0, len(running) - 1)
        self._names_key = remark is None
        self._remark = f"{key_for('jobs')} jobs" if remark is None else remark
        self._show()

    def show_scan(self, text: str) -> None:
        """What the scan says; empty when it is over."""
        self._scanning = text
        self._show()

    def on_resize(self) -> None:
        """Another width has room for another bar."""
        self._show()

    def _line(self, job: Job, cells: int, hint: str) -> Text:
        """What is said of a job, with a bar of so many cells."""
        seen, room = job.done + job.failed, max(_NAME, self.app.size.width - _BESIDES)
        text = Text.assemble((f" {MARKS[job.state]} {named(job, room)}  ", "bold"))
        text.append(bar(seen, job.total, cells) + "  " if cells else "")
        text.append(f"{count(job.done)}/{count(job.total)}{job.unit}  " if job.total else "")
        text.append(standing(job))
        if job.failed:
            text.append(f"  {count(job.failed)} failed")
        if self._others:
            text.append(f"  and {count(self._others, 'other')}")
        return text.append(hint, "dim")

    def _show(self) -> None:
        width, job = self.app.size.width, self._job
        if job:
            shorter = _KEY_GOES_FIRST if self._names_key else _BAR_GOES_FIRST
            lines = (self._line(job, cells, f"   {self._remark}" if said else "") for cells, said in shorter)
            text = next((line for line in lines if line.cell_len <= width), self._line(job, 0, ""))
        else:
            text = Text(f" {self._scanning}" if self._scanning else "", "dim")
        text.no_wrap, text.overflow = True, "ellipsis"
        text.truncate(width, overflow="ellipsis")
        self.update(text, layout=False)  # one line, always: what is around it need not be drawn again
        shown = bool(job or self._scanning)
        if self.display != shown:
            self.display = shown
