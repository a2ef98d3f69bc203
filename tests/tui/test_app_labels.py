"""Tags, groups, filters and undo in Browse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from app_helpers import (
    SMALL,
    WIDE,
    fill_at_random,
    flat,
    keys_named,
    lines_of,
    names_of,
    running,
    said,
    shown,
    text_of,
    type_text,
    until,
    words,
)
from textual.widgets import Input, OptionList

from core.labels.groups import Groups
from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse import browse_list
from tui.screens.browse.filter_line import FilterLine
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.results.action_form import ActionForm
from tui.widgets.form_controls import ChosenPictures


async def filter_by(app: Pictoscope, pilot: Any, line: str) -> None:
    await pilot.press("f")
    await until(pilot, lambda: isinstance(app.screen, FilterLine))
    app.screen.query_one("#line", Input).value = ""
    await type_text(pilot, line)
    await pilot.press("enter")


async def test_t_tags_the_selection_and_u_takes_it_back(project: Project):
    first, second = names_of(project)[:2]
    async with running(project) as (app, pilot):
        assert not app.screen.query_one("#labels").display
        await pilot.press("space", "space", "t")
        await until(pilot, lambda: "Tag 2 pictures" in text_of(app))
        await type_text(pilot, "old press")
        await pilot.press("enter")
        await until(pilot, lambda: "tagged 2 pictures as old press · u undoes" in said(app))
        assert sorted(Tags(project.catalog).keys("old press").tolist()) == sorted(
            key.rstrip(b"\0") for key in keys_named(project, first, second)
        )
        await until(pilot, lambda: "old press 2" in text_of(app))
        await pilot.press("u")
        await until(pilot, lambda: any(text.startswith("undone: ") for text in said(app)))
        await until(pilot, lambda: not app.screen.query_one("#labels").display)
        await pilot.press("U")
        await until(pilot, lambda: "old press 2" in text_of(app))


async def test_undoing_the_tag_that_is_on_show_shows_all_pictures(project: Project):
    async with running(project) as (app, pilot):
        await pilot.press("t")
        await type_text(pilot, "old press")
        await pilot.press("enter")
        await until(pilot, lambda: "old press 1" in text_of(app))
        await filter_by(app, pilot, 'tag:"old press"')
        await until(pilot, lambda: len(shown(app)) == 1)
        await pilot.press("u")
        await until(pilot, lambda: len(shown(app)) == 12 and not app.screen.query_one("#labels").display)
        assert 'tag:"old press": not there any more, all pictures are shown' in said(app)


async def test_all_that_passes_a_filter_is_tagged_by_one_key_each(project: Project):
    Tags(project.catalog).add("some", keys_named(project, *names_of(project)[2:9]))
    async with running(project) as (app, pilot):
        await filter_by(app, pilot, "tag:some")
        await until(pilot, lambda: len(shown(app)) == 7)
        await pilot.press("asterisk")
        await until(pilot, lambda: "7 selected" in words(app, "#header"))
        await pilot.press("t")
        await until(pilot, lambda: "Tag 7 pictures" in text_of(app))
        await type_text(pilot, "all")
        await pilot.press("enter")
        await until(pilot, lambda: "tagged 7 pictures as all · u undoes" in said(app))
        await until(pilot, lambda: "7 selected" in words(app, "#header"))
        assert Tags(project.catalog).keys("all").tolist() == Tags(project.catalog).keys("some").tolist()


async def test_K_keeps_the_selection_or_else_what_is_shown_as_a_group_or_a_tag(project: Project):
    everything = names_of(project)
    async with running(project) as (app, pilot):
        await filter_by(app, pilot, "folder:birds")
        await until(pilot, lambda: 0 < len(shown(app)) < len(everything))
        birds = shown(app)
        await pilot.press("K")
        await until(pilot, lambda: f"Keep {len(birds)} pictures as" in text_of(app))
        await type_text(pilot, "birds")
        await pilot.press("enter")
        await until(pilot, lambda: f"saved {len(birds)} pictures as the group birds · u undoes" in said(app))
        groups = Groups(project.catalog)
        assert groups.open("birds") == [(key, None) for key in keys_named(project, *birds)]
        await pilot.press("space", "K")
        await until(pilot, lambda: "Keep 1 picture as" in text_of(app))
        await type_text(pilot, "birds")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and "there is a group birds already" in flat(app))
        await pilot.press("n")
        await until(pilot, lambda: "Keep 1 picture as" in text_of(app) and not isinstance(app.screen, Confirm))
        await type_text(pilot, "2")
        await pilot.press("enter")
        await until(pilot, lambda: "birds2 1" in text_of(app))
        assert {group.name: group.origin for group in groups.all()} == {
            "birds": "folder:birds",
            "birds2": "a selection",
        }
        await pilot.press("K", "down")
        await type_text(pilot, "bird")
        await pilot.press("enter")
        await until(pilot, lambda: "tagged 1 picture as bird · u undoes" in said(app))


async def test_of_many_selected_pictures_those_that_vanish_leave_the_selection(
    project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(browse_list, "_FACTS", 3)
    async with running(project) as (app, pilot):
        await pilot.press("asterisk")
        await until(pilot, lambda: "12 selected" in words(app, "#header"))
        (folder / "fir.png").unlink()
        await pilot.press("ctrl+l")
        await until(pilot, lambda: "11 selected" in words(app, "#header"))


async def test_more_pictures_than_anybody_compares_with_are_no_examples(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    fill_at_random(project, "effnet-lite0")
    monkeypatch.setattr("tui.action_dialogs._MOST_EXAMPLES", 11)
    async with running(project) as (app, pilot):
        await pilot.press("asterisk")
        await until(pilot, lambda: "12 selected" in words(app, "#header"))
        await pilot.press("s")
        await until(pilot, lambda: "Similar pictures" in text_of(app))
        assert not app.screen.query(ChosenPictures)
        places = app.screen.query_one("#where")._places  # type: ignore[attr-defined]
        assert [len(place.where) for place in places.values()] == [12]


async def test_a_tag_that_is_there_is_completed_and_taken_off(project: Project):
    name = names_of(project)[0]
    Tags(project.catalog).add("market", keys_named(project, name))
    async with running(project) as (app, pilot):
        await pilot.press("T")
        await type_text(pilot, "ma")
        await until(pilot, lambda: app.screen.query_one("#answer", Input)._suggestion == "market")
        await pilot.press("right", "enter")
        await until(pilot, lambda: "removed the tag market from 1 picture · u undoes" in said(app))
        assert Tags(project.catalog).keys("market").size == 0


async def test_a_wrong_tag_is_said_in_the_dialog_which_keeps_what_was_typed(project: Project):
    name = names_of(project)[0]
    Tags(project.catalog).add("market", keys_named(project, name))
    async with running(project) as (app, pilot):
        await pilot.press("T")
        await type_text(pilot, "markt")
        await pilot.press("enter")
        await until(pilot, lambda: "there is no tag markt (did you mean market?)" in words(app, "#explanation"))
        assert app.screen.query_one("#answer", Input).value == "markt"
        assert said(app) == []
        await pilot.press("backspace", "e", "t", "enter")
        await until(pilot, lambda: "removed the tag market from 1 picture · u undoes" in said(app))
        await pilot.press("t")
        await until(pilot, lambda: bool(app.screen.query("#answer")))
        app.screen.query_one("#answer", Input).value = "x" * 201
        await pilot.press("enter")
        await until(pilot, lambda: "a tag has a name of at most 200 characters" in words(app, "#explanation"))


async def test_the_preview_names_the_tags(project: Project):
    Tags(project.catalog).add("[bold]market", keys_named(project, names_of(project)[0]))
    async with running(project, WIDE) as (app, pilot):
        await until(pilot, lambda: "tags  [bold]market" in text_of(app))


async def test_a_filter_shows_what_passes_it_until_escape(project: Project):
    everything = names_of(project)
    Tags(project.catalog).add("some", keys_named(project, *everything[2:5]))
    async with running(project) as (app, pilot):
        await filter_by(app, pilot, "tag:some")
        await until(pilot, lambda: shown(app) == everything[2:5])
        assert "tag:some" in words(app, "#header")
        assert f"3 of {len(everything)} pictures" in words(app, "#header")
        await pilot.press("escape")
        await until(pilot, lambda: shown(app) == everything)
        assert "tag:some" not in words(app, "#header")


async def test_a_mistake_in_a_filter_is_pointed_at(project: Project):
    async with running(project) as (app, pilot):
        await filter_by(app, pilot, "tag:some and width>")
        await until(pilot, lambda: "▲" in text_of(app))
        assert isinstance(app.screen, FilterLine)
        lines = lines_of(app)
        place = next(number for number, line in enumerate(lines) if "▲" in line)
        assert "tag:some and width>" in lines[place - 1]
        await pilot.press("escape")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("tag:nobody", "there is no tag nobody"),
        ("foldr:fruit", "there is no property foldr (did you mean folder?)"),
        ("width>3 and nonsense:5", "there is no property nonsense"),
        ("covered:clip", "there are no vectors clip"),
    ],
)
async def test_a_filter_that_names_what_is_not_there_is_said_in_the_dialog_and_can_be_mended(
    project: Project, line: str, message: str
):
    everything = names_of(project)
    async with running(project) as (app, pilot):
        await filter_by(app, pilot, line)
        await until(pilot, lambda: f"▲ {message}" in words(app, "#explanation"))
        assert isinstance(app.screen, FilterLine)
        assert app.screen.query_one("#line", Input).value == line
        assert said(app) == []
        app.screen.query_one("#line", Input).value = f"name:{everything[1]}"
        await pilot.press("enter")
        await until(pilot, lambda: shown(app) == everything[1:2])


async def test_a_filter_is_completed(project: Project):
    Tags(project.catalog).add("market", keys_named(project, names_of(project)[0]))
    async with running(project) as (app, pilot):
        await pilot.press("f")
        await type_text(pilot, "tag:ma")
        line = app.screen.query_one("#line", Input)
        await until(pilot, lambda: line._suggestion == "tag:market")
        await pilot.press("escape")


async def test_a_tag_and_a_group_at_the_left_are_shown_by_enter(project: Project):
    everything = names_of(project)
    catalog = project.catalog
    Tags(catalog).add("some", keys_named(project, *everything[:2]))
    Groups(catalog).save("chosen", [(key, 0.5) for key in keys_named(project, everything[4], everything[1])])
    async with running(project) as (app, pilot):
        labels = app.screen.query_one("#labels", OptionList)
        await until(pilot, lambda: labels.display)
        labels.focus()
        await pilot.press("home", "enter")
        await until(pilot, lambda: shown(app) == everything[:2])
        labels.focus()
        await pilot.press("end", "enter")
        await until(pilot, lambda: shown(app) == [everything[4], everything[1]])
        assert "group chosen" in words(app, "#header")
        await pilot.press("c")
        places = app.screen.query_one("#where")._places  # type: ignore[attr-defined]
        assert [place.where for place in places.values()] == ["group:chosen"]


async def test_a_tag_chosen_within_a_folder_shows_all_of_its_pictures(project: Project):
    everything = names_of(project)
    Tags(project.catalog).add("some", keys_named(project, *everything[:2]))
    async with running(project) as (app, pilot):
        app.screen.query_one("#folders").focus()
        await pilot.press("end")
        await until(pilot, lambda: 0 < len(shown(app)) < 12)
        assert not set(everything[:2]) & set(shown(app))
        app.screen.query_one("#labels", OptionList).focus()
        await pilot.press("home", "enter")
        await until(pilot, lambda: shown(app) == everything[:2])
        assert "2 of 12 pictures" in words(app, "#header")


async def test_an_action_is_offered_the_folder_and_the_filter_on_show(project: Project):
    fill_at_random(project, "effnet-lite0")
    async with running(project) as (app, pilot):
        app.screen.query_one("#folders").focus()
        await pilot.press("down")
        await until(pilot, lambda: 0 < len(shown(app)) < len(names_of(project)))
        inside = shown(app)
        await filter_by(app, pilot, "width>0")
        await until(pilot, lambda: "width>0" in words(app, "#header"))
        await pilot.press("c")
        places = app.screen.query_one("#where")._places  # type: ignore[attr-defined]
        (place,) = places.values()
        assert place.where.endswith(" and (width>0)")
        assert place.where.startswith("folder:")
        from core.filters.evaluation import ids_where

        found = project.catalog.pictures(ids_where(project.catalog, place.where))
        assert [picture.name for picture in found] == inside


@pytest.mark.parametrize("name", ["[red]x[/red]", "a\u202eb", "x" * 200, "قطة"])
async def test_any_name_of_a_tag_is_shown_as_text(project: Project, name: str):
    Tags(project.catalog).add(name, keys_named(project, names_of(project)[0]))
    async with running(project, SMALL) as (app, pilot):
        await until(pilot, lambda: app.screen.query_one("#labels").display)
        assert "\u202e" not in text_of(app)
        assert all(len(line) <= 80 for line in lines_of(app))


async def test_recommend_is_about_the_tag_or_the_group_that_is_on_show(project: Project):
    fill_at_random(project, "effnet-lite0")
    some = keys_named(project, *names_of(project)[:3])
    Tags(project.catalog).add("old press", some)
    Groups(project.catalog).save("posters", [(key, None) for key in some])
    async with running(project) as (app, pilot):
        for line, about, like in (
            ('tag:"old press"', "tag:old press", False),
            ('tag:"old press" and width>0', "", 1),
            ("", "", True),
        ):
            await filter_by(app, pilot, line)
            await until(pilot, lambda: app.screen._listed.filter == line)  # noqa: B023  at once
            await pilot.press("r")
            await until(pilot, lambda: isinstance(app.screen, ActionForm))
            assert app.screen.query_one("#for_", Input).value == about
            assert bool(app.screen.query_one("#like").given) == like
            await pilot.press("escape")
        await pilot.press("space")
        app.screen.show_only(group="posters")
        await until(pilot, lambda: app.screen._listed.group == "posters")
        assert app.screen.subject == ""  # one is selected: it is about that one
        await pilot.press("escape")
        assert app.screen.subject == "group:posters"


async def test_a_tag_at_the_left_counts_those_below_it(project: Project):
    tags = Tags(project.catalog)
    first, second, third = keys_named(project, *names_of(project)[:3])
    tags.create("animal")
    tags.create("cat", parent="animal")
    tags.add("cat", [first, second])
    async with running(project) as (app, pilot):
        await until(pilot, lambda: "animal 2" in text_of(app) and "cat 2" in text_of(app))
        tags.add("animal", [second, third])  # by another process: it is seen with the next list
        await filter_by(app, pilot, "tag:animal")
        await until(pilot, lambda: "animal 3" in text_of(app) and len(shown(app)) == 3)
