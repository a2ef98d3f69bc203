"""Selecting on the map with a lasso: by keys, by clicks, by dragging; and what the mouse does otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from app_helpers import SMALL, WIDE, lines_of, said, text_of, until
from map_helpers import cell, drag, drawn, numbers, opened
from textual.events import MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp

from core.maps.outline import Lasso, Place
from core.project import Project
from tests.core.maps.mapped_projects import mapped, two_groups
from tui.app import Pictoscope
from tui.graphics.terminal import Protocol, Terminal
from tui.screens.browse.browse import BrowseScreen
from tui.screens.map.map_screen import MapScreen
from tui.widgets.map_view import MapView


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Twelve pictures in two groups, which lie left and right."""
    with mapped(tmp_path / "p", 12) as project:
        yield project


def around(view: MapView, folder: bytes) -> list[Place]:
    """The corners of a triangle that holds the pictures of a folder, and no others."""
    points = view._placed.points[sorted(numbers(view, folder))].astype(float)  # type: ignore[union-attr]
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    high = max(high, low + 0.1)
    wide, tall = right - left + 0.1, high - low
    return [(left - wide, low - 0.1), (right + wide, low - 0.1), ((left + right) / 2, high + 3 * tall)]


async def test_points_are_set_at_the_cursor_and_enter_closes_it(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        first, second, third = around(view, b"a")
        view._cursor = first
        await pilot.press("a")
        words = "lasso of 1 point · space sets one · enter selects · esc drops it"
        assert lines_of(app)[0].strip() == f"Map  {words}"
        view._cursor = second
        await pilot.press("space")
        view._cursor = third
        await pilot.press("l", "h")  # the end goes along with the cursor
        await until(pilot, lambda: "lasso of 3 points" in text_of(app))
        view._cursor = third
        await pilot.press("enter")
        assert set(view.selected.tolist()) == numbers(view, b"a") and view._outline is None
        assert len(app.screen.chosen_keys) == 6
        await until(pilot, lambda: "6 selected" in text_of(app))


async def test_it_is_drawn_while_it_is_made(project: Project) -> None:
    app = Pictoscope(project, Terminal(Protocol.NONE))
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        assert "•" not in text_of(app)
        await pilot.press("a", *["l"] * 6, "a", *["j"] * 6)
        await drawn(pilot, view)
        map_of = [line[: view.size.width] for line in lines_of(app)[1:]]
        assert sum(line.count("•") for line in map_of) >= 6
        strips = view._drawing.lines  # type: ignore[union-attr]
        assert any(part.style and part.style.reverse and part.text.isspace() for strip in strips for part in strip)
        await pilot.press("escape")
        await drawn(pilot, view)
        assert "•" not in text_of(app) and view._outline is None and isinstance(app.screen, MapScreen)


async def test_escape_takes_it_back_and_the_selection_stays(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("space", "a", "l", "space", "escape")
        assert view._outline is None and len(view.selected) == 1
        await pilot.press("escape")
        assert not len(view.selected)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_the_last_point_is_taken_back(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("a", "l", "space", "j", "space", "h")
        assert isinstance(view._outline, Lasso) and len(view._outline.corners) == 3
        await pilot.press("backspace", "backspace", "backspace")
        assert len(view._outline.corners) == 1
        await pilot.press("space", "space")  # twice at one place is once
        assert len(view._outline.corners) == 2


async def test_fewer_than_three_points_are_no_lasso(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("a", "enter")
        assert "a lasso has three points at least: move, then space sets one" in said(app)
        await pilot.press("l", "enter")
        assert isinstance(view._outline, Lasso) and not len(view.selected)


async def test_a_lasso_over_nothing_says_so(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        for place, key in (((1e4, 1e4), "a"), ((2e4, 1e4), "space"), ((2e4, 2e4), "enter")):
            view._cursor = place
            await pilot.press(key)
        assert "no picture is there" in said(app) and not len(view.selected) and view._outline is None


@pytest.mark.parametrize("ctrl", [True, False])
async def test_it_is_drawn_with_the_mouse(project: Project, ctrl: bool) -> None:
    """With ctrl at once, else after its key."""
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("minus", "minus")
        corners = [cell(view, place) for place in around(view, b"b")]
        if not ctrl:
            await pilot.press("a")
        await drag(pilot, view, *corners, ctrl=ctrl)
        assert set(view.selected.tolist()) == numbers(view, b"b") and view._outline is None
        await drag(pilot, view, *[cell(view, place) for place in around(view, b"a")], ctrl=True)
        assert len(view.selected) == 12  # it adds to what is selected


async def test_clicks_set_its_points(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("minus", "minus", "a")
        for place in around(view, b"b"):
            await pilot.click(view, offset=cell(view, place))
        assert isinstance(view._outline, Lasso) and len(view._outline.corners) == 4
        view._outline.corners.pop(0)  # where the cursor was
        await pilot.press("enter")
        assert set(view.selected.tolist()) == numbers(view, b"b")


async def test_escape_amid_a_drag_drops_it(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        for kind, at in ((MouseDown, (3, 3)), (MouseMove, (20, 3)), (MouseMove, (20, 15))):
            await pilot._post_mouse_events([kind], view, at, button=1, control=True)
        assert isinstance(view._outline, Lasso)
        await pilot.press("escape")
        await pilot._post_mouse_events([MouseUp], view, (3, 15), button=1, control=True)
        assert view._outline is None and not len(view.selected) and app.mouse_captured is None


async def test_a_box_is_drawn_with_the_mouse_after_its_key(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("minus", "v")
        points = view._placed.points[sorted(numbers(view, b"a"))]  # type: ignore[union-attr]
        low, high = (cell(view, (float(x), float(y))) for x, y in (points.min(axis=0), points.max(axis=0)))
        await drag(pilot, view, (low[0] - 1, low[1] + 1), (high[0] + 1, high[1] - 1))
        assert set(view.selected.tolist()) == numbers(view, b"a")


async def test_a_drag_moves_the_map_a_click_the_cursor_and_the_wheel_zooms(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        before, cursor = view._view, view._cursor
        assert before is not None
        await drag(pilot, view, (10, 10), (16, 10), (20, 12))
        assert view._view is not None and view._view.scale == before.scale
        moved = view._view.x - before.x, view._view.y - before.y
        cells = view.canvas[0] / view.size.width / before.scale, view.canvas[1] / view.size.height / before.scale
        assert moved == pytest.approx((-10 * cells[0], 2 * cells[1])) and view._cursor == cursor
        held = view._view.point(*view._on_cell(5, 5))
        for kind, larger in ((MouseScrollUp, 1.5), (MouseScrollDown, 1.0)):
            await pilot._post_mouse_events([kind], view, (5, 5))
            assert view._view.scale == pytest.approx(larger * before.scale)
            assert view._view.point(*view._on_cell(5, 5)) == pytest.approx(held)
        await pilot.click(view, offset=(5, 5))
        assert view._cursor == pytest.approx(held) and not len(view.selected)


@pytest.mark.parametrize("count", [1, 3])
async def test_tiny_maps_and_equal_vectors(tmp_path: Path, count: int) -> None:
    """All pictures at one place: a lasso around it holds them all."""
    rows = np.tile(two_groups(1), (count, 1))
    with mapped(tmp_path / "p", count, rows) as project:
        app = Pictoscope(project)
        async with app.run_test(size=SMALL) as pilot:
            view = await opened(pilot)
            await pilot.press("h", "j", "a", *["l"] * 4, "space", *["k"] * 4, "space", *["h"] * 4, "enter")
            assert len(view.selected) == count


@pytest.mark.parametrize("protocol", [Protocol.SIXEL, Protocol.KITTY, Protocol.NONE])
async def test_every_kind_of_terminal_draws_it(project: Project, protocol: Protocol) -> None:
    app = Pictoscope(project, Terminal(protocol))
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("a", *["l"] * 8, "space", *["j"] * 8)
        await drawn(pilot, view)
        before = view._drawing
        await pilot.press(*["plus"] * 30)  # the corners are far outside then
        await drawn(pilot, view)
        assert before is not None and view._drawing is not None and view._drawing is not before


async def test_another_size_keeps_the_lasso(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("a", "l", "space", "j")
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: view.size.width < 40)
        await drawn(pilot, view)
        assert isinstance(view._outline, Lasso) and len(view._outline.corners) == 2
        await pilot.press("enter")
        assert view._outline is None


async def test_without_a_map_the_keys_do_nothing(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 0) as project:
        app = Pictoscope(project)
        async with app.run_test(size=SMALL) as pilot:
            await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
            await pilot.press("m")
            await until(pilot, lambda: "there are no vectors yet" in text_of(app))
            view = app.screen.query_one(MapView)
            await pilot.press("a", "space", "backspace", "enter")
            await drag(pilot, view, (2, 2), (9, 2), (9, 9), ctrl=True)
            assert view._outline is None
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
