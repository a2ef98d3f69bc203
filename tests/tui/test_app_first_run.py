"""The first minutes with a collection: the card after the first scan, and questions that wait for their job."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from app_helpers import (
    PATIENCE,
    SMALL,
    collection,
    fill_at_random,
    flat,
    grid_of,
    job_folder,
    paint,
    running,
    running_job,
    said,
    until,
    words,
)
from textual.widgets import Button

from core.actions.registry import find
from core.actions.run import Question
from core.jobs.events import EventLog
from core.jobs.job import all_jobs
from core.project import Project
from core.vectors import vec_types
from core.vectors.vec_type import VecType
from tui.app import Pictoscope
from tui.scanning import is_scanning
from tui.screens.browse.browse import BrowseScreen
from tui.screens.dialogs.first_run import FirstRun, about, seconds_needed
from tui.screens.results.action_form import ActionForm
from tui.screens.results.results import ResultsScreen
from tui.screens.settings.create_vectors import CreateVectors


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Project]:
    """A project that was never scanned."""
    for number in range(3):
        paint(tmp_path / "pictures" / f"{number}.png", number)
    with Project.open_or_create(tmp_path / "pictures") as project:
        yield project


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What jobs were asked for; none is started."""
    asked: list[tuple[str, ...]] = []

    def create(project: Project, *wanted: VecType, options: Any = None, sample: int = 0, engine: object = None) -> Any:
        asked.append(tuple(vec_type.name for vec_type in wanted))
        job_folder(project, "1", " ".join(asked[-1]), 0.0, [])
        return all_jobs(project.jobs_folder)[0]

    monkeypatch.setattr("core.jobs.launch.create_vectors", create)
    return asked


async def card(app: Pictoscope, pilot: Any) -> None:
    """Wait for it."""
    await until(pilot, lambda: isinstance(app.screen, FirstRun) and "Enter prepares search" in flat(app))


async def test_after_the_first_scan_enter_prepares_search(new: Project, started: list[tuple[str, ...]]):
    async with running(new, SMALL, listed=False) as (app, pilot):
        await card(app, pilot)
        assert "3 pictures" in flat(app)
        assert words(app, "#prepares") == "Enter prepares search: effnet-lite0 and conse, about a minute"
        assert started == []
        await pilot.press("enter")
        await until(pilot, lambda: started == [("effnet-lite0", "conse")])
        assert isinstance(app.screen, BrowseScreen)


async def test_the_card_can_be_left_or_lead_to_other_models_and_does_not_come_back(
    new: Project, started: list[tuple[str, ...]]
):
    async with running(new, listed=False) as (app, pilot):
        await card(app, pilot)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, CreateVectors))
        await pilot.press("escape", "ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and len(grid_of(app).source or ()) == 3)
    async with running(new) as (app, pilot):
        await pilot.pause()
        assert isinstance(app.screen, BrowseScreen)
    assert started == []


async def test_where_there_are_vectors_or_no_pictures_no_card_comes(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with Project.open_or_create(tmp_path / "empty") as empty:
        async with running(empty) as (app, pilot):
            await until(pilot, lambda: "no pictures yet" in flat(app))
            assert isinstance(app.screen, BrowseScreen)
    with collection(tmp_path / "other", ["a.png", "b.png"]) as filled:
        fill_at_random(filled, "effnet-lite0")
        async with running(filled) as (app, pilot):
            app._vectors.offer_first(filled, 2)
            await pilot.pause()
            assert isinstance(app.screen, BrowseScreen)


async def test_while_the_scan_runs_it_is_said_that_pictures_are_still_looked_for(
    new: Project, monkeypatch: pytest.MonkeyPatch
):
    go = threading.Event()
    scan = Project.scan

    def slow(self: Project, *arguments: Any, **named: Any) -> Any:
        go.wait(PATIENCE)
        return scan(self, *arguments, **named)

    monkeypatch.setattr(Project, "scan", slow)
    async with running(new, listed=False) as (app, pilot):
        await until(pilot, lambda: is_scanning(app))
        app.action_create_vectors()
        await until(pilot, lambda: any(text.startswith("still looking for pictures") for text in said(app)))
        assert isinstance(app.screen, BrowseScreen)
        assert not any("no pictures" in text for text in said(app))
        go.set()
        await card(app, pilot)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "about a minute"), (60, "about a minute"), (61, "about 2 min"), (115, "about 2 min"), (7300, "about 2 h 02")],
)
def test_the_estimate_is_rough_and_never_too_short(seconds: float, text: str) -> None:
    assert about(seconds) == text


