"""Side by side: one question through several vec types in columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from app_helpers import (
    SMALL,
    WIDE,
    WordEncoder,
    flat,
    grid_of,
    press_then,
    running,
    said,
    text_of,
    type_text,
    until,
    words,
)
from textual.widgets import Input

from core.arrays import normalise
from core.project import Project
from tests.core.comparison.compared_projects import keys_in_order, make_project, rows_by_label, store_rows, tag_by_label
from tui.app import Pictoscope
from tui.screens.browse.picture import PictureScreen
from tui.screens.compare.changed import ChangedScreen
from tui.screens.compare.compare import CompareScreen
from tui.screens.compare.side_by_side import SideBySideScreen
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.results.results import ResultsScreen
from tui.widgets.compare_columns import ONLY_HERE, ColumnsGrid, ColumnsSource

COUNT = 30


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Pictures around a circle: one vec type has them in order, the other backwards from the first."""
    with make_project(tmp_path / "pictures", COUNT) as made:
        keys = keys_in_order(made)
        tag_by_label(made, keys, [number % 3 for number in range(COUNT)])
        store_rows(made, "conse", keys, on_a_line(range(COUNT)))
        store_rows(made, "effnet-lite0", keys, on_a_line([0, *range(COUNT - 1, 0, -1)]))
        store_rows(made, "effnet-lite0+grey", keys, on_a_line(range(COUNT)))
        yield made


def on_a_line(places: object) -> np.ndarray:
    """Rows the farther from that of place 0 the larger the place."""
    angles = np.array(list(places)) * (1.5 / COUNT)  # type: ignore[call-overload]
    return normalise(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32))


def columns(app: Pictoscope) -> ColumnsSource | None:
    source = grid_of(app).source
    return source if isinstance(source, ColumnsSource) else None


async def open_first(app: Pictoscope, pilot: object) -> SideBySideScreen:
    """Select the first picture in Browse and compare."""
    await press_then(pilot, "space", "=", screen=SideBySideScreen)  # type: ignore[arg-type]
    await until(pilot, lambda: columns(app) and grid_of(app).current)  # type: ignore[arg-type]
    screen = app.screen
    assert isinstance(screen, SideBySideScreen)
    return screen


@pytest.mark.parametrize("size", [SMALL, (200, 60)])
async def test_chosen_pictures_are_shown_through_all_vec_types(project: Project, size: tuple[int, int]) -> None:
    async with running(project, size) as (app, pilot):
        screen = await open_first(app, pilot)
        assert screen.names == ["conse", "effnet-lite0", "effnet-lite0+grey"]
        assert "Side by side: 0000.png" in text_of(app)
        await until(pilot, lambda: all(name in words(app, "#column-names") for name in ("conse", "effnet-lite0")))
        keys = keys_in_order(project)
        source = columns(app)
        assert source is not None and len(source) == 3 * (COUNT - 1)
        assert [source.key(at) for at in range(6)] == [keys[1], keys[-1], keys[1], keys[2], keys[-2], keys[2]]
        assert "1 0001.png" in text_of(app) and f"1{ONLY_HERE} 0029.png" in text_of(app)


