"""Where there is nothing yet it is said what to do next, and enter does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from app_helpers import (
    SMALL,
    collection,
    fill_at_random,
    flat,
    grid_of,
    lines_of,
    press_then,
    running,
    type_text,
    until,
)
from textual.widgets import TabbedContent

from core.actions.registry import find
from core.actions.run import Question
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.dialogs.dialogs import keys_of
from tui.screens.labels.label_form import LabelForm
from tui.screens.labels.labels import LabelsScreen
from tui.screens.results.action_form import ActionForm
from tui.screens.results.results import ResultsScreen
from tui.screens.settings.create_vectors import CreateVectors
from tui.screens.settings.settings import SettingsScreen

Opens = Callable[[Pictoscope, Any], Awaitable[None]]


def pressing(*keys: str) -> Opens:
    """Keys that lead there from Browse."""

    async def opens(app: Pictoscope, pilot: Any) -> None:
        await pilot.press(*keys)

    return opens


def asking(name: str, **values: Any) -> Opens:
    """The answer of an action."""

    async def opens(app: Pictoscope, pilot: Any) -> None:
        app.show_answer(Question.of(find(name), values))

    return opens


async def nothing_above_the_cut(app: Pictoscope, pilot: Any) -> None:
    """An answer of which nothing reaches the cut."""
    await asking("similar", like=(_key(app),))(app, pilot)
    await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and len(grid_of(app).source or ()))
    screen = app.screen
    assert isinstance(screen, ResultsScreen)
    screen._cut._cut = 2.0
    screen.action_only()


async def a_filter(app: Pictoscope, pilot: Any) -> None:
    """One that no picture passes."""
    browse = app.screen
    assert isinstance(browse, BrowseScreen)
    browse.show_only(filter="width>90000")


def _key(app: Pictoscope) -> str:
    assert app.project
    catalog = app.project.catalog
    return catalog.pictures(catalog.picture_ids())[0].key.hex()


def is_in(kind: type) -> Callable[[Pictoscope], bool]:
    """Whether a screen is on top."""
    return lambda app: isinstance(app.screen, kind)


def back_in_browse(app: Pictoscope) -> bool:
    """With all pictures."""
    return isinstance(app.screen, BrowseScreen) and len(grid_of(app).source or ()) == 3


STATES: dict[str, tuple[Opens, str, Callable[[Pictoscope], bool]]] = {
    "tags": (pressing("L", "1"), "No tags yet. enter or n creates one", is_in(LabelForm)),
    "properties": (pressing("L", "2"), "No properties yet. enter or n creates one", is_in(LabelForm)),
    "groups": (pressing("L", "3"), "No groups yet. enter goes to the pictures", back_in_browse),
    "filters": (pressing("L", "4"), "No filters yet. enter or n creates one", is_in(LabelForm)),
    "properties of a picture": (pressing("p"), "No properties yet: enter or ctrl+n creates one", is_in(LabelForm)),
    # the search itself finds that there are no vectors, and leads on to the form that creates some
    "history of actions": (pressing("H"), "nothing was asked yet", is_in(ActionForm)),
    "history of decisions": (pressing("H", "2"), "no changes yet", back_in_browse),
    "vectors": (pressing("g"), "No vectors yet. Enter or n creates some", is_in(CreateVectors)),
    "jobs": (pressing("J"), "no jobs yet · enter creates vectors", is_in(CreateVectors)),
    "failures": (pressing("g", "F"), "every picture could be read · enter goes back", is_in(SettingsScreen)),
    "compare": (pressing("="), "a comparison needs two vec types; there are none", is_in(CreateVectors)),
    "duplicates": (asking("duplicates"), "no duplicates · enter searches with other values", is_in(ActionForm)),
    "filter": (a_filter, "no pictures match width>90000 · enter shows all pictures", back_in_browse),
}


ENTER = {  # what the footer says of it there; the others have no key for enter in the footer, or no list
    "tags": "Create",
    "properties": "Create",
    "groups": "To the pictures",
    "filters": "Create",
    "history of actions": "Search",
    "history of decisions": "Back",
    "failures": "Back",
    "compare": "Create vectors",
    "duplicates": "Search again",
}


@pytest.mark.parametrize("state", STATES)
async def test_an_empty_list_its_footer_and_the_help_say_what_to_do_and_enter_does_it(tmp_path: Path, state: str):
    opens, words, then = STATES[state]
    with collection(tmp_path / "pictures", ["a.png", "b.png", "c.png"]) as project:
        async with running(project, SMALL) as (app, pilot):
            await opens(app, pilot)
            await until(pilot, lambda: words in flat(app))
            if tabs := app.screen.query(TabbedContent):
                await until(pilot, lambda: app.screen.focused in tabs.first().query("*") or not tabs)
            if state in ENTER:
                await until(pilot, lambda: f"enter {ENTER[state]}  " in lines_of(app)[-1].replace("│", " "))
                keys = [pair for group in keys_of(app.screen).values() for pair in group]
                assert [text for key, text in keys if "enter" in key.split()] == [ENTER[state]]
            else:
                assert " enter " not in lines_of(app)[-1]
            await pilot.press("enter")
            await until(pilot, lambda: then(app))


async def test_the_footer_says_show_again_when_there_is_a_first_tag(tmp_path: Path):
    with collection(tmp_path / "pictures", ["a.png"]) as project:
        async with running(project, SMALL) as (app, pilot):
            await pilot.press("L")
            await until(pilot, lambda: "enter Create" in lines_of(app)[-1])
            await press_then(pilot, "enter", screen=LabelForm)
            await type_text(pilot, "sea")
            await press_then(pilot, "enter", screen=LabelsScreen)
            await until(pilot, lambda: "enter Show" in lines_of(app)[-1])


async def test_a_cut_that_nothing_reaches_is_taken_back_by_enter(tmp_path: Path):
    with collection(tmp_path / "pictures", [f"{number}.png" for number in range(40)]) as project:
        fill_at_random(project, "effnet-lite0")
        async with running(project, SMALL) as (app, pilot):
            await nothing_above_the_cut(app, pilot)
            await until(pilot, lambda: "nothing reaches the cut" in flat(app) and "enter shows all" in flat(app))
            await pilot.press("enter")
            await until(pilot, lambda: len(grid_of(app).source or ()) > 0)


async def test_an_answer_without_pictures_is_changed_by_enter(tmp_path: Path):
    with collection(tmp_path / "pictures", ["a.png", "b.png", "c.png"]) as project:
        _fill(project)
        async with running(project, SMALL) as (app, pilot):
            await asking("similar", like=(_key(app),), at_least="0.9999")(app, pilot)
            await until(pilot, lambda: "nothing found · enter changes the question" in flat(app))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ActionForm))


def _fill(project: Project) -> None:
    fill_at_random(project, "effnet-lite0")
