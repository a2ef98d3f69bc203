"""Maps that a job makes, as the app shows them: started by a key, left, stopped, there at once the next time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from app_helpers import SMALL, WIDE, flat, lines_of, press_then, running, said, text_of, until
from map_helpers import opened, settled
from textual.widgets import DataTable, RichLog

from core.jobs.job import Job, State, all_jobs
from core.jobs.map_task import MapTask
from core.maps.job import start_map
from core.project import Project
from tests.core.comparison.compared_projects import keys_in_order, store_rows
from tests.core.maps.mapped_projects import VEC_TYPE, finished, forty_pictures, two_groups, with_pacmap
from tests.patience import until as until_then
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.map.map_screen import MapScreen
from tui.screens.settings.jobs import JobsScreen
from tui.widgets.map_view import MapView
from tui.widgets.progress import JobLine


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with forty_pictures(tmp_path / "p") as project:
        yield project


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workers find PaCMAP, which waits half way until this file is there."""
    with_pacmap(monkeypatch, tmp_path / "gate")
    return tmp_path / "gate"


def the_job(project: Project) -> Job:
    (job,) = all_jobs(project.jobs_folder)
    return job


async def test_a_job_makes_it_while_the_map_that_is_there_stays(project: Project, gate: Path) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("M")
        await settled(pilot)
        assert "map of clip: goes on when you leave or quit · J shows the job" in said(app)
        assert "clip · pca" in lines_of(app)[0] and "pacmap being made" in lines_of(app)[0]
        await until(pilot, gate.with_name("gate.waiting").exists)
        await until(pilot, lambda: "▶ map of clip" in text_of(app) and "/450 steps" in text_of(app))
        await pilot.press("asterisk", "plus", "o")  # meanwhile the map is there as ever
        await settled(pilot)
        assert "colour by tag" in lines_of(app)[0] and len(view.selected) and "pacmap being made" in lines_of(app)[0]
        await pilot.press("M")
        assert "map of clip is being made · J shows the job, which can be cancelled there" in said(app)
        gate.touch()
        await until(pilot, lambda: view._placed is not None and view._placed.method == "pacmap")
        await settled(pilot)
        assert "clip · pacmap" in lines_of(app)[0] and "being made" not in lines_of(app)[0]
        assert "map of clip: done" in said(app) and len(all_jobs(project.jobs_folder)) == 1
        await pilot.press("M")
        await until(pilot, lambda: view._placed is not None and view._placed.method == "pca")
        await pilot.press("M")
        await until(pilot, lambda: view._placed is not None and view._placed.method == "pacmap")
        assert len(all_jobs(project.jobs_folder)) == 1  # it was there


async def test_it_goes_on_when_the_screen_is_left_and_the_app_is_quit(project: Project, gate: Path) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("M")
        await settled(pilot)
        await press_then(pilot, "escape", screen=BrowseScreen)
        await until(pilot, gate.with_name("gate.waiting").exists)
        await until(pilot, lambda: "map of clip" in str(app.screen.query_one(JobLine).visual))
    assert the_job(project).state is State.RUNNING
    again = Pictoscope(project)
    async with again.run_test(size=SMALL) as pilot:
        view = await opened(pilot)
        await pilot.press("M")
        await settled(pilot)
        assert "pacmap being made" in lines_of(again)[0] and len(all_jobs(project.jobs_folder)) == 1
        gate.touch()
        await until(pilot, lambda: view._placed is not None and view._placed.method == "pacmap")


async def test_it_is_cancelled_and_made_again_in_jobs(project: Project, gate: Path) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("M")
        await settled(pilot)
        await until(pilot, gate.with_name("gate.waiting").exists)
        await press_then(pilot, "J", screen=JobsScreen)
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count == 1 and "steps" in str(table.get_row_at(0)[3]))
        assert str(table.get_row_at(0)[1]).strip() == "map of clip"
        log = app.screen.query_one(RichLog)
        await until(pilot, lambda: any("then placing 40 pictures" in line.text for line in log.lines))
        await pilot.press("f")
        assert "a map is made of vectors: it reads no pictures that could fail" in said(app)
        await pilot.press("x")
        assert "stopping · Restart begins again" in said(app)
        await until(pilot, lambda: "stopped at 10 of 450 steps · R makes it from the start" in flat(app))
        await press_then(pilot, "escape", screen=MapScreen)
        await until(pilot, lambda: "being made" not in lines_of(app)[0])
        assert view._placed is not None and view._placed.method == "pca"
        gate.touch()
        await press_then(pilot, "J", screen=JobsScreen)
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count == 1)
        await pilot.press("R")
        await until(pilot, lambda: table.row_count == 2 and "✓" in str(table.get_row_at(0)[0]))
        await press_then(pilot, "escape", screen=MapScreen)
        await pilot.press("M")
        await until(pilot, lambda: view._placed is not None and view._placed.method == "pacmap")


async def test_looking_through_vectors_starts_no_job(project: Project, gate: Path) -> None:
    store_rows(project, "dinov2", keys_in_order(project), two_groups(40, seed=1))
    gate.touch()
    finished(start_map(project, MapTask(VEC_TYPE, "pacmap")))
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("M")
        await until(pilot, lambda: view._placed is not None and view._placed.method == "pacmap")
        await pilot.press("V")
        await until(pilot, lambda: "there is no map of dinov2 by pacmap yet · M makes it" in said(app))
        await settled(pilot)
        assert "dinov2 · pca" in lines_of(app)[0] and len(all_jobs(project.jobs_folder)) == 1


async def test_a_job_that_fails_says_why_and_the_map_stays(project: Project, gate: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (project.path / "maps").symlink_to(tmp_path / "outside")
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("M")
        await settled(pilot)
        gate.touch()
        await until(pilot, lambda: any("the map could not be stored" in text for text in said(app)))
        await until(pilot, lambda: "being made" not in lines_of(app)[0])
        assert view._placed is not None and view._placed.method == "pca"


async def test_beside_the_only_vectors_stand_the_same_by_the_other_method(project: Project, gate: Path) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await settled(pilot)
        left, right = app.screen.query(MapView)
        await until(pilot, lambda: "pacmap being made" in lines_of(app)[1])
        await pilot.press("2")  # the map with the keys stays; the job goes on
        await settled(pilot)
        await pilot.press("2")
        await settled(pilot)
        assert "pacmap being made" in lines_of(app)[1] and len(all_jobs(project.jobs_folder)) == 1
        gate.touch()
        await until(pilot, lambda: right._placed is not None and right._placed.method == "pacmap")
        assert left._placed is not None and left._placed.method == "pca"


async def test_a_map_is_no_job_that_questions_wait_for(project: Project, gate: Path) -> None:
    """Nor one that the vectors are said to be computed by."""
    from tui.waiting import computed

    job = start_map(project, MapTask(VEC_TYPE, "pacmap"))
    until_then(gate.with_name("gate.waiting").exists)
    assert computed(all_jobs(project.jobs_folder)) == frozenset()
    async with running(project) as (app, pilot):
        await until(pilot, lambda: app.jobs and app.jobs[0].id == job.id)
        await pilot.press("g")
        await until(pilot, lambda: "complete" in text_of(app) or "40" in text_of(app))
        assert "being computed" not in text_of(app)
