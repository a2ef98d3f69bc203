"""What can be done with an answer: rank again, cut, keep, look within."""

from __future__ import annotations

import re
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
    flat,
    grid_of,
    keys_named,
    lines_of,
    press_then,
    running,
    said,
    text_of,
    type_text,
    until,
    words,
)
from textual.widgets import Input, OptionList

from core.actions import registry
from core.actions.answer import Answer, Group
from core.actions.definition import Action, Context
from core.actions.parameter_fields import vec_type_field, where_field
from core.actions.run import Question
from core.actions.scope import matches, scope
from core.actions.similar import SIMILAR
from core.arrays import normalise
from core.errors import UsageError
from core.labels.groups import Groups
from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.pair import PairScreen
from tui.screens.dialogs.chart import Chart
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.results.action_form import ActionForm
from tui.screens.results.keep_as import KeepAs
from tui.screens.results.results import ResultsScreen
from tui.screens.results.search import SearchScreen
from tui.widgets.bar_list import BarList
from tui.widgets.group_wall import GroupWall
from tui.widgets.question_line import QuestionLine


@pytest.fixture
def filled(project: Project) -> Project:
    """Twelve pictures; three of them are much alike by ``effnet-lite0``, the rest are not."""
    catalog = project.catalog
    keys = [picture.key for picture in catalog.pictures(catalog.picture_ids())]
    directions = [[1.0, 0.02 * number, 0, 0] if number < 3 else [0.1, 0, 1, 0.1 * number] for number in range(12)]
    rows = normalise([[*direction, *[0.0] * 1276] for direction in directions])
    fill_with(project, "effnet-lite0", keys, rows)
    fill_at_random(project, "conse", seed=1)
    project.update_settings(lambda settings: replace(settings, default_vec_type="effnet-lite0"))
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


async def test_the_form_names_the_pictures_of_a_refined_question_by_their_files(filled: Project):
    """They are kept by key; one that the catalog no longer knows stays its key."""
    async with running(filled) as (app, pilot):
        await ask_similar(app, pilot)
        liked, unliked = shown(app)[0], shown(app)[1]
        await pilot.press("plus")
        await until(pilot, lambda: "like 2 pictures" in words(app, "#header"))
        await pilot.press("home")
        await until(pilot, lambda: current(app) == unliked)
        await pilot.press("minus")
        await until(pilot, lambda: f"unlike {unliked}" in words(app, "#header"))
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        assert words(app, "#like") == f"alder.png, {liked}"
        assert words(app, "#unlike") == unliked
        await pilot.press("escape")
        app.open_form(SIMILAR, {"like": ("0f" * 20,)})
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        assert words(app, "#like") == "0f" * 20


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
        assert "2 stand out, score ≥ " in words(app, "#standing")
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
        await until(pilot, lambda: "Keep 2 pictures as" in text_of(app))
        assert "one per group" not in text_of(app)
        await type_text(pilot, "close ones")
        await pilot.press("enter")
        await until(pilot, lambda: any("saved 2 pictures as the group close ones" in text for text in said(app)))
        (group,) = Groups(filled.catalog).all()
        assert (group.name, group.pictures) == ("close ones", 2)
        assert group.origin == "Similar pictures like alder.png · effnet-lite0"
        await pilot.press("K")
        await type_text(pilot, "close ones")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "there is a group close ones already; it holds 2 pictures. Replace it?" in flat(app)
        await pilot.press("n")  # the dialog stays, with the name
        await until(pilot, lambda: isinstance(app.screen, KeepAs))
        await type_text(pilot, " 2")
        await pilot.press("enter")
        await until(pilot, lambda: any("saved 2 pictures as the group close ones 2" in text for text in said(app)))


async def test_a_group_that_has_the_name_is_replaced_after_asking_and_undo_brings_it_back(filled: Project):
    async with running(filled) as (app, pilot):
        groups = Groups(filled.catalog)
        await ask_similar(app, pilot)
        groups.save("close ones", [(key, None) for key in keys_named(filled, *shown(app)[4:7])])
        old = groups.open("close ones")
        await pilot.press("K")
        await until(pilot, lambda: isinstance(app.screen, KeepAs) and app.screen.query_one(Input).has_focus)
        await type_text(pilot, "close ones")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "it holds 3 pictures" in flat(app)
        await pilot.press("y")
        await until(pilot, lambda: any("saved 11 pictures as the group close ones" in text for text in said(app)))
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen))
        assert len(groups.open("close ones")) == 11
        await pilot.press("u")
        await until(pilot, lambda: groups.open("close ones") == old)


