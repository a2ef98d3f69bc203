"""Labels: tags, properties, groups and filters, managed by keyboard."""

from __future__ import annotations

import pytest
from app_helpers import SMALL, flat, grid_of, lines_of, names_of, running, said, text_of, type_text, until, words
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from core.catalog.property_types import PropertyType
from core.filters.saved import SavedFilters
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.dialogs.dialogs import Confirm, keys_of
from tui.screens.labels.label_form import LabelForm
from tui.screens.labels.labels import _PANES, LabelsScreen
from tui.screens.labels.labels_pane import LabelsTable


def keys(project: Project) -> list[bytes]:
    """Of all pictures, in the order of the catalog."""
    return [picture.key for picture in project.catalog.pictures(project.catalog.picture_ids())]


def rows(app: Pictoscope) -> list[list[str]]:
    """The table on show, as it is drawn."""
    if not isinstance(app.screen, LabelsScreen):
        return []
    table = app.screen._active.query_one(LabelsTable)
    return [[str(cell) for cell in table.get_row_at(number)] for number in range(table.row_count)]


def names(app: Pictoscope, column: int = 1) -> list[str]:
    return [row[column] for row in rows(app)]


def remark(app: Pictoscope) -> str:
    """The sentence below the table."""
    assert isinstance(app.screen, LabelsScreen)
    return str(app.screen._active.query_one(".remark", Static).visual)


async def open_labels(app: Pictoscope, pilot: Pilot[int], *, pane: str = "1", count: int) -> None:
    """By key, until the rows are there."""
    await pilot.press("L")
    await until(pilot, lambda: isinstance(app.screen, LabelsScreen))
    await pilot.press(pane)
    await until(pilot, lambda: len(rows(app)) == count and remark(app) != "reading…")


