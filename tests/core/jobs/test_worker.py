"""Jobs as real processes: they go on alone, stop cleanly, and lose nothing when killed.

Most run with a stand-in for the model (``stand_in/sitecustomize.py``), which can be held between two batches.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.catalog import appearances
from core.errors import JobError, StoreBusy, UsageError
from core.files import Lock
from core.jobs.events import read_events
from core.jobs.job import Job, State, all_jobs, find_job
from core.jobs.launch import create_vectors, delete_vectors, restart_vectors
from core.key_arrays import whole_keys
from core.models import rates
from core.priority import NICENESS_OF_JOBS
from core.project import Project
from core.vectors import store, vec_types
from core.vectors.sample import sample_keys
from core.vectors.vec_type import VecType
from tests.core.jobs.worker_helpers import EFFNET, PICTURES, committed, draw, finished, log, started, until


def test_a_job_computes_everything_and_says_what_it_does(project: Project, open_gate: None) -> None:
    job = create_vectors(project, EFFNET)
    assert (job.state, job.name) == (State.RUNNING, "effnet-lite0")
    job = finished(job)
    assert (job.state, job.done, job.failed, job.total, job.error) == (State.DONE, PICTURES, 0, PICTURES, "")
    said = log(job)
    assert said[:4] == [
        "looking for new and changed pictures",
        "20 pictures in 1 folder",
        "loading the model effnet-lite0",
        "computing 20 pictures",
    ]
    assert said[-1].startswith("finished: 20 done, 0 failed in this run")
    kinds = [event.kind for event in read_events(job.folder)]
    assert (kinds[0], kinds[-1]) == ("started", "ended")
    assert sorted(os.listdir(job.folder)) == ["events.jsonl", "job.toml", "lock", "worker.log"]
    assert (job.folder / "worker.log").read_text() == ""
    assert len(committed(project)) == PICTURES
    assert not store.is_being_written(project.vectors_folder / "effnet-lite0")
    status = vec_types.status(project.vectors_folder, EFFNET, project.catalog.keys(), "")
    assert (status.done, status.complete) == (PICTURES, True)
    assert rates.known() == {}  # too few pictures to tell
    assert appearances.unmeasured(project.catalog) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_job_told_to_stop_commits_what_is_done_and_restart_goes_on_from_there(
    project: Project, gate: Path, number: signal.Signals
) -> None:
    job = started(project, gate)
    if number is signal.SIGTERM:
        job.cancel()
    else:
        os.kill(job.pid, number)
    gate.touch()
    job = finished(job)
    assert (job.state, job.error, job.done) == (State.STOPPED, "", 12)
    assert log(job)[-1].startswith("stopped: 12 done")
    kept = committed(project)
    assert len(kept) == 12

    again = finished(restart_vectors(project, "effnet-lite0"))
    assert (again.state, again.done) == (State.DONE, PICTURES)
    assert "resumed at 12 of 20" in log(again)
    assert log(again)[-1].startswith("finished: 8 done")
    assert kept.items() < committed(project).items()


def test_a_job_that_was_killed_is_interrupted_and_restart_makes_the_rows_of_an_undisturbed_run(
    project: Project, gate: Path, tmp_path: Path
) -> None:
    job = started(project, gate)
    os.kill(job.pid, signal.SIGKILL)
    until(lambda: Job.read(job.folder).state is State.INTERRUPTED)
    assert Job.read(job.folder).error.startswith("the worker was killed")
    assert len(committed(project)) == 8
    gate.touch()
    again = finished(restart_vectors(project, "effnet-lite0"))
    assert again.state is State.DONE
    killed = f"job {job.id}, process {job.pid}"
    dead = f"found after the last run: {killed} ended without releasing its lock, which was taken over"
    assert dead in log(again)
    disturbed = committed(project)

    store.delete(project.vectors_folder / "effnet-lite0")
    assert finished(create_vectors(project, EFFNET)).state is State.DONE
    assert committed(project) == disturbed
    assert len(disturbed) == PICTURES


def test_a_job_outlives_the_process_that_asked_for_it(project: Project, gate: Path) -> None:
    script = f"""
from pathlib import Path
from core.jobs.launch import create_vectors
from core.project import Project
from core.vectors.vec_type import VecType
with Project(Path({str(project.path)!r})) as project:
    print(create_vectors(project, VecType("effnet-lite0")).id, flush=True)
input()"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout is not None
    name = parent.stdout.readline().decode().strip()
    until(gate.with_name(gate.name + ".waiting").exists)
    # What a terminal does when it is closed, and worse.
    os.killpg(parent.pid, signal.SIGHUP)
    os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()
    job = find_job(project.jobs_folder, name)
    assert job.state is State.RUNNING
    gate.touch()
    assert finished(job).state is State.DONE
    assert len(committed(project)) == PICTURES


def test_a_job_leaves_the_processor_to_the_app(project: Project, gate: Path) -> None:
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    job = started(project, gate)
    assert os.getpriority(os.PRIO_PROCESS, job.pid) == min(19, ours + NICENESS_OF_JOBS)
    gate.touch()
    assert finished(job).state is State.DONE


def test_while_a_job_runs_its_vectors_cannot_be_created_restarted_or_deleted(project: Project, gate: Path) -> None:
    job = started(project, gate)
    with pytest.raises(UsageError, match="effnet-lite0 exist already") as caught:
        create_vectors(project, EFFNET)
    assert "vectors restart effnet-lite0" in caught.value.hint
    for attempt in (restart_vectors, delete_vectors):
        with pytest.raises(StoreBusy, match=f"effnet-lite0 are being computed by job {job.id}"):
            attempt(project, "effnet-lite0")
    with pytest.raises(StoreBusy, match=f"in use by job {job.id}"):
        store.delete(project.vectors_folder / "effnet-lite0")
    gate.touch()
    assert finished(job).state is State.DONE
    assert len(all_jobs(project.jobs_folder)) == 1


