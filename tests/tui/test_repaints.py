"""What is drawn again: over a slow line every repaint counts."""

from __future__ import annotations

import pytest
from app_helpers import grid_of, running, until
from textual.geometry import Region
from textual.screen import Screen

from core.project import Project
from tui.app import Pictoscope
from tui.messages import JobsChanged
from tui.screens.dialogs.dialogs import Confirm


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Screen[object], tuple[Region, ...]]]:
    """Every screen that was told to draw itself, or parts of it, again."""
    told: list[tuple[Screen[object], tuple[Region, ...]]] = []
    before = Screen.refresh

    def refresh(screen: Screen[object], *regions: Region, **options: bool) -> Screen[object]:
        told.append((screen, regions))
        return before(screen, *regions, **options)

    monkeypatch.setattr(Screen, "refresh", refresh)
    return told


async def test_news_for_the_screens_beneath_do_not_draw_the_one_on_top(
    project: Project, drawn: list[tuple[Screen[object], tuple[Region, ...]]]
) -> None:
    async with running(project) as (app, pilot):
        drawn.clear()
        for _ in range(3):
            app.broadcast(lambda: JobsChanged([]))
            await pilot.pause()
        assert drawn == []


async def test_only_what_is_seen_through_counts_as_the_background(project: Project) -> None:
    async with running(project) as (app, pilot):
        browse = app.screen
        assert app._background_screens == []
        app.push_screen(Confirm("Really?", "Yes"))
        await until(pilot, lambda: app.screen is not browse)
        assert app._background_screens == [browse]
    assert Pictoscope()._background_screens == []


async def test_a_cursor_that_moves_draws_two_pictures(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(project) as (app, pilot):
        grid = grid_of(app)
        await until(pilot, lambda: grid.current is not None and len(grid._drawn) >= min(grid.count, grid.geometry.page))
        await pilot.pause()
        told: list[tuple[Region, ...]] = []
        monkeypatch.setattr(grid, "refresh", lambda *regions, **_: told.append(regions))
        grid.cursor = 1
        assert [set(regions) for regions in told] == [{grid.geometry.region(0), grid.geometry.region(1)}]
