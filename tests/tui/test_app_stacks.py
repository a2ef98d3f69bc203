"""Stacks in the app: Browse shows one picture of each and says how many lie behind; Duplicates makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from app_helpers import SMALL, current, flat, grid_of, keys_named, names_of, running, said, shown, text_of, until, words
from cli_helpers import Run
from textual.pilot import Pilot

from core.actions.duplicates import DUPLICATES
from core.actions.run import Question
from core.catalog.catalog import Catalog
from core.filters.ordering import Order, Sortable
from core.labels.decisions import DecisionKind, Decisions
from core.labels.groups import Groups
from core.labels.stacks import Stacks
from core.labels.undo import History
from core.project import Project
from tests.duplicates_project import make
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.browse_list import BrowseQuery, find
from tui.screens.results.duplicates import DuplicatesScreen
from tui.widgets.side_by_side import SideBySide


@asynccontextmanager
async def browsing(
    project: Project, pictures: int, size: tuple[int, int] = SMALL
) -> AsyncIterator[tuple[Pictoscope, Pilot[int]]]:
    """Browse, with this many pictures in the grid."""
    async with running(project, size, listed=False) as (app, pilot):
        await until(pilot, lambda: len(grid_of(app).source or ()) == pictures and grid_of(app).current)
        yield app, pilot


def stack(project: Project, *names: str) -> None:
    Stacks(project.catalog).stack(keys_named(project, *names))


async def test_browse_shows_the_top_and_a_key_unfolds(project: Project) -> None:
    names = names_of(project)
    stack(project, "fir.png", "alder.png", "owl.png")
    async with browsing(project, 10) as (app, pilot):
        assert shown(app) == [name for name in names if name not in ("alder.png", "owl.png")]
        assert "12 pictures, 2 behind stacks" in words(app, "#header")
        await until(pilot, lambda: "▣3 fir.png" in text_of(app))
        grid_of(app).cursor = shown(app).index("fir.png")
        await until(pilot, lambda: current(app) == "fir.png")
        await pilot.press("z")
        await until(pilot, lambda: len(shown(app)) == 12)
        at = shown(app).index("fir.png")
        assert shown(app)[at : at + 3] == ["fir.png", "alder.png", "owl.png"]
        assert "12 pictures" in words(app, "#header") and "behind" not in words(app, "#header")
        assert current(app) == "fir.png"
        await until(pilot, lambda: "▣1/3 fir.png" in text_of(app) and "▣3/3 owl.png" in text_of(app))
        await pilot.press("right", "right")
        await until(pilot, lambda: current(app) == "owl.png")
        await pilot.press("z")  # from what lies behind: the cursor goes to the top
        await until(pilot, lambda: len(shown(app)) == 10 and current(app) == "fir.png")
        await pilot.press("home", "z")
        await until(pilot, lambda: any("no stack here" in text for text in said(app)))


async def test_a_selection_is_stacked_and_parted_and_each_is_undone(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        names, stacks = shown(app), Stacks(project.catalog)
        await pilot.press("space", "right")
        await until(pilot, lambda: current(app) == names[2])
        await pilot.press("space", "left")
        await until(pilot, lambda: "2 selected" in words(app, "#header") and current(app) == names[2])
        await pilot.press("Z")  # what is under the cursor is selected: it is on top
        await until(pilot, lambda: shown(app) == names[1:])
        assert "selected" not in words(app, "#header")
        assert stacks.all() == [tuple(keys_named(project, names[2], names[0]))]
        await until(pilot, lambda: current(app) == names[2])
        await pilot.press("X")  # it is folded: all of it
        await until(pilot, lambda: shown(app) == names)
        await pilot.press("u")
        await until(pilot, lambda: shown(app) == names[1:])
        await pilot.press("u")
        await until(pilot, lambda: shown(app) == names)
        assert not stacks.any()
        await pilot.press("home", "Z")
        await until(pilot, lambda: "a stack needs two pictures or more" in flat(app))


async def test_one_of_an_unfolded_stack_goes_on_top_or_out(project: Project) -> None:
    stack(project, "fir.png", "alder.png", "owl.png")
    async with browsing(project, 10) as (app, pilot):
        grid_of(app).cursor = shown(app).index("fir.png")
        await until(pilot, lambda: current(app) == "fir.png")
        await pilot.press("z")
        await until(pilot, lambda: len(shown(app)) == 12)
        await pilot.press("right")
        await until(pilot, lambda: current(app) == "alder.png")
        await pilot.press("Z")
        stacks, keys = Stacks(project.catalog), keys_named(project, "alder.png", "fir.png", "owl.png")
        await until(pilot, lambda: stacks.all() == [tuple(keys)])
        await until(pilot, lambda: "▣1/3 alder.png" in text_of(app) and current(app) == "alder.png")
        await pilot.press("X")
        await until(pilot, lambda: stacks.all() == [tuple(keys[1:])])


def test_every_list_that_browse_shows_is_folded(project: Project) -> None:
    stack(project, "fir.png", "alder.png", "owl.png")
    names = names_of(project)
    Groups(project.catalog).save(
        "mine", [(key, None) for key in keys_named(project, "owl.png", "elm.png", "alder.png")]
    )

    def listed(wanted: BrowseQuery) -> tuple[list[str], int, int]:
        found = find(project, wanted)
        whole = found.whole or found.source
        items = found.source.items(0, len(found.source))
        return [item.picture.name for item in items if item], found.behind, len(whole)

    by_name = Order(by=Sortable("name", "text"), descending=True)
    kept = [name for name in names if name not in ("alder.png", "owl.png")]
    assert listed(BrowseQuery()) == (kept, 2, 12)
    assert listed(BrowseQuery(order=by_name)) == (sorted(kept, reverse=True), 2, 12)
    assert listed(BrowseQuery(filter="stacked")) == (["fir.png"], 2, 3)
    assert listed(BrowseQuery(filter="owl or alder")) == (["alder.png"], 1, 2)  # the top is not among them
    assert listed(BrowseQuery(filter="not stacked")) == ([name for name in kept if name != "fir.png"], 0, 9)
    assert listed(BrowseQuery(group="mine")) == (["elm.png", "alder.png"], 1, 3)
    assert listed(BrowseQuery(group="mine", order=by_name)) == (["elm.png", "alder.png"], 1, 3)


async def test_groups_of_an_order_are_folded_and_exports_say_what_they_hold(project: Project) -> None:
    stack(project, "fir.png", "alder.png", "owl.png")
    async with browsing(project, 10) as (app, pilot):
        assert isinstance(app.screen, BrowseScreen)
        assert [offer.title for offer in app.screen.exports][-2:] == [
            "these 10 pictures",
            "these and the pictures behind them (12 pictures)",
        ]
        app.screen._show(BrowseQuery(order=Order(group=Sortable("folder", "text"))))
        await until(pilot, lambda: "of 12 pictures" in words(app, "#header"))
        await until(pilot, lambda: "alder.png" not in shown(app) and "fir.png" in shown(app))
        assert ", 1 behind stacks" in words(app, "#header")


# -- Duplicates --------------------------------------------------------------------------------------------------------


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Project]:
    """Eight files of which four are one too many, in three groups."""
    with make(tmp_path / "pictures") as opened:
        yield opened


@asynccontextmanager
async def reviewing(project: Project) -> AsyncIterator[tuple[Pictoscope, Pilot[int]]]:
    async with running(project, SMALL, listed=False) as (app, pilot):
        await app.push_screen(DuplicatesScreen(project, Question.of(DUPLICATES, {"list": "all"})))
        await until(pilot, lambda: words(app, "#standing"))
        yield app, pilot


async def go_to(pilot: Pilot[int], app: Pictoscope, name: bytes) -> None:
    await pilot.press("home")
    side = app.screen.query_one(SideBySide)
    while all(not copy.file.path.endswith(name) for copy in side._copies):
        before = words(app, "#standing")
        await pilot.press("pagedown")
        assert words(app, "#standing") != before
    side.cursor = next(at for at, copy in enumerate(side._copies) if copy.file.path.endswith(name))
    await pilot.pause()


def stacked_names(catalog: Catalog) -> list[list[str]]:
    found = catalog.by_keys([key for stack in Stacks(catalog).all() for key in stack])
    return [[found[key].name for key in stack] for stack in Stacks(catalog).all()]


async def test_a_key_stacks_a_group_which_is_decided_then_and_one_step(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        assert "3 to decide" in words(app, "#standing")
        await go_to(pilot, app, b"lion-small.png")
        await pilot.press("z")
        assert "2 to decide" in words(app, "#standing") and "0 marked" in words(app, "#standing")
        assert stacked_names(copies.catalog) == [["lion.png", "lion.png", "lion-small.png"]]
        assert [step.name for step in History(copies.catalog).steps()] == ["stack 3 pictures"]
        await go_to(pilot, app, b"lion-small.png")
        await pilot.press("left", "left")
        assert "kept: on top of its stack" in text_of(app) and "behind the top of its stack" in text_of(app)
        await pilot.press("u")
        assert "3 to decide" in words(app, "#standing")
        assert (stacked_names(copies.catalog), History(copies.catalog).steps()[0].undone) == ([], True)
        await go_to(pilot, app, b"backup/owl.png")
        await pilot.press("z")
        await until(pilot, lambda: "they are one picture" in flat(app))


async def test_what_is_stacked_is_never_asked_again_nor_listed(copies: Project) -> None:
    stack(copies, "lion-small.png", "crab.jpg")  # as any program does it
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, b"crab.jpg")
        await pilot.press("z")
        keys = keys_named(copies, "crab.png", "crab.jpg", "lion-small.png")
        assert Stacks(copies.catalog).all() == [tuple(keys)]
    async with reviewing(copies) as (app, pilot):
        assert "2 to decide" in words(app, "#standing")
        await go_to(pilot, app, b"crab.jpg")
        side = app.screen.query_one(SideBySide)
        assert all(copy.decided and copy.keep for copy in side._copies)
        await go_to(pilot, app, b"lion-small.png")
        await pilot.press("enter")
        marked = Decisions(copies.catalog).remembered(DecisionKind.MARKED)
        assert marked and not marked & set(keys)


async def test_in_a_stack_b_puts_on_top_and_a_mark_takes_out(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, b"lion-small.png")
        await pilot.press("z")
        await go_to(pilot, app, b"lion-small.png")
        await pilot.press("b")
        assert stacked_names(copies.catalog) == [["lion-small.png", "lion.png", "lion.png"]]
        assert "0 marked" in words(app, "#standing")
        await go_to(pilot, app, b"lion-small.png")
        await pilot.press("space")
        assert "1 marked" in words(app, "#standing")
        assert stacked_names(copies.catalog) == [["lion.png", "lion.png"]]
        assert Decisions(copies.catalog).remembered(DecisionKind.MARKED) == set(keys_named(copies, "lion-small.png"))
        await pilot.press("u", "u", "u")
        assert (stacked_names(copies.catalog), "3 to decide" in words(app, "#standing")) == ([], True)


async def test_what_was_stacked_in_duplicates_is_folded_in_browse(copies: Project) -> None:
    async with browsing(copies, 7) as (app, pilot):
        await app.push_screen(DuplicatesScreen(copies, Question.of(DUPLICATES, {})))
        await until(pilot, lambda: words(app, "#standing"))
        await go_to(pilot, app, b"crab.jpg")
        await pilot.press("z", "q")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and len(shown(app)) == 6)


def test_a_list_for_scripts_never_holds_what_is_stacked(run: Run, copies: Project) -> None:
    where = ("--project", copies.path)
    waiting = run("duplicates", *where, "--list", "rest", "--undecided").out.splitlines()
    assert {Path(path).name for path in waiting} == {"owl.png", "lion.png", "lion-small.png", "crab.jpg"}
    lions = [picture.key for picture in copies.catalog.pictures(copies.catalog.picture_ids()) if "lion" in picture.name]
    Decisions(copies.catalog).remember(DecisionKind.MARKED, "", lions[1:])
    Stacks(copies.catalog).stack(lions)
    stack(copies, "owl.png", "fox.png")  # the same bytes at two paths: one file may go, the picture stays
    rest = run("duplicates", *where, "--list", "rest", "--undecided").out.splitlines()
    assert sorted(Path(path).name for path in rest) == ["crab.jpg", "owl.png"]
    assert run("duplicates", *where, "--list", "marked").out == ""
    History(copies.catalog).undo()
    History(copies.catalog).undo()
    assert len(run("duplicates", *where, "--list", "marked").out.splitlines()) == 2