async def test_other_actions_offer_to_look_at_what_is_shown(filled: Project):
    async with running(filled) as (app, pilot):
        await ask_similar(app, pilot)
        await pilot.press("o", "space", "slash")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        places = app.screen.query_one("#where")._places  # type: ignore[attr-defined]
        assert [place.title for place in places.values()] == ["the selection (1)", "these 2 pictures"]


async def test_the_header_counts_what_is_selected(filled: Project):
    async with running(filled, SMALL) as (app, pilot):
        await ask_similar(app, pilot)
        assert "selected" not in words(app, "#header")
        await pilot.press("space", "space")
        await until(pilot, lambda: "2 selected · 11 pictures" in words(app, "#header"))
        await pilot.press("escape")
        await until(pilot, lambda: "selected" not in words(app, "#header"))
        assert isinstance(app.screen, ResultsScreen)


async def test_an_answer_fits_80_columns(filled: Project):
    async with running(filled, SMALL) as (app, pilot):
        await ask_similar(app, pilot)
        await until(pilot, lambda: "≥" in text_of(app))
        assert lines_of(app)[-1].rstrip().endswith(("? Help  q Back", "? Help  q Quit"))
        assert "stand out, score ≥" in lines_of(app)[2]
        assert "o shows only these · [ ] moves the cut" in lines_of(app)[3]


async def test_the_question_is_pinned_and_its_pictures_can_be_removed(filled: Project):
    async with running(filled, SMALL) as (app, pilot):
        await ask_similar(app, pilot)
        line = app.screen.query_one(QuestionLine)
        await until(pilot, lambda: lines_of(app)[1].split() == ["+", "alder.png", "×"])
        second = shown(app)[3]
        await pilot.press("right", "right", "right", "minus")
        await until(pilot, lambda: len(line.examples) == 2)
        await until(pilot, lambda: lines_of(app)[1].split() == ["+", "alder.png", "×", "-", second, "×"])
        await until(pilot, lambda: second not in shown(app))
        line.focus()
        await pilot.press("right", "delete")
        await until(pilot, lambda: second in shown(app))
        await until(pilot, lambda: lines_of(app)[1].split() == ["+", "alder.png", "×"])
        await pilot.press("delete")
        await until(pilot, lambda: any("the question needs at least one picture" in text for text in said(app)))
        assert [one.name for one in line.examples] == ["alder.png"]
        await pilot.press("u")  # the removal is undone as + and - are
        await until(pilot, lambda: len(line.examples) == 2)
        await until(pilot, lambda: second not in shown(app))
        await pilot.click("#question", offset=(6 + len("alder.png × "), 0))
        await until(pilot, lambda: len(line.examples) == 1)


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


def wall_of(app: Pictoscope) -> GroupWall:
    """The wall of the screen on top."""
    return app.screen.query_one(GroupWall)


async def on_the_wall(app: Pictoscope, pilot: Any, groups: int = 2) -> None:
    """Wait until the groups of an answer are there, and their typical pictures."""
    await until(pilot, lambda: wall_of(app).display and wall_of(app).count == groups and wall_of(app).current)
    await until(pilot, lambda: app.focused is wall_of(app))


async def test_groups_of_an_answer_are_bars_and_enter_shows_one(filled: Project, halving: Action[Any]):
    async with running(filled, SMALL) as (app, pilot):
        app.show_answer(Question.of(halving, {}))
        await on_the_wall(app, pilot)
        await press_then(pilot, "B", screen=Chart)
        bars = app.screen.query_one(BarList)
        assert [(bar.name, bar.pictures) for bar in bars.entries] == [("left", 6), ("right", 6)]
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and "› right" in lines_of(app)[0])
        assert len(shown(app)) == 6
        await pilot.press("w")  # as a list
        await on_the_wall(app, pilot)
        await pilot.press("w")
        await until(pilot, lambda: not wall_of(app).display)
        await press_then(pilot, "B", screen=Chart)
        assert app.screen.query_one(BarList).cursor == 1
        await pilot.press("up", "enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and "score 0.90" in lines_of(app)[0])


async def test_groups_are_a_wall_and_enter_opens_one_and_escape_returns_to_it(filled: Project, halving: Action[Any]):
    async with running(filled, SMALL) as (app, pilot):
        app.show_answer(Question.of(halving, {}))
        await on_the_wall(app, pilot)
        assert [line.split() for line in lines_of(app) if "left" in line] == [["▌left", "▐", "right"]]
        assert "6 pictures" in text_of(app)
        assert words(app, "#note") == "said so"
        assert not app.screen.query_one("#standing").display
        assert not app.screen.query_one("#preview").display
        await pilot.press("right", "enter")
        await until(pilot, lambda: not wall_of(app).display and len(shown(app)) == 6 and grid_of(app).current)
        assert app.focused is grid_of(app)
        assert app.screen.query_one("#groups", OptionList).highlighted == 1
        await until(pilot, lambda: "› right" in lines_of(app)[0])
        assert "6 pictures · vec type effnet-lite0" in words(app, "#header")
        opened = shown(app)
        await pilot.press("escape")
        await on_the_wall(app, pilot)
        assert wall_of(app).cursor == 1
        await pilot.press("left", "enter")
        await until(pilot, lambda: len(shown(app)) == 6 and shown(app) != opened)
        assert "6 pictures, score 0.90 · vec type" in words(app, "#header")
        await pilot.press("q")
        await on_the_wall(app, pilot)
        assert wall_of(app).cursor == 0
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.screen, ResultsScreen))


