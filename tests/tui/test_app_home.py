"""Home: recent projects, another folder, the demo."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from app_helpers import (
    PATIENCE,
    SMALL,
    collection,
    current,
    flat,
    grid_of,
    lines_of,
    paint,
    running,
    said,
    text_of,
    until,
    words,
)
from textual.widgets import Input, OptionList

from core.demo import demo_folder
from core.project import Project
from core.project_location import FOLDER_NAME
from core.recent_projects import remember
from tui.app import Pictoscope
from tui.paths import typed_path
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.home import HomeScreen
from tui.screens.dialogs.dialogs import Confirm, keys_of
from tui.screens.dialogs.first_run import FirstRun


def choices(app: Pictoscope) -> list[str]:
    """The lines of the list."""
    listed = app.screen.query_one(OptionList)
    return [str(listed.get_option_at_index(number).prompt) for number in range(listed.option_count)]


DEMO = "the demo   real pictures and models, no network needed"


async def test_the_help_has_no_keys_for_what_is_not_there():
    async with running(None, SMALL) as (app, pilot):
        await until(pilot, lambda: choices(app) == [DEMO])
        listed = {text for keys in keys_of(app.screen).values() for _, text in keys}
        assert {"Up", "Down", "Page up", "Page down"} <= listed
        assert not {
            text for text in listed if text.lower() in ("scroll left", "scroll right", "page left", "page right")
        }


async def test_the_first_start_offers_the_demo_and_a_folder():
    async with running(None, SMALL) as (app, pilot):
        await until(pilot, lambda: choices(app) == [DEMO])
        await until(pilot, lambda: "path of a picture folder, then enter" in text_of(app))
        assert lines_of(app)[-1].split() == ["?", "Help", "q", "Quit"]


async def test_recent_projects_are_listed_the_latest_first(tmp_path: Path):
    for name in ("older", "newer"):
        with collection(tmp_path / name, ["a.png"]) as project:
            remember(project)
    async with running(None) as (app, pilot):
        await until(pilot, lambda: len(choices(app)) == 3)
        assert choices(app) == [f"newer   {tmp_path}/newer", f"older   {tmp_path}/older", DEMO]
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and current(app) == "a.png")
        assert "older" in words(app, "#header")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        assert choices(app)[0].startswith("older")  # opened last


async def test_the_demo_is_listed_once_however_often_it_was_opened(tmp_path: Path):
    for folder in (demo_folder(), tmp_path / "newer"):
        with collection(folder, ["a.png"]) as project:
            remember(project)
    async with running(None) as (app, pilot):
        await until(pilot, lambda: choices(app) == [f"newer   {tmp_path}/newer", DEMO])


async def test_projects_that_are_gone_are_not_listed(tmp_path: Path):
    with collection(tmp_path / "here", ["a.png"]) as project:
        remember(project)
        (project.path / "project.toml").unlink()
    async with running(None) as (app, pilot):
        await until(pilot, lambda: choices(app) == [DEMO])


async def test_a_damaged_project_is_shown_as_such_and_says_which_file(tmp_path: Path):
    with collection(tmp_path / "here", ["a.png"]) as project:
        remember(project)
        (project.path / "project.toml").write_text("format = [\x1b")
    async with running(None) as (app, pilot):
        await until(pilot, lambda: choices(app) == [f"(damaged)   {tmp_path}/here", DEMO])
        await pilot.press("enter")
        await until(pilot, lambda: said(app))
        assert f"/here/{FOLDER_NAME}/project.toml is damaged" in said(app)[0]
        assert "rebuild-settings" in said(app)[0]
        assert "\x1b" not in text_of(app)
        assert isinstance(app.screen, HomeScreen)


async def test_a_project_of_a_newer_version_says_to_upgrade(tmp_path: Path):
    with collection(tmp_path / "here", ["a.png"]) as project:
        remember(project)
        (project.path / "project.toml").write_text("format = 99")
    async with running(None) as (app, pilot):
        await until(pilot, lambda: len(choices(app)) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: any("has format 99" in text and "upgrade" in text for text in said(app)))


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("/not/there", "there is no folder /not/there"),
        ("~nobody-of-this-name/x", "there is no folder "),
        ("/etc/passwd", "not a folder: /etc/passwd"),
        ("x" * 300, "File name too long"),
        ("/no [bold]where[/", "there is no folder /no [bold]where["),
    ],
)
async def test_a_wrong_path_is_said_and_can_be_mended(typed: str, complaint: str):
    async with running(None) as (app, pilot):
        line = app.screen.query_one(Input)
        line.focus()
        line.value = typed
        await pilot.press("enter")
        await until(pilot, lambda: any(complaint in text for text in said(app)))
        if len(typed) < 100:
            await until(pilot, lambda: complaint.strip() in flat(app))
        assert line.value == typed
        assert app.focused is line


async def test_a_folder_is_made_a_project_and_opened(tmp_path: Path):
    with collection(tmp_path / "pictures", ["a.png", "b.png"]):
        pass
    async with running(None) as (app, pilot):
        line = app.screen.query_one(Input)
        line.focus()
        line.value = f"  {tmp_path}/pictures "
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and len(grid_of(app).source or ()) == 2)
        assert (tmp_path / "pictures" / FOLDER_NAME / "project.toml").is_file()


async def test_the_offered_folder_comes_first_and_is_opened_by_enter(tmp_path: Path):
    with collection(tmp_path / "older", ["a.png"]) as project:
        remember(project)
    paint(tmp_path / "pictures" / "b.png")
    app = Pictoscope(None, offered=tmp_path / "pictures")
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: len(choices(app)) == 3)
        assert choices(app)[0] == "pictures   enter opens this folder and creates a project in it"
        await until(pilot, lambda: "enter opens this folder and creates a project in it" in flat(app))
        assert not (tmp_path / "pictures" / FOLDER_NAME).exists()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FirstRun))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and current(app) == "b.png")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and choices(app)[0].startswith("pictures   /"))
    app.encoder.close()


@pytest.mark.parametrize("typed", ["~", "/", "~/.."])
async def test_a_project_of_the_home_folder_is_created_only_after_a_question(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    paint(tmp_path / "user" / "a.png")
    created: list[Path] = []

    instead = collection(tmp_path / "instead", ["a.png"])
    monkeypatch.setattr(Project, "open_or_create", lambda folder: created.append(folder) or instead)
    async with running(None) as (app, pilot):
        line = app.screen.query_one(Input)
        line.focus()
        line.value = typed
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and "holds your home folder" in flat(app))
        await pilot.press("enter")  # the harmless answer has the focus
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        assert created == []
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and current(app) == "a.png")
        assert created == [typed_path(typed)]


async def test_home_has_its_keys_again_after_a_project(tmp_path: Path):
    with collection(tmp_path / "pictures", ["a.png"]):
        pass
    async with running(None) as (app, pilot):
        line = app.screen.query_one(Input)
        line.focus()
        line.value = f"{tmp_path}/pictures"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and current(app) == "a.png")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and isinstance(app.focused, OptionList))
        await until(pilot, lambda: "q Quit" in lines_of(app)[-1])
        assert line.value == ""
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / FOLDER_NAME).write_text("in the way")
    async with running(None) as (app, pilot):
        line = app.screen.query_one(Input)
        line.focus()
        line.value = str(tmp_path / "pictures")
        await pilot.press("enter")
        await until(pilot, lambda: any("cannot create a project at" in text for text in said(app)))


async def test_the_demo_is_opened_once_however_often_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    asked_twice = threading.Event()

    def open_demo() -> Project:
        opened.append("demo")
        asked_twice.wait(PATIENCE)
        return collection(tmp_path / "demo", ["a.png"])

    monkeypatch.setattr("core.demo.open_demo", open_demo)
    monkeypatch.setattr("core.demo.VEC_TYPES", ())
    async with running(None) as (app, pilot):
        await until(pilot, lambda: choices(app) == [DEMO])
        await pilot.press("enter", "enter")
        asked_twice.set()
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and current(app) == "a.png")
        assert opened == ["demo"]
        assert len(app.screen_stack) == 3


async def test_a_demo_that_cannot_be_written_is_said(home: Path):
    (home / "demo").write_text("in the way")
    async with running(None) as (app, pilot):
        await until(pilot, lambda: choices(app) == [DEMO])
        await pilot.press("enter")
        await until(pilot, lambda: any("the demo cannot be written to" in text for text in said(app)))
        assert isinstance(app.screen, HomeScreen)


async def test_q_quits_from_home():
    async with running(None) as (app, pilot):
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0
