"""Following a job to its end in a terminal or a log file."""

from __future__ import annotations

import signal
import sys
import time

from core.errors import JobError
from core.jobs import job as jobs
from core.jobs.events import Event, EventTail
from core.jobs.job import Job, State
from core.text import count, duration, printable, rate
from tui.commands.common import say

_POLL_SECONDS = 0.2
_PLAIN_EVERY = 5.0  # seconds between progress lines where there is no terminal
_BAR = 30


def follow(job: Job, *, as_json: bool = False) -> int:
    """Show a job's events until it ends. Exit code 0 if it finished. Ctrl+C leaves it running and says so.

    Raises:
        JobError: the job failed, was stopped or killed.
    """
    view = _View(job.vec_type, terminal=sys.stderr.isatty() and not as_json)
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
        raise JobError(f"{job.vec_type}: {why}", f"go on with: pictoscope vectors restart {job.vec_type}")
    return 0


class _View:
    """Log lines, and under them a bar that is rewritten (terminal) or a line now and then (elsewhere)."""

    def __init__(self, vec_type: str, *, terminal: bool) -> None:
        self._vec_type = vec_type
        self._terminal = terminal
        self._said = 0.0

    def show(self, event: Event) -> None:
        if event.kind == "log":
            self.clear()
            clock = time.strftime("%H:%M:%S", time.localtime(event.time))
            say(f"{clock}  {printable(str(event.values.get('text', '')))}")
        elif event.kind == "progress":
            self._progress(**{name: event.values.get(name, 0) for name in ("done", "failed", "total", "rate")})

    def clear(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _progress(self, done: int, failed: int, total: int, rate: float) -> None:
        seen = done + failed
        line = f"{self._vec_type}  {_bar(seen, total) if self._terminal else ''}{count(done)}/{count(total)}"
        line += _speed(seen, total, rate)
        line += f"  {count(failed)} failed" if failed else ""
        if self._terminal:
            sys.stderr.write(f"\r{line}\x1b[K")
            sys.stderr.flush()
        elif time.monotonic() - self._said >= _PLAIN_EVERY or seen == total:
            self._said = time.monotonic()
            say(line)


def _bar(done: int, total: int) -> str:
    filled = _BAR * done // max(1, total)
    return "█" * filled + "·" * (_BAR - filled) + "  "


def _speed(done: int, total: int, per_second: float) -> str:
    if per_second <= 0:
        return ""
    return f"  {rate(per_second)}" + (f"  {duration((total - done) / per_second)} left" if done < total else "")
