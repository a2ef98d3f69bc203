"""The engine of the user's settings: offered by Create, used again by Restart; one that only a project names is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from app_helpers import (
    SMALL,
    fill_at_random,
    flat,
    job_folder,
    lines_of,
    open_settings,
    running,
    said,
    text_of,
    until,
)
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Button, RichLog, Static

from core.engines import registry
from core.engines.choice import EngineChoice
from core.errors import UsageError
from core.jobs import launch
from core.jobs.events import EventLog
from core.jobs.job import JOB_NAME, Job
from core.project import Project
from core.toml_reader import parse_toml
from core.vectors.vec_type import VecType
from tests.tui.test_app_create import CreateApp
from tests.tui.test_app_failures import fail
from tui.app import Pictoscope
from tui.restarting import restart
from tui.screens.settings.create_vectors import CreateVectors, VectorsRequest
from tui.screens.settings.failures import FailuresScreen
from tui.screens.settings.jobs import JobsScreen
from tui.user_engine import engine_again, user_engine
from tui.vector_jobs import VectorJobs
from tui.widgets.failure_list import FailureList
from tui.widgets.form_select import FormSelect

MINE = "dask://node1:8786"
LOADING = ("log", {"text": "asking the workers of the cluster for their models"})


@pytest.fixture
def usable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of engine is installed."""
    monkeypatch.setattr(registry, "check", lambda choice: None)


def settings(home: Path, text: str) -> None:
    """What the user has written."""
    (home / "settings.toml").write_text(text)


def job_on(project: Project, name: str, engine: dict[str, Any], vec_types: str = "conse") -> Job:
    """A job that was stopped, and what its file says of its engine."""
    folder = job_folder(project, name, vec_types, 100.0, [LOADING, ("ended", {"state": "stopped"})])
    content = parse_toml((folder / JOB_NAME).read_bytes())
    (folder / JOB_NAME).write_text(tomli_w.dumps({**content, "options": {"engine": engine}}))
    return Job.read(folder)


def form_of(app: App[Any]) -> list[str]:
    """The names of the fields in sight."""
    return [str(label.visual) for label in app.screen.query(".row .name").results(Static) if label.region.height]


class FormApp(CreateApp):
    """The form of somebody who has an engine."""

    def __init__(self) -> None:
        super().__init__()
        self.form = CreateVectors(48_210, [], engine=EngineChoice(MINE))


# -- settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", 'theme = "nord"', 'engine = ""', 'engine_map = ["/data=/mnt/data"]'])
def test_without_the_setting_there_is_none(home: Path, text: str):
    settings(home, text)
    assert user_engine() is None


def test_the_setting_names_it_and_where_its_workers_find_the_pictures(home: Path):
    settings(home, f'engine = "{MINE}"\nengine_map = [\n  "/data=/mnt/data",\n  "/home/ada=/net/ada",\n]\n')
    assert user_engine() == EngineChoice(MINE, {b"/data": b"/mnt/data", b"/home/ada": b"/net/ada"})


def test_where_pictures_are_sent_no_folder_has_another_path(home: Path):
    settings(home, f'engine = "{MINE}"\nengine_map = ["/data=/mnt/data"]\nengine_send_pictures = true\n')
    assert user_engine() == EngineChoice(MINE, send_pictures=True)
    settings(home, f'engine = "{MINE}"\nengine_map = ["/data=/mnt/data"]\nengine_send_pictures = false\n')
    assert user_engine() == EngineChoice(MINE, {b"/data": b"/mnt/data"})


WRONG = (
    'engine = "node1"',
    f'engine = "{MINE}"\nengine_map = ["/data"]',
    f'engine = "{MINE}"\nengine_send_pictures = "yes"',
    "engine = ",
)


@pytest.mark.parametrize("wrong", WRONG)
def test_where_it_is_wrong_there_is_none(home: Path, wrong: str):
    settings(home, wrong)
    assert user_engine() is None


# -- the form ------------------------------------------------------------------------------------------------------


async def test_without_an_engine_the_form_does_not_ask_where():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "Compute on" not in text_of(app)


async def test_this_machine_computes_unless_the_engine_is_chosen(usable: None):
    app = FormApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "Compute on" in form_of(app)
        assert str(app.screen.query_one("#explanation", Static).visual) == "creates the vec type effnet-lite0"
        await pilot.press("enter")
        assert app.result == VectorsRequest((VecType("effnet-lite0"),), app.result.options)  # type: ignore[attr-defined]


