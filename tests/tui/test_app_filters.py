"""Saved filters: kept, picked and deleted where a filter is typed, shown at the left, offered by forms."""

from __future__ import annotations

from typing import Any

import pytest
from app_helpers import (
    SMALL,
    fill_at_random,
    flat,
    keys_named,
    names_of,
    running,
    said,
    shown,
    text_of,
    type_text,
    until,
    words,
)
from textual.widgets import Input, OptionList, Select, Tree

from core.actions.cluster import CLUSTER
from core.actions.definition import Action
from core.actions.duplicates import DUPLICATES
from core.actions.recommend import RECOMMEND
from core.actions.registry import OURS
from core.actions.similar import SIMILAR
from core.actions.text_search import TEXT_SEARCH
from core.filters.saved import SavedFilters
from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.filter_line import FilterLine
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.labels.label_form import LabelForm
from tui.screens.results.action_form import ActionForm
from tui.screens.results.results import ResultsScreen
from tui.widgets.form_controls import ScopeControl
from tui.widgets.question_line import QuestionLine


async def open_line(app: Pictoscope, pilot: Any) -> Input:
    await pilot.press("f")
    await until(pilot, lambda: isinstance(app.screen, FilterLine))
    return app.screen.query_one("#line", Input)


async def save(app: Pictoscope, pilot: Any, line: str, name: str) -> None:
    (await open_line(app, pilot)).value = line
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(app.screen, LabelForm))
    app.screen.query_one(Input).value = ""
    await type_text(pilot, name)
    await pilot.press("enter")


async def test_a_line_is_saved_picked_and_deleted(project: Project):
    everything = names_of(project)
    Tags(project.catalog).add("some", keys_named(project, *everything[:2]))
    filters = SavedFilters(project.catalog)
    async with running(project, SMALL) as (app, pilot):
        await save(app, pilot, "tag:some", "my [b]tag")
        await until(pilot, lambda: any("saved the filter my [b]tag · u undoes" in text for text in said(app)))
        assert filters.all() == {"my [b]tag": "tag:some"}
        await until(pilot, lambda: isinstance(app.screen, FilterLine) and "my [b]tag   tag:some" in text_of(app))
        app.screen.query_one("#line", Input).value = ""
        await pilot.press("down")
        await until(pilot, lambda: app.screen.query_one("#line", Input).value == "tag:some")
        await pilot.press("enter")
        await until(pilot, lambda: shown(app) == everything[:2])
        await open_line(app, pilot)
        await until(pilot, lambda: app.screen.query_one("#saved").display)
        await pilot.press("down", "delete")
        await until(pilot, lambda: not filters.all() and not app.screen.query_one("#saved").display)
        assert app.screen.query_one("#line").has_focus


async def test_a_name_that_is_taken_is_asked_about(project: Project):
    filters = SavedFilters(project.catalog)
    filters.save("mine", "untagged")
    async with running(project, SMALL) as (app, pilot):
        await until(pilot, lambda: app.screen.query_one("#labels").display)
        await open_line(app, pilot)
        await until(pilot, lambda: "mine   untagged" in text_of(app))
        await pilot.press("escape")
        await save(app, pilot, "width>3", "mine")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Replace the filter mine? It is: untagged" in flat(app)
        await pilot.press("y")
        await until(pilot, lambda: filters.all() == {"mine": "width>3"})


async def test_a_line_with_a_mistake_is_not_saved(project: Project):
    async with running(project, SMALL) as (app, pilot):
        (await open_line(app, pilot)).value = "width>"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "▲" in text_of(app))
        assert isinstance(app.screen, FilterLine)


