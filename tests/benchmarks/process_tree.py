"""What a command costs, with all processes that it starts: seconds, processor time, memory. Linux only."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SET_CHILD_SUBREAPER = 36  # of prctl(2)
_EVERY = 0.2  # seconds between two looks at the memory
_WAIT = 30.0  # seconds for what a command leaves running, such as a server that notices that its client is gone


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        seconds: from its start to its end.
        processor: seconds, user and system, of it and of all processes that it started, detached ones too.
        megabytes: the most that all of them had at once; memory that several share counts once.
        first_line: seconds until it printed its first line; NaN if it printed nothing.
        lines: what it printed.
    """

    seconds: float
    processor: float
    megabytes: float
    first_line: float
    lines: list[str]


class CommandFailed(Exception):
    """A command ended with an error; the text says how."""


def measure(
    command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], log: Path, limit: float = 1800
) -> Cost:
    """Run a command and wait for it and all that it started. Its errors go to ``log``.

    Raises:
        CommandFailed: it did not end with 0, or took longer than ``limit`` seconds.
    """
    _adopt_orphans()
    others = set(descendants())
    before = _processor()
    peak = _Peak()
    start, first, lines = time.perf_counter(), float("nan"), []
    with log.open("w") as errors:
        program = subprocess.Popen(
            command, cwd=cwd, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=errors, text=True, errors="replace",
        )  # fmt: skip
        assert program.stdout
        too_long = threading.Timer(limit, program.kill)
        too_long.start()
        with peak:
            for line in program.stdout:
                first = time.perf_counter() - start if not lines else first
                lines.append(line.rstrip("\n"))
            code = program.wait()
            seconds = time.perf_counter() - start
        too_long.cancel()
    _wait_for_all_but(others)
    if code:
        said = [*lines, *log.read_text(errors="replace").splitlines()]
        raise CommandFailed(f"ended with {code}: " + " / ".join(said[-3:]))
    return Cost(seconds, _processor() - before, peak.megabytes, first, lines)


class _Peak:
    """Looks at the memory of all descendants of this process, in a thread, until it is left."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            self.megabytes = max(self.megabytes, sum(map(_proportional_megabytes, descendants())))


def descendants() -> Iterator[int]:
    """The processes that this one started, and those that they started."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):  # it has ended
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(folder.name))
    waiting = [os.getpid()]
    while waiting:
        found = children.get(waiting.pop(), [])
        yield from found
        waiting += found


def _proportional_megabytes(process: int) -> float:
    """Memory of a process; what n processes share counts as an nth."""
    with contextlib.suppress(OSError):  # it has ended
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1e3
    return 0.0


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _adopt_orphans() -> None:
    """From now on a process whose parent ends becomes a child of this one: a detached worker counts too."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _wait_for_all_but(others: set[int]) -> None:
    """Wait for what a command left running, so that its time is counted; end what does not end by itself."""
    deadline = time.monotonic() + _WAIT
    while left := set(descendants()) - others:
        for process in left:
            with contextlib.suppress(OSError):  # it is a child of another one, or has ended
                if not os.waitpid(process, os.WNOHANG)[0] and time.monotonic() > deadline:
                    os.kill(process, signal.SIGKILL)
        time.sleep(0.05)
