"""Recommend by keyboard: accept, refuse, whole rows, undo, saving, other vectors, and what can go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app_helpers import WIDE, fill_at_random, flat, running, said, text_of, type_text, until, words
from textual.pilot import Pilot
from textual.widgets import Input

from core.actions.recommend import RECOMMEND
from core.actions.run import Question
from core.labels.decisions import Decisions
from core.labels.groups import Groups
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from core.vectors import store
from tui.app import Pictoscope
from tui.messages import VectorsChanged
from tui.screens.browse.browse import BrowseScreen
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.results.action_form import ActionForm
from tui.screens.results.keep_as import KeepAs
from tui.screens.results.recommend import ExampleGrid, RecommendScreen
from tui.widgets.image_grid import ImageGrid

VEC_TYPE = "conse"


def keys_of(project: Project, *names: str) -> list[bytes]:
    catalog = project.catalog
    by_name = {picture.name: picture.key for picture in catalog.pictures(catalog.picture_ids())}
    return [by_name[name] for name in names]


def tagged(project: Project) -> Project:
    """Three pictures carry the tag ``tree``; all have vectors."""
    fill_at_random(project, VEC_TYPE)
    Tags(project.catalog).add("tree", keys_of(project, "alder.png", "birch.png", "cedar.png"))
    return project


@asynccontextmanager
async def recommending(
    project: Project, values: dict[str, Any], size: tuple[int, int] = WIDE
) -> AsyncIterator[tuple[Pictoscope, Pilot[int], RecommendScreen]]:
    """The screen, with its first ranking."""
    async with running(project, size) as (app, pilot):
        screen = RecommendScreen(project, Question.of(RECOMMEND, {"vec_type": VEC_TYPE, **values}))
        app.push_screen(screen)
        await until(pilot, lambda: candidates(screen) and screen._suggestions and grid(screen).current)
        yield app, pilot, screen


def grid(screen: RecommendScreen) -> ImageGrid:
    return screen.query_one("#grid", ImageGrid)


def candidates(screen: RecommendScreen) -> list[bytes]:
    return [match.key for match in screen._candidates.matches]


def settled(screen: RecommendScreen) -> bool:
    return not screen._working and not screen._work.waiting and screen._seen == len(screen._asked)


TREE = {"for_": "tag:tree"}


async def test_accepted_and_refused_leave_at_once_and_are_kept(project: Project):
    async with recommending(tagged(project), TREE) as (app, pilot, screen):
        first, second, *_ = candidates(screen)
        assert len(candidates(screen)) == 9
        await pilot.press("a", "x")
        assert {first, second} & set(candidates(screen)) == set()
        assert grid(screen).cursor == 0
        seen = candidates(screen)[0]
        await until(pilot, lambda: settled(screen))
        assert first in Tags(project.catalog).keys("tree").tolist()
        assert Decisions(project.catalog).refused("tag:tree") == {second}
        assert candidates(screen)[0] == seen  # it stays where it was, whatever the new ranking says
        assert "1 accepted · 1 refused · vec type conse" in words(app, "#header")
        assert "Recommend for tag:tree" in words(app, "#header")
        assert words(app, "#standing") == "4 examples\n1 accepted\n1 refused"
        await pilot.press("question_mark")
        await until(pilot, lambda: "ridge regression on whitened vectors" in words(app, "#about"))
        await pilot.press("escape")
        examples = screen.query_one(ExampleGrid).source
        assert examples is not None
        assert next(item.picture.key for item in examples.items(0, 9) if item) == first


async def test_a_key_that_is_held_decides_them_all(project: Project):
    async with recommending(tagged(project), TREE) as (app, pilot, screen):
        await pilot.press(*("a" * 30))
        await until(pilot, lambda: settled(screen))
        assert candidates(screen) == []
        assert len(Tags(project.catalog).keys("tree")) == 12
        assert "nothing left to suggest" in flat(app)
        assert "every picture is decided" in words(app, "#note")


async def test_the_cursor_stays_on_what_was_passed_over(project: Project):
    async with recommending(tagged(project), TREE) as (_, pilot, screen):
        before = candidates(screen)
        await pilot.press("right", "right", "x")
        assert (candidates(screen)[:2], grid(screen).cursor) == (before[:2], 2)
        await until(pilot, lambda: settled(screen))
        assert (candidates(screen)[:3], grid(screen).cursor) == ([*before[:2], before[3]], 2)


async def test_a_whole_row_is_one_step(project: Project):
    async with recommending(tagged(project), TREE) as (_, pilot, screen):
        columns, before = grid(screen).columns, candidates(screen)
        await pilot.press("right", "X")
        await until(pilot, lambda: settled(screen))
        assert Decisions(project.catalog).refused("tag:tree") == set(before[:columns])
        await pilot.press("A")
        await until(pilot, lambda: settled(screen))
        assert len(Tags(project.catalog).keys("tree")) == 3 + columns
        await pilot.press("u", "u")
        await until(pilot, lambda: settled(screen))
        assert Decisions(project.catalog).refused("tag:tree") == set()
        assert len(Tags(project.catalog).keys("tree")) == 3
        assert set(candidates(screen)) == set(before)


async def test_the_selection_is_decided_together(project: Project):
    async with recommending(tagged(project), TREE) as (_, pilot, screen):
        before = candidates(screen)
        await pilot.press("space", "right", "space", "a")
        await until(pilot, lambda: settled(screen))
        assert set(Tags(project.catalog).keys("tree").tolist()) >= {before[0], before[2]}
        assert grid(screen).selected == []
        assert before[1] in candidates(screen)


async def test_undo_brings_a_picture_back_to_the_cursor_and_ends_where_the_screen_began(project: Project):
    async with recommending(tagged(project), TREE) as (app, pilot, screen):
        first = candidates(screen)[0]
        await pilot.press("x", "right", "right")
        await until(pilot, lambda: settled(screen))
        await pilot.press("u")
        await until(pilot, lambda: settled(screen) and first in candidates(screen))
        assert (candidates(screen).index(first), grid(screen).cursor) == (2, 2)
        await pilot.press("u")
        await until(pilot, lambda: any("nothing was decided here" in text for text in said(app)))
        assert len(Tags(project.catalog).keys("tree")) == 3


async def test_the_app_started_again_remembers(project: Project):
    async with recommending(tagged(project), TREE) as (app, pilot, screen):
        refused, accepted, *rest = candidates(screen)
        await pilot.press("x", "a", "q")  # left before anything came back
        await until(pilot, lambda: isinstance(screen.app.screen, BrowseScreen))
    with Project(project.path) as again:
        async with recommending(again, TREE) as (app, _, screen):
            assert set(candidates(screen)) == set(rest)
            assert words(app, "#standing") == "4 examples\n0 accepted\n1 refused"
            assert accepted in Tags(again.catalog).keys("tree").tolist()
            assert Decisions(again.catalog).refused("tag:tree") == {refused}


async def test_a_group_is_completed_likewise(project: Project):
    fill_at_random(project, VEC_TYPE)
    Groups(project.catalog).save("posters", [(key, None) for key in keys_of(project, "elm.png", "fir.png")])
    async with recommending(project, {"for_": "group:posters"}) as (_, pilot, screen):
        first = candidates(screen)[0]
        await pilot.press("a")
        await until(pilot, lambda: settled(screen))
    assert Groups(project.catalog).open("posters")[-1][0] == first


async def test_a_selection_is_saved_as_a_tag_with_what_was_refused(project: Project):
    fill_at_random(project, VEC_TYPE)
    like = [key.hex() for key in keys_of(project, "elm.png", "fir.png")]
    async with recommending(project, {"like": like}) as (app, pilot, screen):
        first, second, *_ = candidates(screen)
        assert "Recommend like 2 pictures" in words(app, "#header")
        await pilot.press("a", "x")
        await until(pilot, lambda: settled(screen))
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, KeepAs))
        assert "Keep 3 pictures as" in flat(app)
        assert "1 refused for it" in flat(app)
        await pilot.press("enter")  # no name yet
        assert "it needs a name" in flat(app)
        await pilot.press("down")
        await type_text(pilot, "leaf")
        await pilot.press("enter")
        await until(pilot, lambda: any("saved as tag:leaf" in text for text in said(app)) and settled(screen))
        assert set(Tags(project.catalog).keys("leaf").tolist()) == {first, *keys_of(project, "elm.png", "fir.png")}
        assert Decisions(project.catalog).refused("tag:leaf") == {second}
        assert Tags(project.catalog).origins() == {"leaf": {VEC_TYPE}}
        assert [step.name for step in History(project.catalog).steps()] == ["save 3 pictures as tag:leaf"]
        await pilot.press("x")
        await until(pilot, lambda: settled(screen))
        assert len(Decisions(project.catalog).refused("tag:leaf")) == 2
        assert "Recommend for tag:leaf" in words(app, "#header")
        await pilot.press("q")  # nothing to lose any more
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await until(pilot, lambda: "leaf 3" in text_of(app))


async def test_the_tags_of_browse_count_what_was_decided(project: Project):
    async with recommending(tagged(project), TREE) as (app, pilot, screen):
        await pilot.press("a", "a")
        await until(pilot, lambda: settled(screen))
        await pilot.press("q")
        await until(pilot, lambda: "tree 5" in text_of(app))


async def test_a_name_that_is_taken_is_refused_and_nothing_is_lost(project: Project):
    fill_at_random(project, VEC_TYPE)
    Groups(project.catalog).save("posters", [])
    like = [key.hex() for key in keys_of(project, "elm.png")]
    async with recommending(project, {"like": like}) as (app, pilot, screen):
        await pilot.press("a", "S")
        await until(pilot, lambda: isinstance(app.screen, KeepAs))
        await type_text(pilot, "po")
        await until(pilot, lambda: app.screen.query_one(Input)._suggestion == "posters")
        await pilot.press("right", "enter")
        await until(
            pilot, lambda: "there is a group posters already (choose another name)" in words(app, "#explanation")
        )
        await pilot.press("escape")
        await until(pilot, lambda: settled(screen))
        assert words(app, "#standing") == "2 examples\n1 accepted\n0 refused"


async def test_decisions_about_a_selection_are_not_lost_unasked(project: Project):
    fill_at_random(project, VEC_TYPE)
    like = [key.hex() for key in keys_of(project, "elm.png")]
    async with recommending(project, {"like": like}) as (app, pilot, _):
        await pilot.press("a", "q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("n", "q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_other_vectors_take_the_decisions_along(project: Project):
    fill_at_random(project, VEC_TYPE)
    fill_at_random(project, "effnet-lite0", seed=1)
    like = [key.hex() for key in keys_of(project, "elm.png", "fir.png")]
    async with recommending(project, {"like": like}) as (app, pilot, screen):
        decided = candidates(screen)[:2]
        await pilot.press("a", "x", "v")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        await pilot.press("down", "up", "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, RecommendScreen) and app.screen is not screen)
        other = app.screen
        assert isinstance(other, RecommendScreen)
        await until(pilot, lambda: bool(candidates(other)))
        assert not set(decided) & set(candidates(other))
        assert words(app, "#standing") == "3 examples\n0 accepted\n1 refused"


async def test_r_in_browse_opens_the_form_for_the_selection(project: Project):
    fill_at_random(project, VEC_TYPE)
    async with running(project) as (app, pilot):
        await pilot.press("space", "space", "r")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RecommendScreen))
        screen = app.screen
        assert isinstance(screen, RecommendScreen)
        await until(pilot, lambda: len(candidates(screen)) == 10)


async def test_an_unknown_tag_brings_back_to_where_one_came_from(project: Project):
    async with running(tagged(project)) as (app, pilot):
        app.push_screen(RecommendScreen(project, Question.of(RECOMMEND, {"vec_type": VEC_TYPE, "for_": "tag:trea"})))
        await until(pilot, lambda: any("there is no tag trea\ndid you mean tree?" in text for text in said(app)))
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_vectors_deleted_while_the_screen_is_open(project: Project):
    async with recommending(tagged(project), TREE) as (app, pilot, screen):
        before = candidates(screen)
        store.delete(project.vectors_folder / VEC_TYPE)
        screen.post_message(VectorsChanged())
        await until(pilot, lambda: "v chooses another vec type" in words(app, "#note"))
        await pilot.press("x")
        await until(pilot, lambda: settled(screen))
        assert candidates(screen) == before[1:]
        assert Decisions(project.catalog).refused("tag:tree") == {before[0]}
        assert app.screen is screen


async def test_a_decision_that_cannot_be_kept_is_said_and_the_picture_comes_back(project: Project, monkeypatch: Any):
    async with recommending(tagged(project), TREE) as (app, pilot, screen):
        before = candidates(screen)

        def full(*arguments: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Decisions, "remember", full)
        await pilot.press("x")
        await until(pilot, lambda: any("no space left on device" in text for text in said(app)))
        await until(pilot, lambda: settled(screen) and set(candidates(screen)) == set(before))


async def test_leaving_while_it_ranks_leaves_the_app_as_it_was(project: Project):
    async with running(tagged(project)) as (app, pilot):
        app.push_screen(RecommendScreen(project, Question.of(RECOMMEND, {"vec_type": VEC_TYPE, **TREE})))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
        assert len(Tags(project.catalog).keys("tree")) == 3
        assert said(app) == []


async def test_enter_opens_and_the_examples_can_be_looked_at(project: Project):
    async with recommending(tagged(project), TREE) as (app, pilot, screen):
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__ == "PictureScreen")
        await pilot.press("q")
        await until(pilot, lambda: app.screen is screen)
        screen.query_one(ExampleGrid).focus()
        await pilot.press("down", "space", "a")
        await until(pilot, lambda: settled(screen))
        assert len(Tags(project.catalog).keys("tree")) == 4
