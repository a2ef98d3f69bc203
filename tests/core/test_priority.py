"""How much of the processors a process asks for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.priority import NICENESS_OF_JOBS

AUTOGROUP = Path("/proc/self/autogroup")
HAS_AUTOGROUPS = AUTOGROUP.exists()

# Gives way and starts a child in a session of its own, which shares the niceness; both say theirs and their sessions'.
_CHILD = """
import os
from core.priority import share_niceness
share_niceness()
print(os.getpriority(os.PRIO_PROCESS, 0), open("/proc/self/autogroup").read() if {groups} else "", flush=True)
"""
_PARENT = """
import os, subprocess, sys
from core.priority import give_way
give_way()
print(os.getpriority(os.PRIO_PROCESS, 0), open("/proc/self/autogroup").read() if {groups} else "", flush=True)
subprocess.run([sys.executable, "-c", sys.argv[1]], start_new_session=True, check=True)
"""


def lines_of_a_job() -> list[str]:
    """What a job and what it started say of themselves: niceness, then the session where the system has that."""
    programs = [program.format(groups=HAS_AUTOGROUPS) for program in (_PARENT, _CHILD)]
    done = subprocess.run(
        [sys.executable, "-c", *programs], start_new_session=True, check=True, capture_output=True, text=True
    )
    return [line for line in done.stdout.splitlines() if line]


def test_a_job_and_what_it_starts_have_a_lower_priority() -> None:
    wanted = min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS_OF_JOBS)
    assert [int(line.split()[0]) for line in lines_of_a_job()] == [wanted, wanted]


@pytest.mark.skipif(not HAS_AUTOGROUPS, reason="this system shares its processors among processes, not sessions")
def test_sessions_of_a_job_have_its_niceness() -> None:
    wanted = min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS_OF_JOBS)
    job, child = (line.split() for line in lines_of_a_job())
    assert job[-2:] == child[-2:] == ["nice", str(wanted)]
    assert job[1] != child[1]  # two sessions


def test_every_program_in_a_session_of_its_own_gives_it_its_niceness() -> None:
    """What is started with ``start_new_session`` calls ``share_niceness``, or gives way itself; viewers do not."""
    root = Path(__file__).parents[2]
    started = {"core/jobs/worker.py", "core/maps/worker.py", "core/images/decoder.py", "core/models/device_child.py"}
    started |= {"core/vectors/encoder.py", "tui/graphics/painting.py"}
    programs = [file for part in ("core", "tui") for file in (root / part).rglob("*.py")]
    starting = [file for file in programs if "start_new_session=True" in file.read_text(encoding="utf-8")]
    assert len(starting) == 6, "another place starts sessions: does what it starts share its niceness?"
    for name in sorted(started):
        program = (root / name).read_text(encoding="utf-8").split('if __name__ == "__main__":')[1]
        assert "share_niceness()" in program or "give_way()" in program, name
