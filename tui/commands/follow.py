"""Follow a job until it ends, in a terminal or a log file."""

from __future__ import annotations

import math
import os
import signal
import sys
import time

from rich.cells import cell_len

from core.errors import JobError
from core.jobs.events import Event, EventTail
from core.jobs.job import Job, State
from core.text import clock, count, duration, printable, rate
from tui.commands.common import say
from tui.widgets.cells import enumerated

_POLL_SECONDS = 0.2
_PLAIN_EVERY = 5.0  # seconds between progress lines without a terminal
_BAR = 30  # cells, at most
_NAME = 40  # cells for the names of the vec types, at most
_COLUMNS = 80  # of a terminal of unknown width


def follow(job: Job, *, as_json: bool = False) -> int:
    """Show a job's events until it ends. Exit code 0 if it finished. Ctrl+C leaves it running and says so.

    Raises:
        JobError: the job failed, was stopped or killed.
    """
    view = JobView(
        enumerated([printable(name) for name in job.names], _NAME), terminal=sys.stderr.isatty() and not as_json
    )
    tail = EventTail(job.folder)
    try:
        while True:
            current = Job.read(job.folder)
            for event in tail.new():
                view.show(event)
            if current.state is not State.RUNNING:
                break
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        view.clear()
        say(f"the job keeps running: pictoscope jobs --follow {job.id}, or --cancel {job.id}")
        return 128 + signal.SIGINT
    view.clear()
    if current.state is not State.DONE:
        reason = current.error or f"stopped at {count(current.done)} of {count(current.total)}{current.unit}"
        restart = f"{'make it again' if job.map_task else 'resume'} with: {job.restart_command}"
        raise JobError(f"{job.name}: {reason}", current.hint or restart)
    return 0


class JobView:
    """Prints log lines, and progress: a bar that is redrawn (terminal) or a line every few seconds (elsewhere)."""

    def __init__(self, name: str, *, terminal: bool) -> None:
        self._name = name
        self._terminal = terminal
        self._printed_at = 0.0

    def show(self, event: Event) -> None:
        """Show an event of a log line or of progress."""
        if event.kind == "log":
            self.clear()
            say(f"{clock(event.time)}  {printable(str(event.values.get('text', '')))}")
        elif event.kind == "progress":
            done, failed, total, rate = (
                _number(event.values.get(name)) for name in ("done", "failed", "total", "rate")
            )
            self._progress(int(done), int(failed), int(total), rate)

    def clear(self) -> None:
        """Erase the line of progress."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _progress(self, done: int, failed: int, total: int, rate: float) -> None:
        processed = done + failed
        numbers = f"{count(done)}/{count(total)}{_speed(processed, total, rate)}"
        numbers += f"  {count(failed)} failed" if failed else ""
        line = f"{self._name}  {numbers}"
        if self._terminal:
            room = _columns() - cell_len(line) - 3
            bar = _bar(processed, total, min(_BAR, room)) if room > 0 else ""
            sys.stderr.write(f"\r{self._name}  {bar}{numbers}\x1b[K")
            sys.stderr.flush()
        elif time.monotonic() - self._printed_at >= _PLAIN_EVERY or processed == total:
            self._printed_at = time.monotonic()
            say(line)


def _number(value: object) -> float:
    """``value``; 0 if it is not a finite number, which a worker never writes."""
    return value if isinstance(value, int | float) and math.isfinite(value) else 0


def _bar(done: int, total: int, width: int) -> str:
    filled = width * done // max(1, total)
    return "█" * filled + "·" * (width - filled) + "  "


def _columns() -> int:
    """The width of the terminal: a longer line could not be redrawn."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _COLUMNS
    except (OSError, ValueError):
        return _COLUMNS


def _speed(done: int, total: int, per_second: float) -> str:
    if per_second <= 0:
        return ""
    return f"  {rate(per_second)}" + (f"  {duration((total - done) / per_second)} left" if done < total else "")
