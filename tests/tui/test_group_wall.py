"""The wall of groups: any number of groups at any size, in each way of showing pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from app_helpers import lines_of, until
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rich.cells import cell_len
from test_image_grid import Paints, picture
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from core.actions.answer import Group, Match
from core.catalog.catalog import Picture
from tui.graphics.renderer import Renderer
from tui.graphics.terminal import UNASKED, CellSize, Protocol
from tui.pictures import Pictures
from tui.widgets.group_wall import GroupWall, wall_layout

SIZES = ((60, 17), (80, 21), (200, 57), (300, 77))


def group(first: int, size: int, name: str = "", score: float | None = 0.5) -> Group:
    """A group of some pictures, the most typical one called by its number."""
    matches = (Match(number.to_bytes(20, "big"), b"", None) for number in range(first, first + size))
    return Group(name or f"like {first:06}.png", tuple(matches), score)


class EveryPicture:
    """A catalog that has all pictures but some, and notes how many are asked for."""

    def __init__(self, gone: Sequence[int] = ()) -> None:
        self.gone = gone
        self.asked = 0

    def by_keys(self, keys: Sequence[bytes]) -> dict[bytes, Picture]:
        """See Catalog."""
        self.asked += len(keys)
        numbers = {key: int.from_bytes(key, "big") for key in keys}
        return {key: picture(number) for key, number in numbers.items() if number not in self.gone}


class LargePaints(Paints):
    """Files of one colour too."""

    def larger(self, key: bytes, source: bytes, at_least: int) -> Image.Image:
        """See Thumbnails."""
        return self.get(key, source)


class WallApp(App[None]):
    """A wall and nothing else."""

    CSS = "GroupWall { scrollbar-size-vertical: 1; overflow-x: hidden; }"

    def __init__(self, protocol: Protocol) -> None:
        super().__init__()
        self.pictures = Pictures(self, replace(UNASKED, protocol=protocol))
        self.wall = GroupWall(id="wall")
        self.opened: list[int] = []

    @property
    def renderer(self) -> Renderer:
        """See Host."""
        return self.pictures.renderer

    def compose(self) -> ComposeResult:
        """The wall."""
        yield self.wall

    def on_group_wall_opened(self) -> None:
        """Note it."""
        self.opened.append(self.wall.cursor)


@asynccontextmanager
async def wall_with(
    groups: Sequence[Group],
    size: tuple[int, int] = (80, 21),
    protocol: Protocol = Protocol.HALF,
    catalog: EveryPicture | None = None,
    paints: Paints | None = None,
) -> AsyncIterator[tuple[WallApp, Pilot[None]]]:
    """A wall of groups, drawn."""
    app = WallApp(protocol)
    async with app.run_test(size=size) as pilot:
        app.wall.focus()
        app.wall.show(groups, catalog or EveryPicture(), paints or LargePaints())  # type: ignore[arg-type]
        if groups:
            await until(pilot, lambda: app.wall.current and "·" not in "".join(lines_of(app)))
        yield app, pilot


@pytest.mark.parametrize(
    ("size", "protocol"),
    [
        *((size, protocol) for size in SIZES for protocol in (Protocol.HALF, Protocol.NONE)),
        *((SIZES[1], protocol) for protocol in (Protocol.SYMBOLS, Protocol.SIXEL, Protocol.KITTY)),
        (SIZES[2], Protocol.KITTY),
    ],
)
async def test_every_line_fills_the_terminal_and_names_and_numbers_are_seen(
    size: tuple[int, int], protocol: Protocol
) -> None:
    async with wall_with([], size, protocol) as (app, pilot):
        for count in (1, 2, 16, 500):
            groups = [group(100 * number, 1 + number % 40) for number in range(count)]
            app.wall.show(groups, EveryPicture(), LargePaints())  # type: ignore[arg-type]
            await until(pilot, lambda: app.wall.current and "·" not in "".join(lines_of(app)))
            lines = lines_of(app)
            assert {cell_len(line) for line in lines} == {size[0]}, count
            text = "\n".join(lines)
            assert "like 000000" in text, count
            assert "1 picture " in text, count
            if count == 16 and size[0] >= 200:
                assert all(one.name in text for one in groups)


async def test_only_what_is_seen_is_read_however_many_groups_and_pictures_there_are() -> None:
    catalog, paints = EveryPicture(), LargePaints()
    groups = [group(1000 * number, 1000) for number in range(500)]
    async with wall_with(groups, catalog=catalog, paints=paints) as (app, pilot):
        await until(pilot, lambda: not app.workers._workers)
        assert catalog.asked <= 4 * 2 * 2 * app.wall.geometry.page
        assert len(set(paints.asked)) <= 2 * app.wall.geometry.page
        await pilot.press("end")
        await until(pilot, lambda: "like 499000" in "".join(lines_of(app)))


async def test_large_covers_have_several_pictures_and_a_group_of_one_has_one() -> None:
    groups = [group(0, 1), group(100, 2), group(200, 30)]
    async with wall_with(groups, (200, 57), Protocol.SIXEL) as (app, pilot):
        wall = app.wall
        await until(pilot, lambda: len(list(wall.shown_drawings())) == 1 + 2 + 4)
        for drawing, place in wall.shown_drawings():
            assert place.x >= 0
            assert place.x + drawing.lines[0].cell_length <= wall.size.width
            assert place.y + len(drawing.lines) <= wall.size.height - 3


async def test_where_pictures_are_not_shown_the_typical_ones_are_named() -> None:
    async with wall_with([group(0, 3), group(100, 1)], (120, 20), Protocol.NONE) as (app, _):
        first = next(line for line in lines_of(app) if "000000.png" in line)
        assert "000000.png, 000001.png, 000002.png" in first
        assert "000100.png" in first


async def test_pictures_that_have_left_the_project_or_cannot_be_read_do_not_hurt() -> None:
    groups = [group(0, 3), group(100, 1), group(200, 2)]
    catalog, paints = EveryPicture(gone=[0, 100]), LargePaints(unreadable=[200])
    async with wall_with(groups, catalog=catalog, paints=paints) as (app, pilot):
        text = "\n".join(lines_of(app))
        assert "cannot be read" in text
        assert [name in text for name in ("like 000000.png", "like 000100.png", "like 000200.png")] == [True] * 3
        await pilot.press("right", "enter")
        assert app.opened == [1]


async def test_the_rest_is_marked_where_other_groups_have_scores() -> None:
    groups = [group(0, 3), group(100, 9, "unclustered", None)]
    async with wall_with(groups) as (app, pilot):
        await pilot.press("right")
        wall = app.wall
        assert [wall._entries[number].is_rest for number in (0, 1)] == [False, True]  # type: ignore[union-attr]
    async with wall_with([group(0, 3, "a", None), group(100, 9, "b", None)]) as (app, _):
        assert not app.wall._entries[0].is_rest  # type: ignore[union-attr]


async def test_groups_are_selected_and_the_selection_is_cleared() -> None:
    async with wall_with([group(100 * number, 3) for number in range(5)]) as (app, pilot):
        wall = app.wall
        assert wall.chosen == [0]
        await pilot.press("right", "space", "space", "home")
        assert wall.chosen == wall.selected == [1, 2]
        assert sum(line.count("✓") for line in lines_of(app)) == 2
        await pilot.press("right", "space")
        assert wall.selected == [2]
        await pilot.press("asterisk")
        assert sorted(wall.selected) == [0, 1, 2, 3, 4]
        await pilot.press("escape")
        assert wall.selected == []


async def test_a_wall_without_groups_does_nothing() -> None:
    async with wall_with([]) as (app, pilot):
        await pilot.press("enter", "space", "asterisk", "down", "end", "greater_than_sign")
        assert app.opened == []
        assert app.wall.chosen == []


async def test_names_alike_at_both_ends_show_what_differs_and_hostile_ones_are_harmless() -> None:
    names = ["a street in the old town 001 by night", "a street in the old town 002 by night", "\x1b[31mred\nline"]
    async with wall_with([group(100 * number, 3, name) for number, name in enumerate(names)]) as (app, _):
        text = "\n".join(lines_of(app))
        assert "001" in text
        assert "002" in text
        assert "\x1b" not in text
        assert {cell_len(line) for line in lines_of(app)} == {80}


async def test_zoom_is_of_the_wall_alone() -> None:
    async with wall_with([group(100 * number, 3) for number in range(30)]) as (app, pilot):
        before = app.wall.columns
        await pilot.press("greater_than_sign")
        assert app.wall.columns == before - 1
        await pilot.press("less_than_sign")
        assert app.wall.columns == before


@given(
    st.integers(0, 600),
    st.integers(6, 400),
    st.integers(5, 120),
    st.integers(0, 8),
    st.sampled_from([CellSize(), CellSize(6, 13), CellSize(18, 36)]),
    st.sampled_from([0.0, 2 / 3]),
)
def test_groups_are_as_large_as_lets_all_be_seen(
    count: int, width: int, height: int, in_row: int, character: CellSize, high: float
) -> None:
    layout = wall_layout(count, width, height, in_row, character, high)
    assert layout.columns * layout.cell[0] <= width
    assert layout.cell[1] >= 4
    if not in_row and layout.columns > 1 and layout.page < count:  # then there are as many as have room
        assert layout.columns == max(1, width // 19)