async def test_it_is_said_where_the_picture_under_the_cursor_stands_in_the_others(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await open_first(app, pilot)
        assert "conse 1 · effnet-lite0 29 · effnet-lite0+grey 1" in words(app, "#places")
        assert ONLY_HERE not in words(app, "#places")
        await pilot.press("right")
        await until(pilot, lambda: "conse 29 · effnet-lite0 1 · effnet-lite0+grey 29" in words(app, "#places"))
        assert f"{ONLY_HERE} only effnet-lite0 finds it among the first 10" in words(app, "#places")
        await pilot.press("down")
        await until(pilot, lambda: "conse 28 · effnet-lite0 2" in words(app, "#places"))


async def test_keys_that_need_something_else_say_so(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await open_first(app, pilot)
        await pilot.press("backslash")
        await until(pilot, lambda: any("there is no pane at the left here" in text for text in said(app)))
        app.clear_notifications()
        await pilot.press("W")
        await until(pilot, lambda: any("select two pictures to compare" in text for text in said(app)))


async def test_names_can_be_hidden_and_shown_again(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        screen = await open_first(app, pilot)
        await pilot.press("b")
        await until(pilot, lambda: screen.names == ["A", "B", "C"])
        await until(pilot, lambda: "A " in words(app, "#places"))
        await until(pilot, lambda: words(app, "#column-names").split() == ["A", "B", "C"])
        assert "conse" not in text_of(app) and "effnet" not in text_of(app)
        order = [column.name for column in columns(app).order]  # type: ignore[union-attr]
        await pilot.press("b")
        await until(pilot, lambda: screen.names == order)
        assert sorted(order) == ["conse", "effnet-lite0", "effnet-lite0+grey"]


async def test_a_text_goes_to_those_that_read_text_and_the_others_say_so(project: Project) -> None:
    async with running(project, WIDE) as (app, pilot):
        app.encoder.close()
        app.encoder = Both()  # type: ignore[assignment]
        await press_then(pilot, "=", screen=CompareScreen)
        await until(pilot, lambda: app.screen.comparison is not None)  # type: ignore[attr-defined]
        await press_then(pilot, "slash", screen=AskLine)
        app.screen.query_one(Input).focus()
        await type_text(pilot, "a boat")
        await press_then(pilot, "enter", screen=SideBySideScreen)
        await until(pilot, lambda: columns(app) and grid_of(app).current)
        assert app.screen.names == ["conse"]  # type: ignore[attr-defined]
        assert "effnet-lite0: reads no text" in flat(app)
        await until(pilot, lambda: "effnet-lite0 –" in words(app, "#places"))
        await pilot.press("b")
        await until(pilot, lambda: "2 vec types cannot answer this" in flat(app))
        told = [
            words(app, f"#{name}") for name in ("header", "column-names", "places")
        ]  # the preview lists what a picture has, as ever
        assert not [line for line in told if "effnet" in line or "conse" in line]


class Both(WordEncoder):
    """Of rows as wide as those of the project."""

    @staticmethod
    def _rows(vec_type: object, seeds: object) -> np.ndarray:
        return normalise(np.array([[1.0, 0.2]] * len(list(seeds)), np.float32))  # type: ignore[call-overload]


async def test_the_question_of_an_answer_is_asked_side_by_side(project: Project) -> None:
    async with running(project, WIDE) as (app, pilot):
        await pilot.press("s")
        await press_then(pilot, "enter", screen=ResultsScreen)
        await until(pilot, lambda: len(grid_of(app).source or ()) and grid_of(app).current)
        await press_then(pilot, "=", screen=SideBySideScreen)
        await until(pilot, lambda: "Side by side: 0000.png" in text_of(app))


async def test_enter_shows_a_picture_large_within_its_column(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await open_first(app, pilot)
        await press_then(pilot, "down", "right", "enter", screen=PictureScreen)
        await until(pilot, lambda: "0028.png" in flat(app))
        await pilot.press("right")
        await until(pilot, lambda: "0027.png" in flat(app))


async def test_pictures_grow_and_shrink_by_key(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await open_first(app, pilot)
        grid = app.screen.query_one(ColumnsGrid)
        before = grid.geometry.cell
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: grid.geometry.cell[1] > before[1])
        assert grid.geometry.columns == 3
        await pilot.press("less_than_sign", "less_than_sign")
        await until(pilot, lambda: grid.geometry.cell[1] < before[1])


async def test_a_picture_of_a_column_becomes_the_question(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await open_first(app, pilot)
        await pilot.press("=")
        await until(pilot, lambda: "Side by side: 0001.png" in text_of(app))


async def test_one_vec_type_alone_is_no_comparison(tmp_path: Path) -> None:
    with make_project(tmp_path / "pictures", COUNT) as made:
        store_rows(made, "conse", keys_in_order(made), rows_by_label([0, 1, 2] * 10, 0.5))
        async with running(made, SMALL) as (app, pilot):
            await press_then(pilot, "space", "=", screen=SideBySideScreen)
            await until(pilot, lambda: "a comparison needs two vec types; there is conse only" in flat(app))
            await pilot.press("b")
            await until(pilot, lambda: any("needs two vec types" in text for text in said(app)))


async def test_a_changed_picture_opens_side_by_side_through_the_two(project: Project) -> None:
    async with running(project, WIDE) as (app, pilot):
        await press_then(pilot, "=", screen=CompareScreen)
        await until(pilot, lambda: app.screen.comparison is not None)  # type: ignore[attr-defined]
        await pilot.press("m")
        await press_then(pilot, "enter", screen=ChangedScreen)
        await until(pilot, lambda: grid_of(app).current)
        await press_then(pilot, "=", screen=SideBySideScreen)
        await until(pilot, lambda: columns(app))
        assert len(app.screen.names) == 2  # type: ignore[attr-defined]
