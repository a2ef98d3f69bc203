"""The tour in the app: it notices what was done, waits for vectors, is left by a key for ever, and begins again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from app_helpers import (
    SMALL,
    WordEncoder,
    choose_vec_type,
    collection,
    fill_at_random,
    flat,
    running,
    running_job,
    said,
    text_of,
    until,
)
from textual.widgets import Select

from core.project import Project
from core.vectors.encoder import EncoderProcess
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.results.action_form import ActionForm
from tui.screens.results.results import ResultsScreen
from tui.tour.state import remember_step, step_to_go_on_with
from tui.tour.steps import STEPS
from tui.widgets.tour_strip import TourStrip

FOLDED = (60, 20)
NAMES = [step.name for step in STEPS]


@pytest.fixture
def demo(home: Path) -> Iterator[Project]:
    """A project where that of the demo lies, with vectors of two models."""
    with collection(home / "demo", [f"{number:02}.png" for number in range(12)]) as project:
        for seed, name in enumerate(("effnet-lite0", "conse")):
            fill_at_random(project, name, seed=seed)
        yield project


def strip(app: Pictoscope) -> str:
    """What the tour says on the screen on top; empty where it says nothing."""
    found = list(app.screen.query(TourStrip))
    return str(found[0].visual) if found else ""


async def at(app: Pictoscope, pilot: Any, step: str) -> None:
    """Wait until the tour is at a step, and the strip shows it."""
    number = NAMES.index(step)
    await until(pilot, lambda: app.tour._number == number and strip(app).startswith(f"Tour {number + 1}/{len(STEPS)}"))


@pytest.mark.parametrize("size", [SMALL, FOLDED])
async def test_each_step_is_noticed_when_it_was_done(demo: Project, size: tuple[int, int]):
    async with running(demo, size) as (app, pilot):
        app.encoder.close()
        app.encoder = cast("EncoderProcess", WordEncoder())
        await at(app, pilot, "look")
        assert "> shows larger pictures" in strip(app)
        assert app.screen.query_one(TourStrip).region.bottom <= app.screen.query_one("#grid").region.y
        await pilot.press("greater_than_sign")
        await at(app, pilot, "move")
        await pilot.press("right")
        await at(app, pilot, "large")
        await pilot.press("enter")
        await at(app, pilot, "similar")
        await until(pilot, lambda: "s finds" in strip(app))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ActionForm) and "enter runs it" in strip(app))
        await until(pilot, lambda: app.screen.query_one("#vec_type", Select).value == "conse")
        await pilot.press("enter")
        await at(app, pilot, "refine")
        await pilot.press("right", "plus")
        await at(app, pilot, "text")
        await pilot.press("slash")
        await until(pilot, lambda: "type: a musical instrument" in strip(app))
        await pilot.press("o", "w", "l", "enter")
        await at(app, pilot, "clusters")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        await pilot.press("enter")
        await at(app, pilot, "tag")
        await pilot.press("ctrl+g")  # which skips it
        await at(app, pilot, "filter")
        assert "goes back" in strip(app)
        while not isinstance(app.screen, BrowseScreen):
            await pilot.press("escape")
        await pilot.press("f")
        await until(pilot, lambda: "type folder:animals" in strip(app))
        await pilot.press("0", "1", "enter")
        await at(app, pilot, "duplicates")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        await pilot.press("enter")
        await until(pilot, lambda: "q leaves" in strip(app))
        await pilot.press("q")
        await at(app, pilot, "recommend")


async def test_compare_and_map_are_left_when_the_person_leaves_them(demo: Project):
    remember_step(NAMES.index("compare"))
    async with running(demo, SMALL) as (app, pilot):
        await at(app, pilot, "compare")
        await pilot.press("equals_sign")
        await until(pilot, lambda: "b asks you which finds better" in flat(app))
        await pilot.press("q")
        await at(app, pilot, "map")
        await pilot.press("m")
        await until(pilot, lambda: "+ and - zoom" in strip(app))
        await pilot.press("q")
        await at(app, pilot, "help")


async def test_the_strip_of_the_screen_below_a_dialog_says_the_same(demo: Project):
    remember_step(NAMES.index("vectors"))
    async with running(demo, SMALL) as (app, pilot):
        await at(app, pilot, "vectors")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ActionForm) and strip(app))
        strips = [one for shown in app.screen_stack for one in shown.query(TourStrip)]
        assert len(strips) == 2
        await until(pilot, lambda: len({str(one.visual) for one in strips}) == 1)
        await until(pilot, lambda: text_of(app).count("leaves the tour") == 1)


async def test_tagging_is_noticed(demo: Project):
    remember_step(NAMES.index("tag"))
    async with running(demo, SMALL) as (app, pilot):
        await at(app, pilot, "tag")
        await pilot.press("t")
        await until(pilot, lambda: "type a name" in strip(app))
        await pilot.press("x", "enter")
        await at(app, pilot, "filter")


async def test_other_vectors_are_noticed(demo: Project):
    remember_step(NAMES.index("vectors"))
    async with running(demo, SMALL) as (app, pilot):
        await at(app, pilot, "vectors")
        await until(pilot, lambda: "s asks for similar pictures" in strip(app))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        await until(pilot, lambda: app.screen.query_one("#vec_type", Select).value == "conse")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and app.screen.has_answer)
        await until(pilot, lambda: "v asks the same" in strip(app))
        await pilot.press("v")
        await until(pilot, lambda: app.screen.query_one("#vec_type", Select).value == "conse")
        await choose_vec_type(pilot, "effnet-lite0")
        await pilot.press("enter")
        await at(app, pilot, "compare")


async def test_the_last_step_ends_the_tour(demo: Project):
    remember_step(NAMES.index("help"))
    async with running(demo, SMALL) as (app, pilot):
        await at(app, pilot, "help")
        await pilot.press("question_mark")
        await until(pilot, lambda: "that was the tour" in strip(app))
        assert step_to_go_on_with() is None
        await pilot.press("ctrl+t")
        await until(pilot, lambda: not strip(app))
        assert not said(app)


async def test_one_key_leaves_it_for_ever_and_the_palette_begins_it_again(demo: Project):
    async with running(demo, SMALL) as (app, pilot):
        await at(app, pilot, "look")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ActionForm) and strip(app))
        await pilot.press("ctrl+t")  # from within a dialog
        await until(pilot, lambda: not any(screen.query(TourStrip) for screen in app.screen_stack))
        await pilot.press("escape", "ctrl+g", "ctrl+t")
        assert said(app) == ["the tour is left · the command palette begins it again"], "then they do nothing"
    async with running(demo, SMALL) as (app, pilot):
        await pilot.press("right")
        assert not strip(app)
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert "Tour of the demo" in titles
        app.action_begin_tour()
        await at(app, pilot, "look")


async def test_it_goes_on_where_it_stood(demo: Project):
    remember_step(NAMES.index("large"))
    async with running(demo, SMALL) as (app, pilot):
        await at(app, pilot, "large")


async def test_no_other_project_has_a_tour(tmp_path: Path):
    with collection(tmp_path / "pictures", ["a.png"]) as project:
        fill_at_random(project, "effnet-lite0")
        async with running(project, SMALL) as (app, pilot):
            await pilot.press("right")
            assert not app.tour.is_on
            assert not strip(app)


async def test_while_vectors_are_computed_it_waits_and_says_so(home: Path):
    remember_step(NAMES.index("similar"))
    with collection(home / "demo", ["a.png", "b.png", "c.png"]) as project:
        fill_at_random(project, "effnet-lite0", only=1)
        progress = {"done": 1, "failed": 0, "total": 3, "rate": 0.0, "seconds": 1.0}
        lock = running_job(project, "1", "effnet-lite0", [("progress", progress)])
        async with running(project, FOLDED) as (app, pilot):
            await until(pilot, lambda: "waits for vectors: 1 of 3 · look around meanwhile" in strip(app))
            lock.release()
            await until(pilot, lambda: "s finds what looks like this picture" in strip(app))


async def test_without_vectors_and_job_it_says_who_creates_them(home: Path):
    remember_step(NAMES.index("similar"))
    with collection(home / "demo", ["a.png", "b.png"]) as project:
        async with running(project, FOLDED) as (app, pilot):
            await until(pilot, lambda: "this needs vectors: g, then n creates some" in flat(app))