async def test_pairs_are_made_of_the_groups_that_are_selected_on_the_wall(filled: Project, halving: Action[Any]):
    async with running(filled) as (app, pilot):
        app.show_answer(Question.of(halving, {}))
        await on_the_wall(app, pilot)
        await pilot.press("W")
        assert "select two pictures to compare" in said(app)[-1]
        await pilot.press("space", "W")
        await until(pilot, lambda: isinstance(app.screen, PairScreen) and "1 of 5" in words(app, "#header"))


async def test_a_key_shows_the_list_of_groups_where_enter_divides_one(filled: Project, halving: Action[Any]):
    async with running(filled) as (app, pilot):
        app.show_answer(Question.of(halving, {}))
        await on_the_wall(app, pilot)
        await pilot.press("w")
        groups = app.screen.query_one("#groups", OptionList)
        await until(pilot, lambda: app.focused is groups and grid_of(app).current)
        assert "6  left" in text_of(app)
        left = shown(app)
        await pilot.press("down")
        await until(pilot, lambda: shown(app) != left)
        right = shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 4)
        await on_the_wall(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: shown(app) == right[:3])
        await until(pilot, lambda: lines_of(app)[1].strip() == "right (6) ›")  # the way there
        await pilot.press("q", "q")
        await until(pilot, lambda: len(app.screen_stack) == 3)
        assert shown(app) == right
        await pilot.press("w")
        await on_the_wall(app, pilot)
        assert wall_of(app).cursor == 1


async def test_a_cluster_is_divided_from_the_wall_and_the_way_back_is_to_it(filled: Project, halving: Action[Any]):
    async with running(filled) as (app, pilot):
        app.show_answer(Question.of(halving, {}))
        await on_the_wall(app, pilot)
        await pilot.press("right", "i")
        await until(pilot, lambda: len(app.screen_stack) == 4)
        await on_the_wall(app, pilot)
        await until(pilot, lambda: lines_of(app)[1].strip() == "right (6) ›")
        assert lines_of(app)[4:] and "3 pictures" in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 3)
        assert wall_of(app).display
        assert wall_of(app).cursor == 1


async def test_keys_on_the_wall_are_for_the_selected_groups_or_the_one_under_the_cursor(
    filled: Project, halving: Action[Any]
):
    async with running(filled) as (app, pilot):
        app.show_answer(Question.of(halving, {}))
        await on_the_wall(app, pilot)
        screen = app.screen
        assert isinstance(screen, ResultsScreen)
        await pilot.press("right", "t")
        await type_text(pilot, "right side")
        await pilot.press("enter")
        await until(pilot, lambda: any("tagged 6 pictures as right side" in text for text in said(app)))
        assert Tags(filled.catalog).origins() == {"right side": {"effnet-lite0"}}
        await on_the_wall(app, pilot)
        assert len(screen.chosen) == 6
        await pilot.press("home", "space")
        await until(pilot, lambda: "✓ left" in text_of(app))
        assert "1 selected, 6 pictures · vec type" in words(app, "#header")
        await pilot.press("asterisk")
        await until(pilot, lambda: "2 selected, 12 pictures · vec type" in words(app, "#header"))
        assert [place.title for place in screen.places] == ["the selection (12)", "these 6 pictures"]
        assert next(offer.title for offer in screen.exports) == "the selected 2 groups"
        await pilot.press("K")
        await until(pilot, lambda: "Keep 12 pictures as" in text_of(app))
        await type_text(pilot, "both")
        await pilot.press("enter")
        await until(pilot, lambda: [(group.name, group.pictures) for group in Groups(filled.catalog).all()])
        (group,) = Groups(filled.catalog).all()
        assert (group.name, group.pictures, group.origin) == ("both", 12, "Halves in halves · effnet-lite0")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("escape")
        await until(pilot, lambda: "✓" not in text_of(app))
        assert wall_of(app).display


