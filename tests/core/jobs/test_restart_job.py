"""Restart of a job brings back what a job took back, and nothing that somebody has deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.jobs import launch
from core.jobs.events import TAKEN_BACK, EventLog
from core.jobs.job import Job, State
from core.jobs.launch import delete_vectors, restart_job, take_back
from core.project import Project
from core.vectors.vec_type import VecType
from core.vectors.vec_types import names, request
from tests.job_folders import create_job

EFFNET, CONSE = "effnet-lite0", "conse"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The vec types of each worker that was to be started."""
    asked: list[list[str]] = []

    def start(project: Project, module: str, vec_types: list[str], *_: object) -> Job:
        asked.append(list(vec_types))
        return Job.read(create_job(project.jobs_folder, vec_types))

    monkeypatch.setattr(launch, "start_worker", start)
    return asked


def failed(project: Project, *wanted: str, without: tuple[str, ...] = ()) -> Job:
    """A job that failed, after it took back some of its vec types."""
    for name in wanted:
        request(project.vectors_folder, VecType.parse(name))
    folder = create_job(project.jobs_folder, wanted)
    events = EventLog(folder)
    taken = [name for name in without if take_back(project, name)]
    if taken:
        events.write(TAKEN_BACK, names=taken)
    events.write("ended", state=State.FAILED.value, error="there is no network")
    events.close()
    return Job.read(folder)


def test_what_the_job_took_back_is_asked_for_again(project: Project, started: list[list[str]]) -> None:
    job = failed(project, EFFNET, CONSE, without=(CONSE,))
    assert names(project.vectors_folder) == [EFFNET]
    restart_job(project, job)
    assert started == [[EFFNET, CONSE]]
    assert names(project.vectors_folder) == [CONSE, EFFNET]


def test_what_was_deleted_since_stays_deleted(project: Project, started: list[list[str]]) -> None:
    job = failed(project, EFFNET, CONSE)
    delete_vectors(project, CONSE)
    restart_job(project, job)
    assert started == [[EFFNET]]
    assert names(project.vectors_folder) == [EFFNET]


def test_what_was_taken_back_and_then_created_and_deleted_stays_deleted(
    project: Project, started: list[list[str]]
) -> None:
    old = failed(project, EFFNET, CONSE, without=(CONSE,))
    failed(project, CONSE)
    delete_vectors(project, CONSE)
    restart_job(project, old)
    assert started == [[EFFNET]]


def test_a_job_older_than_the_one_that_took_it_back_asks_for_it_again(
    project: Project, started: list[list[str]]
) -> None:
    old = failed(project, EFFNET, CONSE, without=(CONSE,))
    failed(project, CONSE, without=(CONSE,))
    restart_job(project, old)
    assert started == [[EFFNET, CONSE]]


def test_a_job_of_which_everything_was_deleted_is_not_started(project: Project, started: list[list[str]]) -> None:
    job = failed(project, EFFNET, CONSE)
    for name in (EFFNET, CONSE):
        delete_vectors(project, name)
    with pytest.raises(UsageError, match="there are no vectors effnet-lite0"):
        restart_job(project, job)
    assert (started, names(project.vectors_folder)) == ([], [])


@pytest.mark.parametrize("names_written", ["conse", {"conse": 1}, [["conse"]], None])
def test_events_that_say_nothing_of_names_bring_nothing_back(
    project: Project, started: list[list[str]], names_written: object
) -> None:
    job = failed(project, EFFNET)
    EventLog(Path(job.folder)).write(TAKEN_BACK, names=names_written)
    restart_job(project, job)
    assert started == [[EFFNET]]
