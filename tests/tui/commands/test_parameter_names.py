"""Errors of an action's values: the command line names the option that was typed, a form the title of its field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import Run, refused

from core.actions.definition import Action, Context
from core.actions.parameters import (
    ChoiceParameter,
    NumberParameter,
    Parameter,
    PicturesParameter,
    ScopeParameter,
    SwitchParameter,
    TargetParameter,
    TextParameter,
    VecTypeParameter,
    VecTypesParameter,
    WholeParameter,
    WordsParameter,
)
from core.actions.registry import actions
from core.actions.run import Question
from core.errors import UsageError
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tui.commands.action_parser import action_parser

# Values that cannot be, by the type of the parameter; the first type that fits counts.
WRONG: Mapping[type[Parameter], tuple[str, ...]] = {
    VecTypeParameter: ("../x", "nosuchmodel"),
    VecTypesParameter: ("../x",),
    PicturesParameter: ("nowhere.jpg", "https://example.org/a.jpg"),
    TargetParameter: ("nosuch", "tag:nosuch", "group:nosuch"),
    WordsParameter: ("nosuch",),
    TextParameter: ("x" * 10_001,),  # others by name: BY_NAME
    ScopeParameter: ("width>>3", "wdth>3", "tag:nosuch", "width>3 and width<2", "width>10000000"),
    ChoiceParameter: ("nosuch",),
    WholeParameter: ("x", "-1", "100000000", "1.5"),
    NumberParameter: ("x", "-2", "2", "nan", "inf"),
}
BY_NAME: Mapping[str, tuple[str, ...]] = {
    "text": (" ", "https://example.org/a.jpg", "./nowhere.jpg", "-cat", '"cat', '""', "cat -cat", "!?"),
    "template": ("a photo",),
    "reference": ("nowhere",),
    "names": ("https://example.org/a.jpg", "./nowhere.jpg", "!?", " "),
}
# What is asked beside the wrong value; `{}` is a picture of the project.
ASKED: Mapping[str, dict[str, Any]] = {
    "similar": {"like": ["{}"]},
    "text_search": {"text": "a cat"},
    "cluster": {"vec_type": "effnet-lite0"},
    "cluster_by": {"names": "cat, dog"},
    "duplicates": {},
    "recommend": {"like": ["{}"]},
}
PARAMETERS = [(action, field) for action in actions() for field in action.fields()]
IDS = [f"{action.name}-{field.name}" for action, field in PARAMETERS]


def wrong_values(field: Parameter) -> tuple[str, ...]:
    by_name = BY_NAME.get(field.name, ()) if isinstance(field, TextParameter) else ()
    return (*next(values for kind, values in WRONG.items() if isinstance(field, kind)), *by_name)


def picture_in(folder: Path) -> str:
    return str(next(path for path in sorted(folder.rglob("*.jpg")) if ".pictoscope" not in path.parts))


def base(action: Action[Any], folder: Path) -> dict[str, Any]:
    """Values that could be asked."""
    return {name: [picture_in(folder)] if value == ["{}"] else value for name, value in ASKED[action.name].items()}


def words(action: Action[Any], folder: Path, leave_out: str, positional: list[str] | None = None) -> list[str]:
    """The command line of :func:`base`, without one parameter."""
    found = [action.command]
    for name, value in base(action, folder).items():
        field = action.field_named(name)
        assert field
        given = value if isinstance(value, list) else [value]
        if name == leave_out:
            given = positional or []
        if name != leave_out or positional:
            found += given if is_positional(field) else [field.flag, *given]
    return found


def is_positional(field: Parameter) -> bool:
    return field.required and isinstance(field, PicturesParameter | TextParameter)


def options(action: Action[Any], field: Parameter) -> list[str]:
    """All the options that set it."""
    return [name for one in action_parser(action).arguments() if one.dest == field.name for name in one.option_strings]


@pytest.mark.parametrize(("action", "field"), PARAMETERS, ids=IDS)
def test_the_command_line_names_the_option_that_was_typed(
    run: Run, random_vectors: Path, action: Action[Any], field: Parameter
) -> None:
    if is_positional(field):
        name = "TEXT" if isinstance(field, TextParameter) else "PICTURE"
        for value in wrong_values(field):
            refused(run, *words(action, random_vectors, field.name, [value]), code=2, says=f"{name}: ")
        return
    assert len(options(action, field)) >= 1
    for option in options(action, field):
        if isinstance(field, SwitchParameter):
            refused(run, *words(action, random_vectors, ""), f"{option}=5", code=2, says=f"{option}: it takes no value")
            continue
        for value in wrong_values(field):
            said = run(*words(action, random_vectors, field.name), f"{option}={value}")
            assert (said.code, said.out) == (2, "")
            assert said.err.startswith((f"pictoscope: {option}: ", f"pictoscope: {option}, at character ")), said.err


@pytest.mark.parametrize(("action", "field"), PARAMETERS, ids=IDS)
def test_a_form_names_the_title_of_the_field(random_vectors: Path, action: Action[Any], field: Parameter) -> None:
    values = ("perhaps",) if isinstance(field, SwitchParameter) else wrong_values(field)
    with Project.open_or_create(random_vectors) as project:
        context = Context(project, LocalEncoder())
        for value in values:
            given: Any = [value] if isinstance(field, PicturesParameter) else value
            with pytest.raises(UsageError) as caught:
                Question.of(action, base(action, random_vectors) | {field.name: given}).ask(context)
            assert caught.value.message.startswith((f"{field.title}: ", f"{field.title}, at character "))
            assert "--" not in caught.value.message + caught.value.hint.replace("pictoscope", "")


@pytest.mark.parametrize(
    ("action", "field"), [one for one in PARAMETERS if one[1].only_with], ids=lambda one: getattr(one, "name", "")
)
def test_a_value_that_would_not_count_names_both_parameters(
    run: Run, random_vectors: Path, action: Action[Any], field: Parameter
) -> None:
    assert field.only_with
    name, wanted = field.only_with
    other = action.field_named(name)
    assert isinstance(other, ChoiceParameter)
    instead = next(choice for choice in other.choices if choice != wanted)
    otherwise: Any = True if isinstance(field, SwitchParameter) else 5
    value = next(one for one in (*getattr(field, "choices", ()), otherwise) if one != field.default)
    for option in options(action, field):
        if not option.startswith("--no-"):
            typed = [option] if isinstance(field, SwitchParameter) else [option, str(value)]
            asked = [*words(action, random_vectors, other.name), other.flag, instead, *typed]
            refused(run, *asked, code=2, says=f"{option}: it applies only with {other.flag} {wanted}")
    with pytest.raises(UsageError, match=f"^{field.title}: it applies only with {other.title} {wanted}$"):
        Question.of(action, base(action, random_vectors) | {field.name: value, other.name: instead})


def test_examples_that_contradict_each_other_name_both_options(run: Run, random_vectors: Path) -> None:
    one = picture_in(random_vectors)
    name = Path(one).name
    refused(run, "similar", one, "--not-like", one, code=2, says=f"--not-like: {name} is also in PICTURE")
    refused(run, "recommend", "--like", one, "--unlike", one, code=2, says=f"--unlike: {name} is also in --like")
    hint = refused(run, "similar", one, "--also", "conse", "--minimum", "0.5", code=2, says="--minimum: the cosines")
    assert hint == "leave it or --also out"


def test_a_past_action_that_cannot_be_run_again_names_its_fields(run: Run, random_vectors: Path) -> None:
    """It has no options but that of the vectors."""
    one = Path(picture_in(random_vectors))
    assert run("similar", one, "--vec-type", "effnet-lite0", "--top", "1", "--where", "name~jpg").code == 0
    refused(run, "again", "--vec-type", "../x", code=2, says="--vec-type: ")
    one.unlink()
    assert run("add").code == 0
    refused(run, "again", code=2, says="similar to: there is no picture")
