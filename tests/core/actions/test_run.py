"""The one runner: a question is checked once, whoever asks it, and remembered when it answered."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path
from typing import Any

import pytest

import core
import tui
from core.actions.action_history import ActionHistory
from core.actions.answer import Answer, Group
from core.actions.definition import Action, Context
from core.actions.parameter_fields import field_of, text_field, whole_field
from core.actions.parameters import TextParameter
from core.actions.run import OutdatedQuestion, Question, ask, asked_before
from core.errors import Cancelled, UsageError

CHECKED: list[Any] = []


class Counted(TextParameter):
    """A text that says when it is checked."""

    def check(self, value: Any) -> str:
        CHECKED.append(value)
        return super().check(value)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
    what: str = field_of(Counted("", "what", "a text"))
    more: str = text_field("more", "another text", default="")
    top: int = whole_field("show", "how many", default=3, least=1)


def said(context: Context, parameters: Said) -> Answer:
    context.note("noted on the way")
    if parameters.more == "stop":
        raise Cancelled("cancelled")
    return Answer("said", "", parameters.what, (Group(parameters.what, ()),), "")


ACTION = Action("said", "said", "Said", "says it again", "f12", Said, said)


def remembered(context: Context) -> list[str]:
    return [past.title for past in ActionHistory(context.project).all() if past.action == "said"]


def test_a_question_is_checked_once_and_asked_as_it_was_checked(context: Context) -> None:
    CHECKED.clear()
    question = Question.of(ACTION, {"what": "  a \n cat ", "top": "7"})
    assert (question.values["what"], question.parameters) == ("  a \n cat ", Said(what="a cat", top=7))
    answer = question.ask(context)
    assert (answer.title, answer.note) == ("a cat", "noted on the way")
    assert question.ask(context) == answer
    assert len(CHECKED) == 1
    assert remembered(context) == ["a cat"]


def test_a_wrong_one_is_none_and_a_changed_one_is_checked(context: Context) -> None:
    with pytest.raises(UsageError, match="show: 0 is out of range"):
        ask(ACTION, context, {"what": "x", "top": 0})
    question = Question.of(ACTION, {"what": "x"})
    assert question.with_values({"top": "9"}).parameters == Said(what="x", top=9)
    with pytest.raises(UsageError, match="what: it is empty"):
        question.with_values({"what": " "})
    assert question.parameters == Said(what="x")


def test_a_screen_gets_what_was_found_and_the_answer_is_remembered(context: Context) -> None:
    question = Question.of(ACTION, {"what": "cats"})
    found, answer = question.find(
        context,
        lambda context, given: [given.what, "dogs"],
        lambda found: Answer("said", "", " and ".join(found), (), ""),
    )
    assert found == ["cats", "dogs"]
    assert answer.title == "cats and dogs"
    assert remembered(context) == ["cats and dogs"]


def test_what_did_not_answer_is_not_remembered(context: Context) -> None:
    with pytest.raises(Cancelled):
        ask(ACTION, context, {"what": "x", "more": "stop"})
    assert remembered(context) == []


def test_a_question_of_the_history_is_one_again_or_says_what_is_wrong() -> None:
    again = asked_before(ACTION, {"what": "x", "top": 5, "gone": 1}, [])
    assert isinstance(again, Question)
    assert again.parameters == Said(what="x", top=5)
    again = asked_before(ACTION, {"what": "x", "top": 0}, [])
    assert isinstance(again, OutdatedQuestion)
    assert (again.values, again.wrong.message) == ({"what": "x"}, "show: 0 is out of range")
    again = asked_before(ACTION, {"top": 5}, [])
    assert isinstance(again, OutdatedQuestion)
    assert again.wrong.message == "what: it is missing"


def test_nobody_else_checks_runs_or_remembers() -> None:
    allowed = {"run.py": {"remember", "check", "run"}, "history.py": {"check"}, "definition.py": {"check"}}
    odd = []
    for package in (core, tui):
        for path in Path(package.__file__).parent.rglob("*.py"):
            for part in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                    on = ast.unparse(part.func.value)
                    named = part.func.attr in ("check", "run") and on.endswith(("action", "_action", "DUPLICATES"))
                    if (named or (part.func.attr == "remember" and "ActionHistory" in on)) and part.func.attr not in (
                        allowed.get(path.name, set()) if path.parent.name == "actions" else set()
                    ):
                        odd.append((path.name, ast.unparse(part.func)))
    assert odd == []
