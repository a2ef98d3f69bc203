"""The mouse is a second way in every grid: click, double click, wheel, dragging over cells, the menu."""

from __future__ import annotations

import pytest
from app_helpers import current, fill_at_random, grid_of, running, text_of, until
from textual import events
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.widgets import OptionList

from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.picture import PictureScreen
from tui.screens.dialogs.action_menu import ActionMenu
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.results.recommend import RecommendScreen
from tui.screens.results.results import ResultsScreen
from tui.widgets.grid_mouse import band
from tui.widgets.image_grid import ImageGrid


@pytest.mark.parametrize(
    ("start", "end", "places"),
    [
        ((0, 0), (0, 0), [0]),
        ((1, 0), (2, 1), [1, 2, 5, 6]),
        ((2, 1), (1, 0), [1, 2, 5, 6]),
        ((3, 1), (0, 1), [4, 5, 6, 7]),
        ((0, 2), (3, 2), [8, 9]),
        ((3, 2), (3, 2), []),
    ],
)
def test_a_rectangle_of_cells_holds_these_pictures(start: tuple[int, int], end: tuple[int, int], places: list[int]):
    assert band(start, end, columns=4, count=10) == places


def middle(grid: ImageGrid, position: int) -> tuple[int, int]:
    """Of a cell, from the corner of the grid."""
    place = grid.geometry.region(position)
    return place.x + place.width // 2, place.y - grid.top + place.height // 2


async def drag(pilot: Pilot[int], *positions: int) -> None:
    """From the first cell over the others."""
    grid = pilot.app.screen.query_one("#grid", ImageGrid)
    await pilot.mouse_down(grid, offset=middle(grid, positions[0]))
    for position in positions[1:]:
        await pilot.hover(grid, offset=middle(grid, position))
    await pilot.mouse_up(grid, offset=middle(grid, positions[-1]))


def selected(app: Pictoscope) -> list[str]:
    return sorted(item.picture.name for item in grid_of(app).selected)


async def test_a_click_moves_the_cursor_and_a_double_click_opens(project: Project):
    async with running(project) as (app, pilot):
        grid = grid_of(app)
        await pilot.click(grid, offset=middle(grid, 4))
        assert current(app) == "fir.png"
        assert selected(app) == []
        await pilot.click(grid, offset=middle(grid, 4), times=2)
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))


async def test_ctrl_and_a_click_select_and_no_more(project: Project):
    async with running(project) as (app, pilot):
        grid = grid_of(app)
        await pilot.click(grid, offset=middle(grid, 1), control=True)
        await pilot.click(grid, offset=middle(grid, 4), control=True)
        assert selected(app) == ["birch.png", "fir.png"]
        await pilot.click(grid, offset=middle(grid, 1), control=True)
        assert selected(app) == ["fir.png"]


async def test_dragging_selects_a_rectangle_that_grows_and_shrinks(project: Project):
    async with running(project) as (app, pilot):
        assert grid_of(app).columns == 3
        await drag(pilot, 0, 4)
        assert selected(app) == ["alder.png", "birch.png", "elm.png", "fir.png"]
        await pilot.press("escape")
        await drag(pilot, 0, 5, 1)
        assert selected(app) == ["alder.png", "birch.png"]


async def test_dragging_adds_to_what_was_selected(project: Project):
    async with running(project) as (app, pilot):
        await pilot.press("space")
        await drag(pilot, 5, 0, 2)
        assert selected(app) == ["alder.png", "cedar.png", "crow.png"]


async def test_a_press_that_does_not_leave_its_cell_selects_nothing(project: Project):
    async with running(project) as (app, pilot):
        await drag(pilot, 3, 3)
        assert selected(app) == []
        await pilot.hover(grid_of(app), offset=middle(grid_of(app), 5))
        assert selected(app) == []


async def test_dragging_beyond_the_edge_scrolls_and_what_is_not_loaded_is_selected_too(project: Project):
    async with running(project, (60, 20)) as (app, pilot):
        app.change_display(pictures_in_row=1)
        await until(pilot, lambda: grid_of(app).columns == 1)
        grid = grid_of(app)
        grid._entries.clear()
        await pilot.mouse_down(grid, offset=(3, 3))
        for _ in range(20):
            corner = grid.region.offset + Offset(3, grid.size.height + 1)
            move = events.MouseMove(grid, 3, grid.size.height + 1, 0, 1, 1, False, False, False, *corner)
            app.screen._forward_event(move)
            await pilot.pause()
        await pilot.mouse_up(grid, offset=(3, 3))
        assert grid.top > 0
        await until(pilot, lambda: len(grid.selected_keys) > 3)


@pytest.mark.parametrize(("control", "event"), [(True, events.MouseScrollUp), (False, events.MouseScrollDown)])
async def test_the_wheel_scrolls_and_with_ctrl_changes_the_size(
    project: Project, control: bool, event: type[events.MouseEvent]
):
    async with running(project, (60, 20)) as (app, pilot):
        grid = grid_of(app)
        before = grid.columns
        await pilot._post_mouse_events([event], grid, offset=(3, 3), control=control)
        await until(pilot, lambda: grid.columns == before - 1 if control else grid.top > 0)


async def test_a_right_click_opens_the_menu_of_the_picture_at_the_mouse(project: Project):
    async with running(project) as (app, pilot):
        grid = grid_of(app)
        await pilot.click(grid, offset=middle(grid, 4), button=3)
        await until(pilot, lambda: isinstance(app.screen, ActionMenu))
        shown = text_of(app)
        assert "fir.png" in shown
        for line in ("Open", "Similar pictures", "Tag", "Keep as a group or tag"):
            assert line in shown
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        await pilot.press("b", "enter")
        await until(pilot, lambda: [tag.pictures for tag in Tags(project.catalog).all()] == [1])
        assert current(app) == "fir.png"


async def test_a_line_of_the_menu_runs_and_a_click_beside_it_closes_it(project: Project):
    async with running(project, (80, 24)) as (app, pilot):
        grid = grid_of(app)
        await pilot.press("space")
        await pilot.click(grid, offset=middle(grid, 1), button=3)
        await until(pilot, lambda: isinstance(app.screen, ActionMenu))
        menu = app.screen.query_one(OptionList)
        assert "1 selected" in text_of(app)
        assert app.screen.region.contains_region(menu.region)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await pilot.click(grid, offset=middle(grid, 1), button=3)
        await until(pilot, lambda: isinstance(app.screen, ActionMenu))
        await pilot.click(offset=(1, 1))
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_the_mouse_works_in_the_grids_of_answers(project: Project):
    fill_at_random(project, "effnet-lite0")
    async with running(project) as (app, pilot):
        await pilot.press("s", "enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and len(grid_of(app).loaded) > 5)
        await drag(pilot, 0, 1)
        assert len(selected(app)) == 2
        await pilot.click("#grid", offset=middle(grid_of(app), 2), button=3)
        await until(pilot, lambda: isinstance(app.screen, ActionMenu))
        assert "More like this one" in text_of(app)
        await pilot.press("escape", "q")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await pilot.press("r", "enter")
        await until(pilot, lambda: isinstance(app.screen, RecommendScreen))
        grid = app.screen.query_one("#grid", ImageGrid)
        await until(pilot, lambda: grid.current is not None)
        await pilot.click(grid, offset=middle(grid, 1), button=3)
        await until(pilot, lambda: isinstance(app.screen, ActionMenu))
        assert "Accept" in text_of(app)
