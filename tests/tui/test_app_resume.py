"""A project opens as it was left, as far as what was on show is still there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from app_helpers import current, grid_of, running, said, shown, type_text, until, words
from textual.pilot import Pilot
from textual.widgets import TabbedContent, Tree

from core.filters.ordering import Order
from core.labels.groups import Groups
from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.last_choices import LastChoices, file_of
from tui.last_view import LastView
from tui.screens.browse.browse import BrowseScreen
from tui.screens.labels.labels import LabelsScreen
from tui.screens.results.history import HistoryScreen
from tui.screens.settings.jobs import JobsScreen
from tui.screens.settings.settings import SettingsScreen


async def filtered(app: Pictoscope, pilot: Pilot[int], line: str) -> None:
    await pilot.press("f")
    await type_text(pilot, line)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and line in words(app, "#header"))


async def test_folder_filter_and_the_picture_under_the_cursor_are_there_again(project: Project):
    async with running(project) as (app, pilot):
        app.screen.query_one("#folders", Tree).focus()
        await pilot.press("down")
        await until(pilot, lambda: shown(app) == ["crow.png", "owl.png", "gull.png", "tern.png"])
        await filtered(app, pilot, "name:r")
        await until(pilot, lambda: shown(app) == ["crow.png", "tern.png"])
        app.screen.query_one("#grid").focus()
        await pilot.press("l")
        await until(pilot, lambda: current(app) == "tern.png")
        await pilot.press("ctrl+q")
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: shown(app) == ["crow.png", "tern.png"])
        await until(pilot, lambda: current(app) == "tern.png")
        assert "birds · name:r" in words(app, "#header")
        assert app.focused is grid_of(app)


async def test_order_group_on_show_fold_and_focus_are_there_again(project: Project):
    async with running(project) as (app, pilot):
        await pilot.press("o")
        app.screen.query_one("#group-by").value = "by folder"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "buckets")
        await pilot.press("down", "down")
        await until(pilot, lambda: len(shown(app)) == 2)
        before = shown(app)
        await pilot.press("ctrl+q")
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: app.focused is not None and app.focused.id == "buckets")
        assert shown(app) == before
        await pilot.press("backslash", "ctrl+q")
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: shown(app) == before)
        assert app.screen.has_class("-folded")
        assert app.focused is grid_of(app)


@pytest.mark.parametrize(
    ("keys", "screen", "pane"),
    [
        ("g4", SettingsScreen, "display"),
        ("L3", LabelsScreen, "groups"),
        ("H2", HistoryScreen, "changes"),
        ("J", JobsScreen, ""),
    ],
)
async def test_the_screen_and_its_pane_are_there_again(project: Project, keys: str, screen: type, pane: str):
    async with running(project) as (app, pilot):
        await pilot.press(keys[0])
        await until(pilot, lambda: isinstance(app.screen, screen))
        await pilot.press(*keys[1:])
        await until(pilot, lambda: not pane or app.screen.query_one(TabbedContent).active == pane)
        await pilot.press("ctrl+q")
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, screen))
        await until(pilot, lambda: not pane or app.screen.query_one(TabbedContent).active == pane)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_a_group_is_there_again(project: Project):
    keys = [picture.key for picture in project.catalog.pictures(project.catalog.picture_ids())][:3]
    Groups(project.catalog).save("best", [(key, None) for key in keys])
    LastChoices(project.path).remember_view(LastView(group="best", picture=keys[2]))
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: len(shown(app)) == 3 and grid_of(app).cursor == 2)
        assert "group best" in words(app, "#header")


@pytest.mark.parametrize(
    "view",
    [LastView(filter="tag:gone"), LastView(group="gone"), LastView(filter="width>"), LastView(filter="no such:x")],
)
async def test_what_is_not_there_any_more_is_left_out_and_said(project: Project, view: LastView):
    LastChoices(project.path).remember_view(view)
    async with running(project) as (app, pilot):
        await until(pilot, lambda: any("left out:" in text for text in said(app)))
        assert len(shown(app)) == 12


async def test_a_folder_that_has_gone_falls_back_to_the_one_above(project: Project, folder: Path):
    LastChoices(project.path).remember_view(LastView(folder=bytes(folder / "birds" / "sea")))
    shutil.rmtree(folder / "birds" / "sea")
    project.scan()
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: shown(app) == ["crow.png", "owl.png"])
    LastChoices(project.path).remember_view(LastView(folder=b"/no/such/folder", picture=b"g" * 20))
    async with running(project) as (app, pilot):
        assert len(shown(app)) == 10
        assert grid_of(app).cursor == 0


async def test_an_order_that_cannot_be_made_any_more_falls_back(project: Project):
    LastChoices(project.path).remember_view(LastView(order=Order(like=b"k" * 20, vec_type="conse"), folded=True))
    async with running(project) as (app, _):
        assert len(shown(app)) == 12
        assert app.screen.has_class("-folded")


async def test_a_project_opens_as_for_the_first_time_if_it_is_wished(project: Project, home: Path):
    Tags(project.catalog).add("seen", [project.catalog.pictures(project.catalog.picture_ids())[0].key])
    LastChoices(project.path).remember_view(LastView(filter="tag:seen", screen="settings"))
    app = Pictoscope(project, fresh=True)
    async with app.run_test(size=(108, 28)) as pilot:
        await until(pilot, lambda: len(shown(app)) == 12)
    (home / "settings.toml").write_text("restore = false\n")
    async with running(project) as (again, _):
        assert len(shown(again)) == 12
        assert isinstance(again.screen, BrowseScreen)


async def test_a_name_of_a_screen_that_is_none_opens_nothing(project: Project):
    LastChoices(project.path).remember_view(LastView(screen="quit", screen_pane="x"))
    async with running(project) as (app, pilot):
        await pilot.pause()
        assert isinstance(app.screen, BrowseScreen)


async def test_a_damaged_file_is_said_once(project: Project):
    file = file_of(project.path)
    file.parent.mkdir()
    file.write_text("not toml [")
    async with running(project) as (app, pilot):
        await until(pilot, lambda: said(app))
        assert any("is damaged" in text for text in said(app))
        await pilot.press("l", "ctrl+q")
    async with running(project) as (app, pilot):
        assert not any("is damaged" in text for text in said(app))
