"""Jobs as real processes: they go on alone, stop cleanly, and lose nothing when killed.

Most run with a stand-in for the model (``stand_in/sitecustomize.py``), which can be held between two batches.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import mounts
from core.errors import DiskFull, JobError, StoreBusy, UsageError
from core.files import Lock
from core.jobs import job as jobs
from core.jobs import worker
from core.jobs.events import read_events
from core.jobs.job import Job, State
from core.jobs.launch import create_anew, create_vectors, delete_vectors, restart_vectors
from core.models import rates
from core.models.options import LoadOptions
from core.project import Project
from core.vectors import store, vec_types
from core.vectors.manifest import load as load_manifest
from core.vectors.vec_type import VecType
from tests.filled_projects import say_other_weights

EFFNET = VecType("effnet-lite0")
STAND_IN = Path(__file__).parent / "stand_in"
PICTURES = 20


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workers have the stand-in, which waits after 8 of the 20 pictures until this file is there."""
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))
    monkeypatch.setenv("STAND_IN_GATE", str(tmp_path / "gate"))
    return tmp_path / "gate"


@pytest.fixture
def open_gate(gate: Path) -> None:
    gate.touch()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(PICTURES):
        draw(folder / f"{number:02d}.png", number)
    with Project.open_or_create(folder) as project:
        project.scan()
        yield project
        for job in jobs.all_jobs(project.jobs_folder):
            if job.state is State.RUNNING:
                os.kill(job.pid, signal.SIGKILL)


def draw(path: Path, number: int) -> None:
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)).save(path)


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that happens in another process."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def finished(job: Job) -> Job:
    until(lambda: jobs.read(job.folder).state is not State.RUNNING)
    until(lambda: not (job.folder / "reserve").exists())
    return jobs.read(job.folder)


def committed(project: Project, name: str = "effnet-lite0") -> dict[bytes, bytes]:
    """The rows' bytes by key; empty while there is no store."""
    folder = project.vectors_folder / name
    if not (folder / "manifest.toml").exists():
        return {}
    snapshot = store.Reader(folder).snapshot()
    return {key: snapshot.rows[snapshot.row_of(key)].tobytes() for key in snapshot.done.tolist()}


def log(job: Job) -> list[str]:
    return [event.values["text"] for event in read_events(job.folder) if event.kind == "log"]


def started(project: Project, gate: Path) -> Job:
    """A job that has committed 8 pictures and waits at the gate with the next 4."""
    job = create_vectors(project, EFFNET)
    until(gate.with_name(gate.name + ".waiting").exists)
    assert len(committed(project)) == 8
    return jobs.read(job.folder)


def test_a_job_computes_everything_and_says_what_it_does(project: Project, open_gate: None) -> None:
    job = create_vectors(project, EFFNET)
    assert (job.state, job.vec_type) == (State.RUNNING, "effnet-lite0")
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_job_told_to_stop_commits_what_is_done_and_restart_goes_on_from_there(
    project: Project, gate: Path, number: signal.Signals
) -> None:
    job = started(project, gate)
    if number is signal.SIGTERM:
        jobs.cancel(job)
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
    until(lambda: jobs.read(job.folder).state is State.INTERRUPTED)
    assert jobs.read(job.folder).error.startswith("the worker was killed")
    assert len(committed(project)) == 8
    gate.touch()
    again = finished(restart_vectors(project, "effnet-lite0"))
    assert again.state is State.DONE
    dead = f"found after the last run: job {job.id}, process {job.pid} ended without a word; its lock was taken over"
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
    job = jobs.find(project.jobs_folder, name)
    assert job.state is State.RUNNING
    gate.touch()
    assert finished(job).state is State.DONE
    assert len(committed(project)) == PICTURES


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
    assert len(jobs.all_jobs(project.jobs_folder)) == 1


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
def test_an_unknown_model_leaves_nothing_behind(project: Project, vec_type: VecType) -> None:
    with pytest.raises(UsageError, match=r"no model is called|there is no folder"):
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
    jobs.cancel(job)
    assert finished(job).state is State.STOPPED
    with pytest.raises(JobError, match="is not running"):
        jobs.cancel(job)


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


