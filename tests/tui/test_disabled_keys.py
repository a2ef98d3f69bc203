"""A key that does nothing now says why: over all bindings of all screens, as far as they are ever disabled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from app_helpers import collection, fill_at_random, grid_of, running, said, text_of, until
from textual.widgets import TabbedContent

from core.actions.registry import find
from core.actions.run import Question
from core.project import Project
from tui.app import Pictoscope
from tui.key_names import places
from tui.key_purposes import whole_words
from tui.screens.dialogs.dialogs import KeysHelp
from tui.screens.labels.labels import LabelsScreen
from tui.screens.results.duplicates import DuplicatesScreen
from tui.screens.results.history import HistoryScreen
from tui.screens.results.results import ResultsScreen
from tui.telling import Hinders
from tui.widgets.group_wall import GroupWall

Opens = Callable[[Pictoscope, Any, Project], Awaitable[None]]


def labels(pane: str) -> Opens:
    """The screen of labels at a pane."""

    async def opens(app: Pictoscope, pilot: Any, project: Project) -> None:
        app.action_labels(pane)
        await until(pilot, lambda: isinstance(app.screen, LabelsScreen) and "reading…" not in text_of(app))
        await until(pilot, lambda: app.screen.query_one(TabbedContent).active == pane)

    return opens


def history(key: str) -> Opens:
    """A pane of History."""

    async def opens(app: Pictoscope, pilot: Any, project: Project) -> None:
        await pilot.press("H")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await pilot.press(key)
        await pilot.pause()

    return opens


async def clusters(app: Pictoscope, pilot: Any, project: Project) -> None:
    """An answer without scores and examples."""
    app.show_answer(Question.of(find("cluster"), {"k": "2"}))
    await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and app.screen.query_one(GroupWall).count == 2)


async def no_duplicates(app: Pictoscope, pilot: Any, project: Project) -> None:
    """None was found."""
    app.show_answer(Question.of(find("duplicates"), {}))
    await until(pilot, lambda: isinstance(app.screen, DuplicatesScreen) and "no duplicates" in text_of(app))


async def nothing_compared(app: Pictoscope, pilot: Any, project: Project) -> None:
    """Compare with one vec type."""
    app.action_compare()
    await until(pilot, lambda: "a comparison needs two vec types" in text_of(app))


async def browse(app: Pictoscope, pilot: Any, project: Project) -> None:
    """Nothing is selected."""
    await until(pilot, lambda: len(grid_of(app).source or ()))


STATES = {
    "nothing compared": nothing_compared,
    "browse": browse,
    **{f"labels, {pane}": labels(pane) for pane in ("tags", "properties", "groups", "filters")},
    "history, actions": history("1"),
    "history, decisions": history("2"),
    "clusters": clusters,
    "no duplicates": no_duplicates,
}


@pytest.mark.parametrize("state", STATES)
async def test_every_disabled_key_says_why(tmp_path, state: str):
    with collection(tmp_path / "pictures", [f"{number}.png" for number in range(6)]) as project:
        fill_at_random(project, "effnet-lite0")
        async with running(project) as (app, pilot):
            await STATES[state](app, pilot, project)
            screen = app.screen
            assert isinstance(screen, Hinders)
            tried: list[str] = []
            for key, bindings in screen._bindings.key_to_bindings.items():
                for binding in bindings:
                    target, name, parameters = app._parse_action(binding.action, screen)
                    reason = target.hindrance(name, parameters) if isinstance(target, Hinders) else ""
                    if not reason or binding.priority:
                        continue
                    app.clear_notifications()
                    await pilot.press(key)
                    await until(pilot, lambda: said(app))
                    assert said(app)[-1] == f"{whole_words(binding)}: {reason}", key
                    assert app.screen is screen
                    tried.append(said(app)[-1])
            assert tried, "the state was chosen because keys are disabled in it"
            await pilot.press("question_mark")
            await until(pilot, lambda: isinstance(app.screen, KeysHelp))
            await pilot.press("end")
            await until(pilot, lambda: tried[-1].split(": ")[0] in text_of(app))  # the last of the list
            assert set(tried) <= {text for _, text in app.screen._not_now}  # type: ignore[attr-defined]


def test_no_class_disables_a_key_without_a_reason() -> None:
    """What is disabled is what ``hindrance`` names; only the tour's keys are simply not there without a tour."""
    disabling = {one.__name__ for place in places() for one in place.__mro__ if "check_action" in vars(one)}
    ours = {name for name in disabling if name not in ("DOMNode", "Widget", "Screen", "App", "ModalScreen")}
    assert ours <= {"PictoscopeScreen", "TourKeys"}
