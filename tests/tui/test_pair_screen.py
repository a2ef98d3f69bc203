"""Two pictures: side by side with one zoom, in turns in one place, and their difference."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from app_helpers import (
    SMALL,
    WordEncoder,
    fill_at_random,
    flat,
    grid_of,
    keys_named,
    lines_of,
    running,
    said,
    shown,
    text_of,
    until,
    words,
)
from PIL import Image
from textual.pilot import Pilot

from core.actions.duplicates import DUPLICATES
from core.actions.run import Question
from core.arrays import Rows, normalise
from core.labels.tags import Tags
from core.project import Project
from core.vectors.encoder import EncodingSpec
from tests.duplicates_project import make
from tests.patience import PATIENCE
from tui.app import Pictoscope
from tui.screens.browse.pair import _PERIODS, PairScreen
from tui.screens.results.duplicates import DuplicatesScreen
from tui.widgets.pair_pane import PairPane
from tui.widgets.picture_facts import facts_of
from tui.widgets.picture_source import Item
from tui.widgets.picture_view import PictureView
from tui.widgets.progress import JobLine
from tui.widgets.side_by_side import SideBySide


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[Project]:
    """A picture, one in which some pixels differ, a smaller one, another one, and half a one."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    across = np.linspace(0, 250, 80)[None, :, None] + np.zeros((60, 1, 3))
    values = across.astype(np.uint8)
    Image.fromarray(values).save(folder / "a.png")
    values[:6, :40] += 5
    Image.fromarray(values).save(folder / "b.png")
    Image.fromarray(values).resize((40, 30)).save(folder / "c.png")
    Image.new("RGB", (30, 90), (200, 30, 30)).save(folder / "d.png")
    (folder / "e.png").write_bytes((folder / "a.png").read_bytes()[:80])
    with Project.open_or_create(folder) as opened:
        opened.scan()
        yield opened


async def compare(app: Pictoscope, pilot: Pilot[int], *names: str) -> PairScreen:
    """Select pictures in the grid and compare them."""
    for name in names:
        grid_of(app).cursor = shown(app).index(name)
        await pilot.press("space")
    await pilot.press("W")
    await until(pilot, lambda: isinstance(app.screen, PairScreen))
    screen = app.screen
    assert isinstance(screen, PairScreen)
    await until(pilot, lambda: all_drawn(screen))
    return screen


def panes(app: Pictoscope) -> list[PairPane]:
    """Those in sight."""
    return [pane for pane in app.screen.query(PairPane) if pane.display]


def all_drawn(screen: PairScreen) -> bool:
    return all(pane.query_one(PictureView).drawing for pane in screen.query(PairPane) if pane.display)


def caption(app: Pictoscope, pane: int = 0) -> str:
    return words(app, "#second .caption" if pane else "#first .caption")


async def test_two_selected_pictures_stand_side_by_side(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        await compare(app, pilot, "a.png", "b.png")
        assert "Two pictures: side by side" in words(app, "#header")
        assert "a.png\n80 x 60 · PNG" in caption(app)
        assert "b.png\n80 x 60 · PNG" in caption(app, 1)
        first, second = panes(app)
        assert first.region.size == second.region.size
        assert first.region.y == second.region.y
        assert app.screen.query(JobLine)
        await pilot.press("q")
        assert not isinstance(app.screen, PairScreen)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (108, 28)])
async def test_no_fact_is_cut_and_the_pictures_keep_one_height(pictures: Project, size: tuple[int, int]) -> None:
    async with running(pictures, size) as (app, pilot):
        await compare(app, pilot, "a.png", "c.png")
        for pane, each in enumerate(panes(app)):
            by_name = {item.picture.name: item.picture for item in grid_items(pictures)}
            lines = caption(app, pane).splitlines()
            assert " · ".join(line for line in lines[1:-1] if line) == " · ".join(facts_of(by_name[lines[0]]))
            assert len(lines) <= each.query_one(".caption").region.height
        views = [pane.query_one(PictureView) for pane in panes(app)]
        assert views[0].size == views[1].size


def grid_items(project: Project) -> list[Item]:
    """All pictures."""
    catalog = project.catalog
    return [Item(picture, None) for picture in catalog.pictures(catalog.picture_ids())]


@pytest.mark.parametrize("size", [(50, 24), (80, 60)], ids=["narrow", "high"])
async def test_where_it_is_narrow_they_stand_one_above_the_other(pictures: Project, size: tuple[int, int]) -> None:
    async with running(pictures, size) as (app, pilot):
        await compare(app, pilot, "a.png", "b.png")
        first, second = panes(app)
        await until(pilot, lambda: first.region.bottom <= second.region.y)
        assert first.region.size == second.region.size