def test_vectors_that_another_process_writes_are_neither_restarted_nor_deleted(project: Project) -> None:
    folder = project.vectors_folder / "effnet-lite0"
    folder.mkdir(parents=True)
    with Lock.take(folder / store.LOCK_NAME, "verify, process 1"):
        for attempt in (restart_vectors, delete_vectors):
            with pytest.raises(StoreBusy, match="effnet-lite0 are being written by another process"):
                attempt(project, "effnet-lite0")


def test_the_first_vec_type_becomes_the_default_and_when_it_is_deleted_another_does(
    project: Project, open_gate: None
) -> None:
    finished(create_vectors(project, EFFNET))
    finished(create_vectors(project, VecType("conse")))
    assert project.settings.default_vec_type == "effnet-lite0"
    delete_vectors(project, "effnet-lite0")
    assert project.settings.default_vec_type == "conse"
    assert vec_types.names(project.vectors_folder) == ["conse"]
    delete_vectors(project, "conse")
    assert Project(project.path).settings.default_vec_type == ""
    with pytest.raises(UsageError, match="there are no vectors conse"):
        delete_vectors(project, "conse")


def test_vectors_that_do_not_exist_cannot_be_restarted(project: Project) -> None:
    with pytest.raises(UsageError, match="there are no vectors conse") as caught:
        restart_vectors(project, "conse")
    assert "vectors create conse" in caught.value.hint


@pytest.mark.parametrize("vec_type", [VecType("unknown"), VecType("../x")])
def test_an_unknown_model_leaves_nothing_behind(
    project: Project, vec_type: VecType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.path)  # whatever is beside the folder of this run
    with pytest.raises(UsageError, match=r"there is no model|there is no folder"):
        create_vectors(project, vec_type)
    assert not project.vectors_folder.exists()
    assert not project.jobs_folder.exists()


def test_a_project_without_pictures_gets_no_job(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with Project.open_or_create(tmp_path / "empty") as project:
        with pytest.raises(UsageError, match="the project has no pictures"):
            create_vectors(project, EFFNET)
        assert not project.vectors_folder.exists()


def test_a_job_cancelled_in_its_first_instant_stops_cleanly(project: Project, open_gate: None) -> None:
    """Before it can handle the signal, it is only held back."""
    job = create_vectors(project, EFFNET)
    job.cancel()
    assert finished(job).state is State.STOPPED
    with pytest.raises(JobError, match="is not running"):
        job.cancel()


def test_restart_computes_just_what_was_added_and_nothing_for_what_was_renamed(
    project: Project, open_gate: None
) -> None:
    assert finished(create_vectors(project, EFFNET)).state is State.DONE
    first = committed(project)
    folder = project.folders[0]
    (folder / "sub").mkdir()
    for number in range(5):
        (folder / f"{number:02d}.png").rename(folder / "sub" / f"renamed {number}.png")
    assert "nothing to compute: all 20 are done" in log(finished(restart_vectors(project, "effnet-lite0")))
    assert committed(project) == first

    draw(folder / "new1.png", 101)
    draw(folder / "new2.png", 102)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    job = finished(restart_vectors(project, "effnet-lite0"))
    assert (job.state, job.done, job.failed, job.total) == (State.DONE, 22, 1, 23)
    assert "resumed at 20 of 23" in log(job)
    assert log(job)[-1].startswith("finished: 2 done, 1 failed")
    assert any("broken.jpg: " in line for line in log(job))
    assert first.items() < committed(project).items()
    assert len(committed(project)) == 22

    draw(folder / "broken.jpg", 103)  # mended
    draw(folder / "new1.png", 104)  # replaced
    job = finished(restart_vectors(project, "effnet-lite0"))
    assert (job.state, job.done, job.failed, job.total) == (State.DONE, 23, 0, 23)
    status = vec_types.status(project.vectors_folder, EFFNET, project.catalog.keys(), "")
    assert (status.done, status.failed, status.total) == (23, 0, 23)


def test_a_sample_is_computed_and_restart_computes_just_the_others(project: Project, open_gate: None) -> None:
    job = finished(create_vectors(project, EFFNET, sample=6))
    assert (job.state, job.done, job.total) == (State.DONE, 6, 6)
    first = committed(project)
    assert sorted(first) == whole_keys(sample_keys(project.catalog, 6))
    assert "nothing to compute: all 6 are done" in log(finished(restart_vectors(project, "effnet-lite0", sample=6)))
    more = finished(restart_vectors(project, "effnet-lite0", sample=9))
    assert "resumed at 6 of 9" in log(more) and log(more)[-1].startswith("finished: 3 done")
    rest = finished(restart_vectors(project, "effnet-lite0"))
    assert "resumed at 9 of 20" in log(rest) and log(rest)[-1].startswith("finished: 11 done")
    assert first.items() < committed(project).items()


def test_a_sample_larger_than_the_collection_is_the_collection(project: Project, open_gate: None) -> None:
    job = finished(create_vectors(project, EFFNET, sample=500))
    assert (job.state, job.done, job.total) == (State.DONE, 20, 20)
    assert not any("a sample of" in line for line in log(job))


def test_pictures_that_failed_are_tried_again(project: Project, open_gate: None) -> None:
    (project.folders[0] / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    first = finished(create_vectors(project, EFFNET))
    assert (first.state, first.done, first.failed) == (State.DONE, 20, 1)
    again = finished(restart_vectors(project, "effnet-lite0"))
    assert "resumed at 20 of 21; 1 failed before, tried again" in log(again)
    assert (again.state, again.done, again.failed) == (State.DONE, 20, 1)