def test_the_estimate_takes_measured_rates_only_if_all_models_were_measured() -> None:
    models = ("effnet-lite0", "conse")
    assert seconds_needed(920, models, {"effnet-lite0": 23.0, "conse": 9.2}) == pytest.approx(100)
    guessed = seconds_needed(920, models, {})
    assert seconds_needed(920, models, {"effnet-lite0": 23.0}) == guessed
    assert 10 < guessed <= 230


# -- questions that wait ---------------------------------------------------------------------------------------------


def similar(project: Project) -> Question[Any]:
    """A question that any vectors answer."""
    key = project.catalog.pictures(project.catalog.picture_ids())[0].key.hex()
    return Question.of(find("similar"), {"like": (key,)})


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Project]:
    """A project whose vectors are requested and have no rows."""
    with collection(tmp_path / "pictures", ["a.png", "b.png", "c.png"]) as project:
        vec_types.request(project.vectors_folder, VecType("effnet-lite0"))
        yield project


async def test_a_question_waits_for_the_running_job_and_is_asked_when_it_is_done(begun: Project):
    lock = running_job(begun, "1", "effnet-lite0", [])
    async with running(begun) as (app, pilot):
        await until(pilot, lambda: app.jobs)
        await pilot.press("s")
        await until(
            pilot, lambda: isinstance(app.screen, ActionForm) and "Enter runs this once they are there" in flat(app)
        )
        assert app.screen.query_one("#run", Button).display
        assert not app.screen.query_one("#create", Button).display
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and said(app))
        assert said(app) == ["Similar pictures waits for effnet-lite0 and is asked when that is done"]
        shutil.rmtree(begun.vectors_folder / "effnet-lite0")
        fill_at_random(begun, "effnet-lite0")
        log = EventLog(begun.jobs_folder / "1")
        log.write("ended", state="done")
        log.close()
        lock.release()
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and len(grid_of(app).source or ()) == 2)
        assert app._vectors.waiting.next(app.jobs) is None, "it is asked once"


async def test_a_question_whose_job_fails_is_forgotten_and_the_failure_is_said(begun: Project):
    lock = running_job(begun, "1", "effnet-lite0", [])
    async with running(begun) as (app, pilot):
        await until(pilot, lambda: app.jobs)
        app.show_answer(similar(begun))
        await until(pilot, lambda: any("waits for effnet-lite0" in text for text in said(app)))
        lock.release()
        await until(pilot, lambda: any("interrupted" in text for text in said(app)))
        assert app._vectors.waiting.next(app.jobs) is None
        assert isinstance(app.screen, BrowseScreen)


async def asks_when_done(app: Pictoscope, pilot: Any, project: Project, vec_type: str) -> None:
    """The job that was created is done, and the question is asked by itself."""
    assert said(app)[-1] == f"Similar pictures waits for {vec_type} and is asked when that is done"
    assert isinstance(app.screen, BrowseScreen)
    fill_at_random(project, vec_type)
    log = EventLog(project.jobs_folder / "1")
    log.write("ended", state="done")
    log.close()
    await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and len(grid_of(app).source or ()) == 2)
    assert app.screen.answered_with == vec_type
    assert app._vectors.waiting.next(app.jobs) is None, "it is asked once"


async def test_a_question_of_a_form_is_asked_when_the_vectors_created_for_it_are_there(
    tmp_path: Path, started: list[tuple[str, ...]]
):
    with collection(tmp_path / "pictures", ["a.png", "b.png", "c.png"]) as project:
        async with running(project) as (app, pilot):
            await pilot.press("s")
            await until(pilot, lambda: isinstance(app.screen, ActionForm) and "Create some first" in flat(app))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, CreateVectors))
            await pilot.press("enter")
            await until(pilot, lambda: started == [("effnet-lite0",)])
            await asks_when_done(app, pilot, project, "effnet-lite0")


async def test_a_question_that_found_no_vectors_is_asked_with_those_created_for_it(
    tmp_path: Path, started: list[tuple[str, ...]]
):
    with collection(tmp_path / "pictures", ["a.png", "b.png", "c.png"]) as project:
        async with running(project) as (app, pilot):
            app.show_answer(similar(project).with_values({"vec_type": "conse"}))
            await until(pilot, lambda: isinstance(app.screen, CreateVectors))
            await pilot.press("enter")
            await until(pilot, lambda: started == [("effnet-lite0",)])
            await asks_when_done(app, pilot, project, "effnet-lite0")


async def test_messages_that_arrive_when_the_app_has_ended_open_nothing(begun: Project):
    async with running(begun) as (app, _):
        jobs = app.jobs
    assert not app.screen_stack
    app._ask_waiting(jobs)
    app._vectors.offer_first(begun, 3)
    assert not app.screen_stack
