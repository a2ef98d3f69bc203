"""A project that is moved while its job runs, clocks that are put back, and precisions that must not be mixed."""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import StoreBusy, StoreMoved, UsageError
from core.jobs import monitor as monitor_module
from core.jobs.events import EventLog, read_events
from core.jobs.job import JOB_LOCK_NAME, Job, State, all_jobs, latest_job
from core.jobs.launch import create_vectors, delete_vectors, restart_vectors
from core.jobs.monitor import Monitor
from core.models.options import LoadOptions
from core.project import Project
from core.vectors import store
from core.vectors.manifest import Manifest
from tests.core.jobs.worker_helpers import EFFNET, PICTURES, committed, finished, log, started, until
from tests.job_folders import create_job


def test_a_job_whose_project_was_renamed_says_so_and_restart_goes_on_there(
    project: Project, gate: Path, tmp_path: Path
) -> None:
    job = started(project, gate)
    kept = committed(project)
    moved = tmp_path / "renamed"
    project.close()
    (tmp_path / "pictures").rename(moved)
    with Project(moved / ".pictoscope") as there:
        folder = there.jobs_folder / job.id
        assert Job.read(folder).state is State.RUNNING
        with pytest.raises(StoreBusy):
            delete_vectors(there, "effnet-lite0")
        gate.touch()
        ended = finished(Job.read(folder))
        assert (ended.state, "moved or renamed while the job ran" in ended.error) == (State.FAILED, True)
        assert ended.hint.startswith("Restart")
        assert log(ended)[-1].startswith(ended.error)
        assert committed(there) == kept
        assert len(store.Reader(there.vectors_folder / EFFNET.name).snapshot().failed) == 0
        assert not (tmp_path / "pictures").exists()
        again = finished(restart_vectors(there, "effnet-lite0"))
        assert (again.state, again.done, again.failed) == (State.DONE, PICTURES, 0)
        assert "resumed at 8 of 20" in log(again)


def test_a_job_that_can_still_be_cancelled_where_its_project_is_now(
    project: Project, gate: Path, tmp_path: Path
) -> None:
    job = started(project, gate)
    project.close()
    (tmp_path / "pictures").rename(tmp_path / "renamed")
    folder = tmp_path / "renamed" / ".pictoscope" / "jobs" / job.id
    Job.read(folder).cancel()
    gate.touch()
    assert finished(Job.read(folder)).state is not State.INTERRUPTED


def test_a_copy_of_a_project_does_not_say_that_somebody_killed_its_job(
    project: Project, gate: Path, tmp_path: Path
) -> None:
    job = started(project, gate)
    copy = shutil.copytree(project.path, tmp_path / "copy")
    found = Job.read(copy / "jobs" / job.id)
    assert (found.state, "moved or copied" in found.error) == (State.INTERRUPTED, True)
    os.kill(job.pid, signal.SIGKILL)
    until(lambda: Job.read(job.folder).state is State.INTERRUPTED)
    assert Job.read(job.folder).error == "the worker was killed (by hand, or because memory ran out)"


@pytest.mark.parametrize("harm", ["renamed", "replaced", "deleted"])
def test_a_writer_does_not_go_on_in_a_folder_that_is_not_the_one_of_its_name(
    project: Project, open_gate: None, tmp_path: Path, harm: str
) -> None:
    finished(create_vectors(project, EFFNET))
    folder = project.vectors_folder / EFFNET.name
    aside = tmp_path / "aside"
    with store.Writer(folder) as writer:
        key = next(iter(committed(project)))
        folder.rename(aside)
        if harm == "replaced":
            shutil.copytree(aside, folder)
        if harm == "deleted":
            shutil.rmtree(aside)
        before = {path.name: path.read_bytes() for path in folder.iterdir()} if harm == "replaced" else {}
        with pytest.raises(StoreMoved, match="moved, deleted or replaced"):
            writer.void([key])
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before if before else not folder.exists()


def test_events_reach_their_folder_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    events = EventLog(tmp_path / "job")
    (tmp_path / "job").rename(tmp_path / "moved")
    events.write("log", text="still here")
    events.close()
    assert [event.values["text"] for event in read_events(tmp_path / "moved")] == ["still here"]
    assert [path.name for path in (tmp_path / "moved").iterdir()] == ["events.jsonl"]


@pytest.mark.parametrize("jump", [-(10**9), -60.0, 10**9])
def test_a_clock_that_jumps_does_not_let_vectors_of_a_running_job_be_deleted(
    project: Project, gate: Path, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    gate.touch()
    first = finished(create_vectors(project, EFFNET))
    gate.unlink()
    gate.with_name(gate.name + ".waiting").unlink(missing_ok=True)
    shutil.rmtree(project.vectors_folder / EFFNET.name)
    (project.vectors_folder / EFFNET.name).mkdir()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    second = restart_vectors(project, EFFNET.name)
    found = all_jobs(project.jobs_folder)
    assert [job.id for job in found] == [second.id, first.id]
    assert latest_job(found, EFFNET.name) == found[0]
    for work in (delete_vectors, restart_vectors):
        with pytest.raises(StoreBusy):
            work(project, EFFNET.name)
    gate.touch()
    assert finished(second).state is State.DONE


def test_the_watch_takes_no_job_for_dead_because_of_a_clock(
    project: Project, monkeypatch: pytest.MonkeyPatch, gate: Path
) -> None:
    folder = create_job(project.jobs_folder, [EFFNET.name])
    watch = Monitor(project.jobs_folder)
    real = monitor_module.time.time
    monkeypatch.setattr("time.time", lambda: real() + 10**6)
    assert watch.jobs()[0].state is State.INTERRUPTED  # it has no lock yet
    from core.files import Lock

    with Lock.take(folder / JOB_LOCK_NAME, "worker 0"):
        assert watch.jobs()[0].state is State.RUNNING


def test_rows_of_two_precisions_are_not_mixed(project: Project, gate: Path) -> None:
    job = started(project, gate)
    os.kill(job.pid, signal.SIGKILL)
    until(lambda: Job.read(job.folder).state is State.INTERRUPTED)
    kept = committed(project)
    with pytest.raises(UsageError, match="computed in float32: bfloat16 is not mixed with them") as caught:
        restart_vectors(project, EFFNET.name, options=LoadOptions(precision="bfloat16"))
    assert "leave out --precision" in caught.value.hint
    assert len(all_jobs(project.jobs_folder)) == 1
    gate.touch()
    again = finished(restart_vectors(project, EFFNET.name, options=LoadOptions(precision="float32", device="cpu")))
    assert again.state is State.DONE
    assert kept.items() < committed(project).items()


def test_a_worker_whose_model_computes_in_another_precision_mixes_nothing(project: Project, gate: Path) -> None:
    job = started(project, gate)
    os.kill(job.pid, signal.SIGKILL)
    until(lambda: Job.read(job.folder).state is State.INTERRUPTED)
    folder, kept = project.vectors_folder / EFFNET.name, committed(project)
    replace(Manifest.load(folder), precision="bfloat16").save(folder)
    gate.touch()
    again = finished(restart_vectors(project, EFFNET.name))
    assert (again.state, "computed in bfloat16, now it would be float32" in again.error) == (State.FAILED, True)
    assert committed(project) == kept
