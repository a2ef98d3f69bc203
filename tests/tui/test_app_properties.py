"""The form of properties, and the preview that shows them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from app_helpers import (
    SMALL,
    WIDE,
    flat,
    grid_of,
    keys_named,
    lines_of,
    names_of,
    running,
    said,
    text_of,
    type_text,
    until,
    words,
)
from textual.widgets import Input, Select

from core.catalog.property_types import PropertyType, Value
from core.labels.properties import Properties
from core.labels.undo import History
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.picture import PictureScreen
from tui.screens.labels.label_form import LabelForm
from tui.screens.labels.properties import PropertiesForm
from tui.widgets.property_row import PropertyRow

CHOICES = ("war", "peace", "love")


@pytest.fixture
def properties(project: Project) -> Properties:
    """One property of each type."""
    made = Properties(project.catalog)
    for kind in PropertyType:
        made.define(f"my {kind}", kind, CHOICES if kind in (PropertyType.CHOICE, PropertyType.CHOICES) else ())
    return made


async def open_form(app: Pictoscope, pilot: Any, rows: int = 8) -> None:
    await pilot.press("p")
    await until(pilot, lambda: isinstance(app.screen, PropertiesForm) and len(app.screen.query(PropertyRow)) == rows)


def row(app: Pictoscope, name: str) -> PropertyRow:
    return next(row for row in app.screen.query(PropertyRow) if row.definition.name == name)


def values_of(project: Project, name: str) -> dict[str, Value]:
    (number,) = [picture.id for picture in project.catalog.by_keys(keys_named(project, name)).values()]
    return Properties(project.catalog).of(number)


async def test_every_type_is_entered_by_keyboard_alone_in_one_step(project: Project, properties: Properties):
    first, second, third = names_of(project)[:3]
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("space", "space")
        await open_form(app, pilot)
        assert "Properties of 2 pictures" in text_of(app)
        await pilot.press("space", "tab")  # my checkbox
        await pilot.press("space", "down", "down", "enter", "tab")  # my choice
        await pilot.press("space", "down", "down", "space", "tab")  # my choices
        await type_text(pilot, "#D04A02")
        await pilot.press("tab")
        await type_text(pilot, "1931-02")
        await pilot.press("tab")
        await type_text(pilot, "2.5")
        await pilot.press("tab")
        await type_text(pilot, "old press")
        await pilot.press("tab")
        await type_text(pilot, "https://example.org")
        await pilot.press("enter")
        await until(pilot, lambda: any("of 2 pictures · u undoes" in text for text in said(app)))
        wanted = {
            "my checkbox": True,
            "my choice": "peace",
            "my choices": ("love", "war"),
            "my colour": "#d04a02",
            "my date": "1931-02",
            "my number": 2.5,
            "my text": "old press",
            "my url": "https://example.org",
        }
        assert values_of(project, first) == values_of(project, second) == wanted
        assert values_of(project, third) == {}
        await pilot.press("u")
        await until(pilot, lambda: any(text.startswith("undone: set my checkbox") for text in said(app)))
        assert values_of(project, first) == values_of(project, second) == {}


async def test_what_differs_is_left_alone_unless_it_is_changed(project: Project, properties: Properties):
    first, second = names_of(project)[:2]
    one, two = keys_named(project, first, second)
    properties.set_each("my number", {one: 1, two: 2})
    properties.set("my text", [one], "only here")
    properties.set_each("my choices", {one: ("war",), two: ("love", "war")})
    properties.set("my date", [one, two], "1931")
    properties.set("my choice", [one, two], "war")
    properties.set("my checkbox", [one], True)
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("space", "space")
        await open_form(app, pilot)
        assert text_of(app).count("several values") >= 4
        assert row(app, "my date").given == "1931"
        assert row(app, "my choice").given == "war"
        row(app, "my text").control.focus()
        await pilot.press("ctrl+l")
        row(app, "my date").control.focus()
        await pilot.press("ctrl+l")
        row(app, "my choice").control.focus()
        await pilot.press("ctrl+l")
        await until(pilot, lambda: text_of(app).count("cleared") == 3)
        row(app, "my checkbox").control.focus()
        await pilot.press("space", "space")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and said(app))
        assert values_of(project, first) == {"my checkbox": False, "my choices": ("war",), "my number": 1.0}
        assert values_of(project, second) == {"my checkbox": False, "my choices": ("love", "war"), "my number": 2.0}


async def test_saving_without_a_change_is_no_step(project: Project, properties: Properties):
    (one,) = keys_named(project, names_of(project)[0])
    properties.set("my text", [one], "two\nlines\x1b[31m")
    properties.set("my choices", [one], "love, war")
    before = History(project.catalog).steps()
    async with running(project, SMALL) as (app, pilot):
        await open_form(app, pilot)
        assert "\x1b" not in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        assert not [worker for worker in app.workers if worker.group == "labels"]
    assert History(project.catalog).steps() == before


@pytest.mark.parametrize(
    ("name", "typed", "reason"),
    [
        ("my number", "12a", "12a is not a number"),
        ("my date", "1931-13", "1931-13 is not a date (write it as 1931"),
        ("my url", "example", "example is not a URL"),
        ("my colour", "red", "red is not a colour"),
        ("my text", "\u202e" + "x" * 100_000, "is too long"),
    ],
    ids=["number", "date", "url", "colour", "text"],
)
async def test_a_bad_value_is_refused_in_place(
    project: Project, properties: Properties, name: str, typed: str, reason: str
):
    async with running(project, SMALL) as (app, pilot):
        await open_form(app, pilot)
        control = row(app, name).control
        assert isinstance(control, Input)
        control.value = typed
        await pilot.press("enter")
        await until(pilot, lambda: reason in flat(app))
        assert isinstance(app.screen, PropertiesForm)
        assert control.has_focus
        assert "\u202e" not in text_of(app)
        await pilot.press("escape")
    assert values_of(project, names_of(project)[0]) == {}


async def test_a_property_is_made_in_the_form(project: Project):
    async with running(project, SMALL) as (app, pilot):
        await open_form(app, pilot, rows=0)
        await until(pilot, lambda: "No properties yet" in text_of(app))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, LabelForm))
        await type_text(pilot, "date")
        await pilot.press("enter")
        await until(pilot, lambda: "date is a reserved word" in flat(app))
        await pilot.press("home", "m", "y", "space", "tab")
        app.screen.query_one(Select).value = "choice"
        await pilot.press("tab")
        await type_text(pilot, "war, peace")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PropertiesForm) and app.screen.query(PropertyRow))
        await until(pilot, lambda: row(app, "my date").control.has_focus)
        await pilot.press("space", "down", "enter", "enter")
        await until(pilot, lambda: values_of(project, names_of(project)[0]) == {"my date": "war"})


async def test_the_preview_shows_properties_and_what_the_camera_wrote(project: Project, properties: Properties):
    (one,) = keys_named(project, names_of(project)[0])
    with project.catalog.transaction() as database:
        database.execute(
            "INSERT INTO exif SELECT id, '1999-12-31T23:59:59', 'Canon [b]EOS' FROM pictures WHERE key = ?", (one,)
        )
        database.execute("INSERT INTO appearance SELECT id, 0x228b22, 1234 FROM pictures WHERE key = ?", (one,))
    properties.set("my number", [one], 1931)
    properties.set("my choices", [one], "war, love")
    properties.set("my text", [one], "[red]a\nb")
    async with running(project, (150, 40)) as (app, pilot):
        await until(pilot, lambda: "my number  1931" in words(app, "#preview-facts"))
        facts = words(app, "#preview-facts").replace(" \n", " ")
        lines = facts.splitlines()
        assert "taken 1999-12-31 23:59" in lines
        assert "camera Canon [b]EOS · ██ green #228b22" in lines
        assert "sharpness 1,234" in lines  # and not cut between the word and the number
        assert "my choices  love, war" in facts
        assert "my text  [red]a\\nb" in facts
        assert all(line.isprintable() for line in lines_of(app))
        properties.clear("my number", [one])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen) and "[red]a" in words(app, "#preview-facts"))
        await open_form(app, pilot)
        row(app, "my text").control.focus()
        await pilot.press("ctrl+l", "enter")
        await until(pilot, lambda: "my choices" in text_of(app) and "[red]a" not in words(app, "#preview-facts"))


async def test_more_properties_than_there_is_room_for_are_counted(project: Project):
    made = Properties(project.catalog)
    (one,) = keys_named(project, names_of(project)[0])
    for number in range(30):
        made.define(f"p{number:02d}", PropertyType.TEXT)
        made.set(f"p{number:02d}", [one], "x")
    async with running(project, WIDE) as (app, pilot):
        await until(pilot, lambda: "more properties · p" in text_of(app))
        assert "p00  x" in text_of(app)
        assert "vec types" in text_of(app)


async def test_ctrl_a_selects_all_that_is_shown_and_the_form_of_very_many_opens_at_once(
    project: Project, properties: Properties, monkeypatch: pytest.MonkeyPatch
):
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("ctrl+a")
        await until(pilot, lambda: "12 selected" in words(app, "#header"))
        grid = grid_of(app)
        assert grid.source
        grid._selection.add_all(grid.source, {number.to_bytes(20, "big"): None for number in range(100_000)})
        begun = time.thread_time()
        await pilot.press("p")
        assert time.thread_time() - begun < 2
        await until(pilot, lambda: isinstance(app.screen, PropertiesForm) and len(app.screen.query(PropertyRow)) == 8)
        assert "Properties of 100,012 pictures" in text_of(app)
        row(app, "my text").control.focus()
        await type_text(pilot, "all")
        await pilot.press("enter")
        await until(pilot, lambda: any("set my text of 12 pictures" in text for text in said(app)))