def test_pictures_that_failed_are_tried_again(project: Project, open_gate: None) -> None:
    (project.folders[0] / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    first = finished(create_vectors(project, EFFNET))
    assert (first.state, first.done, first.failed) == (State.DONE, 20, 1)
    again = finished(restart_vectors(project, "effnet-lite0"))
    assert "resumed at 20 of 21; 1 failed before, tried again" in log(again)
    assert (again.state, again.done, again.failed) == (State.DONE, 20, 1)


# The same worker in this process, where it can be disturbed


@pytest.fixture
def run(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], tuple[int, Job]]]:
    """Run a job here with the stand-in; gives its exit code and what its folder says."""
    sys.path.append(str(Path(__file__).parents[1] / "vectors"))
    from stand_in_model import StandIn

    monkeypatch.setattr(worker, "load", lambda spec, log, options: StandIn())
    handlers = {number: signal.getsignal(number) for number in jobs.STOP_SIGNALS}

    def once() -> tuple[int, Job]:
        vec_types.request(project.vectors_folder, EFFNET)
        folder = jobs.create(project.jobs_folder, ["effnet-lite0"])
        lock = os.open(folder / jobs.LOCK_NAME, os.O_RDWR | os.O_CREAT)
        code = worker.main([str(project.path), str(folder), str(lock)])
        return code, jobs.read(folder)

    yield once
    sys.path.pop()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_defect_is_one_line_for_the_person_and_a_trace_in_the_log(
    run: Callable[[], tuple[int, Job]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr(worker, "load", explode)
    code, job = run()
    assert (code, job.state, job.error) == (1, State.FAILED, "RuntimeError: out of cheese")
    assert "unexpected RuntimeError: out of cheese; details in" in log(job)[-1]
    assert "Traceback" in capsys.readouterr().err


def damage_settings(project: Project) -> None:
    (project.path / "project.toml").write_text("format = = 1")


def damage_manifest(project: Project) -> None:
    (project.vectors_folder / "effnet-lite0" / "manifest.toml").write_text("format = 9")


def change_weights(project: Project) -> None:
    say_other_weights(project.vectors_folder / "effnet-lite0")


def lose_manifest(project: Project) -> None:
    (project.vectors_folder / "effnet-lite0" / "manifest.toml").unlink()


def damage_journal(project: Project) -> None:
    with (project.vectors_folder / "effnet-lite0" / "journal.bin").open("r+b") as stream:
        stream.write(b"\x07")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (damage_settings, "project.toml is damaged"),
        (damage_manifest, "has format 9, this Pictoscope reads up to 1"),
        (change_weights, "they were made with other weights"),
        (lose_manifest, "manifest.toml is missing"),
        (damage_journal, "journal.bin: record 0 of 20 is damaged"),
    ],
)
def test_what_stands_in_the_way_is_the_jobs_last_word(
    run: Callable[[], tuple[int, Job]], project: Project, harm: Callable[[Project], None], words: str
) -> None:
    assert run()[0] == 0
    draw(project.folders[0] / "new.png", 99)
    stored = (project.vectors_folder / "effnet-lite0" / "rows.f32").read_bytes()
    harm(project)
    code, job = run()
    assert (code, job.state) == (1, State.FAILED)
    assert words in job.error
    assert words in log(job)[-1]
    assert (project.vectors_folder / "effnet-lite0" / "rows.f32").read_bytes() == stored


def test_that_the_model_has_changed_is_told_apart_from_other_errors(
    run: Callable[[], tuple[int, Job]], project: Project
) -> None:
    assert run()[1].model_changed is False
    draw(project.folders[0] / "new.png", 99)
    change_weights(project)
    _, job = run()
    assert (job.model_changed, job.error_kind) == (True, "ModelChanged")
    assert "revision 0, here is 1" in job.error
    assert job.hint.startswith("create them anew: pictoscope vectors delete effnet-lite0, then")
    damage_manifest(project)
    assert run()[1].model_changed is False