async def test_the_engine_is_chosen_by_keys(usable: None):
    app = FormApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("tab", "tab", "tab")
        assert isinstance(app.focused, FormSelect)
        await pilot.press("space", "down", "enter")
        wanted = f"creates the vec type effnet-lite0 · computed on {MINE}"
        await until(pilot, lambda: str(app.screen.query_one("#explanation", Static).visual) == wanted)
        await pilot.press("enter")
        assert isinstance(app.result, VectorsRequest)
        assert app.result.engine == EngineChoice(MINE)


async def test_an_engine_that_cannot_be_used_is_refused_in_the_form(monkeypatch: pytest.MonkeyPatch):
    def refuse(choice: EngineChoice) -> None:
        raise UsageError("the engine dask needs distributed", "pip install 'pictoscope[dask]'")

    monkeypatch.setattr(registry, "check", refuse)
    app = FormApp()
    async with app.run_test(size=SMALL) as pilot:
        app.screen.query_one("#engine", FormSelect).value = "there"
        await until(pilot, lambda: "needs distributed: pip install" in text_of(app))
        assert app.screen.query_one("#create", Button).disabled
        app.screen.query_one("#engine", FormSelect).value = "here"
        await until(pilot, lambda: not app.screen.query_one("#create", Button).disabled)


async def test_the_form_says_that_pictures_are_sent(usable: None):
    app = FormApp()
    app.form = CreateVectors(48_210, [], engine=EngineChoice(MINE, send_pictures=True))
    async with app.run_test(size=SMALL) as pilot:
        app.screen.query_one("#engine", FormSelect).value = "there"
        await until(pilot, lambda: f"computed on {MINE}, which is sent the pictures" in flat(app))
        await pilot.press("enter")
        assert isinstance(app.result, VectorsRequest)
        assert app.result.engine == EngineChoice(MINE, send_pictures=True)


@pytest.mark.parametrize("more", [False, True])
async def test_on_a_small_terminal_the_buttons_stay_in_sight(usable: None, more: bool):
    app = FormApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press(*["ctrl+o"] * more)
        await until(pilot, lambda: any("Cancel" in line and "Create" in line for line in lines_of(app)))
        assert form_of(app)[:3] == ["Another", "Greyscale", "Compute on"]
        assert "Sample" in form_of(app) or not more


async def test_what_the_form_of_the_app_says_starts_the_job(
    project: Project, home: Path, usable: None, monkeypatch: pytest.MonkeyPatch
):
    settings(home, f'engine = "{MINE}"\nengine_map = ["/data=/mnt/data"]\n')
    started: list[object] = []

    def start(opened: Project, *vec_types: VecType, **options: Any) -> Job:
        started.append(options["engine"])
        return job_on(project, "1-cluster", EngineChoice(MINE).to_toml()["engine"])

    monkeypatch.setattr("core.jobs.launch.create_vectors", start)
    async with running(project) as (app, pilot):
        await pilot.press("g", "n")
        await until(pilot, lambda: isinstance(app.screen, CreateVectors))
        app.screen.query_one("#engine", FormSelect).value = "there"
        await until(pilot, lambda: "computed on dask://node1:8786" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: started == [EngineChoice(MINE, {b"/data": b"/mnt/data"})])


# -- restart -------------------------------------------------------------------------------------------------------


def test_a_job_goes_on_where_it_ran_if_the_settings_name_that(project: Project, home: Path):
    job = job_on(project, "1-mine", {"address": MINE, "map": [[b"/evil".hex(), b"/etc".hex()]]})
    settings(home, f'engine = "{MINE}"\nengine_map = ["/data=/mnt/data"]\n')
    assert engine_again(job) == EngineChoice(MINE, {b"/data": b"/mnt/data"})  # never the maps of a project


def test_a_job_that_sent_its_pictures_sends_them_again(project: Project, home: Path):
    job = job_on(project, "1-mine", {"address": MINE, "send": True})
    settings(home, f'engine = "{MINE}"\nengine_map = ["/data=/mnt/data"]\n')
    assert engine_again(job) == EngineChoice(MINE, send_pictures=True)


@pytest.mark.parametrize("theirs", ["dask://node1:8787", "dask://node1:8786?GPU=0", "no address", 3])
def test_a_job_of_another_engine_goes_on_here(project: Project, home: Path, theirs: object):
    settings(home, f'engine = "{MINE}"\n')
    assert engine_again(job_on(project, "1-other", {"address": theirs})) is None


def test_without_the_setting_every_job_goes_on_here(project: Project):
    assert engine_again(job_on(project, "1-mine", {"address": MINE})) is None


