"""The grid: draws what is visible and nothing else, whatever the names and the size."""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from app_helpers import PATIENCE, colour_of, lines_of, until
from PIL import Image
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from core.catalog.catalog import Picture
from core.errors import CatalogError, UnreadablePicture
from tests.tui.frames import strips_of
from tui.graphics.renderer import Renderer
from tui.graphics.terminal import UNASKED
from tui.messages import Failed
from tui.pictures import Pictures
from tui.widgets import drawings
from tui.widgets.drawings import Cell
from tui.widgets.image_grid import ImageGrid
from tui.widgets.picture_source import Entries, Item


def picture(number: int, name: str | bytes = "", problem: str = "") -> Picture:
    """A picture that lies nowhere."""
    path = b"/nowhere/" + os.fsencode(name or f"{number:06}.png")
    return Picture(number, number.to_bytes(20, "big"), path, 1, 0, 4, 3, "PNG", problem)


def test_a_grid_has_no_keys_that_do_nothing_in_it() -> None:
    keys = ImageGrid._merged_bindings
    assert keys is not None
    assert not [key for key, found in keys if found.action.startswith(("page_", "scroll_"))]


class CountingSource:
    """A list of pictures that notes what is asked of it."""

    def __init__(self, count: int, names: Sequence[str | bytes] = ()) -> None:
        self.count = count
        self.names = names
        self.asked: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return self.count

    def items(self, start: int, stop: int) -> list[Item | None]:
        """See PictureSource."""
        self.asked.append((start, stop))
        return [Item(picture(number, self.names[number] if self.names else "")) for number in range(start, stop)]

    def find(self, key: bytes) -> int | None:
        """See PictureSource."""
        return int.from_bytes(key, "big")

    def holds(self, position: int, item: Item) -> bool:
        """See PictureSource."""
        return item.picture.id == position

    def entries(self) -> Entries:
        """See PictureSource."""
        return [number.to_bytes(20, "big") for number in range(self.count)], None


class Paints:
    """Thumbnails of one colour each; some cannot be read."""

    def __init__(self, unreadable: Sequence[int] = ()) -> None:
        self.unreadable = unreadable
        self.asked: list[int] = []

    def get(self, key: bytes, source: bytes) -> Image.Image:
        """See Thumbnails."""
        number = int.from_bytes(key, "big")
        self.asked.append(number)
        if number in self.unreadable:
            raise UnreadablePicture("truncated")
        return Image.new("RGB", (40, 30), colour_of(number))


