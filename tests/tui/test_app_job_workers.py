"""Jobs: the workers of a cluster, as the events of a job tell what each did."""

from __future__ import annotations

from typing import Any

import pytest
from app_helpers import SMALL, job_folder, running, running_job, text_of, until
from rich.cells import cell_len
from textual.widgets import Button, RichLog

from core.jobs.events import EventLog
from core.jobs.worker_tallies import WorkerTally
from core.project import Project
from tui.app import Pictoscope
from tui.screens.settings.jobs import JobsScreen
from tui.widgets.job_workers import JobWorkers, worker_lines

LOADING = ("log", {"text": "loading the model conse"})
NARROW = (60, 20)


def counted(**workers: Any) -> tuple[str, dict[str, Any]]:
    """What the workers did, each as (done, failed, rate)."""
    told = {name: dict(zip(("done", "failed", "rate"), values, strict=True)) for name, values in workers.items()}
    return ("workers", {"workers": told})


def workers(app: Pictoscope) -> list[str]:
    """The lines of the workers as they are drawn, without the blanks that align them; none if they are not shown."""
    shown = app.screen.query_one(JobWorkers)
    drawn = str(shown.query_one("#worker-lines").visual).splitlines()  # type: ignore[attr-defined]
    return [" ".join(line.split()) for line in drawn] if shown.display else []


async def open_jobs(app: Pictoscope, pilot: Any) -> None:
    """By key, until a log is shown."""
    await pilot.press("J")
    await until(pilot, lambda: isinstance(app.screen, JobsScreen) and app.screen.query_one(RichLog).lines)


async def test_each_worker_is_shown_with_what_it_did(project: Project):
    events = [LOADING, counted(node1=(1205, 5, 41.0), node2=(300, 0, 0.0))]
    with running_job(project, "1-running", "conse", events):
        async with running(project, SMALL) as (app, pilot):
            await open_jobs(app, pilot)
            await until(pilot, lambda: workers(app) == ["node1 1,200 done 5 failed 41/s", "node2 300 done"])
            assert "2 workers" in text_of(app)


async def test_what_the_workers_do_is_followed_while_the_job_runs(project: Project):
    with running_job(project, "1-running", "conse", [LOADING]):
        async with running(project) as (app, pilot):
            await open_jobs(app, pilot)
            assert workers(app) == []
            log = EventLog(project.jobs_folder / "1-running")
            log.write("workers", **counted(node1=(8, 0, 2.0))[1])
            await until(pilot, lambda: workers(app) == ["node1 8 done 2.0/s"])
            log.write("workers", **counted(node1=(9, 0, 2.0), node2=(1, 1, 0.5))[1])
            await until(pilot, lambda: workers(app) == ["node1 9 done 2.0/s", "node2 0 done 1 failed 0.5/s"])


async def test_a_job_of_this_machine_shows_none_after_one_of_a_cluster(project: Project):
    job_folder(project, "1-here", "conse", 100.0, [LOADING])
    job_folder(project, "2-cluster", "conse", 200.0, [LOADING, counted(node1=(8, 0, 2.0))])
    async with running(project) as (app, pilot):
        await open_jobs(app, pilot)
        await until(pilot, lambda: workers(app) == ["node1 8 done 2.0/s"])
        await pilot.press("down")
        await until(pilot, lambda: workers(app) == [] and "1 worker" not in text_of(app))
        await pilot.press("up")
        await until(pilot, lambda: workers(app) == ["node1 8 done 2.0/s"])


async def test_where_the_terminal_gets_narrow_the_numbers_go_below_the_names(project: Project):
    name = "tcp://gpu-node-with-a-long-name-5:41873"
    events = [LOADING, counted(**{name: (34_567, 345, 410.0)})]
    with running_job(project, "1-running", "conse", events):
        async with running(project, SMALL) as (app, pilot):
            await open_jobs(app, pilot)
            numbers = "34,222 done 345 failed 410/s"
            await until(pilot, lambda: workers(app) == [f"{name} {numbers}"])
            await pilot.resize_terminal(*NARROW)
            await until(pilot, lambda: workers(app) == [name, numbers])


async def test_many_workers_leave_room_for_the_buttons_and_the_log(project: Project):
    many = {f"tcp://10.0.0.{number}:41873": (8, 0, 2.0) for number in range(200)}
    with running_job(project, "1-running", "conse", [LOADING, counted(**many)]):
        async with running(project, NARROW) as (app, pilot):
            await open_jobs(app, pilot)
            await until(pilot, lambda: "200 workers" in text_of(app))
            assert "loading the model conse" in text_of(app)
            assert app.screen.query_one("#cancel", Button).region.height == 1
            shown = app.screen.query_one(JobWorkers)
            shown.focus()
            await pilot.press("end")
            await until(pilot, lambda: "tcp://10.0.0.199:41873" in text_of(app))


@pytest.mark.parametrize(
    "said",
    [
        {"workers": "many"},
        {"workers": {"node1": "busy"}},
        {"workers": {"node1": {"done": "all", "failed": 0, "rate": 1.0}}},
        {"workers": {"node1": {"done": -1, "failed": 0, "rate": 1.0}}},
        {"workers": {"node1": {"done": True, "failed": 0, "rate": 1.0}}},
        {"workers": {"node1": {"done": 1 << 70, "failed": 0, "rate": 1.0}}},
        {},
    ],
)
async def test_what_makes_no_sense_is_left_out(project: Project, said: dict[str, Any]):
    with running_job(project, "1-running", "conse", [LOADING, ("workers", said)]):
        async with running(project) as (app, pilot):
            await open_jobs(app, pilot)
            assert workers(app) == []


async def test_names_are_shown_literally(project: Project):
    events = [LOADING, counted(**{"\x1b[31m[bold]red\n": (8, 0, float("nan"))})]
    with running_job(project, "1-running", "conse", events):
        async with running(project) as (app, pilot):
            await open_jobs(app, pilot)
            await until(pilot, lambda: workers(app) == ["\\x1b[31m[bold]red\\n 8 done"])


@pytest.mark.parametrize("room", [10, 30, 56, 116])
def test_no_line_is_longer_than_there_is_room(room: int):
    tallies = [WorkerTally("node" * number, 10**number, 10 ** (number // 2), 3.0) for number in range(1, 14)]
    lines = worker_lines(tallies, room)
    assert max(cell_len(line.plain) for line in lines) <= room


def test_numbers_stand_below_each_other():
    tallies = [WorkerTally("a", 1_000, 0, 41.0), WorkerTally("node2", 9, 3, 2.5)]
    assert [line.plain for line in worker_lines(tallies, 60)] == [
        "a      1,000 done             41/s",
        "node2      9 done  3 failed  2.5/s",
    ]


def test_of_very_many_the_rest_is_counted():
    lines = worker_lines([WorkerTally(f"node{number}", 1, 0, 0.0) for number in range(1_600)], 60)
    assert lines[-1].plain == "and 1,100 more"