def test_a_job_of_this_machine_goes_on_here(project: Project, home: Path):
    settings(home, f'engine = "{MINE}"\n')
    assert engine_again(Job.read(job_folder(project, "1-here", "conse", 100.0, [LOADING]))) is None


def test_what_the_settings_say_of_sending_holds_for_jobs_that_did_not(project: Project, home: Path):
    settings(home, f'engine = "{MINE}"\nengine_send_pictures = true\n')
    assert engine_again(job_on(project, "1-mine", {"address": MINE})) == EngineChoice(MINE, send_pictures=True)


WHERE = [
    (f'engine = "{MINE}"', EngineChoice(MINE), "computing on dask://node1:8786"),
    ("", None, "computing on this machine: settings.toml does not name the job's engine"),
]


@pytest.mark.parametrize(("text", "engine", "says"), WHERE)
async def test_restart_in_jobs_says_where_it_computes(
    project: Project, home: Path, monkeypatch: pytest.MonkeyPatch, text: str, engine: EngineChoice | None, says: str
):
    settings(home, text)
    started: list[EngineChoice | None] = []
    monkeypatch.setattr("tui.screens.settings.jobs.restart_job", lambda opened, job, engine: started.append(engine))
    job = job_on(project, "1-mine", {"address": MINE})
    EventLog(job.folder).write("log", text="stopped")
    async with running(project) as (app, pilot):
        await pilot.press("J")
        await until(pilot, lambda: isinstance(app.screen, JobsScreen) and app.screen.query_one(RichLog).lines)
        await pilot.press("R")
        await until(pilot, lambda: said(app) == [says])
        assert started == [engine]


async def from_settings(app: Pictoscope, pilot: Pilot[None]) -> None:
    await open_settings(app, pilot, 1)
    await pilot.press("R")


async def from_failures(app: Pictoscope, pilot: Pilot[None]) -> None:
    await open_settings(app, pilot, 1)
    await pilot.press("F")
    await until(pilot, lambda: isinstance(app.screen, FailuresScreen) and app.screen.query_one(FailureList).entries)
    await pilot.press("R")


async def for_a_question(app: Pictoscope, pilot: Pilot[None]) -> None:
    assert app.project is not None
    VectorJobs(app, lambda: None).restart(app.project, "conse")


@pytest.mark.parametrize("restart_there", [from_settings, from_failures, for_a_question])
@pytest.mark.parametrize(("text", "engine", "says"), WHERE)
async def test_restart_elsewhere_computes_where_restart_in_jobs_does(
    project: Project,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    engine: EngineChoice | None,
    says: str,
    restart_there: Callable[[Pictoscope, Pilot[None]], Awaitable[None]],
):
    settings(home, text)
    started: list[tuple[list[str], EngineChoice | None]] = []
    job = job_on(project, "1-mine", {"address": MINE})

    def start(opened: Project, names: Sequence[str], options: object, sample: int, engine: EngineChoice | None) -> Job:
        started.append((list(names), engine))
        return job

    monkeypatch.setattr(registry, "check", lambda choice: None)
    monkeypatch.setattr(launch, "_start", start)
    fill_at_random(project, "conse", only=3)
    fail(project, "conse", {"alder.png": "damaged: broken data stream"})
    async with running(project) as (app, pilot):
        await restart_there(app, pilot)
        await until(pilot, lambda: started == [(["conse"], engine)])
        await until(pilot, lambda: says in said(app))


def test_vec_types_of_several_places_are_computed_by_a_job_at_each(
    project: Project, home: Path, monkeypatch: pytest.MonkeyPatch
):
    settings(home, f'engine = "{MINE}"\n')
    started: list[tuple[tuple[str, ...], EngineChoice | None]] = []

    def start(opened: Project, *names: str, engine: EngineChoice | None) -> Job:
        started.append((names, engine))
        return job_on(project, f"2-{len(started)}", {})

    monkeypatch.setattr("tui.restarting.restart_vectors", start)
    job_on(project, "1-there", {"address": MINE}, "conse dinov2")
    job_on(project, "1-elsewhere", {"address": "dask://another:8786"}, "clip")
    names = ("conse", "effnet-lite0", "clip", "dinov2")
    assert [one.note for one in restart(project, *names)] == [WHERE[0][-1], "", WHERE[1][-1]]
    assert started == [(("conse", "dinov2"), EngineChoice(MINE)), (("effnet-lite0",), None), (("clip",), None)]
