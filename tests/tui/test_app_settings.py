"""Settings: project, folders, vectors, display."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_helpers import (
    flat,
    grid_of,
    open_settings,
    paint,
    running,
    said,
    until,
)
from textual.widgets import Input, OptionList, TabbedContent, Tabs

from core import settings as settings_file
from core.project import Project
from tui import display
from tui.app import Pictoscope
from tui.screens.browse import BrowseScreen
from tui.screens.dialogs import Confirm


def pane(app: Pictoscope) -> str:
    """The pane on show."""
    return app.screen.query_one(TabbedContent).active


# -- folders -------------------------------------------------------------------------------------------------------


async def test_a_folder_is_added_and_its_pictures_appear(project: Project, tmp_path: Path):
    paint(tmp_path / "more" / "yew.png", 80)
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("2", "tab")
        app.screen.query_one("#new-folder", Input).value = str(tmp_path / "more")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("#folder-list", OptionList).option_count == 2)
        await pilot.press("escape", "q")
        await until(pilot, lambda: len(grid_of(app).source or ()) == 13)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("/not/there", "no such folder: /not/there"),
        ("~nobody-of-this-name/pictures", "no such folder: "),
        ("{folder}/alder.png", "not a folder: "),
        ("{folder}/birds", "lie within each other"),
    ],
)
async def test_a_wrong_folder_is_said_and_what_was_typed_stays(
    project: Project, folder: Path, typed: str, complaint: str
):
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("2", "tab")
        line = app.screen.query_one("#new-folder", Input)
        line.value = typed.format(folder=folder)
        await pilot.press("enter")
        await until(pilot, lambda: any(complaint in text for text in said(app)))
        assert line.value == typed.format(folder=folder)
        assert project.folders == [folder]


async def test_removing_a_folder_asks_first(project: Project, folder: Path, tmp_path: Path):
    paint(tmp_path / "more" / "yew.png", 80)
    project.add_folder(tmp_path / "more")
    project.scan()
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("2", "down", "tab", "tab", "enter")
        assert isinstance(app.screen, Confirm)
        await pilot.press("n")
        assert len(project.folders) == 2
        await until(pilot, lambda: not app.screen.query_one("#remove-folder").has_class("-active"))
        await pilot.press("enter")
        question = "out of the project? Its files and the vectors computed for them are kept."
        await until(pilot, lambda: isinstance(app.screen, Confirm) and question in flat(app))
        assert len(project.folders) == 2
        await pilot.press("y")
        await until(pilot, lambda: project.folders == [folder])
        await pilot.press("q")
        await until(pilot, lambda: len(grid_of(app).source or ()) == 12)


# -- project and display -------------------------------------------------------------------------------------------


async def test_the_project_is_renamed(project: Project):
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("1", "tab")
        app.screen.query_one("#name", Input).value = "[bold]Press 1931"
        await pilot.press("enter")
        await until(pilot, lambda: settings_file.load(project.path / "project.toml").name == "[bold]Press 1931")


async def test_number_keys_go_through_the_panes_and_are_never_typed_into_a_line(project: Project):
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        for key, name in (("1", "project"), ("2", "folders"), ("4", "display"), ("1", "project"), ("3", "vectors")):
            await pilot.press(key)
            assert pane(app) == name
        assert app.screen.query_one("#name", Input).value == project.settings.name
        await pilot.press("q")
        assert isinstance(app.screen, BrowseScreen)


async def test_escape_leaves_a_line_first_and_then_the_screen(project: Project):
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("2", "tab", "q", "2")
        assert app.screen.query_one("#new-folder", Input).value == "q2"
        await pilot.press("escape")
        assert isinstance(app.focused, Tabs)
        await pilot.press("escape")
        assert isinstance(app.screen, BrowseScreen)


async def test_theme_and_size_are_taken_at_once_and_kept_for_the_next_start(project: Project):
    async with running(project) as (app, pilot):
        columns = grid_of(app).columns
        await open_settings(app, pilot)
        await pilot.press("4", "enter", "down", "enter")
        await until(pilot, lambda: app.theme == "pictoscope-light")
        await pilot.press("tab", "enter", "up", "enter")
        await until(pilot, lambda: app.look.picture_size == "small")
        await pilot.press("q")
        assert grid_of(app).columns > columns
    async with running(project) as (app, _):
        assert app.theme == "pictoscope-light"
        assert grid_of(app).columns > columns


@pytest.mark.parametrize(
    "content", ["theme = 7", "not toml [", 'theme = "no such theme"\npicture_size = "vast"', "\udcff"]
)
async def test_a_damaged_choice_of_looks_is_passed_over(home: Path, content: str):
    (home / "display.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    async with running(None) as (app, _):
        assert app.theme == "pictoscope"
        assert app.look.picture_size == "medium"


async def test_a_choice_of_looks_that_cannot_be_kept_is_said(project: Project, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path, content: bytes) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(display, "write_whole", refuse)
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("4", "enter", "down", "enter")
        await until(pilot, lambda: any("the choice could not be kept" in text for text in said(app)))
        assert app.theme == "pictoscope-light"
