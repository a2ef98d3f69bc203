"""History: what was asked is opened again, what was decided is undone as far as a step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from app_helpers import (
    SMALL,
    WIDE,
    WordEncoder,
    choose_vec_type,
    fill_at_random,
    flat,
    grid_of,
    lines_of,
    running,
    said,
    text_of,
    type_text,
    until,
    words,
)
from textual.widgets import DataTable, Select

from core.actions.action_history import ActionHistory
from core.actions.answer import Answer, Group, Match
from core.actions.definition import Action
from core.actions.registry import find
from core.actions.run import Question
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from tui import label_actions
from tui.app import Pictoscope
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.results.action_form import ActionForm
from tui.screens.results.duplicates import DuplicatesScreen
from tui.screens.results.history import HistoryScreen
from tui.screens.results.recommend import RecommendScreen
from tui.screens.results.results import ResultsScreen
from tui.screens.results.search import SearchScreen


@asynccontextmanager
async def history_of(project: Project, size: tuple[int, int] = WIDE) -> AsyncIterator[tuple[Pictoscope, Any]]:
    """The screen, with what there is listed."""
    async with running(project, size) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("H")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and all(w.is_finished for w in app.workers))
        yield app, pilot


def keys(project: Project) -> list[bytes]:
    catalog = project.catalog
    return [picture.key for picture in catalog.pictures(catalog.picture_ids())]


def remember(project: Project, name: str, values: dict[str, Any], title: str = "asked") -> None:
    """As if it had been asked."""
    action = find(name)
    found = Answer(name, "conse", title, (Group("g", (Match(keys(project)[0], b"/a", 0.5),)),))
    assert ActionHistory(project).remember(action, action.check(values), found, 0.2)


@pytest.fixture
def filled(project: Project) -> Project:
    """Twelve pictures, two vec types at random."""
    fill_at_random(project, "effnet-lite0")
    fill_at_random(project, "conse", seed=1)
    return project


async def test_actions_are_listed_and_enter_opens_them_again(filled: Project):
    async with running(filled) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await type_text(pilot, "a red barn")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current is not None)
        found = words(app, "#header")
        await pilot.press("H")
        await until(pilot, lambda: "a red barn" in text_of(app) and isinstance(app.screen, HistoryScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current is not None)
        assert words(app, "#header") == found
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        assert len(ActionHistory(filled).all()) == 1


async def test_every_way_to_an_answer_is_remembered(filled: Project):
    Tags(filled.catalog).add("some", keys(filled)[:4])
    asked: list[tuple[str, dict[str, Any], type]] = [
        ("recommend", {"for_": "tag:some", "vec_type": "conse"}, RecommendScreen),
        ("duplicates", {"threshold": 0.95}, DuplicatesScreen),
        ("cluster", {"k": 2, "words": False}, ResultsScreen),
    ]
    async with running(filled) as (app, pilot):
        for number, (name, values, screen) in enumerate(asked, 1):
            app.show_answer(Question.of(find(name), values))
            await until(pilot, lambda number=number: len(ActionHistory(filled).all()) == number)
            assert isinstance(app.screen, screen)
        await pilot.press("H")
        await until(pilot, lambda: "for tag:some" in text_of(app) and "at 0.95" in text_of(app))
        for number, (_, _, screen) in enumerate(reversed(asked)):
            table = app.screen.query_one("#actions-table", DataTable)
            await until(pilot, lambda table=table: table.row_count == 3)
            table.move_cursor(row=number)
            await pilot.press("enter")
            await until(pilot, lambda screen=screen: isinstance(app.screen, screen))
            await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
            await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
            table.move_cursor(row=0)
            # Asked again it has moved to the head.
            assert len(ActionHistory(filled).all()) == 3


async def test_v_asks_again_by_other_vectors_with_the_same_pictures(filled: Project):
    remember(filled, "similar", {"like": [keys(filled)[0].hex()], "vec_type": "conse", "at_least": -0.123456789})
    async with history_of(filled) as (app, pilot):
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ActionForm) and isinstance(app.focused, Select))
        await until(pilot, lambda: len(app.screen.query_one("#vec_type", Select)._options) == 2)
        assert app.focused is app.screen.query_one("#vec_type")
        assert app.screen.query_one(Select).value == "conse"
        assert "alder.png" in text_of(app)
        await choose_vec_type(pilot, "effnet-lite0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current is not None)
        assert "vec type effnet-lite0" in words(app, "#header")
        values = ActionHistory(filled).values(ActionHistory(filled).find().number)
        assert values["at_least"] == -0.123456789
        assert values["like"] == [keys(filled)[0].hex()]


async def test_a_selection_that_was_looked_at_stays_what_is_looked_at(filled: Project):
    some = [key.hex() for key in keys(filled)[:5]]
    remember(filled, "cluster", {"where": some, "k": 2, "words": False, "vec_type": "conse"})
    async with history_of(filled) as (app, pilot):
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ActionForm) and "as before (5 pictures)" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and "of 5 pictures" in words(app, "#header"))


async def test_vectors_that_are_gone_are_said_and_others_chosen(filled: Project):
    remember(filled, "similar", {"like": [keys(filled)[0].hex()], "vec_type": "effnet-lite0+grey"})
    async with history_of(filled) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        assert any("there are no vectors effnet-lite0+grey" in text for text in said(app))
        await until(pilot, lambda: app.screen.query_one(Select).value in ("conse", "effnet-lite0"))


async def test_a_picture_that_is_gone_and_an_action_that_is_gone_are_said(filled: Project):
    remember(filled, "similar", {"like": ["ab" * 20], "vec_type": "conse"}, "like gone")
    own = Action("own", "own", "Own", "own", "o", find("cluster").parameters, lambda context, parameters: None)  # type: ignore[arg-type,return-value]
    found = Answer("own", "conse", "of [bold]a package\x1b", (Group("g", ()),))
    assert ActionHistory(filled).remember(own, own.check({}), found, 0.2)
    async with history_of(filled, SMALL) as (app, pilot):
        assert "of [bold]a package\\x1b"[:20] in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: any("there is no action own" in text for text in said(app)))
        assert isinstance(app.screen, HistoryScreen)
        await pilot.press("down", "enter")
        await until(pilot, lambda: any("there is no picture ababab" in text for text in said(app)))
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))


async def test_an_action_is_forgotten_or_all(filled: Project):
    for text in ("a cat", "a dog", "an elk"):
        remember(filled, "text_search", {"text": text}, text)
    async with history_of(filled) as (app, pilot):
        await pilot.press("down", "x")
        await until(pilot, lambda: [past.title for past in ActionHistory(filled).all()] == ["an elk", "a cat"])
        await until(pilot, lambda: "a dog" not in text_of(app))
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Forget 2 actions" in flat(app)
        await pilot.press("y")
        await until(pilot, lambda: "nothing was asked yet: each action" in text_of(app))
        assert ActionHistory(filled).all() == []
        await pilot.press("v", "x", "X")
        assert isinstance(app.screen, HistoryScreen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))  # as it is said there


async def test_a_damaged_file_is_said_and_the_decisions_are_there(filled: Project):
    Tags(filled.catalog).add("some", keys(filled))
    (filled.path / "actions.sqlite").write_bytes(b"nothing of the kind" * 100)
    async with history_of(filled) as (app, pilot):
        await until(pilot, lambda: any("cannot be used" in text for text in said(app)))
        await pilot.press("2")
        await until(pilot, lambda: "tag 12 pictures as some" in text_of(app))


# -- decisions -------------------------------------------------------------------------------------------------------


async def test_decisions_are_undone_as_far_as_a_step_and_done_again(project: Project):
    tags = Tags(project.catalog)
    for name in ("cat", "dog", "[b]elk"):
        tags.add(name, keys(project))
    async with history_of(project) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: app.focused and app.focused.id == "changes-table")
        assert "tag 12 pictures as [b]elk" in text_of(app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Undo 2 steps, down to and including “tag 12 pictures as dog”?" in flat(app)
        await pilot.press("n")
        assert len(tags.all()) == 3
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "undone: 2 steps · U redoes" in said(app))
        assert [tag.name for tag in tags.all()] == ["cat"]
        await until(pilot, lambda: flat(app).count("undone tag 12") == 2)
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Redo 2 steps, up to and including “tag 12 pictures as [b]elk”?" in flat(app)
        await pilot.press("y")
        await until(pilot, lambda: len(tags.all()) == 3)
        await until(pilot, lambda: not any(step.undone for step in History(project.catalog).steps()))


async def test_u_and_U_undo_and_redo_and_the_list_shows_it(project: Project):
    Tags(project.catalog).add("cat", keys(project))
    async with history_of(project) as (app, pilot):
        assert "Undo" not in lines_of(app)[-1]
        await pilot.press("2")
        await until(pilot, lambda: "Undo" in lines_of(app)[-1] and "To here" in lines_of(app)[-1])
        await pilot.press("u")
        await until(pilot, lambda: "undone tag 12" in flat(app))
        assert Tags(project.catalog).all() == []
        await pilot.press("U")
        await until(pilot, lambda: len(Tags(project.catalog).all()) == 1)


async def test_what_another_process_changed_meanwhile_is_not_undone_unseen(project: Project):
    Tags(project.catalog).add("cat", keys(project))
    async with history_of(project) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: app.focused and app.focused.id == "changes-table")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        with Project(project.path) as other:  # the list behind the question may show it, the question is older
            Tags(other.catalog).add("dog", keys(project))
        await pilot.press("y")
        await until(pilot, lambda: any("the history has changed since it was shown" in text for text in said(app)))
        assert len(Tags(project.catalog).all()) == 2
        await until(pilot, lambda: "tag 12 pictures as dog" in text_of(app))


@pytest.mark.parametrize("size", [SMALL, (200, 60)])
async def test_long_lists_and_names_fit(filled: Project, size: tuple[int, int]):
    for number in range(60):
        remember(filled, "text_search", {"text": f"{number} " + "longer and longer " * 20}, f"{number} " + "中文" * 90)
        Tags(filled.catalog).add(f"{number} " + "x" * 190, keys(filled)[:3])
    async with history_of(filled, size) as (app, pilot):
        await pilot.press("end")
        assert lines_of(app)[-1].rstrip().endswith(("? Help  q Back", "? Help  q Quit"))
        await until(pilot, lambda: "  0 中" in text_of(app))
        await pilot.press("2")
        await until(pilot, lambda: app.focused and app.focused.id == "changes-table")
        await pilot.press("end")
        await until(pilot, lambda: "as 0 xxx" in text_of(app))


async def test_an_empty_history_says_what_will_be_there(project: Project):
    async with history_of(project, SMALL) as (app, pilot):
        assert "nothing was asked yet: each action that answers is listed here" in text_of(app)
        await pilot.press("2")
        await until(pilot, lambda: "no changes yet" in text_of(app))
        await until(pilot, lambda: app.focused and app.focused.id == "changes-table")
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, HistoryScreen))


async def test_what_is_not_listed_and_what_is_forgotten_is_said(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.labels.undo.CHANGES_KEPT", 3)
    for number in range(5):
        Tags(project.catalog).create(f"tag {number}")
    history = History(project.catalog)
    assert label_actions.older_steps(history, 1).startswith(
        "2 older steps, which can be undone too: pictoscope history --top 3"
    )
    async with history_of(project) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "2 steps before these can no longer be undone" in flat(app))
