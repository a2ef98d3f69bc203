"""Settings: project, folders, vectors, display."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_helpers import (
    flat,
    grid_of,
    lines_of,
    open_settings,
    paint,
    running,
    said,
    until,
)
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, TabbedContent, Tabs

from core.project import Project
from core.settings import Settings
from core.text import display_path
from tui import settings_file
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.dialogs.dialogs import Confirm


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


async def test_what_the_scan_of_an_added_folder_has_found_is_said(project: Project, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    paint(tmp_path / "more" / "yew.png", 80)
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("2", "tab")
        for name, found in (("empty", "no pictures in it"), ("more", "1 picture")):
            app.screen.query_one("#new-folder", Input).value = str(tmp_path / name)
            await pilot.press("enter")
            await until(
                pilot, lambda name=name, found=found: f"added {display_path(tmp_path / name)}: {found}" in said(app)
            )


async def test_the_foot_of_each_pane_names_its_own_key(project: Project):
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await until(pilot, lambda: "n Create" in lines_of(app)[-1])
        await pilot.press("2")
        await until(pilot, lambda: "n Add" in lines_of(app)[-1] and "Create" not in lines_of(app)[-1])
        await pilot.press("n")
        assert app.focused is app.screen.query_one("#new-folder", Input)
        await pilot.press("escape")  # to the tabs
        await until(pilot, lambda: "Create" not in lines_of(app)[-1])
        await pilot.press("n")
        await until(pilot, lambda: any("only in pane 3 (Vectors)" in text for text in said(app)))
        for key in ("1", "4"):
            await pilot.press(key)
            await until(pilot, lambda: "Create" not in lines_of(app)[-1])
        await pilot.press("3")
        await until(pilot, lambda: "n Create" in lines_of(app)[-1])


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("/not/there", "there is no folder /not/there"),
        ("~nobody-of-this-name/pictures", "there is no folder "),
        ("{folder}/alder.png", "not a folder: "),
        ("{folder}/birds", "overlap: one contains the other"),
        ("{folder}/../second-name", "is the same folder as"),
    ],
)
async def test_a_wrong_folder_is_said_and_what_was_typed_stays(
    project: Project, folder: Path, typed: str, complaint: str
):
    (folder.parent / "second-name").symlink_to(folder)
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
        question = "Its files stay; labels and vectors of 1 picture are kept."
        await until(pilot, lambda: isinstance(app.screen, Confirm) and question in flat(app))
        assert len(project.folders) == 2
        await pilot.press("y")
        await until(pilot, lambda: project.folders == [folder])
        await pilot.press("q")
        await until(pilot, lambda: len(grid_of(app).source or ()) == 12)


async def test_a_folder_that_has_moved_is_known_at_its_new_place(project: Project, folder: Path, tmp_path: Path):
    paint(tmp_path / "more" / "yew.png", 80)
    project.add_folder(tmp_path / "more")
    project.scan()
    (tmp_path / "more").rename(tmp_path / "moved")
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("2", "down")
        await until(pilot, lambda: "more 1 picture · not there" in flat(app))
        for typed, complaint in (
            ("/not/there", "there is no folder"),
            (str(folder / "birds"), "overlap: one contains the other"),
        ):
            await _say_where(pilot, app, typed)
            await until(pilot, lambda complaint=complaint: any(complaint in text for text in said(app)))
            assert project.folders == [folder, tmp_path / "more"]
        await _say_where(pilot, app, str(tmp_path / "moved"))
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        app.clear_notifications()  # they lie over the dialog
        question = "vectors of 1 picture are kept. Use"
        await until(pilot, lambda: "1 of 1 file found in" in flat(app) and question in flat(app))
        assert project.folders == [folder, tmp_path / "more"]
        await pilot.press("y")
        await until(pilot, lambda: project.folders == [folder, tmp_path / "moved"])
        await until(pilot, lambda: any("1 of 1 file found in" in text for text in said(app)))
        await until(pilot, lambda: "not there" not in flat(app))
        assert project.catalog.by_path(tmp_path / "moved" / "yew.png")
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: any("1 of them without a file now" in text for text in said(app)))
        assert project.folders == [folder]


async def _say_where(pilot: Pilot[int], app: Pictoscope, typed: str) -> None:
    await pilot.press("M")
    await until(pilot, lambda: isinstance(app.screen, AskLine))
    app.screen.query_one("#answer", Input).value = typed
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(app.screen, AskLine))


# -- project and display -------------------------------------------------------------------------------------------


async def test_the_project_is_renamed(project: Project):
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("1", "tab")
        app.screen.query_one("#name", Input).value = "[bold]Press 1931"
        await pilot.press("enter")
        await until(pilot, lambda: Settings.load(project.path / "project.toml").name == "[bold]Press 1931")


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
        await pilot.press("4", "enter", "down", "down", "down", "enter")
        await until(pilot, lambda: app.theme == "pictoscope-light")
        await pilot.press("tab", "enter", "end", "enter")
        await until(pilot, lambda: app.look.pictures_in_row == 1)
        await pilot.press("q")
        assert grid_of(app).columns == 1 < columns
    async with running(project) as (app, _):
        assert app.theme == "pictoscope-light"
        assert grid_of(app).columns == 1 < columns


@pytest.mark.parametrize(
    "content", ["theme = 7", "not toml [", 'theme = "no such theme"\npictures_in_row = 99', "\udcff"]
)
async def test_a_damaged_choice_of_looks_is_passed_over(home: Path, content: str):
    (home / "settings.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    async with running(None) as (app, _):
        assert app.theme == "pictoscope"
        assert app.look.pictures_in_row == 0


async def test_a_choice_of_looks_that_cannot_be_kept_is_said(project: Project, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path, content: bytes) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(settings_file, "write_atomic", refuse)
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("4", "enter", "down", "down", "down", "enter")
        await until(pilot, lambda: any("the setting could not be saved" in text for text in said(app)))
        assert app.theme == "pictoscope-light"
