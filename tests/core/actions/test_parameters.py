"""Values from forms and command lines, checked."""

from __future__ import annotations

from typing import Any

import pytest

from core.actions.parameters import (
    ChoiceParameter,
    NumberParameter,
    Parameter,
    PicturesParameter,
    ScopeParameter,
    SwitchParameter,
    TextParameter,
    VecTypesParameter,
    WholeParameter,
)
from core.errors import UsageError

K = WholeParameter("k", "k", "", 0, least=1, most=1000, auto=True)
NUMBER = NumberParameter("n", "number", "", 0.5, least=-1, most=1)
METHOD = ChoiceParameter("m", "method", "", "a", choices=("a", "b c"))


@pytest.mark.parametrize(
    ("parameter", "given", "value"),
    [
        (K, "", 0),
        (K, "auto", 0),
        (K, "12", 12),
        (NUMBER, " -0.25 ", -0.25),
        (NUMBER, 1, 1.0),
        (METHOD, "b c", "b c"),
        (SwitchParameter("s", "switch", "", False), "yes", True),
        (SwitchParameter("s", "switch", "", False), False, False),
        (VecTypesParameter("v", "also", "", ()), "clip, dinov2+grey,,clip", ("clip", "dinov2+grey")),
        (VecTypesParameter("v", "also", "", ()), ("conse",), ("conse",)),
        (PicturesParameter("p", "unlike", "", ()), [], ()),
        (TextParameter("t", "template", "", "{}"), "", ""),
        (ScopeParameter("w", "within", "", ""), " tag:cat ", "tag:cat"),
        (ScopeParameter("w", "within", "", ""), ["a.png", "b.png"], ("a.png", "b.png")),
    ],
)
def test_a_value_is_taken(parameter: Parameter, given: Any, value: Any) -> None:
    assert parameter.check(given) == value


@pytest.mark.parametrize(
    ("parameter", "given", "complaint"),
    [
        (K, "1001", "k: 1,001 is out of range"),
        (K, "-1", "k: -1 is out of range"),
        (K, "many", "k: 'many' is not a whole number"),
        (NUMBER, "nan", "number: 'nan' is not a number"),
        (NUMBER, "inf", "number: inf is out of range"),
        (NUMBER, "", "number: '' is not a number"),
        (NUMBER, "1.01", "number: 1.01 is out of range"),
        (METHOD, "c", "method: 'c' is not a choice"),
        (SwitchParameter("s", "switch", "", False), "perhaps", "switch: 'perhaps' is neither yes nor no"),
        (PicturesParameter("p", "like", ""), [], "like: no pictures given"),
        (PicturesParameter("p", "unlike", "", ()), [""], "unlike: no pictures given"),
        (ScopeParameter("w", "within", "", ""), [], "within: nothing is selected"),
    ],
)
def test_what_cannot_be_is_said(parameter: Parameter, given: Any, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parameter.check(given)
    assert caught.value.message == complaint
    assert caught.value.hint
