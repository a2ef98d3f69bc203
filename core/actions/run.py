"""Runs actions for all callers: checks the values, runs, measures the time, stores the run in the history.

The forms, the screens, the command line and the history all create a :class:`Question` and ask it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.actions.action_history import ActionHistory, still_valid
from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.naming import fields_named
from core.errors import PictoscopeError, UsageError
from core.unexpected import unexpected

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Question(Generic[P]):
    """An action with checked parameters. Create it with :meth:`of`.

    Attributes:
        action: which.
        values: as given; for filling a form.
        parameters: the checked values.
    """

    action: Action[P]
    values: Mapping[str, Any]
    parameters: P

    @classmethod
    def of(cls, action: Action[P], values: Mapping[str, Any]) -> Question[P]:
        """Check the values and create a question.

        Raises:
            UsageError: a value is missing, cannot be, or would not count beside the others; the message names it.
        """
        return cls(action, dict(values), action.check(values))

    def with_values(self, values: Mapping[str, Any]) -> Question[P]:
        """The same question with some values replaced.

        Raises:
            UsageError: see :meth:`of`.
        """
        return Question.of(self.action, {**self.values, **values})

    def preview(self, context: Context) -> Answer:
        """Run the action without storing it, for a question that is still being typed.

        Raises:
            PictoscopeError: of the action. Cancelled: it was stopped.
        """
        return self._work(context, self.action.run, lambda answer: answer)[1]

    def ask(self, context: Context) -> Answer:
        """Run the action and store it in the history.

        Raises:
            PictoscopeError: of the action. Cancelled: it was stopped.
        """
        return self.find(context, self.action.run, lambda answer: answer)[1]

    def find(
        self, context: Context, work: Callable[[Context, P], T], as_answer: Callable[[T], Answer]
    ) -> tuple[T, Answer]:
        """Like :meth:`ask`, for screens that need more than the answer.

        Args:
            context: of the question.
            work: called instead of the action's ``run``.
            as_answer: converts the result of ``work`` to an answer.

        Returns the result of ``work`` and the answer, with the context's notes.

        Raises:
            PictoscopeError: of ``work``; also what it did not foresee. OSError: of ``work``. Cancelled: it was stopped.
        """
        began = time.monotonic()
        result, answer = self._work(context, work, as_answer)
        ActionHistory(context.project).remember(self.action, self.parameters, answer, time.monotonic() - began)
        return result, answer

    def _work(
        self, context: Context, work: Callable[[Context, P], T], as_answer: Callable[[T], Answer]
    ) -> tuple[T, Answer]:
        try:
            with fields_named(self.action.fields()):
                result = work(context, self.parameters)
                answer = as_answer(result)
        except (PictoscopeError, OSError):
            raise
        except Exception as error:
            raise unexpected(error) from error
        for note in context.notes:
            answer = answer.with_note(note)
        return result, answer


@dataclass(frozen=True)
class OutdatedQuestion:
    """A question of the history that is no longer valid.

    Attributes:
        values: those that are still valid, for filling a form.
        wrong: the error of the first invalid one.
    """

    values: Mapping[str, Any]
    wrong: UsageError


def asked_before(
    action: Action[P], values: Mapping[str, Any], vec_types: Sequence[str]
) -> Question[P] | OutdatedQuestion:
    """Recreate a question of the history.

    Args:
        action: whose definition may have changed since.
        values: of :meth:`ActionHistory.values`.
        vec_types: names of the existing vec types.
    """
    good, wrong = still_valid(action, values, vec_types)
    try:
        question = Question.of(action, good)
    except UsageError as error:
        return OutdatedQuestion(good, wrong or error)
    return OutdatedQuestion(good, wrong) if wrong else question


def ask(action: Action[Any], context: Context, values: Mapping[str, Any]) -> Answer:
    """Create and ask a question.

    Raises:
        PictoscopeError: of the check or of the action.
    """
    return Question.of(action, values).ask(context)
