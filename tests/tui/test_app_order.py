"""Browse in an order, and parted into groups."""

from __future__ import annotations

import time
from array import array
from typing import Any

import pytest
from app_helpers import (
    SMALL,
    fill_at_random,
    grid_of,
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
from textual.widgets import Select, Static

from core.catalog.property_types import PropertyType
from core.filters.arrange import PictureGroup
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.order import OrderDialog
from tui.widgets.bucket_list import BucketList


async def order_by(app: Pictoscope, pilot: Any, **chosen: str) -> None:
    """Through the dialog: ``by``, ``direction`` and ``group`` as they are shown there."""
    await pilot.press("o")
    await until(pilot, lambda: isinstance(app.screen, OrderDialog))
    selects = {"by": "#order-by", "direction": "#direction", "vec_type": "#vec_type", "group": "#group-by"}
    for name, words_ in chosen.items():
        select: Select[Any] = app.screen.query_one(selects.get(name, f"#{name}"), Select)
        await until(pilot, lambda select=select, words_=words_: words_ in map(str, (row[0] for row in select._options)))
        select.value = next(value for text, value in select._options if str(text) == words_)
        await pilot.pause()
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


def buckets(app: Pictoscope) -> list[tuple[str | None, int]]:
    """Name and size of each bucket at the left."""
    return [(bucket.name, len(bucket.ids)) for bucket in app.screen.query_one(BucketList).entries]


async def test_o_orders_and_escape_takes_it_back(project: Project):
    everything = names_of(project)
    async with running(project) as (app, pilot):
        await order_by(app, pilot, by="name", direction="Z to A")
        await until(pilot, lambda: shown(app) == sorted(everything, reverse=True))
        assert "by name, Z to A" in words(app, "#header")
        await pilot.press("escape")
        await until(pilot, lambda: shown(app) == everything)
        assert "by name" not in words(app, "#header")


async def test_pictures_are_ordered_by_what_people_wrote_down(project: Project):
    everything = names_of(project)
    Properties(project.catalog).define("year", PropertyType.NUMBER)
    first, second = keys_named(project, "pike.png", "elm.png")
    Properties(project.catalog).set_each("year", {first: 1931, second: 1930})
    async with running(project) as (app, pilot):
        await order_by(app, pilot, by="year", direction="largest first")
        await until(pilot, lambda: shown(app)[:2] == ["pike.png", "elm.png"])
        assert shown(app)[2:] == [name for name in everything if name not in ("pike.png", "elm.png")]


async def test_pictures_are_ordered_by_similarity_to_the_one_under_the_cursor(project: Project):
    fill_at_random(project, "effnet-lite0", only=10)
    everything = names_of(project)
    async with running(project) as (app, pilot):
        await pilot.press("l", "l")
        name = everything[2]
        await order_by(app, pilot, by=f"similarity to {name}")
        await until(pilot, lambda: shown(app)[0] == name and f"most like {name} first" in words(app, "#header"))
        source = grid_of(app).source
        assert source
        scores = [item.score for item in source.items(0, 12) if item]
        known = [score for score in scores if score is not None]
        assert known == sorted(known, reverse=True)
        assert scores[10:] == [None, None]
        assert shown(app)[10:] == everything[10:]


async def test_similarity_without_vectors_is_refused_and_the_list_stays(project: Project):
    everything = names_of(project)
    async with running(project) as (app, pilot):
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, OrderDialog))
        app.screen.query_one("#order-by", Select).value = "similarity"
        await until(pilot, lambda: "no vectors yet" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "create some in Settings (g) first" in words(app, "#explanation"))
        await pilot.press("escape")
        await until(pilot, lambda: shown(app) == everything)