async def test_both_zoom_and_move_alike_until_they_are_unlinked(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        await compare(app, pilot, "a.png", "c.png")
        first, second = panes(app)
        await pilot.press("+", "+", "right", "down")
        assert first.zoom == second.zoom
        assert (round(first.zoom.factor, 6), round(first.zoom.x, 6), round(first.zoom.y, 6)) == (2, 0.625, 0.625)
        assert "zoom 2.0 · linked" in words(app, "#header")
        await pilot.press("x", "tab", "0")
        assert second.zoom.is_whole and not first.zoom.is_whole
        assert "unlinked" in words(app, "#header")
        assert "▸ c.png" in caption(app, 1)
        await pilot.press("tab", "x")  # linked again: as the active one
        assert second.zoom == first.zoom and not first.zoom.is_whole
        await pilot.press("0")
        assert first.zoom.is_whole and second.zoom.is_whole
        await pilot.press("1")
        assert first.zoom == second.zoom


async def test_fewer_than_two_or_very_many_pictures_are_not_compared(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        await pilot.press("W")
        assert said(app)[-1] == "Two pictures side by side: select two pictures to compare · space selects"
        await pilot.press("space", "W")
        assert "select two to 100 pictures" in said(app)[-1]
        assert not isinstance(app.screen, PairScreen)


async def test_of_more_pictures_the_first_is_compared_with_each_of_the_others(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        await compare(app, pilot, "c.png", "a.png", "b.png")
        assert "Two pictures: 1 of 2" in words(app, "#header")
        await pilot.press("left")
        assert "Two pictures: 1 of 2" in words(app, "#header")
        await pilot.press("right")
        assert "Two pictures: 2 of 2" in words(app, "#header")
        assert caption(app).startswith("c.png") and caption(app, 1).startswith("b.png")
        await pilot.press("pagedown", "pageup")
        assert "Two pictures: 1 of 2" in words(app, "#header")


async def test_blink_shows_both_in_turns_at_one_size_and_says_its_rate(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        screen = await compare(app, pilot, "a.png", "c.png")
        await pilot.press("b")
        await until(pilot, lambda: all_drawn(screen) and len(panes(app)) == 1)
        view = panes(app)[0].query_one(PictureView)
        assert view.count == 2
        seen = set()

        def note() -> bool:
            seen.add(caption(app).split("\n")[0])
            return len(seen) == 2

        await until(pilot, note)
        assert seen == {"●○ a.png", "○● c.png"}
        one, other = view._drawings
        assert len(one.lines) == len(other.lines)
        assert "every 0.5 s" in caption(app) and "each change sends" in caption(app)
        await pilot.press("f")
        assert "every 0.35 s" in caption(app)
        await pilot.press("f", "s", "s")
        assert "every 1 s" in caption(app)
        await pilot.press("b")
        assert len(panes(app)) == 2


def test_no_rate_is_fast_enough_to_cause_seizures() -> None:
    assert 1 / min(_PERIODS) < 3


async def test_space_blinks_by_hand(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        screen = await compare(app, pilot, "a.png", "b.png")
        await pilot.press("space")
        await until(pilot, lambda: all_drawn(screen) and len(panes(app)) == 1)
        assert "by hand" in caption(app) and "●○ a.png" in caption(app)
        await pilot.press("space")
        await until(pilot, lambda: "○● b.png" in caption(app))
        await pilot.press("space")
        await until(pilot, lambda: "●○ a.png" in caption(app))


async def test_nothing_is_turned_while_the_terminal_is_busy(pictures: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(pictures) as (app, pilot):
        screen = await compare(app, pilot, "a.png", "b.png")
        await pilot.press("b")
        await until(pilot, lambda: all_drawn(screen) and len(panes(app)) == 1)
        pane = panes(app)[0]
        before = pane.number
        with monkeypatch.context() as busy:
            busy.setattr(type(app.pictures), "is_idle", property(lambda self: False))
            for _ in range(3):
                pane._turn_if_idle()
            assert pane.number == before
        pane._turn_if_idle()
        assert pane.number == 1 - before


async def test_the_difference_is_said_and_shown(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        await compare(app, pilot, "a.png", "b.png")
        await pilot.press("+", "d")
        await until(pilot, lambda: "5.0 % of pixels differ, most by 5 of 255" in caption(app))
        assert "the difference times 32" in caption(app)
        assert not panes(app)[0].zoom.is_whole  # as before
        await pilot.press("d")
        assert len(panes(app)) == 2


async def test_a_difference_of_other_sizes_says_how_they_were_compared(pictures: Project) -> None:
    async with running(pictures, SMALL) as (app, pilot):
        await compare(app, pilot, "b.png", "c.png")
        await pilot.press("d")
        await until(pilot, lambda: "at 40 x 30 (the larger one scaled)" in caption(app))
        await pilot.press("q")
        await pilot.press("escape")
        await compare(app, pilot, "a.png", "d.png")
        await pilot.press("d")
        await until(pilot, lambda: "stretched)" in caption(app))


class PixelEncoder(WordEncoder):
    """A picture's row is how dark each sixty-fourth of it is."""

    def pictures(self, how: EncodingSpec, paths: Sequence[bytes]) -> Rows:
        rows = np.zeros((len(paths), how.vec_type.spec.dim))
        for row, path in zip(rows, paths, strict=True):
            with Image.open(os.fsdecode(path)) as picture:
                row[:64] = 255.0 - np.asarray(picture.convert("L").resize((8, 8))).ravel()
        return normalise(rows)


async def test_why_a_model_finds_them_alike_is_shown_on_both(pictures: Project) -> None:
    fill_at_random(pictures, "effnet-lite0")
    async with running(pictures) as (app, pilot):
        app.encoder = PixelEncoder()  # type: ignore[assignment]
        await compare(app, pilot, "a.png", "b.png")
        await pilot.press("w")
        for pane in (0, 1):
            await until(pilot, lambda pane=pane: "alike by 1.00 · rests most on the" in caption(app, pane))
        assert len(panes(app)) == 2
        assert "why alike, as effnet-lite0 sees it" in lines_of(app)[0]
        await pilot.press("w")
        await until(pilot, lambda: "80 x 60" in caption(app))


async def test_another_view_ends_an_explanation(pictures: Project) -> None:
    fill_at_random(pictures, "effnet-lite0")
    asked, may_go_on = threading.Event(), threading.Event()

    class SlowEncoder(PixelEncoder):
        calls = 0

        def pictures(self, how: EncodingSpec, paths: Sequence[bytes]) -> Rows:
            self.calls += 1
            asked.set()
            may_go_on.wait(PATIENCE)
            return super().pictures(how, paths)

    async with running(pictures) as (app, pilot):
        app.encoder = slow = SlowEncoder()  # type: ignore[assignment]
        await compare(app, pilot, "a.png", "b.png")
        await pilot.press("w")
        await until(pilot, asked.is_set)
        await pilot.press("w")
        may_go_on.set()
        await until(pilot, lambda: "80 x 60" in caption(app) and all(worker.is_finished for worker in app.workers))
        assert slow.calls == 1  # of fifteen


async def test_without_vectors_why_says_what_is_missing(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        await compare(app, pilot, "a.png", "b.png")
        await pilot.press("w")
        await until(pilot, lambda: "there are no vectors yet" in caption(app))
        assert all(pane.query_one(PictureView).drawing for pane in panes(app))


async def test_what_cannot_be_read_says_why_in_every_view(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        for name in ("a.png", "e.png"):
            grid_of(app).cursor = shown(app).index(name)
            await pilot.press("space")
        await pilot.press("W")
        await until(pilot, lambda: isinstance(app.screen, PairScreen) and "cannot be read" in caption(app, 1))
        assert "80 x 60" in caption(app)
        for key in ("b", "d"):
            await pilot.press(key)
            await until(pilot, lambda: "cannot be read" in caption(app))


async def test_labels_are_for_both_pictures(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        screen = await compare(app, pilot, "a.png", "b.png")
        assert [item.picture.name for item in screen.chosen] == ["a.png", "b.png"]
        Tags(pictures.catalog).add("kept", keys_named(pictures, "a.png"))
        assert len(screen.exports) == 2


async def test_pictures_that_have_left_the_project_are_passed_over(pictures: Project) -> None:
    async with running(pictures) as (app, pilot):
        screen = await compare(app, pilot, "a.png", "b.png", "c.png")
        at = screen._pairs.at
        object.__setattr__(screen._pairs, "at", lambda position: None if position else at(0))
        await pilot.press("right")
        assert caption(app, 1).startswith("b.png")
        assert "1 of 2" in words(app, "#header")


async def test_duplicates_are_compared_pair_by_pair_and_the_review_follows(tmp_path: Path) -> None:
    with make(tmp_path / "pictures") as project:
        async with running(project, (120, 32)) as (app, pilot):
            await app.push_screen(DuplicatesScreen(project, Question.of(DUPLICATES, {})))
            await until(pilot, lambda: words(app, "#standing"))
            review = app.screen
            await pilot.press("W")
            await until(pilot, lambda: isinstance(app.screen, PairScreen) and all_drawn(app.screen))
            assert "keep?" in caption(app) and "remove?" in caption(app, 1)
            total = int(words(app, "#header").split("of ")[1].split(",")[0])
            groups = review._review.groups  # type: ignore[attr-defined]
            assert total == sum(len(group.copies) - 1 for group in groups)
            for _ in range(total):
                await pilot.press("right")
            assert f"{total} of {total}" in words(app, "#header")
            await pilot.press("escape")
            assert app.screen is review
            assert f"group {len(groups)} of {len(groups)}" in words(app, "#standing")
            side = review.query_one(SideBySide)
            assert side.cursor == len(side._copies) - 1


async def test_hostile_names_are_made_printable(pictures: Project) -> None:
    folder = pictures.folders[0]
    (folder / "\x1b[31m[b]red.png").write_bytes((folder / "a.png").read_bytes() + b"x")
    pictures.scan()
    async with running(pictures) as (app, pilot):
        await compare(app, pilot, "a.png", "\x1b[31m[b]red.png")
        for keys in ((), ("b",), ("d",)):
            await pilot.press(*keys)
            await until(pilot, lambda: "[b]red.png" in flat(app))
            assert all(line.isprintable() for line in lines_of(app)), text_of(app)
