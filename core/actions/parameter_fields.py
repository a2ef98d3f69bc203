"""Fields of the dataclass of an action's parameters: a function for each kind of parameter."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from core.actions.parameters import (
    METADATA,
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


def vec_type_field(
    *, needs_text: bool = False, optional: bool = False, text_with: tuple[tuple[str, Any], ...] = ()
) -> Any:
    """A ``vec_type`` field; each action has one."""
    text = "which vectors to use; the default ones, marked ★, if left out"
    return field_of(VecTypeParameter("", "vec type", text, "", needs_text, optional, text_with))


def vec_types_field(title: str, help: str, *, needs_text: bool = False) -> Any:
    """A field of additional vec types; none by default."""
    return field_of(VecTypesParameter("", title, help, (), needs_text=needs_text, advanced=True))


def pictures_field(
    title: str, help: str, *, role: str = "", optional: bool = False, chosen: bool = False, advanced: bool = False
) -> Any:
    """A field of pictures: at least one, or any number where ``optional``."""
    default = () if optional else None
    return field_of(PicturesParameter("", title, help, default, role, chosen or not optional, advanced=advanced))


def text_field(
    title: str, help: str, *, default: str | None = None, advanced: bool = False, first: bool = False
) -> Any:
    """A field of text, which must be given where it has no default."""
    return field_of(TextParameter("", title, help, default, advanced=advanced, first=first))


def target_field(title: str, help: str) -> Any:
    """A field of a tag or saved group, which may stay empty."""
    return field_of(TargetParameter("", title, help, ""))


def where_field() -> Any:
    """The field that restricts an action to a part of the collection."""
    text = "only pictures that match a filter, such as `folder:1931/january` or `tag:cat`; all if left out"
    return field_of(ScopeParameter("", "within", text, ""))


def minimum_score_field() -> Any:
    """The field of the lowest cosine that a ranked picture may have; -1 is none."""
    text = "minimum score (cosine) of the pictures shown"
    return number_field("minimum", text, default=-1.0, least=-1.0, most=1.0, limit=True, advanced=True)


def results_field() -> Any:
    """The field of how many pictures a ranking shows."""
    return whole_field("results", "number of pictures to show", default=100, least=1, most=100_000, advanced=True)


def choice_field(
    title: str, help: str, choices: Sequence[str], *, default: str, only_with: tuple[str, Any] | None = None
) -> Any:
    """A field of one of a few words."""
    return field_of(ChoiceParameter("", title, help, default, choices=tuple(choices), only_with=only_with))


def switch_field(
    title: str,
    help: str,
    *,
    default: bool = False,
    only_with: tuple[str, Any] | None = None,
    advanced: bool = False,
) -> Any:
    """A field of yes or no."""
    return field_of(SwitchParameter("", title, help, default, only_with=only_with, advanced=advanced))


def whole_field(
    title: str,
    help: str,
    *,
    default: int,
    least: int = 0,
    most: int = 10_000_000,
    auto: bool = False,
    only_with: tuple[str, Any] | None = None,
    advanced: bool = False,
) -> Any:
    """A field of a whole number."""
    return field_of(WholeParameter("", title, help, default, least, most, auto, only_with=only_with, advanced=advanced))


def words_field(title: str, help: str, words: Sequence[str], *, advanced: bool = False) -> Any:
    """A field of some of a few words; none by default."""
    return field_of(WordsParameter("", title, help, "", words=tuple(words), advanced=advanced))


def number_field(
    title: str,
    help: str,
    *,
    default: float,
    least: float = -math.inf,
    most: float = math.inf,
    auto: bool = False,
    limit: bool = False,
    advanced: bool = False,
) -> Any:
    """A field of a number."""
    return field_of(NumberParameter("", title, help, default, least, most, auto, limit, advanced=advanced))


def field_of(parameter: Parameter) -> Any:
    """A dataclass field that holds a value of ``parameter``."""
    if parameter.required:
        return dataclasses.field(metadata={METADATA: parameter})
    return dataclasses.field(default=parameter.default, metadata={METADATA: parameter})
