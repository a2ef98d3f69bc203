"""A job on several devices, as real processes: what it keeps when they die, and that none of them outlives it."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from core.files import is_locked
from core.jobs.job import JOB_LOCK_NAME, JOB_LOG_NAME, Job, State
from core.jobs.launch import create_vectors, restart_vectors
from core.models.options import LoadOptions
from core.project import Project
from tests.core.jobs.worker_helpers import EFFNET, PICTURES, committed, finished, log, until

DEVICES = {"one", "two"}
TWO = LoadOptions(device="one,two")


def waiting_at_the_gate(project: Project, gate: Path) -> tuple[Job, list[int]]:
    """A job that has committed 8 pictures or more and one of whose devices waits; the processes of both.

    Who takes which part is chance. Each of the first 8 pictures' four parts passes, whoever takes them.
    """
    job = create_vectors(project, EFFNET, options=TWO)
    until(gate.with_name(gate.name + ".waiting").exists)
    assert len(committed(project)) in (8, 16)
    line = next(line for line in log(job) if "effnet-lite0 runs on one and two" in line)
    return Job.read(job.folder), [int(pid) for pid in re.findall(r"\d+", line.partition("processes")[2])]


def is_alive(pid: int) -> bool:
    """Whether it runs: a dead one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(autouse=True)
def four_parts_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_FREE", "4")


pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")


def test_a_killed_device_process_costs_no_row(project: Project, gate: Path) -> None:
    job, pids = waiting_at_the_gate(project, gate)
    # One that has nothing in hand might not be missed: the other may compute all that is left.
    dead = next(device for device in DEVICES if gate.with_name(f"{gate.name}.waiting-{device}").exists())
    (other,) = DEVICES - {dead}
    os.kill(pids[sorted(DEVICES).index(dead)], signal.SIGKILL)
    gate.touch()
    job = finished(job)
    assert (job.state, job.done, job.failed) == (State.DONE, PICTURES, 0)
    assert len(committed(project)) == PICTURES
    assert any(f"{dead} is lost: " in line and f"continues on {other}" in line for line in log(job))
    until(lambda: not any(map(is_alive, pids)))


def test_without_any_device_the_job_fails_and_keeps_what_is_committed(project: Project, gate: Path) -> None:
    job, pids = waiting_at_the_gate(project, gate)
    before = committed(project)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    job = finished(job)
    assert job.state is State.FAILED
    # What was computed when they were killed, and on its way to be committed, may have come since.
    assert before.items() <= committed(project).items() and len(committed(project)) in (8, 16)
    assert job.error.startswith("no device is left: ")
    assert all(f"the process of {device} was killed" in job.error for device in DEVICES)
    assert job.hint == "Restart resumes from the committed rows"
    gate.touch()
    assert finished(restart_vectors(project, EFFNET.name, options=TWO)).state is State.DONE
    assert len(committed(project)) == PICTURES


def test_processes_of_devices_die_with_a_killed_worker_and_hold_no_lock(project: Project, gate: Path) -> None:
    job, pids = waiting_at_the_gate(project, gate)
    assert all(map(is_alive, pids))
    for pid in pids:
        held = {Path(os.readlink(path)).name for path in Path(f"/proc/{pid}/fd").iterdir()}
        assert JOB_LOG_NAME in held
        assert JOB_LOCK_NAME not in held
    os.kill(job.pid, signal.SIGKILL)
    until(lambda: not is_locked(job.folder / JOB_LOCK_NAME))
    until(lambda: not any(map(is_alive, pids)))  # in mid-batch: the gate is never opened
    assert Job.read(job.folder).state is State.INTERRUPTED


def test_cancel_finishes_what_the_devices_have(project: Project, gate: Path) -> None:
    job, pids = waiting_at_the_gate(project, gate)
    job.cancel()
    gate.touch()
    job = finished(job)
    assert (job.state, job.error) == (State.STOPPED, "")
    until(lambda: not any(map(is_alive, pids)))
