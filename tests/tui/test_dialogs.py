"""What holds in every dialog: a line of help for each field, one key that confirms, one that closes."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from app_helpers import SMALL, fill_at_random, flat, grid_of, keys_named, open_settings, running, until, vec_types_known
from rich.cells import cell_len
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Select, Static

import tui
from core.catalog.property_types import PropertyType
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.filter_line import FilterLine
from tui.screens.browse.order import OrderDialog
from tui.screens.compare.compare_form import CompareForm
from tui.screens.compare.pick import Pick
from tui.screens.dialogs.action_menu import ActionMenu
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.dialogs.chart import Chart
from tui.screens.dialogs.dialog import Dialog
from tui.screens.dialogs.dialogs import Confirm, KeysHelp
from tui.screens.dialogs.export import ExportDialog
from tui.screens.dialogs.first_run import FirstRun
from tui.screens.dialogs.form import Form
from tui.screens.dialogs.import_labels import ImportLabels
from tui.screens.labels.label_form import LabelForm
from tui.screens.labels.labels import LabelsScreen
from tui.screens.labels.properties import PropertiesForm
from tui.screens.results.action_form import ActionForm
from tui.screens.results.keep_as import KeepAs, Kinds
from tui.screens.settings.create_vectors import CreateVectors
from tui.widgets.field_help import FieldHelp
from tui.widgets.property_row import PropertyRow, Ticks

WITHOUT_FIELDS = {ActionMenu, Chart, Confirm, FirstRun, KeysHelp, Pick}
Opens = Callable[[Pictoscope, Pilot[int]], Awaitable[None]]


def pressing(*keys: str) -> Opens:
    async def opens(app: Pictoscope, pilot: Pilot[int]) -> None:
        await pilot.press(*keys)

    return opens


def in_labels(pane: str, *keys: str) -> Opens:
    async def opens(app: Pictoscope, pilot: Pilot[int]) -> None:
        app.action_labels(pane)
        await until(pilot, lambda: isinstance(app.screen, LabelsScreen) and not app.screen.query(".loading"))
        table = app.screen.query_one(f"#{pane}").query_one("LabelsTable")
        await until(pilot, lambda: table.row_count and app.focused is table)  # type: ignore[attr-defined]
        await pilot.press(*keys)

    return opens


async def create(app: Pictoscope, pilot: Pilot[int]) -> None:
    await open_settings(app, pilot, 2)
    await pilot.press("n")


async def import_labels(app: Pictoscope, pilot: Pilot[int]) -> None:
    await app.run_action("app.import_labels")


OPENED: dict[str, tuple[type[ModalScreen[Any]], Opens]] = {
    "filter": (FilterLine, pressing("f")),
    "order": (OrderDialog, pressing("o")),
    "export": (ExportDialog, pressing("e")),
    "import": (ImportLabels, import_labels),
    "tag": (AskLine, pressing("t")),
    "properties": (PropertiesForm, pressing("p")),
    "keep": (KeepAs, pressing("K")),
    "create": (CreateVectors, create),
    "similar": (ActionForm, pressing("s")),
    "clusters": (ActionForm, pressing("c")),
    "clusters by": (ActionForm, pressing("C")),
    "duplicates": (ActionForm, pressing("d")),
    "recommend": (ActionForm, pressing("r")),
    "compare": (CompareForm, pressing("=", "v")),
    "new tag": (LabelForm, in_labels("tags", "n")),
    "merge tags": (LabelForm, in_labels("tags", "m")),
    "colour": (LabelForm, in_labels("tags", "c")),
    "move a tag": (LabelForm, in_labels("tags", "b")),
    "new property": (LabelForm, in_labels("properties", "n")),
    "edit a property": (LabelForm, in_labels("properties", "end", "e")),
    "rename a group": (LabelForm, in_labels("groups", "r")),
    "order a group": (LabelForm, in_labels("groups", "o")),
    "tag a group": (LabelForm, in_labels("groups", "t")),
    "new filter": (LabelForm, in_labels("filters", "n")),
}


@pytest.fixture
def full(project: Project) -> Project:
    """A project that has something of everything."""
    keys = keys_named(project, "alder.png", "owl.png")
    Tags(project.catalog).add("bird", keys)
    Groups(project.catalog).save("best", [(key, None) for key in keys])
    for kind in PropertyType:
        choices = ["a", "b"] if kind in (PropertyType.CHOICE, PropertyType.CHOICES) else []
        Properties(project.catalog).define(f"a {kind}", kind, choices)
    Properties(project.catalog).define("kind", PropertyType.CHOICE, ["a"])
    from core.filters.saved import SavedFilters

    SavedFilters(project.catalog).save("wide", "width>10")
    for name in ("conse", "effnet-lite0"):
        fill_at_random(project, name)
    return project


def dialogs() -> set[type[ModalScreen[Any]]]:
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        importlib.import_module(module.name)
    found, to_visit = set(), list(ModalScreen.__subclasses__())
    while to_visit:
        one = to_visit.pop()
        to_visit += one.__subclasses__()
        if one.__module__.startswith("tui.") and one not in (Form, Dialog):
            found.add(one)
    return found


def fields(dialog: ModalScreen[Any]) -> list[Widget]:
    """What can have the focus, but for buttons and what only scrolls."""
    found = (node for node in dialog.focus_chain if not isinstance(node, Button))
    return [node for node in found if not isinstance(node, VerticalScroll)]


def test_every_dialog_with_fields_is_tried_here():
    assert dialogs() - WITHOUT_FIELDS == {kind for kind, _ in OPENED.values()}


async def each_field_has_a_line_of_help_that_is_in_sight(pilot: Pilot[int], dialog: ModalScreen[Any]) -> None:
    line = dialog.query_one(FieldHelp)
    assert fields(dialog)
    for field in fields(dialog):
        line.remove_class("wrong")
        dialog.set_focus(None)
        await pilot.pause()
        line.update("")
        field.focus()
        await until(pilot, lambda: dialog.focused is field)  # noqa: B023
        await pilot.pause()
        said = str(line.visual).strip()
        assert said, field
        assert "`" not in said
        assert line.styles.text_wrap == "wrap" or cell_len(said) <= line.content_size.width, said
        assert dialog.region.contains_region(line.region), field
        assert line.region.height, field


async def an_error_goes_when_a_field_is_changed_whichever(pilot: Pilot[int], dialog: Form[Any]) -> None:
    await until(pilot, lambda: vec_types_known(pilot.app))
    for field in fields(dialog):
        field.focus()
        await until(pilot, lambda: dialog.focused is field)  # noqa: B023
        dialog.complain("it will not do")
        await pilot.pause()
        assert dialog.complains
        assert "it will not do" in flat(pilot.app)
        if await changed_by_hand(pilot, field):
            await until(pilot, lambda: not dialog.complains and "it will not do" not in flat(pilot.app))


@pytest.mark.parametrize("name", OPENED)
async def test_help_says_what_the_fields_are_for_and_leads_back_to_them(full: Project, name: str):
    kind, opens = OPENED[name]
    async with running(full, SMALL) as (app, pilot):
        assert grid_of(app).current
        await opens(app, pilot)
        await until(pilot, lambda: type(app.screen) is kind)
        dialog = app.screen
        if kind is PropertiesForm:
            await until(pilot, lambda: len(dialog.query(PropertyRow)) > 5)
        await until(pilot, lambda: vec_types_known(app))
        assert isinstance(dialog, Dialog)
        typed = next((field for field in fields(dialog) if isinstance(field, Input)), None)
        for field, key in ((typed, "f1"), (dialog.query(Button).first(), "question_mark")):
            if field is None:
                continue
            field.focus()
            await until(pilot, lambda: app.focused is field)  # noqa: B023
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, KeysHelp))
            assert app.screen.query_one("#keys").border_title == f"{dialog.called}: keys"
            helps = [help for _, help in dialog.field_helps()]
            assert any(helps)
            about = str(app.screen.query_one("#about", Static).visual)
            assert all(help in about for help in helps)
            await pilot.press(key)
            await until(pilot, lambda: app.screen is dialog and app.focused is field)  # noqa: B023
        if typed is not None and typed.type == "text":
            typed.focus()
            await pilot.press("question_mark")
            await until(pilot, lambda: "?" in typed.value)
            assert app.screen is dialog


def test_every_dialog_helps_but_what_is_a_list_of_keys() -> None:
    assert {kind for kind in dialogs() if not issubclass(kind, Dialog)} == {ActionMenu, KeysHelp}


async def changed_by_hand(pilot: Pilot[int], field: Widget) -> bool:
    """Whether the field could be given something else, as a person does it."""
    match field:
        case Input():
            await pilot.press("1", "2")
        case Select():
            others = [value for _, value in field._options if value not in (field.value, Select.NULL)]
            field.value = others[0] if others else field.value
            return bool(others)
        case Kinds() | OptionList() if not isinstance(field, Ticks):
            await pilot.press("down", "right")
        case _:
            await pilot.press("space")
    return True


@pytest.mark.parametrize("name", OPENED)
async def test_each_field_has_help_in_sight_and_an_error_goes_when_one_is_changed(full: Project, name: str):
    kind, opens = OPENED[name]
    async with running(full, SMALL) as (app, pilot):
        assert grid_of(app).current
        await opens(app, pilot)
        await until(pilot, lambda: type(app.screen) is kind)
        dialog = app.screen
        if kind is PropertiesForm:
            await until(pilot, lambda: len(dialog.query(PropertyRow)) > 5)
        assert isinstance(dialog, ModalScreen)
        await each_field_has_a_line_of_help_that_is_in_sight(pilot, dialog)
        if isinstance(dialog, Form):
            await an_error_goes_when_a_field_is_changed_whichever(pilot, dialog)
        assert app.screen is dialog


def test_every_dialog_with_fields_is_a_form_but_the_one_that_checks_while_one_types() -> None:
    assert {kind for kind, _ in OPENED.values() if not issubclass(kind, Form)} == {CreateVectors}


@pytest.mark.parametrize("kind", sorted(dialogs(), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_enter_confirms_and_escape_closes_in_every_dialog(kind: type[ModalScreen[Any]]):
    keys = {key: one for cls in kind.__mro__ for one in vars(cls).get("BINDINGS", ()) for key in _keys(one)}
    assert "escape" in keys
    assert not {"ctrl+r", "ctrl+enter"} & keys.keys()
    assert "ctrl+s" not in keys or kind is FilterLine  # which saves the line for later, and goes on


def _keys(binding: Any) -> list[str]:
    return binding.key.split(",") if isinstance(binding, Binding) else str(binding[0]).split(",")


@pytest.mark.parametrize(("loses", "focused", "key"), [(True, "no", "y"), (False, "yes", "enter")])
async def test_a_question_is_confirmed_by_enter_but_where_something_is_lost(loses: bool, focused: str, key: str):
    async with running(None) as (app, pilot):
        answers: list[bool | None] = []
        for pressed in (["enter"], ["right", "enter"], ["y"], ["escape"], ["n"]):
            app.push_screen(Confirm("Really?", "Do it", loses=loses), answers.append)
            await until(pilot, lambda: isinstance(app.screen, Confirm) and app.focused is not None)
            assert app.focused is not None
            assert app.focused.id == focused
            assert str(app.screen.query_one("#yes", Button).label) == f"Do it  {key}"
            await pilot.press(*pressed)
            await until(pilot, lambda: not isinstance(app.screen, Confirm))
        assert answers == [not loses, loses, True, False, False]


async def test_a_button_with_the_focus_stands_out_without_colour():
    async with running(None) as (app, pilot):
        app.push_screen(Confirm("Really?", "Do it"))
        await until(pilot, lambda: isinstance(app.screen, Confirm) and app.focused is not None)
        for _ in range(2):
            for button in app.screen.query(Button):
                assert button.text_style.reverse is (button is app.focused) or not button.text_style.reverse
                assert bool(button.text_style.reverse) == (button is app.focused)
            await pilot.press("tab")
