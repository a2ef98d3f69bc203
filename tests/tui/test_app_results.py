"""What can be done with an answer: rank again, cut, keep, look within."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from app_helpers import (
    SMALL,
    WordEncoder,
    current,
    fill_at_random,
    fill_with,
    grid_of,
    lines_of,
    running,
    said,
    text_of,
    type_text,
    until,
    words,
)
from textual.widgets import OptionList

from core.actions import registry
from core.actions.answer import Answer, Group
from core.actions.definition import Action, Context
from core.actions.parameters import vec_type_field, where_field
from core.actions.scope import matches, scope
from core.catalog.groups import Groups
from core.errors import UsageError
from core.models.backend import normalise
from core.project import Project
from tui.app import Pictoscope
from tui.screens.results import ResultsScreen


@pytest.fixture
def filled(project: Project) -> Project:
    """Twelve pictures; three of them are much alike by ``effnet-lite0``, the rest are not."""
    catalog = project.catalog
    keys = [picture.key for picture in catalog.pictures(catalog.picture_ids())]
    directions = [[1.0, 0.02 * number, 0, 0] if number < 3 else [0.1, 0, 1, 0.1 * number] for number in range(12)]
    rows = normalise([[*direction, *[0.0] * 1276] for direction in directions])
    fill_with(project, "effnet-lite0", keys, rows)
    fill_at_random(project, "conse", seed=1)
    project.change_settings(replace(project.settings, default_vec_type="effnet-lite0"))
    return project


def shown(app: Pictoscope) -> list[str]:
    """Names of the pictures in the grid."""
    source = grid_of(app).source
    return [item.picture.name for item in source.items(0, len(source)) if item] if source else []


async def ask_similar(app: Pictoscope, pilot: Any) -> None:
    await pilot.press("s", "enter")
    await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current)


async def test_minus_ranks_again_without_the_picture_and_u_brings_it_back(filled: Project):
    async with running(filled) as (app, pilot):
        await ask_similar(app, pilot)
        before, away = shown(app), current(app)
        await pilot.press("minus")
        await until(pilot, lambda: f"unlike {away}" in words(app, "#header"))
        assert sorted(shown(app)) == sorted(set(before) - {away})
        await pilot.press("u")
        await until(pilot, lambda: shown(app) == before)
        assert "unlike" not in words(app, "#header")


async def test_plus_adds_all_that_are_selected(filled: Project):
    async with running(filled) as (app, pilot):
        await ask_similar(app, pilot)
        before = shown(app)
        await pilot.press("space", "space", "plus")
        await until(pilot, lambda: "like 3 pictures" in words(app, "#header"))
        assert sorted(shown(app)) == sorted(before[2:])
        assert grid_of(app).selected == []


async def test_a_text_search_is_led_by_results_too(filled: Project):
    async with running(filled) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("slash", "o", "w", "l", "enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current)
        first = current(app)
        assert len(shown(app)) == 12
        await pilot.press("plus")
        await until(pilot, lambda: len(shown(app)) == 11)
        assert first not in shown(app)


async def test_when_ranking_again_fails_the_answer_stays(filled: Project):
    async with running(filled) as (app, pilot):
        await ask_similar(app, pilot)
        before = shown(app)
        (filled.vectors_folder / "effnet-lite0" / "manifest.toml").write_text("format = = 1")
        await pilot.press("minus")
        await until(pilot, lambda: any("damaged" in text for text in said(app)))
        assert isinstance(app.screen, ResultsScreen)
        assert shown(app) == before
        assert "working" not in words(app, "#header")


async def test_the_cut_keeps_what_stands_out_and_can_be_moved(filled: Project):
    async with running(filled) as (app, pilot):
        await ask_similar(app, pilot)
        everything = shown(app)
        assert "2 ≥ " in words(app, "#standing")
        await pilot.press("o")
        await until(pilot, lambda: shown(app) == everything[:2])
        assert "2 pictures" in words(app, "#header")
        for _ in range(60):
            await pilot.press("left_square_bracket")
        await until(pilot, lambda: shown(app) == everything)
        for _ in range(60):
            await pilot.press("right_square_bracket")
        await until(pilot, lambda: len(shown(app)) <= 1)
        await pilot.press("o")
        await until(pilot, lambda: shown(app) == everything)


async def test_what_is_shown_is_kept_as_a_group(filled: Project):
    async with running(filled) as (app, pilot):
        await ask_similar(app, pilot)
        await pilot.press("o", "K")
        await until(pilot, lambda: "Keep 2 pictures as a group" in text_of(app))
        await type_text(pilot, "close ones")
        await pilot.press("enter")
        await until(pilot, lambda: any("kept 2 pictures as close ones" in text for text in said(app)))
        (group,) = Groups(filled.catalog).all()
        assert (group.name, group.pictures) == ("close ones", 2)
        assert group.origin == "Similar pictures like alder.png · effnet-lite0"
        await pilot.press("K")
        await type_text(pilot, "close ones")
        await pilot.press("enter")
        await until(pilot, lambda: any("close ones" in text and "kept" not in text for text in said(app)))


async def test_other_actions_offer_to_look_at_what_is_shown(filled: Project):
    async with running(filled) as (app, pilot):
        await ask_similar(app, pilot)
        await pilot.press("o", "space", "slash")
        places = app.screen.query_one("#where")._places  # type: ignore[attr-defined]
        assert [place.title for place in places.values()] == ["the selection (1)", "these 2 pictures"]


async def test_an_answer_fits_80_columns(filled: Project):
    async with running(filled, SMALL) as (app, pilot):
        await ask_similar(app, pilot)
        await until(pilot, lambda: "≥" in text_of(app))
        assert lines_of(app)[-1].rstrip().endswith("? Help q Back")
        assert "o only these" in lines_of(app)[1]


# -- several groups ------------------------------------------------------------------------------------------------


def halves(context: Context, parameters: Any) -> Answer:
    """Two groups: test double of a clustering."""
    part = scope(context, parameters.vec_type, parameters.where)
    keys = part.keys_of(part.numbers)
    if len(keys) < 2:
        raise UsageError("one picture cannot be halved")
    middle = len(keys) // 2
    groups = (Group("left", matches(context, keys[:middle]), 0.9), Group("right", matches(context, keys[middle:])))
    return Answer("halves", part.vec_type.name, "in halves", groups, "said so")


@pytest.fixture
def halving(monkeypatch: pytest.MonkeyPatch) -> Action[Any]:
    """An action with groups, registered like any other."""
    from dataclasses import dataclass

    @dataclass(frozen=True, kw_only=True)
    class Parameters:
        vec_type: str = vec_type_field()
        where: str | tuple[str, ...] = where_field()

    action = Action("halves", "halves", "Halves", "two halves", "y", Parameters, halves)
    known = registry.actions()
    monkeypatch.setattr(registry, "actions", lambda: (*known, action))
    return action


async def test_groups_stand_at_the_left_and_enter_asks_within_one(filled: Project, halving: Action[Any]):
    async with running(filled) as (app, pilot):
        app.show_answer(halving, {})
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current)
        groups = app.screen.query_one("#groups", OptionList)
        assert groups.display
        assert "6  left" in text_of(app)
        assert "6 pictures, score 0.90 · vec type" in words(app, "#header")
        assert words(app, "#note") == "said so"
        assert not app.screen.query_one("#standing").display
        left = shown(app)
        groups.focus()
        await pilot.press("down")
        await until(pilot, lambda: shown(app) != left)
        right = shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 4 and grid_of(app).current)
        assert shown(app) == right[:3]
        await pilot.press("q")
        assert shown(app) == right


async def test_a_group_of_one_picture_says_why_there_is_no_answer(filled: Project, halving: Action[Any]):
    async with running(filled) as (app, pilot):
        key = filled.catalog.pictures(filled.catalog.picture_ids())[0].key.hex()
        app.show_answer(halving, {"where": (key,)})
        await until(pilot, lambda: "one picture cannot be halved" in said(app))
        assert not isinstance(app.screen, ResultsScreen)


async def test_who_leaves_while_an_action_works_stops_it(filled: Project, monkeypatch: pytest.MonkeyPatch):
    import threading
    import time

    begun, ended = threading.Event(), threading.Event()

    def endless(context: Context, parameters: Any) -> Answer:
        begun.set()
        context.say("counting stars")
        while True:
            time.sleep(0.01)
            try:
                context.check_stop()
            except BaseException:
                ended.set()
                raise

    action = replace(registry.find("similar"), run=endless)
    async with running(filled) as (app, pilot):
        app.show_answer(action, {"like": [str(Path("/x"))]})
        await until(pilot, begun.is_set)
        await until(pilot, lambda: "counting stars" in text_of(app))
        await pilot.press("q")
        await until(pilot, ended.is_set)
        assert said(app) == []
