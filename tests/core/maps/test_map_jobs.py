"""Maps by PaCMAP are made by jobs: they go on without who started them, are stored, can be stopped, say what fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import PictoscopeError, UsageError
from core.files import write_atomic
from core.jobs.events import read_events
from core.jobs.job import Job, State, all_jobs, latest_job, running_job
from core.jobs.map_task import MapTask
from core.maps.job import running_map, start_map
from core.maps.layout import MapMissing, lay_out
from core.maps.map_file import load_map, map_path, save_map
from core.project import Project
from tests.core.maps.mapped_projects import VEC_TYPE, finished, forty_pictures, mapped, with_pacmap
from tests.patience import until

TASK = MapTask(VEC_TYPE, "pacmap")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with forty_pictures(tmp_path / "p") as project:
        yield project


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workers find PaCMAP, which waits half way until this file is there."""
    with_pacmap(monkeypatch, tmp_path / "gate")
    return tmp_path / "gate"


def log_of(job: Job) -> list[str]:
    return [event.values["text"] for event in read_events(job.folder) if event.kind == "log"]


def waits(gate: Path) -> None:
    until(gate.with_name(gate.name + ".waiting").exists)


def test_a_job_makes_a_map_that_is_there_at_once_afterwards(project: Project, gate: Path) -> None:
    gate.touch()
    with pytest.raises(MapMissing, match="there is no map of clip by pacmap yet"):
        lay_out(project, VEC_TYPE, "pacmap", may_take_long=False)
    job = start_map(project, TASK)
    assert job.names == ("map of clip",) and job.vec_types == () and job.map_task == TASK
    done = finished(job)
    assert (done.state, done.done, done.total, done.error) == (State.DONE, 450, 450, ""), log_of(job)
    assert [event.values["done"] for event in read_events(job.folder) if event.kind == "progress"][-1] == 450
    assert log_of(job)[:2] == [
        "reducing the vectors of 40 pictures to 16 components",
        "loading PaCMAP, finding neighbours, then placing 40 pictures",
    ]
    assert log_of(job)[-1].startswith("finished: 40 pictures placed in")
    found = lay_out(project, VEC_TYPE, "pacmap", may_take_long=False)
    assert found.method == "pacmap" and found.points.shape == (40, 2) and found.notes == ()
    stored = load_map(project.path, VEC_TYPE, "pacmap")
    assert stored is not None and "components 50" in stored.settings and "neighbours 10" in stored.settings
    assert (stored.keys == found.keys).all() and len(stored.crcs) == 40