class GridApp(App[None]):
    """A grid and nothing else."""

    CSS = "ImageGrid { scrollbar-size-vertical: 1; overflow-x: hidden; }"

    def __init__(self) -> None:
        super().__init__()
        self.pictures = Pictures(self, UNASKED)
        self.grid = ImageGrid(id="grid", empty="nothing here")
        self.selected = 0
        self.opened: list[Item | None] = []
        self.failed: list[str] = []

    @property
    def renderer(self) -> Renderer:
        """See Host."""
        return self.pictures.renderer

    def compose(self) -> ComposeResult:
        """The grid."""
        yield self.grid

    def on_image_grid_selection_changed(self, message: ImageGrid.SelectionChanged) -> None:
        """Note it."""
        self.selected = message.count

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Note it."""
        self.opened.append(message.item)

    def on_failed(self, message: Failed) -> None:
        """Note it."""
        self.failed.append(message.error.message)


@asynccontextmanager
async def grid_with(
    source: CountingSource, thumbnails: Paints | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[GridApp, Pilot[None]]]:
    """A grid on a list, its visible pictures drawn."""
    app = GridApp()
    paints = thumbnails or Paints()
    async with app.run_test(size=size) as pilot:
        app.grid.focus()
        app.grid.show(source, paints)  # type: ignore[arg-type]
        if len(source):
            await until(pilot, lambda: app.grid.current and "·" not in "".join(lines_of(app)))
        yield app, pilot


async def press_all(pilot: Pilot[None], keys: str) -> None:
    """Several keys, divided by spaces."""
    await pilot.press(*keys.split())


# -- virtual -------------------------------------------------------------------------------------------------------


async def test_a_hundred_thousand_pictures_need_no_more_widgets_than_ten():
    counts = []
    for count in (10, 100_000):
        async with grid_with(CountingSource(count)) as (app, _):
            counts.append(len(list(app.query("*"))))
    assert counts[0] == counts[1]


async def test_only_visible_pictures_are_asked_for_and_drawn():
    source, paints = CountingSource(100_000), Paints()
    async with grid_with(source, paints) as (app, pilot):
        await press_all(pilot, "end")
        await until(pilot, lambda: 99_999 in paints.asked)
        page = app.grid.geometry.page
        assert {stop - start <= page for start, stop in source.asked} == {True}
        near = 3 * page  # what is visible and the page next to it
        assert set(paints.asked) <= {*range(near), *range(100_000 - near, 100_000)}


async def test_drawing_lines_again_asks_for_nothing():
    source, paints = CountingSource(100_000), Paints()
    async with grid_with(source, paints) as (app, pilot):
        await until(pilot, lambda: paints.asked and len(app.grid._drawn) == len(paints.asked))  # the next page too
        asked, painted = len(source.asked), len(paints.asked)
        for _ in range(3):
            for line in range(24):
                assert app.grid.render_line(line).cell_length == app.grid.size.width
        assert (len(source.asked), len(paints.asked)) == (asked, painted)


async def test_a_drawing_that_comes_is_drawn_in_its_place_alone_and_only_if_that_is_in_sight(
    monkeypatch: pytest.MonkeyPatch,
):
    """Each drawing once made the whole grid be drawn and sent again, also those of the next page, which nobody saw."""
    refreshed: list[Region] = []
    async with grid_with(CountingSource(1000), paints := Paints(), size=(80, 24)) as (app, pilot):
        geometry = app.grid.geometry
        seen = geometry.visible(0)
        ahead = geometry.ahead(seen, up=False)
        await until(pilot, lambda: set(paints.asked) == {*seen, *ahead} and len(app.grid._drawn) == len(paints.asked))
        drawing = app.grid._drawn.get(Cell(picture(2).key, *geometry.picture))
        monkeypatch.setattr(ImageGrid, "refresh", lambda _, *regions, **__: refreshed.extend(regions or [Region()]))
        for position, regions in ((ahead[0], []), (2, [geometry.region(2)])):
            refreshed.clear()
            cell = Cell(picture(position).key, *geometry.picture)
            app.grid.on_drawn_grid__picture_drawn(ImageGrid._PictureDrawn(app.renderer, cell, replace(drawing)))
            assert refreshed == regions
        refreshed.clear()
        items = app.grid.source.items(ahead.start, ahead.stop)
        app.grid.on_drawn_grid__entries_loaded(ImageGrid._EntriesLoaded(app.grid.source, ahead.start, items))
        assert refreshed == []


async def test_of_drawn_pictures_no_more_cells_are_kept_than_four_large_screens_have(monkeypatch: pytest.MonkeyPatch):
    most = 6_000
    monkeypatch.setattr(drawings, "_KEPT_CELLS", most)
    source, paints = CountingSource(100_000), Paints()
    async with grid_with(source, paints) as (app, pilot):
        for in_row in (8, 4, 2):
            app.grid.set_pictures_in_row(in_row)
            for _ in range(12):
                asked = len(paints.asked)
                await press_all(pilot, "pagedown")
                await until(pilot, lambda asked=asked: len(paints.asked) > asked and "·" not in "".join(lines_of(app)))
                assert sum(cell.columns * cell.rows for cell in app.grid._drawn) <= most
        assert len(paints.asked) > 2 * len(app.grid._drawn)  # most were given up


async def test_the_height_is_that_of_all_rows():
    async with grid_with(CountingSource(100_001)) as (app, _):
        rows = -(-100_001 // app.grid.columns)
        geometry = app.grid.geometry
        assert app.grid.virtual_size.height == rows * geometry.cell[1] + 24 % geometry.cell[1]


# -- moving --------------------------------------------------------------------------------------------------------


MOVES = {
    "right": 1,
    "l l": 2,
    "left": 0,
    "h": 0,
    "l l left": 1,
    "l h": 0,
    "down": 4,
    "j j up": 4,
    "k": 0,
    "l j k": 1,
    "end": 29,
    "G": 29,
    "G home": 0,
    "G right": 29,
    "pagedown": 8,
    "ctrl+f": 8,
    "pagedown pageup": 0,
    "ctrl+f ctrl+b": 0,
    "l l l l": 4,
    "G k l l j": 29,
    "G j": 29,
}


async def test_keys_move_the_cursor_four_in_a_row():
    async with grid_with(CountingSource(30)) as (app, pilot):
        assert app.grid.columns == 4
        reached = {}
        for keys in MOVES:
            app.grid.cursor = 0
            await press_all(pilot, keys)
            reached[keys] = app.grid.cursor
        assert reached == MOVES


async def test_the_cursor_is_always_in_sight():
    async with grid_with(CountingSource(500)) as (app, pilot):
        for key in ("end", "pageup", "up", "home", "pagedown", "down"):
            await press_all(pilot, key)
            high = app.grid.geometry.cell[1]
            top = app.grid.cursor // app.grid.columns * high - app.grid.scroll_offset.y
            assert 0 <= top <= 24 - high


async def test_down_into_a_shorter_last_row_goes_to_its_end():
    async with grid_with(CountingSource(6)) as (app, pilot):
        await press_all(pilot, "l l l j")
        assert app.grid.cursor == 5


# -- choosing ------------------------------------------------------------------------------------------------------


async def test_space_selects_in_order_and_goes_on():
    async with grid_with(CountingSource(30)) as (app, pilot):
        await press_all(pilot, "l space space")
        assert [item.picture.id for item in app.grid.chosen] == [1, 2]
        assert (app.selected, app.grid.cursor) == (2, 3)
        await press_all(pilot, "left space")
        assert [item.picture.id for item in app.grid.chosen] == [1]
        assert app.selected == 1


async def test_a_key_that_comes_before_the_thread_has_read_the_facts_is_for_the_picture_under_the_cursor():
    class SlowInThreads(CountingSource):
        def items(self, start: int, stop: int) -> list[Item | None]:
            if threading.current_thread() is not threading.main_thread():
                keys_are_pressed.wait(PATIENCE)
            return super().items(start, stop)

    keys_are_pressed = threading.Event()
    app = GridApp()
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            app.grid.focus()
            app.grid.show(SlowInThreads(30), Paints())  # type: ignore[arg-type]
            await press_all(pilot, "l space space enter")
            assert [item.picture.id for item in app.grid.chosen] == [1, 2]
            assert [item.picture.id for item in app.opened if item] == [3]
            await press_all(pilot, "escape end")
            assert app.grid.chosen_keys == [picture(29).key]
            keys_are_pressed.set()
    finally:
        keys_are_pressed.set()


async def test_escape_selects_nothing_and_the_cursor_counts_again():
    async with grid_with(CountingSource(30)) as (app, pilot):
        await press_all(pilot, "space space escape")
        assert app.selected == 0
        assert [item.picture.id for item in app.grid.chosen] == [2]


@pytest.mark.parametrize("key", ["asterisk", "ctrl+a"])
async def test_one_key_selects_all_of_a_hundred_thousand_and_looks_at_none(key: str):
    source = CountingSource(100_000)
    async with grid_with(source) as (app, pilot):
        await press_all(pilot, "l l space")
        asked = len(source.asked)
        await pilot.press(key)
        await until(pilot, lambda: app.selected == 100_000)
        assert app.grid.selected_keys == source.entries()[0]
        assert "✓000000.png" in lines_of(app)[app.grid.geometry.picture[1]]
        await press_all(pilot, "home space")  # but not the first
        assert app.grid.chosen_keys == source.entries()[0][1:]
        visible = 3 * app.grid.columns
        assert all(stop - start <= visible for start, stop in source.asked[asked:])


async def test_facts_of_pictures_that_were_selected_all_at_once_are_read_when_they_are_asked_for():
    async with grid_with(CountingSource(30)) as (app, pilot):
        await press_all(pilot, "asterisk")
        await until(pilot, lambda: app.selected == 30)
        app.grid.show(CountingSource(2), Paints())  # type: ignore[arg-type]
        assert [item.picture.id for item in app.grid.chosen] == list(range(30))
        app.grid.update_selection([picture(3).key])
        assert len(app.grid.selected) == 29


async def test_a_selected_picture_is_marked_by_a_character_not_only_by_colour():
    async with grid_with(CountingSource(30)) as (app, pilot):
        await press_all(pilot, "space")
        assert "✓000000.png" in lines_of(app)[app.grid.geometry.picture[1]]
        assert "✓000001.png" not in lines_of(app)[app.grid.geometry.picture[1]]


async def test_the_cursor_is_marked_by_characters_not_only_by_colour():
    async with grid_with(CountingSource(30)) as (app, pilot):
        await press_all(pilot, "l")
        caption = lines_of(app)[app.grid.geometry.picture[1]]
        assert caption.index("▌") == app.grid.geometry.cell[0]
        assert "▌000001.png" in caption


async def test_selected_pictures_that_leave_the_project_leave_the_selection():
    async with grid_with(CountingSource(30)) as (app, pilot):
        await press_all(pilot, "space space")
        left = picture(1, "renamed.png")
        app.grid.update_selection([picture(0).key], {left.key: left})
        await until(pilot, lambda: app.selected == 1)
        assert [item.picture.name for item in app.grid.chosen] == ["renamed.png"]


# -- what is shown -------------------------------------------------------------------------------------------------


async def test_an_empty_list_says_so_in_the_middle():
    async with grid_with(CountingSource(0)) as (app, pilot):
        await pilot.pause()
        assert lines_of(app)[11].strip() == "nothing here"
        await press_all(pilot, "down space enter end")
        assert app.grid.cursor == 0
        assert app.grid.chosen == []
        assert app.opened == [None]  # the screen does what its line says


async def test_a_picture_that_cannot_be_read_says_so_in_its_place():
    async with grid_with(CountingSource(8), Paints(unreadable=[1])) as (app, pilot):
        await until(pilot, lambda: "cannot be read" in "".join(lines_of(app)))
        line = next(line for line in lines_of(app) if "cannot be read" in line)
        wide = app.grid.geometry.cell[0]
        assert line.index("cannot be read") in range(wide, 2 * wide)


async def test_scores_stand_before_names():
    class Scored(CountingSource):
        def items(self, start: int, stop: int) -> list[Item | None]:
            return [Item(picture(number), 0.987 - number / 100) for number in range(start, stop)]

    async with grid_with(Scored(8)) as (app, _):
        assert "0.99 000000.png" in lines_of(app)[app.grid.geometry.picture[1]]
        assert "0.98 000001.png" in lines_of(app)[app.grid.geometry.picture[1]]


async def test_a_list_that_cannot_be_read_is_said_and_the_grid_stays():
    class Broken(CountingSource):
        def items(self, start: int, stop: int) -> list[Item | None]:
            raise CatalogError("catalog.sqlite is damaged")

    app = GridApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.grid.show(Broken(30), Paints())  # type: ignore[arg-type]
        await until(pilot, lambda: app.failed == ["catalog.sqlite is damaged"])
        await press_all(pilot, "l j")
        assert app.is_running


async def test_another_list_takes_the_place_and_late_answers_of_the_first_are_dropped():
    class Slow(CountingSource):
        def items(self, start: int, stop: int) -> list[Item | None]:
            second_is_shown.wait(PATIENCE)
            return [Item(picture(number, "old.png")) for number in range(start, stop)]

    second_is_shown = threading.Event()
    app = GridApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.grid.show(Slow(4), Paints())  # type: ignore[arg-type]
        app.grid.show(CountingSource(4), Paints())  # type: ignore[arg-type]
        second_is_shown.set()
        await until(pilot, lambda: app.grid.current)
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "old.png" not in "".join(lines_of(app))
        assert app.grid.current.picture.name == "000000.png"  # type: ignore[union-attr]


HOSTILE = [
    "two\nlines.png",
    "\x1b[31mred\x1b[0m.png",
    "\x1b]0;title\x07.png",
    "\x9b2Jc1.png",
    "[bold red]markup[u].png",
    "[@click=app.quit]x.png",
    b"latin-\xe4\xff.png",
    "\u202egnp.exe.png",
    "zero\u200bwidth.png",
    "tab\there.png",
    "\r\rreturn.png",
    "漢字の名前がとても長いです.png",
    "👩\u200d👩\u200d👧 family ❤️.png",
    "e\u0301\u0301\u0301\u0301combining.png",
    "\u2028line\u2029.png",
    "a" * 255,
    "\ufeffbom.png",
    "\U000e0041tag.png",
]


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (23, 11)])
async def test_hostile_names_are_shown_literally_in_lines_of_the_right_width(size: tuple[int, int]):
    async with grid_with(CountingSource(len(HOSTILE), HOSTILE), size=size) as (app, pilot):
        for app.grid.cursor in (0, 7, len(HOSTILE) - 1):
            await pilot.pause()
            for strip in strips_of(app):
                assert strip.cell_length == size[0]
                for segment in strip:
                    assert not [c for c in segment.text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
                assert sum(cell_len(segment.text) for segment in strip) == size[0]


async def test_hostile_names_keep_what_tells_them_apart():
    async with grid_with(CountingSource(len(HOSTILE), HOSTILE), size=(101, 60)) as (app, _):
        shown = "\n".join(lines_of(app))
        for part in ("two\\nlines.png", "\\x1b[31", "[bold red", "\\xe4\\xff.png", "\\u202egnp", "漢字", "tab\\there"):
            assert part in shown


# -- sizes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (20, 6), (80, 24), (200, 60)])
async def test_any_size_is_drawn_without_a_gap(size: tuple[int, int]):
    app = GridApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.grid.show(CountingSource(50), Paints())  # type: ignore[arg-type]
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert [cell_len(line) for line in lines_of(app)] == [size[0]] * size[1]


async def test_resizing_keeps_the_cursor_on_its_picture_and_in_sight():
    async with grid_with(CountingSource(500)) as (app, pilot):
        app.grid.cursor = 300
        for size in ((40, 12), (200, 60), (20, 9), (80, 24)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: app.grid.size.height == size[1])
            high = app.grid.geometry.cell[1]
            top = 300 // app.grid.columns * high - app.grid.scroll_offset.y
            assert app.grid.cursor == 300
            assert 0 <= top <= size[1] - high


async def test_smaller_pictures_stand_closer():
    async with grid_with(CountingSource(500)) as (app, pilot):
        columns = {}
        for in_row in (0, 1, 8, 80):
            app.grid.set_pictures_in_row(in_row)
            await pilot.pause()
            columns[in_row] = app.grid.columns
        assert columns == {0: 4, 1: 1, 8: 8, 80: 13}


async def test_a_list_that_grows_keeps_what_is_on_show():
    paints = Paints()
    async with grid_with(CountingSource(4), paints) as (app, pilot):
        before = lines_of(app)[: app.grid.geometry.cell[1]]
        app.grid.show(CountingSource(400), paints, cursor=0)  # type: ignore[arg-type]
        assert lines_of(app)[: len(before)] == before  # at once, before anything was fetched
        await until(pilot, lambda: 9 in paints.asked)
        assert paints.asked.count(0) == 1


def test_item_paths_are_bytes_so_that_any_name_is_a_name():
    assert picture(1, b"\xff").name == "\udcff"
    assert Path(os.fsdecode(picture(1, b"\xff").path)).name == "\udcff"
