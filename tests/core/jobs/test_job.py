"""A job's state is derived from its folder: nobody has to write that a worker was killed."""

from __future__ import annotations

import json
import os
import shlex
import time
from pathlib import Path
from typing import Any

import pytest

from core.errors import JobError, UsageError
from core.files import Lock
from core.jobs.job import Job, State, all_jobs, boot_id, find_job, latest_job
from core.jobs.map_task import MapTask
from core.jobs.monitor import Monitor
from tests.job_folders import create_job


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return create_job(tmp_path / "jobs", ["effnet-lite0"])


def say(folder: Path, kind: str, at: float = 0.0, **values: Any) -> None:
    with (folder / "events.jsonl").open("a") as stream:
        stream.write(json.dumps({"time": at or time.time(), "event": kind, **values}) + "\n")


def set_boot(folder: Path, boot: str) -> None:
    text = (folder / "job.toml").read_text().replace(boot_id(), boot)
    (folder / "job.toml").write_text(text)


def test_a_job_that_holds_its_lock_is_running(folder: Path) -> None:
    with Lock.take(folder / "lock", f"worker {os.getpid()}"):
        assert Job.read(folder).state is State.RUNNING
        say(folder, "started", pid=4711)
        say(folder, "log", text="loading the model")
        say(folder, "progress", done=30, failed=2, total=132, rate=10.0)
        job = Job.read(folder)
    assert (job.state, job.done, job.failed, job.total, job.rate, job.pid) == (State.RUNNING, 30, 2, 132, 10.0, 4711)
    assert (job.activity, job.error, job.seconds_left) == ("loading the model", "", 10.0)
    assert 0 <= job.seconds < 60


@pytest.mark.parametrize("state", [State.DONE, State.STOPPED])
def test_a_job_that_said_its_last_word_ended_so(folder: Path, state: State) -> None:
    say(folder, "progress", done=5, failed=1, total=6, rate=2.0)
    say(folder, "ended", at=Job.read(folder).created + 90, state=state.value)
    job = Job.read(folder)
    assert (job.state, job.done, job.failed, job.total, job.error) == (state, 5, 1, 6, "")
    assert job.seconds == pytest.approx(90, abs=0.01)
    assert job.seconds_left is None


def test_a_job_that_has_just_said_its_last_word_has_ended_though_it_still_lives(folder: Path) -> None:
    with Lock.take(folder / "lock", "worker 1"):
        say(folder, "ended", state="done")
        assert Job.read(folder).state is State.DONE


def test_a_failed_job_says_why(folder: Path) -> None:
    say(folder, "ended", state="failed", error="no space left to write /x", hint="free some space")
    job = Job.read(folder)
    assert (job.state, job.error) == (State.FAILED, "no space left to write /x")


@pytest.mark.parametrize("lock", [None, "worker 99"])
def test_a_job_without_lock_and_last_word_was_killed(folder: Path, lock: str | None) -> None:
    if lock:
        Lock.take(folder / "lock", lock).release()
    say(folder, "progress", done=3, failed=0, total=9, rate=1.0)
    job = Job.read(folder)
    assert (job.state, job.done) == (State.INTERRUPTED, 3)
    assert job.error.startswith("the worker was killed")


def test_a_job_of_an_earlier_run_of_the_machine_says_so(folder: Path) -> None:
    set_boot(folder, "11111111-2222-3333-4444-555555555555")
    job = Job.read(folder)
    assert (job.state, job.error) == (State.INTERRUPTED, "the machine was restarted")


def test_the_process_of_a_long_job_is_known_from_its_lock(folder: Path) -> None:
    say(folder, "started", pid=4711)
    for number in range(1500):
        say(folder, "log", text=f"{number} {'x' * 60}")
    with Lock.take(folder / "lock", "worker 4711"):
        assert Job.read(folder).pid == 4711


def test_jobs_made_in_the_same_second_have_names_of_their_own(tmp_path: Path) -> None:
    made = [create_job(tmp_path / "jobs", ["conse+grey"]) for _ in range(3)]
    assert len(set(made)) == 3
    listed = all_jobs(tmp_path / "jobs")
    assert [job.folder for job in listed] == made[::-1]
    assert {job.name for job in listed} == {"conse+grey"}
    latest = latest_job(listed, "conse+grey")
    assert latest is not None
    assert latest.folder == made[-1]
    assert latest_job(listed, "conse") is None
    assert find_job(tmp_path / "jobs", made[1].name).folder == made[1]


def test_folders_that_are_no_jobs_are_passed_over(folder: Path) -> None:
    place = folder.parent
    (place / "empty").mkdir()
    (place / "file").write_text("x")
    for name, text in (("a", "vec_type = 3"), ("b", "= ="), ("c", 'vec_type = "x"\ncreated = "y"')):
        (place / name).mkdir()
        (place / name / "job.toml").write_text(text)
    assert [job.folder for job in all_jobs(place)] == [folder]
    assert [job.folder for job in Monitor(place).jobs()] == [folder]
    with pytest.raises(JobError, match="is not a job"):
        Job.read(place / "a")
    with pytest.raises(UsageError, match="there is no job a"):
        find_job(place, "a")


@pytest.mark.parametrize(
    "values", [{"done": "x"}, {"rate": None}, {"total": []}, {"state": "nonsense"}, {"pid": "abc"}]
)
def test_events_of_nonsense_do_not_hide_the_other_jobs(folder: Path, values: dict[str, Any]) -> None:
    say(folder, {"state": "ended", "pid": "started"}.get(next(iter(values)), "progress"), **values)
    other = create_job(folder.parent, ["conse"])
    assert other in [job.folder for job in all_jobs(folder.parent)]


def test_a_project_without_jobs_has_none(tmp_path: Path) -> None:
    assert all_jobs(tmp_path / "jobs") == Monitor(tmp_path / "jobs").jobs() == []


@pytest.mark.parametrize("pid", [-1, 0, 1, -4711, 1 << 31, 1 << 70])
def test_what_names_more_than_a_worker_is_never_sent_a_signal(
    folder: Path, pid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal to -1 would end everything this user runs."""
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("a signal was sent"))
    say(folder, "started", pid=pid)
    with Lock.take(folder / "lock", f"worker {pid}"), pytest.raises(JobError, match="not running"):
        Job.read(folder).cancel()


def test_only_a_running_job_can_be_cancelled(folder: Path) -> None:
    with pytest.raises(JobError, match="is not running"):
        Job.read(folder).cancel()


def test_the_monitor_sees_changes_and_reads_what_has_ended_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = Monitor(folder.parent)
    with Lock.take(folder / "lock", "worker 1"):
        assert [job.state for job in monitor.jobs()] == [State.RUNNING]
        say(folder, "progress", done=7, failed=0, total=9, rate=1.0)
        assert [job.done for job in monitor.jobs()] == [7]
        say(folder, "ended", state="done")
    assert [job.state for job in monitor.jobs()] == [State.DONE]
    (folder / "events.jsonl").unlink()
    assert [job.done for job in monitor.jobs()] == [7]


def test_the_command_that_does_the_rest_is_one_command_whatever_the_names_are(tmp_path: Path) -> None:
    """A project may come from a stranger, and people paste what is advised."""
    job = Job.read(create_job(tmp_path / "jobs", ["conse", "x; rm -r ~"]))
    assert shlex.split(job.restart_command) == ["pictoscope", "vectors", "restart", "conse", "x; rm -r ~"]
    task = MapTask("x; rm -r ~", "$(id)")
    assert shlex.split(task.command)[2:5] == ["x; rm -r ~", "--method", "$(id)"]
