"""Waiting for what other threads and processes do, and limits of work that hold on a loaded machine too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Seconds. A loaded machine may be slow; a condition that never comes must end the test with a word about it, before
# pytest-timeout ends the process. A test that passes never waits that long.
PATIENCE = 120.0


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for something that another thread or process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def is_at_work(pid: int) -> bool:
    """Whether a process, or one that it started, wants a processor or waits for a disk. False where there is no /proc.

    What says nothing for a while may be ready, or may wait for its turn on a loaded machine.
    """
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            _, parent, _, session, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            if str(pid) in (entry.name, parent, session) and {"R", "D"} & set(_states(entry)):
                return True
    return False


def _states(process: Path) -> list[str]:
    return [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in (process / "task").iterdir()]


@contextmanager
def little_work(seconds: float) -> Iterator[None]:
    """Fails if the block takes this process more time of a processor, whatever else the machine does meanwhile."""
    before = time.process_time()
    yield
    taken = time.process_time() - before
    assert taken < seconds, f"it took {taken:.1f} s of a processor"
