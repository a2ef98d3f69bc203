"""The whole way by keyboard with the real models: Create, leave, come back, a killed worker, Restart, answers."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from app_helpers import current, grid_of, press_then, running, said, text_of, type_text, until, words
from textual.widgets import DataTable

from core.jobs.events import read_events
from core.jobs.job import Job, State, all_jobs
from core.models.backend import Model
from core.project import Project
from core.vectors import store
from core.vectors.verification import verify
from tests.filled_projects import CONSE, draw, fill_vectors
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.results.results import ResultsScreen
from tui.screens.settings.create_vectors import CreateVectors
from tui.screens.settings.jobs import JobsScreen
from tui.screens.settings.settings import SettingsScreen
from tui.widgets.form_controls import YesNo

PICTURES = 240  # the worker must still be busy when it is killed
GREY = "effnet-lite0+grey"
A_MINUTE = 90.0  # loading a model and computing on a loaded machine


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Different small pictures; the last is a crop of the first, in grey."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(PICTURES - 1):
        draw(number).save(folder / f"{number:03d}.png")
    draw(0).crop((5, 5, 110, 80)).convert("L").save(folder / "copy of 000.png")
    return folder


def only_job(project: Project) -> Job:
    """The newest job."""
    return max(all_jobs(project.jobs_folder), key=lambda job: job.created)


async def test_from_create_over_a_killed_worker_to_answers_all_by_keyboard(pictures: Path, conse: Model):
    with Project.open_or_create(pictures) as project:
        project.scan()
        await _create_and_leave(project)
    killed = await _come_back_and_lose_the_worker(pictures)
    with Project(pictures / ".pictoscope") as project:
        await _restart_and_wait(project, killed)
        fill_vectors(project, conse, [CONSE])
        await _ask(project)


async def _create_and_leave(project: Project) -> None:
    async with running(project) as (app, pilot):
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CreateVectors))
        await pilot.press("tab", "tab", "space")
        assert app.screen.query_one("#greyscale", YesNo).given
        await pilot.press("tab", "tab", "tab", "enter")
        await until(pilot, lambda: any(f"{GREY}: started" in text for text in said(app)))
        await pilot.press("J")
        await until(pilot, lambda: isinstance(app.screen, JobsScreen) and app.screen.query_one(DataTable).row_count)
        await until(pilot, lambda: app.jobs[0].done > 0, A_MINUTE)
        await until(pilot, lambda: "computing 240 pictures" in text_of(app))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not app.is_running)


async def _come_back_and_lose_the_worker(pictures: Path) -> int:
    """Kills the worker.

    Returns:
        How many rows were committed by then.
    """
    with Project(pictures / ".pictoscope") as project:
        async with running(project, listed=False) as (app, pilot):  # Jobs again, as it was left
            await until(pilot, lambda: f"▶ {GREY}" in _shown(app))
            os.kill(only_job(project).pid, signal.SIGKILL)
            await until(pilot, lambda: any("the worker was killed" in text for text in said(app)))
            committed = len(store.Reader(project.vectors_folder / GREY).snapshot().done)
            assert 0 < committed < PICTURES
            return committed


async def _restart_and_wait(project: Project, committed: int) -> None:
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: f"interrupted at {committed} of 240" in _shown(app))
        await pilot.press("R")
        await until(pilot, lambda: app.jobs[0].state is State.DONE, A_MINUTE)
        said_by_worker = [event.values.get("text", "") for event in read_events(only_job(project).folder)]
        assert any(text.startswith(f"resumed at {committed} of 240") for text in said_by_worker)
        assert verify(project.vectors_folder / GREY).bad == []
        await until(pilot, lambda: any(f"{GREY}: done" in text for text in said(app)))


def _shown(app: Pictoscope) -> str:
    return " ".join(text_of(app).split())


async def _ask(project: Project) -> None:
    """Similar by the grey vectors, text search by the others, each chosen with the keyboard."""
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, JobsScreen))
        await press_then(pilot, "q", screen=BrowseScreen)
        await until(pilot, lambda: current(app) == "000.png")
        await pilot.press("s")
        await until(pilot, lambda: GREY in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current is not None)
        assert current(app) == "copy of 000.png"
        assert f"vec type {GREY}" in words(app, "#header")
        await pilot.press("q", "slash")
        await type_text(pilot, "a red ball")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen))
        await until(pilot, lambda: grid_of(app).current is not None, A_MINUTE)
        assert "vec type conse" in words(app, "#header")
        await pilot.press("q", "q")