def test_whoever_sees_it_sees_it_running(project: Project, gate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the moment when its file is there: a job that runs is never taken for one that was killed."""
    seen: list[State] = []

    def written(path: Path, content: bytes) -> None:
        write_atomic(path, content)
        seen.extend(job.state for job in all_jobs(project.jobs_folder))

    monkeypatch.setattr("core.jobs.job.write_atomic", written)
    gate.touch()
    finished(start_map(project, TASK))
    assert seen == [State.RUNNING]


def test_the_same_map_is_not_made_twice_at_once(project: Project, gate: Path) -> None:
    job = start_map(project, TASK)
    waits(gate)
    assert start_map(project, MapTask(VEC_TYPE, "pacmap", again=True)).id == job.id
    now = all_jobs(project.jobs_folder)
    assert len(now) == 1 and running_map(now, TASK) and not running_map(now, MapTask(VEC_TYPE, "pacmap", seed=1))
    assert (now[0].state, now[0].unit, now[0].total) == (State.RUNNING, " steps", 450)
    # It computes no vectors: nothing waits for it or is refused because of it.
    assert running_job(now, VEC_TYPE) is None and latest_job(now, VEC_TYPE) is None
    gate.touch()
    assert finished(job).state is State.DONE


def test_it_stops_at_once_even_amid_a_step(project: Project, gate: Path) -> None:
    job = start_map(project, TASK)
    waits(gate)
    Job.read(job.folder).cancel()
    ended = finished(job)  # the gate stays shut: nothing but the end of the process ends the thread
    assert ended.state is State.STOPPED and log_of(job)[-1] == "stopped"
    assert not map_path(project.path, VEC_TYPE, "pacmap").exists()
    with pytest.raises(MapMissing):
        lay_out(project, VEC_TYPE, "pacmap", may_take_long=False)


def test_vectors_that_are_deleted_meanwhile_do_not_matter(project: Project, gate: Path) -> None:
    from core.jobs.launch import delete_vectors

    job = start_map(project, TASK)
    waits(gate)
    delete_vectors(project, VEC_TYPE)
    gate.touch()
    assert finished(job).state is State.DONE
    with pytest.raises(PictoscopeError, match="there are no vectors clip"):
        lay_out(project, VEC_TYPE, "pacmap", may_take_long=False)
    with pytest.raises(UsageError, match="there are no vectors clip"):
        start_map(project, TASK)


def test_vectors_that_are_deleted_before_it_begins_are_named(project: Project, gate: Path) -> None:
    from core.jobs.launch import start_worker

    ended = finished(start_worker(project, "core.maps.worker", (), map_task=MapTask("dinov2", "pacmap")))
    assert ended.state is State.FAILED and "there are no vectors dinov2" in ended.error


def test_a_map_that_cannot_be_stored_fails_and_says_why(project: Project, gate: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    shutil.rmtree(project.path / "maps", ignore_errors=True)
    (project.path / "maps").symlink_to(tmp_path / "outside")
    gate.touch()
    ended = finished(start_map(project, TASK))
    assert ended.state is State.FAILED and ended.error.startswith("the map could not be stored:")
    assert not list((tmp_path / "outside").iterdir())


def test_a_map_of_other_settings_is_not_taken_for_this_one(project: Project, gate: Path) -> None:
    from dataclasses import replace

    gate.touch()
    finished(start_map(project, TASK))
    stored = load_map(project.path, VEC_TYPE, "pacmap")
    assert stored is not None
    save_map(project.path, replace(stored, settings="neighbours 99"))
    with pytest.raises(MapMissing, match=r"made with other settings \(neighbours 99\)"):
        lay_out(project, VEC_TYPE, "pacmap", may_take_long=False)


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (MapTask("dinov2", "pacmap"), "there are no vectors dinov2"),
        (MapTask("../clip", "pacmap"), r"\.\./clip"),
        (MapTask(VEC_TYPE, "tsne"), "there is no method 'tsne'"),
    ],
)
def test_what_cannot_be_made_starts_nothing(project: Project, gate: Path, task: MapTask, says: str) -> None:
    with pytest.raises(PictoscopeError, match=says):
        start_map(project, task)
    assert not all_jobs(project.jobs_folder)


@pytest.mark.parametrize(
    "content", ["map = 3", "[map]", '[map]\nvec_type = "clip"', "[map]\nvec_type=1\nmethod=[]\nseed='x'"]
)
def test_a_job_of_a_map_that_is_none_is_passed_over(project: Project, content: str) -> None:
    folder = project.jobs_folder / "20260101-000000-map"
    folder.mkdir(parents=True)
    (folder / "job.toml").write_text(f"created = 1.0\n{content}\n")
    assert all_jobs(project.jobs_folder) == []


def test_places_of_few_and_of_equal_pictures(tmp_path: Path, gate: Path) -> None:
    gate.touch()
    rows = np.tile(np.eye(16, dtype=np.float32)[:1], (40, 1))
    with mapped(tmp_path / "equal", 40, rows) as project:
        assert finished(start_map(project, TASK)).state is State.DONE
        assert not lay_out(project, VEC_TYPE, "pacmap", may_take_long=False).points.any()
    for count in (1, 3):
        with mapped(tmp_path / f"few-{count}", count) as project:
            found = lay_out(project, VEC_TYPE, "pacmap", may_take_long=False)
            assert found.method == "pca" and found.notes == ("placed by pca: pacmap needs 30 pictures",)
