"""The groups of Browse as bars."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_helpers import (
    SMALL,
    collection,
    grid_of,
    keys_named,
    lines_of,
    names_of,
    press_then,
    running,
    said,
    shown,
    until,
)
from test_app_order import buckets, order_by

from core.labels.tags import Tags
from core.project import Project
from tui.screens.browse.browse import BrowseScreen
from tui.screens.dialogs.chart import Chart
from tui.widgets.bar_list import BarList


@pytest.fixture
def tagged(tmp_path: Path) -> Project:
    """Twelve pictures: three tagged ``few``, six tagged ``many`` in other words, three without a tag."""
    project = collection(tmp_path / "pictures", [f"{number:02d}.png" for number in range(12)])
    names = names_of(project)
    Tags(project.catalog).add("[b]few", keys_named(project, *names[:3]))
    Tags(project.catalog).add("many", keys_named(project, *names[3:9]))
    return project


def bars(app: object) -> list[str]:
    """The lines that have a bar."""
    return [line for line in lines_of(app) if "█" in line]


async def test_the_bars_are_as_long_as_the_groups_and_enter_shows_one(tagged: Project) -> None:
    names = names_of(tagged)
    async with running(tagged, SMALL) as (app, pilot):
        await order_by(app, pilot, group="tag")
        await until(pilot, lambda: buckets(app) == [("[b]few", 3), ("many", 6), (None, 3)])
        await press_then(pilot, "B", screen=Chart)
        await until(pilot, lambda: len(bars(app)) == 3)
        assert [name in line for name, line in zip(("[b]few", "many", "none"), bars(app), strict=True)] == [True] * 3
        lengths = [line.count("█") for line in bars(app)]
        assert lengths[0] == lengths[2] and abs(lengths[1] - 2 * lengths[0]) <= 1
        await pilot.press("down")
        await press_then(pilot, "enter", screen=BrowseScreen)
        await until(pilot, lambda: shown(app) == names[3:9] and grid_of(app).has_focus)


async def test_the_most_first_and_the_cursor_stays_on_its_group(tagged: Project) -> None:
    async with running(tagged, SMALL) as (app, pilot):
        await order_by(app, pilot, group="tag")
        await until(pilot, lambda: len(buckets(app)) == 3)
        await press_then(pilot, "B", screen=Chart)
        await pilot.press("o")
        listed = app.screen.query_one(BarList)
        await until(pilot, lambda: [one.name for one in listed.entries] == ["many", "[b]few", None])
        assert listed.current is not None and listed.current.name == "[b]few"
        await pilot.press("o")
        await until(pilot, lambda: [one.name for one in listed.entries] == ["[b]few", "many", None])
        await press_then(pilot, "escape", screen=BrowseScreen)
        assert shown(app) == names_of(tagged)[:3]


async def test_without_groups_it_says_how_to_make_them(tagged: Project) -> None:
    async with running(tagged, SMALL) as (app, pilot):
        await until(pilot, lambda: len(shown(app)) == 12)
        await pilot.press("B")
        await until(pilot, lambda: any("no groups to draw · o groups the pictures" in text for text in said(app)))
        assert isinstance(app.screen, BrowseScreen)
