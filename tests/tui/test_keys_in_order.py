"""Keys that arrive together find the screens that those before them open."""

from __future__ import annotations

from typing import Any

import pytest
from app_helpers import SMALL, WordEncoder, fill_at_random, names_of, running, said, until
from textual import events
from textual.widgets import Input

from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.filter_line import FilterLine
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.results.search import SearchScreen

_NAMES = {"/": "slash", ":": "colon", " ": "space"}


def burst(app: Pictoscope, keys: list[str]) -> None:
    """All of them at once, as a slow line brings them."""
    for key in keys:
        app.post_message(events.Key(_NAMES.get(key, key), key if len(key) == 1 else None))


@pytest.mark.parametrize(
    ("key", "typed", "screen"),
    [("/", "a red apple", SearchScreen), ("f", "folder:birds", FilterLine), ("t", "press 1931", AskLine)],
)
async def test_a_text_typed_right_after_its_key_is_whole(project: Project, key: str, typed: str, screen: type[Any]):
    fill_at_random(project, "conse")
    async with running(project, SMALL) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        burst(app, [key, *typed])
        await until(pilot, lambda: isinstance(app.screen, screen))
        await until(pilot, lambda: app.screen.query(Input).first().value == typed)
        assert not said(app)


async def test_a_whole_dialog_in_one_burst(project: Project):
    async with running(project, SMALL) as (app, pilot):
        burst(app, ["t", *"bird", "enter", "right", "t", *"other", "enter"])
        await until(pilot, lambda: {tag.name for tag in Tags(project.catalog).all()} == {"bird", "other"})
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        assert [tag.pictures for tag in Tags(project.catalog).all()] == [1, 1]


async def test_a_filter_is_typed_applied_and_the_next_key_is_for_its_pictures(project: Project):
    async with running(project, SMALL) as (app, pilot):
        burst(app, ["f", *"name:owl", "enter", "f", "escape", "f", "escape"])
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and app.screen.filter == "name:owl")
        assert len(names_of(project)) > 1


async def test_a_key_whose_widget_is_busy_does_not_stop_the_others_for_ever(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tui.keys_in_order._LONGEST", 0.05)
    async with running(project, SMALL) as (app, pilot):
        monkeypatch.setattr(type(app), "on_keys_in_order__through", lambda self, message: None)  # none comes back
        burst(app, ["f", "a"])
        await until(pilot, lambda: isinstance(app.screen, FilterLine))
        await until(pilot, lambda: not app._held and app._given_on is None)


async def test_keys_stay_in_order_while_one_waits(project: Project):
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FilterLine))
        typed = "abcdefghijklmnopqrstuvwxyz0123456789"
        for _ in range(3):
            burst(app, list(typed))
        await until(pilot, lambda: len(app.screen.query_one("#line", Input).value) == 3 * len(typed))
        assert app.screen.query_one("#line", Input).value == typed * 3