async def test_groups_are_listed_at_the_left_and_shown_one_by_one(project: Project):
    everything = names_of(project)
    Tags(project.catalog).add("[b]old", keys_named(project, *everything[:3]))
    Tags(project.catalog).add("press", keys_named(project, *everything[2:4]))
    async with running(project, SMALL) as (app, pilot):
        await order_by(app, pilot, group="tag")
        await until(pilot, lambda: buckets(app) == [("[b]old", 3), ("press", 2), (None, 8)])
        assert not app.screen.query_one("#folders").display
        assert shown(app) == everything[:3]
        assert any("[b]old" in line and "3" in line for line in lines_of(app))
        assert "none" in text_of(app)
        assert "3 of 12 pictures" in words(app, "#header")
        assert "grouped by tag" in words(app, "#header")
        await pilot.press("down")
        await until(pilot, lambda: shown(app) == everything[2:4])
        await pilot.press("end")
        await until(pilot, lambda: shown(app) == everything[4:])
        await pilot.press("enter")
        await until(pilot, lambda: grid_of(app).has_focus)
        await pilot.press("c")
        places = app.screen.query_one("#where")._places  # type: ignore[attr-defined]
        (place,) = places.values()
        assert place.title == "here: none (8)"
        assert list(place.where) == [key.hex() for key in keys_named(project, *everything[4:])]
        await pilot.press("escape", "escape")
        await until(pilot, lambda: shown(app) == everything and app.screen.query_one("#folders").display)


async def test_what_is_tagged_moves_on_and_the_cursor_stays_in_its_group(project: Project):
    everything = names_of(project)
    Tags(project.catalog).add("old", keys_named(project, everything[0]))
    async with running(project) as (app, pilot):
        await order_by(app, pilot, group="tag")
        await until(pilot, lambda: buckets(app) == [("old", 1), (None, 11)])
        await pilot.press("down", "enter")
        await until(pilot, lambda: shown(app) == everything[1:])
        await pilot.press("t")
        await until(pilot, lambda: "Tag 1 picture" in text_of(app))
        await type_text(pilot, "new")
        await pilot.press("enter")
        await until(pilot, lambda: buckets(app) == [("new", 1), ("old", 1), (None, 10)])
        await until(pilot, lambda: shown(app) == everything[2:])


async def test_the_order_is_kept_until_the_next_time(project: Project):
    everything = names_of(project)
    async with running(project) as (app, pilot):
        await order_by(app, pilot, by="name", direction="Z to A")
        await until(pilot, lambda: shown(app)[0] == max(everything))
        await pilot.press("ctrl+q")
    async with running(project) as (app, pilot):
        await until(pilot, lambda: shown(app) == sorted(everything, reverse=True))
        await pilot.press("escape")
        await until(pilot, lambda: shown(app) == everything)
        await pilot.press("ctrl+q")
    async with running(project) as (app, pilot):
        assert shown(app) == everything


async def test_an_order_by_what_is_gone_is_given_up_and_said(project: Project):
    everything = names_of(project)
    properties = Properties(project.catalog)
    properties.define("year", PropertyType.NUMBER)
    properties.set("year", keys_named(project, everything[-1]), 1931)
    async with running(project) as (app, pilot):
        await order_by(app, pilot, by="year")
        await until(pilot, lambda: shown(app)[0] == everything[-1])
        await pilot.press("ctrl+q")
    properties.delete("year")
    async with running(project) as (app, pilot):
        await until(pilot, lambda: any("no property year" in text for text in said(app)))
        await until(pilot, lambda: shown(app) == everything)


@pytest.mark.parametrize("size", [SMALL, (200, 60)])
async def test_many_groups_are_as_quick_as_few(project: Project, size: tuple[int, int]):
    many = [PictureGroup(f"{number:06d}", array("q", [1])) for number in range(100_000)]
    async with running(project, size) as (app, pilot):
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))  # they show what groups there are
        listed = app.screen.query_one(BucketList)
        listed.display = True
        begun = time.thread_time()
        listed.show(many)
        listed.focus()
        await pilot.press("end")
        await until(pilot, lambda: "099999" in text_of(app))
        assert time.thread_time() - begun < 2  # an option each would take a minute
        assert all(len(line) <= size[0] for line in lines_of(app))


async def test_the_tree_of_folders_stays_where_there_is_room(project: Project):
    async with running(project, (200, 60)) as (app, pilot):
        await order_by(app, pilot, group="folder")
        await until(pilot, lambda: len(buckets(app)) == 4)
        assert app.screen.query_one("#folders").display
        assert "birds/sea" in text_of(app)
        header = app.screen.query_one("#header", Static)
        assert "grouped by folder" in str(header.visual)
        assert "vec type" in str(header.visual)