async def test_a_line_that_could_not_be_used_is_not_saved_and_its_mistake_is_pointed_at(project: Project):
    """The unknown name is seen when the line is saved, not when it is used."""
    filters = SavedFilters(project.catalog)
    async with running(project, SMALL) as (app, pilot):
        for line, column, message in (
            ("width>3 wdth>3", 8, "there is no property wdth (did you mean width?)"),
            ("tag:nosuch", 0, "there is no tag nosuch"),
            ("covered:clip", 0, "there are no vectors clip"),
        ):
            await save(app, pilot, line, "mine")
            pointer = f"{' ' * column}▲ {message}"
            await until(pilot, lambda pointer=pointer: pointer in words(app, "#explanation"))
            assert isinstance(app.screen, LabelForm)
            await pilot.press("escape", "escape")
            await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
    assert filters.all() == {}


async def test_a_line_about_vectors_can_be_saved(project: Project):
    fill_at_random(project, "effnet-lite0")
    async with running(project, SMALL) as (app, pilot):
        await save(app, pilot, "covered:effnet-lite0", "done")
        await until(pilot, lambda: SavedFilters(project.catalog).all() == {"done": "covered:effnet-lite0"})


async def test_a_saved_filter_at_the_left_is_applied_by_enter(project: Project):
    everything = names_of(project)
    Tags(project.catalog).add("some", keys_named(project, *everything[:2]))
    SavedFilters(project.catalog).save("old press", "tag:some")
    async with running(project, SMALL) as (app, pilot):
        labels = app.screen.query_one("#labels", OptionList)
        await until(pilot, lambda: labels.display and "Filters" in text_of(app))
        labels.focus()
        await pilot.press("end", "enter")
        await until(pilot, lambda: shown(app) == everything[:2])
        assert 'saved:"old press"' in words(app, "#header")


async def test_every_form_offers_saved_filters_and_refuses_a_typed_one_with_a_mistake(project: Project):
    fill_at_random(project, "effnet-lite0")
    SavedFilters(project.catalog).save("old press", "folder:birds")
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        place = app.screen.query_one("#where-place", Select)
        await until(pilot, lambda: "filter old press" in [str(text) for text, _ in place._options])
        place.value = "saved-old press"
        assert app.screen.query_one("#where").given == 'saved:"old press"'  # type: ignore[attr-defined]
        place.value = "filter"
        await until(pilot, lambda: app.screen.query_one("#where-filter").has_focus)
        await type_text(pilot, "folder:bi")
        line = app.screen.query_one("#where-filter", Input)
        await until(pilot, lambda: line._suggestion == "folder:birds")
        await pilot.press("right", "space", "w", "greater_than_sign", "enter")
        await until(pilot, lambda: "within, at character 16" in flat(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


@pytest.mark.parametrize("key", [action.key for action in OURS if action is not TEXT_SEARCH])
async def test_every_form_begins_within_the_filter_that_is_on(project: Project, key: str):
    fill_at_random(project, "effnet-lite0")
    async with running(project, SMALL) as (app, pilot):
        (await open_line(app, pilot)).value = "width>3"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and app.screen.filter == "width>3")
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        assert app.screen.query_one(ScopeControl).given == "width>3"


@pytest.mark.parametrize("action", [CLUSTER, DUPLICATES, SIMILAR, RECOMMEND])
async def test_a_form_that_takes_no_pictures_begins_within_the_folder_that_is_shown(
    project: Project, action: Action[Any]
):
    fill_at_random(project, "effnet-lite0")
    async with running(project, SMALL) as (app, pilot):
        app.screen.query_one("#folders", Tree).focus()
        await pilot.press("down")
        await until(pilot, lambda: len(shown(app)) < len(names_of(project)))
        await pilot.press(action.key)
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        within = app.screen.query_one(ScopeControl).given
        assert within == ("" if action in (SIMILAR, RECOMMEND) else "folder:birds")


async def test_an_answer_says_where_it_looked(project: Project):
    fill_at_random(project, "effnet-lite0")
    async with running(project, SMALL) as (app, pilot):
        (await open_line(app, pilot)).value = "name:r"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and app.screen.filter == "name:r")
        await pilot.press("s", "enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and shown(app))
        assert all("r" in name for name in shown(app))
        assert "within name:r" in text_of(app.screen.query_one(QuestionLine))
