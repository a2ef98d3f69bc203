"""The app where there is nothing to compute on: whatever is asked, a sentence offers Restart, and nothing dies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from app_helpers import (
    WordEncoder,
    fill_at_random,
    flat,
    grid_of,
    paint,
    running,
    said,
    until,
)
from textual.widgets import Button

from core.actions.definition import Action
from core.actions.registry import actions, find
from core.actions.run import Question
from core.filters.ordering import Order
from core.project import Project
from tui.screens.browse.browse import BrowseScreen
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.results.action_form import ActionForm
from tui.screens.results.results import ResultsScreen

each_action = pytest.mark.parametrize("action", actions(), ids=lambda action: action.name)


def rewritten(project: Project, folder: Path, left: int = 0) -> None:
    """Vectors of all pictures, of which all but ``left`` are rewritten."""
    for seed, name in enumerate(("effnet-lite0", "conse")):
        fill_at_random(project, name, seed=seed)
    project.update_settings(lambda now: replace(now, default_vec_type="effnet-lite0"))
    for number, path in enumerate(sorted(folder.rglob("*.png"))[left:]):
        paint(path, 100 + number)
    project.scan()


def question(project: Project, action: Action[Any]) -> dict[str, Any]:
    """What is asked as History, a cluster or a form would ask it."""
    catalog = project.catalog
    key = catalog.pictures(catalog.picture_ids())[-1].key.hex()
    return {
        "similar": {"like": (key,)},
        "text_search": {"text": "a cat"},
        "cluster": {},
        "cluster_by": {"names": "cat, dog"},
        "duplicates": {"vec_type": "effnet-lite0"},
        "recommend": {"like": (key,)},
    }[action.name]


@each_action
async def test_the_form_says_that_restart_computes_them(project: Project, folder: Path, action: Action[Any]) -> None:
    rewritten(project, folder)
    async with running(project) as (app, pilot):
        await pilot.press(action.key)
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        await until(pilot, lambda: app.screen.query_one("#restart", Button).display)
        if action.name != "duplicates":  # it goes without vectors too, and says so
            await until(pilot, lambda: "conse 0 / 12" in flat(app) and "Restart starts one" in flat(app))
            assert not app.screen.query_one("#run", Button).display


@each_action
async def test_an_answer_that_cannot_be_is_a_sentence_that_offers_restart(
    project: Project, folder: Path, action: Action[Any]
) -> None:
    rewritten(project, folder)
    async with running(project) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        app.show_answer(Question.of(action, question(project, action)))
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "0 of 12 pictures have" in flat(app)
        assert "Restart" in flat(app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_duplicates_without_vectors_say_that_restart_computes_them(project: Project, folder: Path) -> None:
    rewritten(project, folder)
    async with running(project) as (app, pilot):
        app.show_answer(Question.of(find("duplicates"), {}))
        await until(pilot, lambda: "0 of 12 pictures have effnet-lite0 vectors" in flat(app))


async def test_asked_again_after_the_pictures_changed_the_answer_stays_and_restart_is_said(
    project: Project, folder: Path
) -> None:
    for seed, name in enumerate(("effnet-lite0", "conse")):
        fill_at_random(project, name, seed=seed)
    async with running(project) as (app, pilot):
        app.show_answer(Question.of(find("similar"), question(project, find("similar"))))
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current)
        for number, path in enumerate(sorted(folder.rglob("*.png"))):
            paint(path, 100 + number)
        project.scan()
        await pilot.press("plus")
        await until(pilot, lambda: said(app))
        assert isinstance(app.screen, ResultsScreen)


async def test_browse_ordered_by_similarity_says_that_restart_computes_them(project: Project, folder: Path) -> None:
    rewritten(project, folder)
    async with running(project) as (app, pilot):
        picture = project.catalog.pictures(project.catalog.picture_ids())[0]
        order = Order(like=picture.key, like_name=picture.name, vec_type="effnet-lite0")
        assert isinstance(app.screen, BrowseScreen)
        app.screen._show(replace(app.screen._wanted, order=order))
        await until(pilot, lambda: any("Restart computes them" in text for text in said(app)))
        assert isinstance(app.screen, BrowseScreen)
