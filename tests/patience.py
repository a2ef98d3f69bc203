"""Waiting for what other threads and processes do, and limits of work that hold on a loaded machine too."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

# Seconds. A loaded machine may be slow; a condition that never comes must end the test with a word about it, before
# pytest-timeout ends the process. A test that passes never waits that long.
PATIENCE = 120.0
_LONGEST = 300.0  # of a command that starts several programs
_BUSY = {b"R", b"D"}  # states in /proc: wants a processor, waits for a disk


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for something that another thread or process does."""
    begun = time.monotonic()
    while not condition():
        waited = time.monotonic() - begun
        assert waited < seconds, "it did not happen"
        time.sleep(min(0.005 + waited / 50, 0.02))  # looking takes the processor from what is waited for


def run_to_end(command: Sequence[str], seconds: float = _LONGEST, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command, and end what it has left running in its session. One that does not end fails the test.

    Args:
        command: its words.
        seconds: until it must have ended.
        options: of ``subprocess.Popen``.
    """
    # Files, not pipes: what was started by the command may hold them open for as long as it likes.
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, start_new_session=True, **options)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end: {_said(out)}{_said(err)}") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
        return subprocess.CompletedProcess(command, process.returncode, _said(out), _said(err))


def _said(stream: Any) -> str:
    stream.seek(0)
    return str(stream.read())


def is_at_work(pid: int) -> bool:
    """Whether a process, or one that it started, wants a processor or waits for a disk. False where there is no /proc.

    What says nothing for a while may be ready, or may wait for its turn on a loaded machine.
    """
    wanted = str(pid).encode()
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if not name.isdigit():
            continue
        with suppress(OSError):  # it has ended meanwhile
            _, parent, _, session = _stat(f"/proc/{name}/stat")
            if wanted in (name.encode(), parent, session) and _BUSY & _states(f"/proc/{name}/task"):
                return True
    return False


def _states(tasks: str) -> set[bytes]:
    return {_stat(f"{tasks}/{name}/stat")[0] for name in os.listdir(tasks)}


def _stat(path: str) -> list[bytes]:
    """Of a process or a thread: its state, parent, group and session. Read for every process of the machine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        content = os.read(descriptor, 512)
    finally:
        os.close(descriptor)
    return content.rpartition(b")")[2].split(None, 4)[:4]


@contextmanager
def little_work(seconds: float) -> Iterator[None]:
    """Fails if the block takes this process more time of a processor, whatever else the machine does meanwhile."""
    before = time.process_time()
    yield
    taken = time.process_time() - before
    assert taken < seconds, f"it took {taken:.1f} s of a processor"