def test_vectors_are_created_anew_by_the_model_that_is_here(
    project: Project, open_gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    grey = VecType("effnet-lite0", greyscale=True)
    finished(create_vectors(project, EFFNET))
    finished(create_vectors(project, grey, options=LoadOptions(allow_remote_code=True)))
    folder = project.vectors_folder / grey.name
    for name in (grey.name, EFFNET.name):
        change_weights(project)
        assert finished(create_anew(project, name)).state is State.DONE
    made = load_manifest(folder)
    assert (made.revision, made.remote_code) == ("1", True)
    assert len(committed(project)) == len(committed(project, grey.name)) == PICTURES
    assert project.settings.default_vec_type == EFFNET.name  # as before
    with pytest.raises(UsageError, match="there are no vectors conse"):
        create_anew(project, "conse")
    monkeypatch.setattr(type(project.catalog), "count", lambda _: 0)
    with pytest.raises(UsageError, match="the project has no pictures"):
        create_anew(project, grey.name)
    assert len(committed(project, grey.name)) == PICTURES


def test_vectors_deleted_while_the_model_loads_do_not_come_back(
    run: Callable[[], tuple[int, Job]], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = worker.load

    def load(*arguments: object) -> object:
        store.delete(project.vectors_folder / "effnet-lite0")
        return real(*arguments)

    monkeypatch.setattr(worker, "load", load)
    code, job = run()
    assert (code, job.error) == (1, "the vectors effnet-lite0 were deleted")
    assert vec_types.names(project.vectors_folder) == []


def test_vectors_of_which_a_good_part_is_dead_are_compacted_at_the_end_of_a_job(
    run: Callable[[], tuple[int, Job]], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run()[0] == 0
    folder = project.vectors_folder / "effnet-lite0"
    before = committed(project)
    with store.Writer(folder) as writer:
        keys = [key.ljust(20, b"\0") for key in before]
        writer.void(keys[:11])

    with monkeypatch.context() as patch:
        patch.setattr(store, "compact", refuse)
        code, job = run()
    assert (code, job.state) == (0, State.DONE)
    assert "effnet-lite0 was not compacted: no room left" in log(job)
    with store.Writer(folder) as writer:
        writer.void(keys[:1])
    code, job = run()
    assert (code, "effnet-lite0 was compacted: 1.3 KB saved" in log(job)) == (0, True), log(job)
    assert (folder / "rows.2.f32").stat().st_size == PICTURES * 48
    assert committed(project) == before
    assert "compacted" not in " ".join(log(run()[1]))


def refuse(*_: object) -> None:
    raise DiskFull("no room left")


def test_a_project_on_a_network_file_system_is_said_to_be_unsafe(
    run: Callable[[], tuple[int, Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "network_file_system", lambda folder: "nfs4")
    code, job = run()
    assert (code, log(job)[0].startswith("the project lies on a network file system (nfs4): locks may not")) == (
        0,
        True,
    )


def test_what_opening_healed_is_said(run: Callable[[], tuple[int, Job]], project: Project) -> None:
    assert run()[0] == 0
    with (project.vectors_folder / "effnet-lite0" / "rows.f32").open("r+b") as stream:
        stream.write(b"\x07")
    draw(project.folders[0] / "new.png", 99)
    code, job = run()
    assert (code, job.done) == (0, 21)
    assert any("1 rows did not match their checksum" in line for line in log(job))
    assert not store.verify(project.vectors_folder / "effnet-lite0").bad


def test_a_picture_folder_that_is_away_keeps_its_vectors(run: Callable[[], tuple[int, Job]], project: Project) -> None:
    assert run()[0] == 0
    folder = project.folders[0]
    # The project lies in the folder: only pictures go.
    other = folder.parent / "elsewhere"
    other.mkdir()
    draw(other / "one.png", 77)
    project.add_folder(other)
    assert run()[1].done == 21
    shutil.rmtree(other)
    code, job = run()
    assert (code, job.total) == (0, 21)
    assert any("elsewhere is not there; what is known of it is kept" in line for line in log(job))


def test_many_pictures_leave_a_measured_rate(
    run: Callable[[], tuple[int, Job]], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_MEASURED_FROM", 10)
    run()
    assert rates.known().keys() == {"effnet-lite0"}
