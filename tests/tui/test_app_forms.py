"""Forms made from definitions: every kind of field, every way to give it wrongly, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from app_helpers import (
    SMALL,
    choose_vec_type,
    flat,
    lines_of,
    text_of,
    type_text,
    until,
)
from rich.cells import cell_len
from textual.app import App
from textual.widgets import Button, Input, Select

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameter_fields import (
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
from core.actions.recommend import RECOMMEND
from core.actions.registry import actions
from core.actions.run import Question
from core.vectors.vec_type import VecType
from core.vectors.vec_types import VecTypeStatus
from tui.screens.results.action_form import ActionForm, Create, Restart
from tui.widgets.form_controls import PLACEHOLDER_CELLS, Place, help_text


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
        computing: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.form = ActionForm(action, places, values)
        self.statuses = statuses
        self.texts = texts
        self.computing = computing
        self.result: object = "still open"

    def on_mount(self) -> None:
        """Open the form."""

        def ended(result: object) -> None:
            self.result = result

        self.push_screen(self.form, ended)
        self.form.post_message(ActionForm.Statuses(self.statuses, self.texts, computing=self.computing))


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
        assert app.result.values == {
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
        assert isinstance(app.result, Question)
        assert app.result.values["like"] == ["/home/somebody/new one.png"]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"text": " "}, "text: it is empty (describe what the pictures show)"),
        ({"top": "0"}, "show: 0 is out of range (1 to 50)"),
        ({"top": "51"}, "show: 51 is out of range (1 to 50)"),
        ({"top": ""}, "show: '' is not a whole number (1 to 50)"),
        ({"like": ()}, "like: no pictures given (give a picture's path)"),
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


async def test_a_field_of_a_few_words_names_them_all():
    duplicates = next(action for action in actions() if action.name == "duplicates")
    app = FormApp(TWO, {}, duplicates)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "some of: mirrored, rotated, cropped" in text_of(app))
        assert "some of: same-folder, burst" in text_of(app)


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
        await choose_vec_type(pilot, "conse")
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
        await pilot.press("space")
        await pilot.pause()
        await until(pilot, lambda: "conse   48,210 / 60,000" in text_of(app))
        await until(pilot, lambda: "★ effnet-lite0   10 / 10" in text_of(app))


async def test_incomplete_vectors_are_noted():
    app = FormApp([status("conse", 48_210, 60_000)], GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "11,790 pictures not covered yet: the vectors that exist are used" in text_of(app))


async def test_pictures_that_could_not_be_read_are_not_called_missing():
    complete = replace(status("conse", 8, 10), failed=2)
    app = FormApp([complete], GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "2 pictures could not be read" in text_of(app))
        assert "not covered yet" not in text_of(app)
        assert not app.screen.query_one("#restart").display


async def test_vec_types_without_a_row_are_not_offered():
    app = FormApp([status("conse", 0, 10), status("effnet-lite0", 3, 10)], GIVEN)
    async with app.run_test(size=SMALL):
        assert [value for _, value in app.screen.query_one("#vec_type", Select)._options] == ["effnet-lite0"]


async def test_what_was_chosen_last_comes_first_even_before_the_default():
    app = FormApp(TWO, GIVEN | {"vec_type": "conse"})
    async with app.run_test(size=SMALL):
        assert app.screen.query_one("#vec_type", Select).value == "conse"


@pytest.mark.parametrize("field", ["", "#text", "#vec_type"])
async def test_without_vectors_the_form_offers_to_create_some_and_enter_does_it(field: str):
    app = FormApp([], GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "There are no vectors yet. Create some first." in text_of(app))
        if field:
            app.screen.query_one(field).focus()
        await pilot.press("enter")
        assert isinstance(app.result, Create)
        assert app.result.question is not None
        assert app.result.question.values["like"] == GIVEN["like"]


async def test_a_question_that_is_being_typed_keeps_the_cursor_when_it_turns_out_that_there_are_no_vectors():
    app = FormApp([], {"like": GIVEN["like"]})
    async with app.run_test(size=SMALL) as pilot:
        app.screen.query_one("#text").focus()
        await pilot.press("c")
        app.form.post_message(ActionForm.Statuses([], ()))
        await until(pilot, lambda: "There are no vectors yet. Create some first." in text_of(app))
        await pilot.press("a", "t", "enter")
        assert isinstance(app.result, Create) and app.result.question is not None
        assert app.result.question.values["text"] == "cat"


async def test_incomplete_vectors_can_be_restarted_from_the_form():
    app = FormApp([status("conse", 48_210, 60_000), status("effnet-lite0")], GIVEN | {"vec_type": "conse"})
    async with app.run_test(size=SMALL) as pilot:
        button = app.screen.query_one("#restart")
        await until(pilot, lambda: button.display)
        await choose_vec_type(pilot, "effnet-lite0")
        await until(pilot, lambda: not button.display)
        await choose_vec_type(pilot, "conse")
        await until(pilot, lambda: button.display)
        await pilot.click("#restart")
        assert isinstance(app.result, Restart)
        assert app.result.vec_type == "conse"


async def test_what_a_job_computes_is_not_restarted():
    app = FormApp([status("conse", 40, 241)], GIVEN, computing=["conse"])
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "201 pictures not covered yet" in text_of(app))
        assert "a job computes the rest" in flat(app) and "Restart" not in flat(app)
        assert not app.screen.query_one("#restart").display


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
        await pilot.press("ctrl+o")
        app.screen.query_one("#also").focus()
        await until(pilot, lambda: app.screen.query_one("#vec_type", Select).value == "effnet-lite0")
        await pilot.press("c", "o")
        await pilot.pause(0.3)
        await pilot.press("right", "tab", "tab", "space", "down", "enter", "tab", "space")
        app.screen.query_one("#limit").focus()
        await pilot.press("end", "5", "enter")
        assert app.result.values == {
            "vec_type": "effnet-lite0",
            "also": "conse",
            "where": "",
            "method": "slow",
            "many": True,
            "k": "auto",
            "limit": "0.55",
        }
        assert app.result.parameters.also == ("conse",)


async def test_an_action_without_pictures_begins_with_the_selection():
    app = FormApp(TWO, {}, OTHER_KINDS, places=[SELECTION, Place("these 9 pictures", ("cc",))])
    async with app.run_test(size=SMALL) as pilot:
        assert not app.screen.query_one("#where-filter").display
        await pilot.press("enter")
        assert isinstance(app.result, Question)
        assert app.result.values["where"] == ("aa", "bb")


async def test_a_filter_can_be_typed_where_no_place_fits():
    app = FormApp(TWO, GIVEN, EVERY_WHERE, places=[SELECTION])
    async with app.run_test(size=SMALL) as pilot:
        select = app.screen.query_one("#where-place", Select)
        assert select.value == "everything"
        select.focus()
        await pilot.press("space", "end", "enter")
        await until(pilot, lambda: app.focused is app.screen.query_one("#where-filter"))
        await type_text(pilot, "tag:cat")
        await pilot.press("enter")
        assert isinstance(app.result, Question)
        assert app.result.values["where"] == "tag:cat"


@dataclass(frozen=True, kw_only=True)
class EveryWhere(EveryKind):
    """A part of the collection besides."""

    where: str | tuple[str, ...] = where_field()


EVERY_WHERE = Action("where", "where", "Everywhere", "looks somewhere", "e", EveryWhere, no_answer)


async def test_with_a_job_that_has_just_begun_the_form_says_so():
    app = FormApp([status("conse", 0, 10)], GIVEN)
    async with app.run_test(size=SMALL) as pilot:
        begun = "conse 0 / 10: no picture is done yet. J shows whether a job runs; Restart starts one."
        await until(pilot, lambda: begun in flat(app))


@pytest.mark.parametrize("action", actions(), ids=lambda action: action.name)
@pytest.mark.parametrize("keys", [(), ("ctrl+o",)], ids=["simple", "advanced"])
async def test_the_form_of_every_action_fits_80_by_24_with_the_whole_help_of_the_field_with_the_cursor(
    action: Action[Any], keys: tuple[str, ...]
):
    app = FormApp(TWO, {}, action)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*keys)
        for widget in app.screen.query("Button, Input, Select, Label, #explanation"):
            if isinstance(widget, Input) and not widget.value:
                assert cell_len(str(widget.placeholder)) <= max(PLACEHOLDER_CELLS, widget.content_size.width)
            assert app.screen.region.contains_region(widget.region)
        assert all(cell_len(line) == 80 for line in lines_of(app))
        for field in action.fields():
            row = app.screen.query_one(f"#row-{field.name}")
            if not row.display:
                continue
            next(widget for widget in row.query("*") if widget.focusable).focus()
            wanted = " ".join(help_text(field.help).split())
            await until(pilot, lambda wanted=wanted: wanted in flat(app))
            assert "Run" in flat(app)


@dataclass(frozen=True, kw_only=True)
class Advanced:
    """A field that is seldom needed, one that limits, and one that makes the model read text."""

    vec_type: str = vec_type_field(text_with=(("by", "texts"),))
    by: str = choice_field("by", "what", ("pictures", "texts"), default="pictures")
    phrase: str = text_field("phrase", "a few words", default="", first=True)
    minimum: float = number_field("minimum", "from here on", default=-1, least=-1, most=1, limit=True, advanced=True)


ADVANCED = Action("advanced", "advanced", "Advanced", "has more", "e", Advanced, no_answer)


async def test_advanced_fields_are_behind_a_key_unless_they_hold_something():
    app = FormApp(TWO, {}, ADVANCED)
    async with app.run_test(size=SMALL) as pilot:
        row = app.screen.query_one("#row-minimum")
        assert not row.display
        await pilot.press("ctrl+o")
        assert row.display
        assert app.screen.query_one("#minimum", Input).value == ""
        await until(pilot, lambda: "none" in text_of(app))
        app.screen.query_one("#minimum").focus()
        await pilot.press("0", ".", "5", "ctrl+o")
        assert row.display  # what counts is never hidden
        await pilot.press("enter")
        assert isinstance(app.result, Question)
        assert app.result.parameters == Advanced(vec_type="effnet-lite0", minimum=0.5)


async def test_no_limit_is_shown_as_an_empty_field_and_given_as_none():
    for given, wanted in ((-1.0, -1.0), ("none", -1.0), ("", -1.0), ("0.25", 0.25)):
        app = FormApp(TWO, {"minimum": given}, ADVANCED)
        async with app.run_test(size=SMALL) as pilot:
            await pilot.press("enter")
            assert isinstance(app.result, Question)
            assert app.result.parameters.minimum == wanted


async def test_only_vec_types_that_can_serve_are_offered():
    app = FormApp(TWO, {"vec_type": "effnet-lite0"}, ADVANCED)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        vec_type = app.screen.query_one("#vec_type", Select)
        assert vec_type.value == "effnet-lite0"
        app.screen.query_one("#by", Select).value = "texts"
        await until(pilot, lambda: vec_type.value == "conse")
        assert [value for _, value in vec_type._options] == ["conse"]


async def test_enter_runs_from_every_control():
    for number in range(6):
        app = FormApp(TWO, {"minimum": "0.5"}, ADVANCED)
        async with app.run_test(size=SMALL) as pilot:
            controls = [widget for widget in app.screen.focus_chain if not isinstance(widget, Button)]
            if number >= len(controls):
                break
            controls[number].focus()
            await pilot.press("enter")
            assert isinstance(app.result, Question), controls[number]


async def test_a_form_that_comes_back_says_why_and_keeps_what_was_given():
    app = FormApp(TWO, GIVEN)
    app.form = ActionForm(EVERY_KIND, (), GIVEN, error="no vectors read text (create some)")
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen.query_one("#vec_type", Select).value == "effnet-lite0")
        await until(pilot, lambda: "no vectors read text (create some)" in flat(app))
        assert app.screen.query_one("#explanation").has_class("wrong")
        assert app.screen.query_one("#text", Input).value == "a cat"


async def test_tab_takes_a_completion_and_without_one_goes_on():
    app = FormApp(TWO, {"also": "e"}, OTHER_KINDS)
    async with app.run_test(size=SMALL) as pilot:
        also = app.screen.query_one("#also", Input)
        also.focus()
        await pilot.press("end", "f")
        await until(pilot, lambda: also._suggestion == "effnet-lite0")
        await pilot.press("tab")
        assert also.value == "effnet-lite0"
        assert app.focused is also
        await pilot.press("tab")
        assert app.focused is not also


@pytest.mark.parametrize(
    ("error", "field"),
    [
        ("there is no tag nosuch (there are: cat)", "for_"),
        ("for: it is not UTF-8", "for_"),
        ("the disk is full", "run"),
    ],
)
async def test_the_cursor_is_where_the_error_is(error: str, field: str):
    app = FormApp(TWO, {}, RECOMMEND)
    app.form = ActionForm(RECOMMEND, (), {"for_": "tag:nosuch", "like": ("a.png",)}, error=error)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.focused is app.screen.query_one(f"#{field}"))
        assert error in flat(app)