async def fill_in(app: Pictoscope, pilot: Pilot[int], key: str, *lines: str) -> None:
    """A form by key, its lines from the first on, then enter."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, LabelForm) and app.screen.query_one(Input).has_focus)
    for number, line in enumerate(lines):
        if number:
            await pilot.press("tab")
        focused = app.focused
        assert isinstance(focused, Input)
        focused.value = ""
        await type_text(pilot, line)
    await pilot.press("enter")


async def done(app: Pictoscope, pilot: Pilot[int], words: str) -> None:
    """Until the change is said, and its form is gone."""
    await until(pilot, lambda: words in said(app))
    await until(pilot, lambda: isinstance(app.screen, LabelsScreen))


@pytest.fixture
def tags(project: Project) -> Tags:
    """``animal`` on one picture, ``cat`` below it on three, ``press`` on two."""
    found, every = Tags(project.catalog), keys(project)
    found.create("animal", "#4f9e3f")
    found.create("cat", parent="animal")
    found.add("animal", every[:1])
    found.add("cat", every[:3])
    found.add("press", every[5:7])
    return found


@pytest.fixture
def groups(project: Project) -> Groups:
    """``a`` with pictures 4, 1, 0 and ``b`` with 1, 5."""
    found, every = Groups(project.catalog), keys(project)
    found.save("a", [(every[4], 0.9), (every[1], 0.8), (every[0], None)], origin="similar")
    found.save("b", [(every[1], None), (every[5], None)])
    return found


# -- tags ----------------------------------------------------------------------------------------------------------


async def test_tags_are_a_tree_with_counts(project: Project, tags: Tags):
    async with running(project, SMALL) as (app, pilot):
        await open_labels(app, pilot, count=3)
        assert rows(app) == [
            ["●", "animal", "1", "3", "#4f9e3f"],
            ["●", "  cat", "3", "3", ""],
            ["●", "press", "2", "2", ""],
        ]
        assert remark(app) == "animal: on 1 picture, 3 with the tags under it. Enter shows them in Browse."
        for word in ("enter Show", "New", "Rename", "Merge", "Colour", "Delete", "Undo", "Back"):
            assert word in flat(app)
        # What has no room at the foot is in the help.
        assert "b" in {key for keys in keys_of(app.screen).values() for key, _ in keys}
        await pilot.press("down")
        await until(pilot, lambda: remark(app).startswith("cat: on 3 pictures. "))


async def test_a_tag_is_made_renamed_coloured_moved_and_deleted_and_each_is_one_step(project: Project, tags: Tags):
    async with running(project) as (app, pilot):
        await open_labels(app, pilot, count=3)
        await fill_in(app, pilot, "n", "dog", "animal")
        await done(app, pilot, "created the tag dog · u undoes")
        await until(pilot, lambda: names(app) == ["animal", "  cat", "  dog", "press"])
        await until(pilot, lambda: remark(app).startswith("dog: "))
        await fill_in(app, pilot, "r", "hound")
        await done(app, pilot, "dog is now hound · u undoes")
        await until(pilot, lambda: remark(app).startswith("hound: "))
        await fill_in(app, pilot, "c", "teal")
        await done(app, pilot, "hound has the colour teal now · u undoes")
        await until(pilot, lambda: rows(app)[2] == ["●", "  hound", "0", "0", "#2f9c95"])
        await fill_in(app, pilot, "b", "press")
        await done(app, pilot, "moved hound under press · u undoes")
        await until(pilot, lambda: names(app) == ["animal", "  cat", "press", "  hound"])
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        app.clear_notifications()  # they lie over the dialog
        await until(pilot, lambda: "Delete the tag hound? It is on 0 pictures. u undoes it." in flat(app))
        await pilot.press("y")
        await until(pilot, lambda: names(app) == ["animal", "  cat", "press"])
        for _ in range(5):
            await pilot.press("u")
        await until(pilot, lambda: sum(text.startswith("undone: ") for text in said(app)) == 5)
        assert [tag.name for tag in tags.all()] == ["animal", "cat", "press"]
        await pilot.press("U")
        await until(pilot, lambda: names(app) == ["animal", "  cat", "  dog", "press"])


async def test_a_merge_says_what_will_happen_and_can_be_taken_back(project: Project, tags: Tags):
    async with running(project, SMALL) as (app, pilot):
        await open_labels(app, pilot, count=3)
        await fill_in(app, pilot, "m", "press")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert (
            "1 picture tagged animal will be tagged press. 1 tag under animal will be under press. animal is deleted."
            in flat(app)
        )
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, LabelForm))
        assert len(tags.all()) == 3
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await done(app, pilot, "merged animal into press · u undoes")
        await until(pilot, lambda: names(app) == ["press", "  cat"])
        assert len(tags.keys("press", below=False)) == 3
        await pilot.press("u")
        await until(pilot, lambda: names(app) == ["animal", "  cat", "press"])


@pytest.mark.parametrize(
    ("key", "line", "says"),
    [
        ("r", "press", "there is a tag press already (merge the two, or choose another name)"),
        ("r", "", "a tag needs a name"),
        ("b", "cat", "tag cat is animal itself or is below it"),
        ("b", "nosuch", "there is no tag nosuch"),
        ("m", "animal", "tag animal cannot be merged with itself"),
        ("m", "nosuch", "there is no tag nosuch"),
        ("c", "reddish", "reddish is not a colour (write it as #rrggbb"),
        ("n", "press", "there is a tag press already"),
    ],
)
async def test_what_the_catalog_refuses_is_said_in_the_form_which_stays(
    project: Project, tags: Tags, key: str, line: str, says: str
):
    before = tags.all()
    async with running(project, SMALL) as (app, pilot):
        await open_labels(app, pilot, count=3)
        await fill_in(app, pilot, key, line)
        await until(pilot, lambda: says in flat(app))
        assert isinstance(app.screen, LabelForm)
        assert said(app) == []
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LabelsScreen))
    assert tags.all() == before


async def test_a_name_is_completed(project: Project, tags: Tags):
    async with running(project) as (app, pilot):
        await open_labels(app, pilot, count=3)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, LabelForm))
        await type_text(pilot, "pr")
        await until(pilot, lambda: app.screen.query_one(Input)._suggestion == "press")


async def test_what_changes_nothing_does_not_offer_undo(project: Project, tags: Tags):
    async with running(project) as (app, pilot):
        await open_labels(app, pilot, count=3)
        await fill_in(app, pilot, "r", "animal")
        await done(app, pilot, "nothing has changed")


async def test_enter_shows_the_pictures_in_browse(project: Project, tags: Tags):
    everything = names_of(project)
    async with running(project) as (app, pilot):
        app.screen.query_one("#folders").focus()
        await pilot.press("down")  # into a folder: the tag is shown for all of them
        await until(pilot, lambda: 0 < len(grid_of(app).source or ()) < len(everything))
        await open_labels(app, pilot, count=3)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await until(pilot, lambda: f"3 of {len(everything)} pictures" in words(app, "#header"))
        assert "tag:animal" in words(app, "#header")
        assert grid_of(app).has_focus


async def test_L_on_a_label_at_the_left_of_browse_goes_to_it(project: Project, tags: Tags, groups: Groups):
    async with running(project) as (app, pilot):
        labels = app.screen.query_one("#labels", OptionList)
        await until(pilot, lambda: labels.display)
        labels.focus()
        await pilot.press("end")
        await until(pilot, lambda: "L Labels" in flat(app))
        await pilot.press("L")
        await until(pilot, lambda: names(app) == ["a", "b"] and remark(app).startswith("b: "))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_the_command_palette_leads_to_labels(project: Project, tags: Tags):
    async with running(project) as (app, pilot):
        await pilot.press("ctrl+p")
        await type_text(pilot, "labels")
        await until(pilot, lambda: "tags, properties, groups, filters" in flat(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(rows(app)) == 3)


# -- properties ----------------------------------------------------------------------------------------------------


async def test_properties_are_made_changed_and_deleted(project: Project):
    properties, every = Properties(project.catalog), keys(project)
    properties.define("place", PropertyType.CHOICE, ["Paris", "Cairo, old town"])
    properties.set("place", every[:4], "Paris")
    async with running(project, SMALL) as (app, pilot):
        await open_labels(app, pilot, pane="2", count=1)
        assert rows(app) == [["place", "choice", "4", "Paris, Cairo, old town"]]
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, LabelForm))
        await type_text(pilot, "year")
        await pilot.press("tab", "space", "down", "enter", "enter")
        await done(app, pilot, "created the property year (number) · u undoes")
        await until(pilot, lambda: rows(app)[1] == ["year", "number", "0", ""])
        await pilot.press("e")
        await until(pilot, lambda: "a property of the type number has no choices" in said(app))
        await pilot.press("up", "e")
        await until(pilot, lambda: isinstance(app.screen, LabelForm))
        line = app.screen.query_one(Input)
        assert line.value == 'Paris,"Cairo, old town"'
        line.value = "Rome"
        await pilot.press("enter")
        await until(
            pilot,
            lambda: (
                "some pictures have place Paris (keep this choice, or clear it on those pictures first)" in flat(app)
            ),
        )
        line.value = 'Rome, Paris, "Cairo, old town"'
        await pilot.press("enter")
        await done(app, pilot, "changed the choices of place · u undoes")
        found = properties.find("place")
        assert found
        assert found.choices == ("Rome", "Paris", "Cairo, old town")
        await pilot.press("X")
        await until(pilot, lambda: "Its values on 4 pictures are deleted too." in flat(app))
        await pilot.press("y")
        await until(pilot, lambda: names(app, 0) == ["year"])
        await pilot.press("u")
        await until(pilot, lambda: names(app, 0) == ["place", "year"])
        assert properties.counts() == {found.id: 4}
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await until(pilot, lambda: len(grid_of(app).source or ()) == 4)


# -- groups --------------------------------------------------------------------------------------------------------


async def test_marked_groups_are_combined_in_the_order_they_were_marked(project: Project, groups: Groups):
    every = keys(project)
    async with running(project, SMALL) as (app, pilot):
        await open_labels(app, pilot, pane="3", count=2)
        assert [row[1:4] for row in rows(app)] == [["a", "3", "similar"], ["b", "2", ""]]
        await pilot.press("C")
        await until(pilot, lambda: "mark two or more groups with space first" in said(app))
        await pilot.press("end", "space", "home", "space")
        await until(pilot, lambda: "2 marked, in this order: b, a. C combines them." in remark(app))
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, LabelForm))
        await type_text(pilot, "only b")
        await pilot.press("tab", "space", "end", "enter", "enter")
        await done(app, pilot, "saved the difference of 2 groups as only b · u undoes")
        await until(pilot, lambda: names(app) == ["a", "b", "only b"])
        assert groups.open("only b") == [(every[5], None)]


async def test_a_group_is_ordered_tagged_renamed_and_deleted(project: Project, groups: Groups):
    every = keys(project)
    async with running(project) as (app, pilot):
        await open_labels(app, pilot, pane="3", count=2)
        await fill_in(app, pilot, "o", "shade")
        await until(pilot, lambda: "there is no property shade" in flat(app))
        app.screen.query_one(Input).value = "path"
        await pilot.press("enter")
        await done(app, pilot, "ordered a by path · u undoes")
        assert [key for key, _ in groups.open("a")] == [every[0], every[1], every[4]]
        await fill_in(app, pilot, "t", "kept")
        await done(app, pilot, "tagged the 3 pictures of a as kept · u undoes")
        assert [tag.pictures for tag in Tags(project.catalog).all()] == [3]
        await fill_in(app, pilot, "r", "z")
        await done(app, pilot, "a is now z · u undoes")
        await until(pilot, lambda: names(app) == ["b", "z"] and remark(app).startswith("z: "))
        await pilot.press("delete")
        await until(pilot, lambda: "Delete the group z of 3 pictures? The pictures stay." in flat(app))
        await pilot.press("y")
        await until(pilot, lambda: names(app) == ["b"])
        await pilot.press("u")
        await until(pilot, lambda: names(app) == ["b", "z"])


async def test_a_group_is_opened_in_browse(project: Project, groups: Groups):
    async with running(project) as (app, pilot):
        await open_labels(app, pilot, pane="3", count=2)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await until(pilot, lambda: "group a" in words(app, "#header") and len(grid_of(app).source or ()) == 3)


# -- filters -------------------------------------------------------------------------------------------------------


async def test_filters_are_kept_edited_renamed_used_and_deleted(project: Project):
    filters = SavedFilters(project.catalog)
    async with running(project) as (app, pilot):
        await open_labels(app, pilot, pane="4", count=0)
        assert "No filters yet" in remark(app)
        await fill_in(app, pilot, "n", "flying", "folder:birds and width>>2")
        await until(pilot, lambda: "▲" in text_of(app))
        app.screen.query(Input).last().value = "folder:birds or wdth>2"
        await pilot.press("enter")
        await until(pilot, lambda: "▲ there is no property wdth (did you mean width?)" in text_of(app))
        app.screen.query(Input).last().value = "covered:clip"
        await pilot.press("enter")
        await until(pilot, lambda: "▲ there are no vectors clip" in text_of(app))
        assert filters.all() == {}
        app.screen.query(Input).last().value = "folder:birds"
        await pilot.press("enter")
        await done(app, pilot, "saved the filter flying · u undoes")
        await until(pilot, lambda: rows(app) == [["flying", "folder:birds"]])
        await fill_in(app, pilot, "e", "folder:birds/sea")
        await done(app, pilot, "changed the filter flying · u undoes")
        await fill_in(app, pilot, "r", "at sea")
        await done(app, pilot, "flying is now at sea · u undoes")
        await until(pilot, lambda: rows(app) == [["at sea", "folder:birds/sea"]])
        await pilot.press("X", "y")
        await until(pilot, lambda: rows(app) == [])
        await pilot.press("u")
        await until(pilot, lambda: filters.all() == {"at sea": "folder:birds/sea"} and len(rows(app)) == 1)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await until(pilot, lambda: len(grid_of(app).source or ()) == 2)


# -- all of them ---------------------------------------------------------------------------------------------------


async def test_the_keys_of_a_pane_without_rows_say_what_to_do(project: Project):
    async with running(project, SMALL) as (app, pilot):
        for pane, says in (("1", "No tags"), ("2", "No properties"), ("3", "No groups"), ("4", "No filters")):
            await (open_labels(app, pilot, count=0) if pane == "1" else pilot.press(pane))
            await pilot.press("r")
            await until(pilot, lambda says=says: any(says in text for text in said(app)))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("[red]x[/red] [@click=app.quit] a\u202eb\x1b[31m\x9b1m", SMALL),
        ("x" * 200, SMALL),
        ("قطة قديمة " + "画" * 100, (40, 15)),
    ],
    ids=["markup and escapes", "long", "wide and from right to left"],
)
async def test_names_of_any_kind_are_shown_as_text(project: Project, name: str, size: tuple[int, int]):
    catalog = project.catalog
    Tags(catalog).add(name, keys(project))
    Properties(catalog).define(name, PropertyType.CHOICE, [name])
    Groups(catalog).save(name, [], origin=name)
    SavedFilters(catalog).save(name, f'tag:"{name}"')
    async with running(project, size) as (app, pilot):
        await open_labels(app, pilot, count=1)
        for pane in ("1", "2", "3", "4"):
            await pilot.press(pane)
            await until(pilot, lambda: len(rows(app)) == 1)
            for key in ("", "r", "X"):
                if key:
                    await pilot.press(key)
                    await until(pilot, lambda: not isinstance(app.screen, LabelsScreen))
                drawn = text_of(app)
                assert not any(mark in drawn for mark in ("\u202e", "\x1b", "\x9b"))
                assert all(len(line) <= size[0] for line in lines_of(app))
                if key:
                    await pilot.press("escape")
                    await until(pilot, lambda: isinstance(app.screen, LabelsScreen))
        await pilot.press("1", "r")
        await until(pilot, lambda: isinstance(app.screen, LabelForm))
        await pilot.press("enter")
        await until(pilot, lambda: "nothing has changed" in said(app))
    assert [tag.name for tag in Tags(catalog).all()] == [name]


async def test_a_key_of_other_panes_says_in_which(project: Project):
    async with running(project) as (app, pilot):
        await open_labels(app, pilot, count=0)
        screen = app.screen
        assert isinstance(screen, LabelsScreen)
        assert screen.hindrance("press", ("order",)) == "only in pane 3 (Groups)"
        for pane, kind in zip("1234", _PANES.values(), strict=True):
            await pilot.press(pane)
            await until(pilot, lambda kind=kind: type(screen._active) is kind)
            for button in {name for kind in _PANES.values() for name, _ in kind.BUTTONS}:
                there = [
                    f"{number} ({name.capitalize()})"
                    for number, (name, other) in enumerate(_PANES.items(), 1)
                    if button in dict(other.BUTTONS)
                ]
                why = screen.hindrance("press", (button,))
                assert bool(why) == (button not in dict(kind.BUTTONS))
                if why:
                    assert why.startswith("only in pane") and all(place in why for place in there)


async def test_a_combination_or_a_filter_replaces_what_has_its_name_after_asking(project: Project):
    groups, filters = Groups(project.catalog), SavedFilters(project.catalog)
    for name, first in (("a", 0), ("b", 2), ("both", 6)):
        groups.save(name, [(key, None) for key in keys(project)[first : first + 2]])
    filters.save("mine", "untagged")
    async with running(project) as (app, pilot):
        await open_labels(app, pilot, pane="3", count=3)
        await pilot.press("space", "space")
        await fill_in(app, pilot, "C", "both")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "there is a group both already; it holds 2 pictures. Replace it?" in flat(app)
        await pilot.press("y")
        await done(app, pilot, "saved the union of 2 groups as both · u undoes")
        assert len(groups.open("both")) == 4
        await pilot.press("4")
        await until(pilot, lambda: len(rows(app)) == 1)
        await fill_in(app, pilot, "n", "mine", "width>3")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "there is a filter mine already; it is: untagged. Replace it?" in flat(app)
        await pilot.press("y")
        await done(app, pilot, "saved the filter mine · u undoes")
        assert filters.all() == {"mine": "width>3"}
