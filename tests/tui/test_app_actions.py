"""Actions in the app: from the form to the answer, again by other vectors, and what goes wrong on the way."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from app_helpers import (
    PATIENCE,
    SMALL,
    WordEncoder,
    current,
    fill_at_random,
    fill_with,
    flat,
    grid_of,
    lines_of,
    paint,
    running,
    said,
    text_of,
    type_text,
    until,
    vec_types_known,
    words,
)
from textual.widgets import Input, Select

from core.actions.action_history import ActionHistory
from core.actions.registry import find
from core.actions.text_search import TEXT_SEARCH
from core.arrays import normalise
from core.project import Project
from core.vectors import store
from core.vectors.encoder import EncodingSpec
from core.vectors.vec_type import VecType
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.results.action_form import ActionForm
from tui.screens.results.results import ResultsScreen
from tui.screens.results.search import SearchScreen
from tui.screens.settings.create_vectors import CreateVectors
from tui.widgets.model_list import ModelList


@pytest.fixture
def filled(project: Project) -> Project:
    """The twelve pictures with three vec types of random rows."""
    for seed, name in enumerate(("effnet-lite0", "conse", "conse+grey")):
        fill_at_random(project, name, seed=seed)
    project.update_settings(lambda settings: replace(settings, default_vec_type="effnet-lite0"))
    return project


async def answered(app: Pictoscope, pilot: Any) -> None:
    """Wait for the results."""
    await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current)


async def test_similar_ranks_the_others_and_says_by_which_vectors(filled: Project):
    async with running(filled) as (app, pilot):
        await pilot.press("s")
        assert isinstance(app.screen, ActionForm)
        await until(pilot, lambda: "alder.png" in text_of(app))
        await pilot.press("enter")
        await answered(app, pilot)
        assert len(grid_of(app).source or ()) == 11
        assert words(app, "#header").strip().startswith("Pictoscope  Similar pictures like alder.png")
        assert words(app, "#header").endswith("11 pictures · vec type effnet-lite0")


async def test_the_nearest_comes_first(project: Project):
    catalog = project.catalog
    pictures = catalog.pictures(catalog.picture_ids())
    rows = normalise([[number + 1, 30, *[0] * 1278] for number in range(len(pictures))])
    fill_with(project, "effnet-lite0", [picture.key for picture in pictures], rows)
    async with running(project) as (app, pilot):
        await pilot.press("s", "enter")
        await answered(app, pilot)
        names = [item.picture.name for item in grid_of(app).source.items(0, 11) if item]  # type: ignore[union-attr]
        assert names == [picture.name for picture in pictures[1:]]


async def test_several_selected_pictures_are_what_the_others_should_resemble(filled: Project):
    async with running(filled) as (app, pilot):
        await pilot.press("space", "space", "s")
        await until(pilot, lambda: "alder.png, birch.png" in text_of(app))
        await pilot.press("enter")
        await answered(app, pilot)
        assert "like 2 pictures" in words(app, "#header")
        assert len(grid_of(app).source or ()) == 10


async def test_a_file_from_outside_can_be_what_the_others_should_resemble(filled: Project, tmp_path: Path):
    paint(tmp_path / "outside.png", 99)
    encoder = WordEncoder()
    async with running(filled) as (app, pilot):
        app.encoder = encoder  # type: ignore[assignment]
        app.open_form(find("similar"), {"like": (), "top": "3"})
        await pilot.pause()
        await type_text(pilot, str(tmp_path / "outside.png"))
        await pilot.press("enter")
        await answered(app, pilot)
        assert encoder.asked == [("effnet-lite0", str(tmp_path / "outside.png"))]
        assert len(grid_of(app).source or ()) == 3


async def open_text_form(app: Pictoscope, pilot: Any) -> None:
    """The whole form of a text search, from the line."""
    await pilot.press("slash")
    await until(pilot, lambda: isinstance(app.screen, SearchScreen))
    await pilot.press("ctrl+o")
    await until(pilot, lambda: isinstance(app.screen, ActionForm) and vec_types_known(app))
    await pilot.pause()


async def test_the_line_answers_while_one_types_and_enter_goes_to_the_pictures(filled: Project):
    encoder = WordEncoder()
    async with running(filled) as (app, pilot):
        app.encoder = encoder  # type: ignore[assignment]
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        assert "type what the pictures show" in text_of(app)
        await type_text(pilot, "an owl")
        await until(pilot, lambda: "Text search “an owl”" in words(app, "#header"))
        line = app.screen.query_one("#search-line", Input)
        assert line.has_focus
        assert ActionHistory(filled).texts(TEXT_SEARCH) == []  # it may be half a word
        await pilot.press("enter")
        await until(pilot, lambda: ActionHistory(filled).texts(TEXT_SEARCH) == ["an owl"])
        assert grid_of(app).has_focus
        await pilot.press("slash")
        assert line.has_focus
        await type_text(pilot, "a cat")  # replaces the text
        await until(pilot, lambda: "Text search “a cat”" in words(app, "#header"))
        await pilot.press("escape")
        assert isinstance(app.screen, BrowseScreen)


async def test_half_a_phrase_is_said_to_be_wrong_and_the_line_stays(filled: Project):
    async with running(filled) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await pilot.press("quotation_mark", "o", "w", "l")
        await until(pilot, lambda: app.screen.query_one("#note").display)
        assert isinstance(app.screen, SearchScreen)
        await pilot.press("quotation_mark")
        await until(pilot, lambda: len(grid_of(app).source or ()) > 0)
        assert not app.screen.query_one("#note").display


async def test_after_enter_on_a_wrong_text_the_line_takes_the_correction(filled: Project):
    async with running(filled) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await type_text(pilot, "((")
        await pilot.press("enter")
        line = app.screen.query_one("#search-line", Input)
        await until(pilot, lambda: "there is no word in ((" in words(app, "#note") and line.has_focus)
        await pilot.press("backspace", "backspace", "q")
        assert line.value == "q"
        assert isinstance(app.screen, SearchScreen)


async def test_an_emptied_line_shows_the_words_of_the_empty_search_again(filled: Project):
    async with running(filled) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await type_text(pilot, "owl")
        await until(pilot, lambda: len(grid_of(app).source or ()) > 0)
        await pilot.press("backspace", "backspace", "backspace")
        await until(pilot, lambda: "type what the pictures show: they appear as you type" in text_of(app))
        assert not grid_of(app).source
        assert "owl" not in words(app, "#header")
        assert app.screen.query_one("#search-line", Input).has_focus
        await type_text(pilot, "owl")  # the same text again is asked again
        await until(pilot, lambda: len(grid_of(app).source or ()) > 0)


async def test_the_text_of_the_answer_typed_again_takes_the_complaint_away(filled: Project):
    async with running(filled) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await type_text(pilot, "owl")
        await until(pilot, lambda: len(grid_of(app).source or ()) > 0)
        await type_text(pilot, "^0")
        await until(pilot, lambda: "a number above 0, at most 100" in words(app, "#note"))
        await pilot.press("backspace", "backspace")
        await until(pilot, lambda: not app.screen.query_one("#note").display)
        await until(pilot, lambda: "Text search “owl”" in words(app, "#header"))
        app.screen.query_one("#search-line", Input).value = "^2"
        await until(pilot, lambda: "the weight ^2 has no phrase before it" in words(app, "#note"))


async def test_text_search_offers_only_vectors_that_read_text(filled: Project):
    encoder = WordEncoder()
    async with running(filled) as (app, pilot):
        app.encoder = encoder  # type: ignore[assignment]
        await open_text_form(app, pilot)
        assert [value for _, value in app.screen.query_one("#vec_type", Select)._options] == ["conse", "conse+grey"]
        await type_text(pilot, "a bird")
        await pilot.press("enter")
        await answered(app, pilot)
        assert encoder.asked == [("conse", "a bird")]
        assert words(app, "#header").endswith("12 pictures · vec type conse")
        assert "Text search “a bird”" in words(app, "#header")


async def test_v_asks_the_same_by_other_vectors_in_the_place_of_the_answer(filled: Project):
    encoder = WordEncoder()
    async with running(filled) as (app, pilot):
        app.encoder = encoder  # type: ignore[assignment]
        await open_text_form(app, pilot)
        await pilot.press("o", "w", "l", "enter")
        await answered(app, pilot)
        await pilot.press("v")
        assert app.focused is app.screen.query_one("#vec_type")
        assert app.screen.query_one("#text", Input).value == "owl"
        await until(pilot, lambda: vec_types_known(app))
        await pilot.press("space", "down", "enter", "enter")
        await until(pilot, lambda: words(app, "#header").endswith("vec type conse+grey"))
        assert encoder.asked == [("conse", "owl")]  # the same model: the row of the phrase is kept
        await pilot.press("q")
        assert isinstance(app.screen, BrowseScreen)


async def test_the_next_form_begins_with_what_was_chosen_last(filled: Project):
    async with running(filled) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await open_text_form(app, pilot)
        await pilot.press("o", "w", "l", "ctrl+o")
        app.screen.query_one("#top").focus()
        await pilot.press("end", "backspace", "enter")
        await answered(app, pilot)
        await pilot.press("q")
        await open_text_form(app, pilot)
        assert app.screen.query_one("#text", Input).value == "owl"
        assert app.screen.query_one("#top", Input).value == "10"


async def test_escape_leaves_all_as_it_was(filled: Project):
    async with running(filled) as (app, pilot):
        await pilot.press("l", "l", "space", "s", "escape")
        assert isinstance(app.screen, BrowseScreen)
        assert (current(app), len(grid_of(app).chosen)) == ("elm.png", 1)
        await pilot.press("slash", "x", "escape", "slash")
        assert app.screen.query_one("#search-line", Input).value == ""


async def test_results_can_be_asked_about_again(filled: Project):
    async with running(filled) as (app, pilot):
        await pilot.press("s", "enter")
        await answered(app, pilot)
        first = current(app)
        await pilot.press("s")
        await until(pilot, lambda: first in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: f"like {first}" in words(app, "#header"))
        assert len(app.screen_stack) == 4
        await pilot.press("q", "q")
        assert isinstance(app.screen, BrowseScreen)


async def test_an_answer_from_incomplete_vectors_says_so_in_a_line_of_its_own(project: Project):
    fill_at_random(project, "effnet-lite0", only=5)
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("s", "enter")
        await answered(app, pilot)
        assert words(app, "#note") == "effnet-lite0 covers 5 of 12 pictures: Restart computes the rest"
        title, facts = "Similar pictures like alder.png", "4 pictures · effnet-lite0"  # whole: it leaves out words
        assert words(app, "#header").split() == ["Pictoscope", *title.split(), *facts.split()]


async def test_the_footer_of_results_shows_every_key_at_80_columns(filled: Project):
    async with running(filled, SMALL) as (app, pilot):
        await pilot.press("s", "enter")
        await answered(app, pilot)
        assert lines_of(app)[-1].rstrip().endswith(("? Help  q Back", "? Help  q Quit"))


async def test_text_search_without_its_vectors_opens_create_with_a_model_that_reads_text(project: Project):
    fill_at_random(project, "effnet-lite0")
    async with running(project) as (app, pilot):
        await pilot.press("slash")
        await until(pilot, lambda: "There are no vectors that read text yet" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CreateVectors))
        assert app.screen.query_one(ModelList).current.key == "conse"


async def test_vectors_deleted_while_the_form_is_open_are_an_error_and_can_be_created_anew(project: Project):
    fill_at_random(project, "conse")
    async with running(project) as (app, pilot):
        await open_text_form(app, pilot)
        await pilot.press("o", "w", "l")
        store.delete(project.vectors_folder / "conse")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CreateVectors))
        assert any("there are no vectors conse yet" in text for text in said(app))
        assert app.screen.query_one(ModelList).current.key == "conse"
        await pilot.press("escape")
        assert isinstance(app.screen, BrowseScreen)
        await pilot.press("l")
        await until(pilot, lambda: current(app) == "birch.png")


async def test_a_picture_that_is_gone_is_an_error_and_the_app_goes_on(filled: Project):
    async with running(filled) as (app, pilot):
        app.open_form(find("similar"), {"like": ("/not/there.png",)})
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "there is no picture /not/there.png" in flat(app))
        assert isinstance(app.screen, ActionForm)  # with all that was given, and what is wrong
        assert app.screen.query_one("#explanation").has_class("wrong")
        first = app.screen
        await pilot.press("enter")  # it asks again, and comes back again
        await until(pilot, lambda: isinstance(app.screen, ActionForm) and app.screen is not first)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_an_error_that_comes_while_something_else_is_open_does_not_close_that(filled: Project):
    class Refuses(WordEncoder):
        def texts(self, how: EncodingSpec, texts: Any) -> Any:
            help_is_open.wait(PATIENCE)
            return super().texts(replace(how, vec_type=VecType("nonsense")), texts)

    help_is_open = threading.Event()
    async with running(filled) as (app, pilot):
        app.encoder = Refuses()  # type: ignore[assignment]
        await open_text_form(app, pilot)
        await pilot.press("o", "w", "l", "enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen))
        await until(pilot, lambda: "searching…" in text_of(app))
        await pilot.press("question_mark")
        over = app.screen
        help_is_open.set()
        await until(pilot, lambda: any("there is no model nonsense" in text for text in said(app)))
        assert app.screen is over
        await pilot.press("escape")
        assert isinstance(app.screen, ResultsScreen)
        await until(pilot, lambda: "there is no model" in text_of(app))


async def test_while_a_model_is_loaded_results_say_so_and_only_then(filled: Project):
    class Slow(WordEncoder):
        def texts(self, how: EncodingSpec, texts: Any) -> Any:
            for step in steps:
                step.wait(PATIENCE)
                app._tell_loading("conse" if step is steps[0] else "")
            answered.wait(PATIENCE)
            return super().texts(how, texts)

    steps, answered = (threading.Event(), threading.Event()), threading.Event()
    async with running(filled) as (app, pilot):
        app.encoder = Slow()  # type: ignore[assignment]
        await open_text_form(app, pilot)
        await pilot.press("o", "w", "l", "enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen))
        for step, shown in zip((*steps, answered), ("searching…", "loading conse…", "searching…"), strict=True):
            await until(pilot, lambda shown=shown: shown in text_of(app))
            step.set()
        await until(pilot, lambda: len(grid_of(app).source or ()) > 0)


async def test_leaving_while_an_action_works_is_possible(filled: Project):
    class Waits(WordEncoder):
        def texts(self, how: EncodingSpec, texts: Any) -> Any:
            left.wait(PATIENCE)
            return super().texts(how, texts)

    left = threading.Event()
    async with running(filled) as (app, pilot):
        app.encoder = Waits()  # type: ignore[assignment]
        await open_text_form(app, pilot)
        await pilot.press("o", "w", "l", "enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen))
        await pilot.press("q")
        assert isinstance(app.screen, BrowseScreen)
        left.set()
        await pilot.press("l")
        await until(pilot, lambda: current(app) == "birch.png")
