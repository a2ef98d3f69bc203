"""One definition: the form, the sub-command and the docs are derived from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import plugins
from core.actions.answer import Answer
from core.actions.cluster_by import CLUSTER_BY
from core.actions.definition import Action, reference
from core.actions.parameter_fields import text_field, vec_type_field, whole_field
from core.actions.parameters import (
    NumberParameter,
    PicturesParameter,
    ScopeParameter,
    VecTypeParameter,
    VecTypesParameter,
    WholeParameter,
)
from core.actions.registry import OURS, actions, find
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
        (VecTypeParameter, "vec_type", "vec type", False),
        (PicturesParameter, "like", "similar to", True),
        (PicturesParameter, "unlike", "not like", False),
        (VecTypesParameter, "also", "also by", False),
        (ScopeParameter, "where", "within", False),
        (NumberParameter, "at_least", "minimum", False),
        (WholeParameter, "top", "results", False),
    ]
    assert TEXT_SEARCH.field_named("text") == TEXT_SEARCH.fields()[1]
    assert TEXT_SEARCH.field_named("no such") is None


def test_only_text_search_wants_models_that_read_text() -> None:
    wants = {action.name: action.fields()[0].needs_text for action in (SIMILAR, TEXT_SEARCH)}  # type: ignore[attr-defined]
    assert wants == {"similar": False, "text_search": True}


@pytest.mark.parametrize(
    ("values", "reads"),
    [
        ({}, True),
        ({"by": "texts", "anchor": "pictures"}, True),
        ({"by": "tags"}, False),
        ({"by": "tags", "anchor": "names"}, True),
    ],
)
def test_clusters_by_texts_or_by_names_want_a_model_that_reads_text(values: dict[str, str], reads: bool) -> None:
    assert CLUSTER_BY.reads_text(values) is reads
    assert TEXT_SEARCH.reads_text(values)
    assert not SIMILAR.reads_text(values)


@pytest.mark.parametrize(("given", "limit"), [("", -1.0), ("none", -1.0), (-1.0, -1.0), ("0.5", 0.5)])
def test_no_minimum_is_given_as_nothing_or_none(given: object, limit: float) -> None:
    assert SIMILAR.check({"like": ["a"], "at_least": given}).at_least == limit


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
        (SIMILAR, {}, "similar to: it is missing"),
        (SIMILAR, {"like": []}, "similar to: no pictures given"),
        (SIMILAR, {"like": ["a", ""]}, "similar to: no pictures given"),
        (SIMILAR, {"like": ["a"], "top": "many"}, "results: 'many' is not a whole number"),
        (SIMILAR, {"like": ["a"], "top": "1.5"}, "results: '1.5' is not a whole number"),
        (SIMILAR, {"like": ["a"], "top": 0}, "results: 0 is out of range"),
        (SIMILAR, {"like": ["a"], "top": 100_001}, "results: 100,001 is out of range"),
        (TEXT_SEARCH, {}, "text: it is missing"),
        (TEXT_SEARCH, {"text": " \n"}, "text: it is empty"),
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


def test_the_reference_has_every_action_and_parameter() -> None:
    similar, own = reference([SIMILAR, OWN]).split("\n\n### ")
    title, command, parameters = own.split("\n\n")
    assert similar.startswith(f"### {SIMILAR.title}\n\n`pictoscope similar`, key `s`: ")
    assert (title, command) == (OWN.title, f"`pictoscope mine`, key `o`: {OWN.help}.")
    assert parameters.splitlines() == [f"- `{field.title}`: {field.described}" for field in OWN.fields()[1:]]
    assert "vec_type" not in own  # every action has it: said once, below the reference


def test_an_action_is_found_by_its_name() -> None:
    assert find("similar") is SIMILAR
    assert find("text_search") is TEXT_SEARCH
    with pytest.raises(UsageError, match="there is no action search"):
        find("search")


# Entry points


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """What other packages announce; fill it before asking."""
    announced: list[EntryPoint] = []
    monkeypatch.setattr(plugins, "may_be_announced", lambda group: True)
    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda *, group: announced if group == plugins.ACTIONS else []
    )
    actions.cache_clear()
    plugins.forget()
    yield announced
    actions.cache_clear()
    plugins.forget()


def announce(name: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{name}", "pictoscope.actions")


SAME_NAME = dataclasses.replace(OWN, name="similar")
SAME_COMMAND = dataclasses.replace(OWN, command="search")
NOT_ONE = "an action?"
NO_TEXT = dataclasses.replace(OWN, help=None)  # type: ignore[arg-type]
NO_PARAMETERS = dataclasses.replace(OWN, parameters=int)  # type: ignore[arg-type]


def test_an_action_of_another_package_comes_after_ours_and_answers(points: list[EntryPoint]) -> None:
    points.append(announce("OWN"))
    assert [action.name for action in actions()][-2:] == [OURS[-1].name, "own"]
    own = find("own")
    answer = own.run(SimpleNamespace(), own.check({"word": "ha", "times": "3"}))  # type: ignore[arg-type]
    assert answer.title == "hahaha"
    assert [(plug_in.name, plug_in.problem) for plug_in in plugins.seen()] == [("OWN", "")]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("SAME_NAME", "there is an action called similar"),
        ("SAME_COMMAND", "a command search already"),
        ("NOT_ONE", "it is not an action but str"),
        ("NO_TEXT", "the action's help is not text"),
        ("NO_PARAMETERS", "cannot be loaded: TypeError"),
        ("GONE", "cannot be loaded: AttributeError"),
    ],
)
def test_an_entry_point_that_is_no_new_action_is_left_out_and_the_others_work(
    points: list[EntryPoint], name: str, why: str
) -> None:
    points += [announce(name), announce("OWN")]
    assert [action.name for action in actions()][-2:] == [OURS[-1].name, "own"]
    (broken,) = plugins.broken()
    assert broken.name == name
    assert why in broken.problem
    assert broken.warning.startswith(f"the plug-in {name} (its package) is left out: ")


@pytest.mark.parametrize(
    "raises", ["raise RuntimeError('out of\\ncheese')", "raise SystemExit(3)", "import nowhere", "1 +"]
)
def test_whatever_an_entry_point_does_at_import_is_named(
    points: list[EntryPoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: str
) -> None:
    (tmp_path / "harmful.py").write_text(raises)
    monkeypatch.syspath_prepend(tmp_path)
    points.append(EntryPoint("harm", "harmful:x", "pictoscope.actions"))
    assert len(actions()) == len(OURS)
    (broken,) = plugins.broken()
    assert "harmful:x cannot be loaded: " in broken.warning
    assert "\n" not in broken.warning
