"""Forms made from definitions: every kind of field, every way to give it wrongly, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from app_helpers import (
    SMALL,
    lines_of,
    text_of,
    type_text,
    until,
)
from rich.cells import cell_len
from textual.app import App
from textual.widgets import Input, Select

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameters import (
    choice_field,
    number_field,
    pictures_field,
    switch_field,
    text_field,
    vec_type_field,
    vec_types_field,
    where_field,
    whole_field,
)
from core.actions.registry import actions
from core.vectors.vec_type import VecType
from core.vectors.vec_types import VecTypeStatus
from tui.screens.action_form import ActionForm, Create, Restart
from tui.widgets.form_controls import Place


@dataclass(frozen=True, kw_only=True)
class EveryKind:
    """One field of each kind."""

    vec_type: str = vec_type_field()
    like: tuple[str, ...] = pictures_field("like", "pictures to resemble")
    text: str = text_field("text", "a few words")
    top: int = whole_field("show", "how many", default=7, least=1, most=50)


def no_answer(context: Context, parameters: EveryKind) -> Answer:
    """Never called here."""
    raise AssertionError("not called here")


EVERY_KIND = Action("every", "every", "Every kind", "has a field of each kind", "e", EveryKind, no_answer)


def status(name: str, done: int = 10, total: int = 10, *, default: bool = False) -> VecTypeStatus:
    """A vec type that is so far along."""
    vec_type = VecType.parse(name)
    return VecTypeStatus(vec_type, 1280, done, 0, total, 1, default, vec_type.spec.text)


class FormApp(App[None]):
    """A form and what came of it."""

    CSS_PATH = Path(__file__).parents[2] / "tui" / "pictoscope.tcss"

    def __init__(
        self,
        statuses: list[VecTypeStatus],
        values: Mapping[str, Any],
        action: Action[Any] = EVERY_KIND,
        places: Sequence[Place] = (),
        texts: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.form = ActionForm(action, places, values)
        self.statuses = statuses
        self.texts = texts
        self.result: object = "still open"

    def on_mount(self) -> None:
        """Open the form."""

        def ended(result: object) -> None:
            self.result = result

        self.push_screen(self.form, ended)
        self.form.post_message(ActionForm.Statuses(self.statuses, self.texts))


TWO = [status("conse"), status("effnet-lite0", default=True)]
GIVEN = {"like": ("/somewhere/a.png",), "text": "a cat", "top": "7"}


async def test_a_form_has_a_control_for_every_field_and_gives_what_was_filled_in():
    app = FormApp(TWO, {"like": ("/a/one.png", "/a/two.png")})
    async with app.run_test(size=SMALL) as pilot:
        assert [type(widget).__name__ for widget in app.screen.query("#vec_type, #like, #text, #top")] == [
            "VecTypeSelect",
            "ChosenPictures",
            "TextInput",
            "TextInput",
        ]
        assert app.focused is app.screen.query_one("#text")
        await type_text(pilot, "a cat")
        await pilot.press("enter")
        assert app.result == {
            "vec_type": "effnet-lite0",
            "like": ("/a/one.png", "/a/two.png"),
            "text": "a cat",
            "top": "7",
        }


async def test_pictures_that_were_not_chosen_are_typed_as_a_path(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    app = FormApp(TWO, {"like": (), "text": "a"})
    async with app.run_test(size=SMALL) as pilot:
        assert app.focused is app.screen.query_one("#like")
        await type_text(pilot, "~/new one.png")
        await pilot.press("enter")
        assert isinstance(app.result, dict)
        assert app.result["like"] == ["/home/somebody/new one.png"]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"text": " "}, "text: the text is empty (describe what the pictures show)"),
        ({"top": "0"}, "show: 0 is out of range (1 to 50)"),
        ({"top": "51"}, "show: 51 is out of range (1 to 50)"),
        ({"top": ""}, "show: '' is not a whole number (1 to 50)"),
        ({"like": ()}, "like: which pictures? (give a picture's path)"),
        ({"text": "x" * 10_001}, "text: 10,001 characters are too many (at most 10,000)"),
    ],
)
async def test_what_cannot_be_is_said_and_not_run(values: dict[str, Any], complaint: str):
    app = FormApp(TWO, GIVEN | values)
    async with app.run_test(size=SMALL) as pilot:
        app.screen.query_one("#top").focus()
        await pilot.press("enter")
        assert app.result == "still open"
        assert str(app.screen.query_one("#explanation").visual) == complaint  # type: ignore[attr-defined]
        assert app.screen.query_one("#explanation").has_class("wrong")


async def test_a_number_takes_digits_only():
    app = FormApp(TWO, GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        app.screen.query_one("#top", Input).focus()
        await pilot.press("end", "x", "5", ".", "space")
        assert app.screen.query_one("#top", Input).value == "75"


async def test_a_complaint_goes_when_other_vectors_are_chosen():
    app = FormApp(TWO, GIVEN | {"text": ""})
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        assert app.screen.query_one("#explanation").has_class("wrong")
        app.screen.query_one("#vec_type", Select).value = "conse"
        await pilot.pause()
        assert not app.screen.query_one("#explanation").has_class("wrong")
        await until(pilot, lambda: "has a field of each kind" in text_of(app))


@pytest.mark.parametrize("keys", ["escape", "tab tab enter"])
async def test_escape_and_cancel_end_without_a_result(keys: str):
    app = FormApp(TWO, GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*keys.split())
        assert app.result is None


async def test_the_select_lists_how_complete_each_vec_type_is_and_stars_the_default():
    app = FormApp([status("conse", 48_210, 60_000), status("effnet-lite0", default=True)], GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        app.screen.query_one("#vec_type").focus()
        await pilot.press("enter")
        await pilot.pause()
        await until(pilot, lambda: "conse   48,210 / 60,000" in text_of(app))
        await until(pilot, lambda: "★ effnet-lite0   10 / 10" in text_of(app))


async def test_incomplete_vectors_are_noted():
    app = FormApp([status("conse", 48_210, 60_000)], GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "11,790 pictures not covered yet: what is there is searched" in text_of(app))


async def test_vec_types_without_a_row_are_not_offered():
    app = FormApp([status("conse", 0, 10), status("effnet-lite0", 3, 10)], GIVEN)
    async with app.run_test(size=SMALL):
        assert [value for _, value in app.screen.query_one("#vec_type", Select)._options] == ["effnet-lite0"]


async def test_what_was_chosen_last_comes_first_even_before_the_default():
    app = FormApp(TWO, GIVEN | {"vec_type": "conse"})
    async with app.run_test(size=SMALL):
        assert app.screen.query_one("#vec_type", Select).value == "conse"


async def test_without_vectors_the_form_offers_to_create_some_and_enter_does_it():
    app = FormApp([], GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "There are no vectors yet. Create some first." in text_of(app))
        await pilot.press("enter")
        assert app.result == Create()


async def test_incomplete_vectors_can_be_restarted_from_the_form():
    app = FormApp([status("conse", 48_210, 60_000), status("effnet-lite0")], GIVEN | {"vec_type": "conse"})
    async with app.run_test(size=SMALL) as pilot:
        button = app.screen.query_one("#restart")
        await until(pilot, lambda: button.display)
        app.screen.query_one("#vec_type", Select).value = "effnet-lite0"
        await until(pilot, lambda: not button.display)
        app.screen.query_one("#vec_type", Select).value = "conse"
        await until(pilot, lambda: button.display)
        await pilot.click("#restart")
        assert app.result == Restart("conse")


async def test_up_and_down_go_through_what_was_searched_before():
    app = FormApp(TWO, GIVEN | {"text": ""}, texts=("a cat", "an owl"))
    async with app.run_test(size=SMALL) as pilot:
        line = app.screen.query_one("#text", Input)
        await type_text(pilot, "tree")
        seen = []
        for key in ("up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            seen.append(line.value)
        assert seen == ["an owl", "a cat", "a cat", "an owl", "tree", "tree"]


@dataclass(frozen=True, kw_only=True)
class OtherKinds:
    """The kinds of fields that :class:`EveryKind` has not."""

    vec_type: str = vec_type_field()
    also: tuple[str, ...] = vec_types_field("also by", "more vectors")
    where: str | tuple[str, ...] = where_field()
    method: str = choice_field("method", "how", ("quick", "slow"), default="quick")
    many: bool = switch_field("many", "more than one")
    k: int = whole_field("k", "how many groups", default=0, least=1, most=9, auto=True)
    limit: float = number_field("limit", "from here on", default=0.5, least=0, most=1)


OTHER_KINDS = Action("other", "other", "Other kinds", "has the rest", "e", OtherKinds, no_answer)
SELECTION = Place("the selection (2)", ("aa", "bb"), first=True)


async def test_choices_switches_numbers_and_more_vectors_are_filled_in_by_keyboard():
    app = FormApp(TWO, {}, OTHER_KINDS)
    async with app.run_test(size=SMALL) as pilot:
        app.screen.query_one("#also").focus()
        await until(pilot, lambda: app.screen.query_one("#vec_type", Select).value == "effnet-lite0")
        await pilot.press("c", "o")
        await pilot.pause(0.3)
        await pilot.press("right", "tab", "tab", "enter", "down", "enter", "tab", "space")
        app.screen.query_one("#limit").focus()
        await pilot.press("end", "5", "enter")
        assert app.result == {
            "vec_type": "effnet-lite0",
            "also": "conse",
            "where": "",
            "method": "slow",
            "many": True,
            "k": "auto",
            "limit": "0.55",
        }
        assert OTHER_KINDS.check(app.result).also == ("conse",)


async def test_an_action_without_pictures_begins_with_the_selection():
    app = FormApp(TWO, {}, OTHER_KINDS, places=[SELECTION, Place("these 9 pictures", ("cc",))])
    async with app.run_test(size=SMALL) as pilot:
        assert not app.screen.query_one("#where-filter").display
        await pilot.press("enter")
        assert isinstance(app.result, dict)
        assert app.result["where"] == ("aa", "bb")


async def test_a_filter_can_be_typed_where_no_place_fits():
    app = FormApp(TWO, GIVEN, EVERY_WHERE, places=[SELECTION])
    async with app.run_test(size=SMALL) as pilot:
        select = app.screen.query_one("#where-place", Select)
        assert select.value == "everything"
        select.focus()
        await pilot.press("enter", "end", "enter")
        await until(pilot, lambda: app.focused is app.screen.query_one("#where-filter"))
        await type_text(pilot, "tag:cat")
        await pilot.press("enter")
        assert isinstance(app.result, dict)
        assert app.result["where"] == "tag:cat"


@dataclass(frozen=True, kw_only=True)
class EveryWhere(EveryKind):
    """A part of the collection besides."""

    where: str | tuple[str, ...] = where_field()


EVERY_WHERE = Action("where", "where", "Everywhere", "looks somewhere", "e", EveryWhere, no_answer)


async def test_with_a_job_that_has_just_begun_the_form_says_so():
    app = FormApp([status("conse", 0, 10)], GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        begun = "conse: no picture is done yet. J shows the job; Settings has Restart."
        await until(pilot, lambda: begun in text_of(app))


@pytest.mark.parametrize("action", actions(), ids=lambda action: action.name)
async def test_the_form_of_every_action_fits_80_by_24(action: Action[Any]):
    app = FormApp(TWO, {}, action)
    async with app.run_test(size=SMALL):
        for widget in app.screen.query("Button, Input, Select, Label, #explanation"):
            assert app.screen.region.contains_region(widget.region)
        assert all(cell_len(line) == 80 for line in lines_of(app))
