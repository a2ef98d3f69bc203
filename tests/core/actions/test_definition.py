"""One definition: the form, the sub-command and the docs are derived from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from core.actions import registry
from core.actions.answer import Answer
from core.actions.definition import Action, reference
from core.actions.parameters import (
    NumberParameter,
    PicturesParameter,
    ScopeParameter,
    VecTypeParameter,
    VecTypesParameter,
    WholeParameter,
    text_field,
    vec_type_field,
    whole_field,
)
from core.actions.registry import actions, find
from core.actions.similar import SIMILAR, SimilarParameters
from core.actions.text_search import TEXT_SEARCH
from core.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class OwnParameters:
    vec_type: str = vec_type_field()
    word: str = text_field("word", "any word")
    times: int = whole_field("times", "how often", default=2, least=1, most=9)


OWN = Action(
    name="own",
    command="mine",
    title="Own action",
    help="does nothing",
    key="o",
    parameters=OwnParameters,
    run=lambda context, parameters: Answer("own", parameters.vec_type, parameters.word * parameters.times, ()),
)


def test_the_fields_of_the_dataclass_are_the_parameters_in_their_order() -> None:
    assert [(type(field), field.name, field.title, field.required) for field in SIMILAR.fields()] == [
        (VecTypeParameter, "vec_type", "vec_type", False),
        (PicturesParameter, "like", "like", True),
        (PicturesParameter, "unlike", "unlike", False),
        (VecTypesParameter, "also", "also by", False),
        (ScopeParameter, "where", "within", False),
        (NumberParameter, "at_least", "at least", False),
        (WholeParameter, "top", "show", False),
    ]
    assert TEXT_SEARCH.field_named("text") == TEXT_SEARCH.fields()[1]
    assert TEXT_SEARCH.field_named("no such") is None


def test_only_text_search_wants_models_that_read_text() -> None:
    wants = {action.name: action.fields()[0].needs_text for action in (SIMILAR, TEXT_SEARCH)}  # type: ignore[attr-defined]
    assert wants == {"similar": False, "text_search": True}


def test_every_action_has_a_vec_type_first_and_what_a_form_needs() -> None:
    for action in actions():
        assert isinstance(action.fields()[0], VecTypeParameter)
        assert all(field.title and field.help for field in action.fields())
        assert action.title and action.help and action.key and action.command


def test_values_become_parameters() -> None:
    given = {"like": ["a.jpg", "b.jpg"], "top": " 7 ", "unknown": 1}
    assert SIMILAR.check(given) == SimilarParameters(vec_type="", like=("a.jpg", "b.jpg"), top=7)
    assert TEXT_SEARCH.check({"text": "  a \n cat\t"}).text == "a cat"
    assert TEXT_SEARCH.check({"text": "猫"}).top == 100


@pytest.mark.parametrize(
    ("action", "values", "words"),
    [
        (SIMILAR, {}, "like is missing"),
        (SIMILAR, {"like": []}, "like: which pictures"),
        (SIMILAR, {"like": ["a", ""]}, "like: which pictures"),
        (SIMILAR, {"like": ["a"], "top": "many"}, "show: 'many' is not a whole number"),
        (SIMILAR, {"like": ["a"], "top": "1.5"}, "show: '1.5' is not a whole number"),
        (SIMILAR, {"like": ["a"], "top": 0}, "show: 0 is out of range"),
        (SIMILAR, {"like": ["a"], "top": 100_001}, "show: 100,001 is out of range"),
        (TEXT_SEARCH, {}, "text is missing"),
        (TEXT_SEARCH, {"text": " \n"}, "text: the text is empty"),
        (TEXT_SEARCH, {"text": "x" * 10_001}, "text: 10,001 characters are too many"),
        (TEXT_SEARCH, {"text": "a \udcff cat"}, "text: it is not UTF-8"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_the_parameter_is_named(
    action: Action[Any], values: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        action.check(values)
    assert caught.value.message.startswith(words)
    assert caught.value.hint


def test_a_number_out_of_range_is_told_its_range() -> None:
    with pytest.raises(UsageError) as caught:
        OWN.check({"word": "x", "times": 10})
    assert caught.value.hint == "1 to 9"


def test_the_reference_is_a_table_with_every_action_and_parameter() -> None:
    lines = reference([SIMILAR, OWN]).splitlines()
    assert lines[0] == "| action | command | key | parameters |"
    assert len(lines) == 4
    assert "`pictoscope mine` | `o` |" in lines[3]
    assert all(f"`{field.title}` {field.help}" in lines[3] for field in OWN.fields()[1:])
    assert "vec_type" not in lines[3]  # every action has it: said once, below the table
    assert all(line.count("|") == 5 for line in lines)


def test_an_action_is_found_by_its_name() -> None:
    assert find("similar") is SIMILAR
    assert find("text_search") is TEXT_SEARCH
    with pytest.raises(UsageError, match="no action is called 'search'"):
        find("search")


# Entry points


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """What other packages announce; fill it before asking."""
    announced: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda *, group: announced if group == "pictoscope.actions" else [])
    actions.cache_clear()
    yield announced
    actions.cache_clear()


def announce(name: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{name}", "pictoscope.actions")


SAME_NAME = dataclasses.replace(OWN, name="similar")
SAME_COMMAND = dataclasses.replace(OWN, command="search")
NOT_ONE = "an action?"


def test_an_action_of_another_package_comes_after_ours_and_answers(points: list[EntryPoint]) -> None:
    points.append(announce("OWN"))
    assert [action.name for action in actions()][-2:] == ["recommend", "own"]
    answer = find("own").answer(None, {"word": "ha", "times": "3"})  # type: ignore[arg-type]
    assert answer.title == "hahaha"


@pytest.mark.parametrize("name", ["SAME_NAME", "SAME_COMMAND", "NOT_ONE"])
def test_an_entry_point_that_is_no_new_action_is_refused(points: list[EntryPoint], name: str) -> None:
    points.append(announce(name))
    with pytest.raises(UsageError, match=f"the entry point {name} .* is no new action"):
        actions()


def test_an_entry_point_that_cannot_be_loaded_is_named(points: list[EntryPoint]) -> None:
    points.append(EntryPoint("gone", "no_such_module:x", "pictoscope.actions"))
    with pytest.raises(UsageError, match=r"the entry point gone .* cannot be loaded: No module") as caught:
        actions()
    assert caught.value.hint == "uninstall its package"
