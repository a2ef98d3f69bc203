"""Following a job to its end in a terminal or a log file."""

from __future__ import annotations

import math
import os
import signal
import sys
import time

from rich.cells import cell_len

from core.errors import JobError
from core.jobs import job as jobs
from core.jobs.events import Event, EventTail
from core.jobs.job import Job, State
from core.text import clock, count, duration, printable, rate
from tui.commands.common import say
from tui.widgets.cells import enumerated

_POLL_SECONDS = 0.2
_PLAIN_EVERY = 5.0  # seconds between progress lines where there is no terminal
_BAR = 30  # cells at the most
_NAME = 40  # cells of the vec types' names
_COLUMNS = 80  # of a terminal that does not tell


def follow(job: Job, *, as_json: bool = False) -> int:
    """Show a job's events until it ends. Exit code 0 if it finished. Ctrl+C leaves it running and says so.

    Raises:
        JobError: the job failed, was stopped or killed.
    """
    view = _View(
        enumerated([printable(name) for name in job.vec_types], _NAME), terminal=sys.stderr.isatty() and not as_json
    )
    tail = EventTail(job.folder)
    try:
        while True:
            now = jobs.read(job.folder)
            for event in tail.new():
                view.show(event)
            if now.state is not State.RUNNING:
                break
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        view.clear()
        say(f"the job goes on: pictoscope jobs --follow {job.id}, or --cancel {job.id}")
        return 128 + signal.SIGINT
    view.clear()
    if now.state is not State.DONE:
        why = now.error or f"stopped at {count(now.done)} of {count(now.total)}"
        restart = f"go on with: pictoscope vectors restart {' '.join(job.vec_types)}"
        raise JobError(f"{job.vec_type}: {why}", now.hint or restart)
    return 0


class _View:
    """Log lines, and under them a bar that is rewritten (terminal) or a line now and then (elsewhere)."""

    def __init__(self, name: str, *, terminal: bool) -> None:
        self._name = name
        self._terminal = terminal
        self._said = 0.0

    def show(self, event: Event) -> None:
        if event.kind == "log":
            self.clear()
            say(f"{clock(event.time)}  {printable(str(event.values.get('text', '')))}")
        elif event.kind == "progress":
            done, failed, total, rate = (
                _number(event.values.get(name)) for name in ("done", "failed", "total", "rate")
            )
            self._progress(int(done), int(failed), int(total), rate)

    def clear(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _progress(self, done: int, failed: int, total: int, rate: float) -> None:
        seen = done + failed
        facts = f"{count(done)}/{count(total)}{_speed(seen, total, rate)}"
        facts += f"  {count(failed)} failed" if failed else ""
        line = f"{self._name}  {facts}"
        if self._terminal:
            room = _columns() - cell_len(line) - 3
            bar = _bar(seen, total, min(_BAR, room)) if room > 0 else ""
            sys.stderr.write(f"\r{self._name}  {bar}{facts}\x1b[K")
            sys.stderr.flush()
        elif time.monotonic() - self._said >= _PLAIN_EVERY or seen == total:
            self._said = time.monotonic()
            say(line)


def _number(value: object) -> float:
    """0 where no worker of ours wrote it."""
    return value if isinstance(value, int | float) and math.isfinite(value) else 0


def _bar(done: int, total: int, width: int) -> str:
    filled = width * done // max(1, total)
    return "█" * filled + "·" * (width - filled) + "  "


def _columns() -> int:
    """A line that is longer than the terminal is wide could not be rewritten."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _COLUMNS
    except (OSError, ValueError):
        return _COLUMNS


def _speed(done: int, total: int, per_second: float) -> str:
    if per_second <= 0:
        return ""
    return f"  {rate(per_second)}" + (f"  {duration((total - done) / per_second)} left" if done < total else "")