async def test_one_group_has_no_wall(filled: Project):
    async with running(filled) as (app, pilot):
        app.show_answer(Question.of(registry.find("cluster"), {"k": 1, "vec_type": "effnet-lite0"}))
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current)
        assert not wall_of(app).display
        assert not app.screen.query_one("#groups").display
        assert "Pictoscope  1 cluster of 12 pictures" in words(app, "#header")
        assert "“like …” names a cluster by its most typical picture" in flat(app)
        screen = app.screen
        await pilot.press("w")
        assert not wall_of(app).display
        await pilot.press("i")  # the same question within all of the list would be answered by the same list
        await until(pilot, lambda: any("nothing to divide" in text for text in said(app)))
        assert app.screen is screen


async def test_all_groups_are_kept_as_tags_below_one(filled: Project, monkeypatch: pytest.MonkeyPatch):
    async with running(filled) as (app, pilot):
        app.show_answer(Question.of(registry.find("cluster"), {"k": 3, "words": False, "vec_type": "effnet-lite0"}))
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and wall_of(app).current)
        clusters = app.screen.query_one("#groups", OptionList).option_count
        await pilot.press("K", "up")
        await until(pilot, lambda: f"{clusters} tags, one per group" in text_of(app))
        proposed = app.screen.query_one(Input).value
        assert re.fullmatch(r"cluster \d{4}-\d\d-\d\d", proposed)
        await pilot.press("enter")
        await until(pilot, lambda: f"saved as {clusters} tags below {proposed} · u undoes" in said(app))
        tags = Tags(filled.catalog).all()
        parent = next(tag for tag in tags if tag.name == proposed)
        assert len(tags) == clusters + 1 > 2
        assert all(tag.parent == parent.id for tag in tags if tag != parent)
        assert sum(tag.pictures for tag in tags) == 12
        assert len(Tags(filled.catalog).origins()) == clusters
        await pilot.press("u")
        await until(pilot, lambda: not Tags(filled.catalog).all())


async def test_the_selection_is_kept_as_a_tag_that_is_there(filled: Project):
    Tags(filled.catalog).create("market")
    async with running(filled) as (app, pilot):
        await ask_similar(app, pilot)
        await until(pilot, lambda: grid_of(app).current)
        await pilot.press("space", "K", "down")
        await type_text(pilot, "ma")
        await until(pilot, lambda: app.screen.query_one(Input)._suggestion == "market")
        await pilot.press("right", "enter")
        await until(pilot, lambda: "tagged 1 picture as market · u undoes" in said(app))
        assert Tags(filled.catalog).origins() == {"market": {"effnet-lite0"}}


async def test_a_proposed_name_goes_with_what_it_was_proposed_for(filled: Project, halving: Action[Any]):
    async with running(filled, SMALL) as (app, pilot):
        app.push_screen(KeepAs(filled, 3, lambda keep: "", parts=4, parent="clusters [b]"))
        await until(pilot, lambda: isinstance(app.screen, KeepAs) and app.focused is app.screen.query_one(Input))
        line = app.screen.query_one(Input)
        await pilot.press("down", "down")
        assert line.value == "clusters [b]"
        await pilot.press("down")
        assert line.value == ""
        await type_text(pilot, "mine")
        await pilot.press("up")
        assert line.value == "mine"
        await pilot.press("escape")


async def test_a_group_of_one_picture_says_why_there_is_no_answer(filled: Project, halving: Action[Any]):
    async with running(filled) as (app, pilot):
        key = filled.catalog.pictures(filled.catalog.picture_ids())[0].key.hex()
        app.show_answer(Question.of(halving, {"where": (key,)}))
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
        app.show_answer(Question.of(action, {"like": [str(Path("/x"))]}))
        await until(pilot, begun.is_set)
        await until(pilot, lambda: "counting stars" in text_of(app))
        await pilot.press("q")
        await until(pilot, ended.is_set)
        assert said(app) == []
