"""All actions: the built-in ones, and those of packages with an entry point ``pictoscope.actions``."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from core import plugins
from core.actions.answer import Answer
from core.actions.cluster import CLUSTER
from core.actions.cluster_by import CLUSTER_BY
from core.actions.definition import Action, Context
from core.actions.duplicates import DUPLICATES
from core.actions.recommend import RECOMMEND
from core.actions.similar import SIMILAR
from core.actions.text_search import TEXT_SEARCH
from core.errors import UsageError
from core.names import short_name

OURS: tuple[Action[Any], ...] = (SIMILAR, TEXT_SEARCH, CLUSTER, CLUSTER_BY, DUPLICATES, RECOMMEND)


@functools.cache
def actions() -> tuple[Action[Any], ...]:
    """All actions, the built-in ones first.

    An entry point names an :class:`Action`. One that cannot be loaded, is not an action or uses an existing name is
    left out and listed by :func:`core.plugins.broken`.
    """
    by_name: dict[str, Action[Any]] = {action.name: action for action in OURS}

    def take(brought: object) -> None:
        action = _checked(brought)
        taken = by_name.keys() | {known.command for known in by_name.values()}
        if {action.name, action.command} & taken:
            raise UsageError(f"there is an action called {action.name} or a command {action.command} already")
        by_name[action.name] = _answered_for(action)

    plugins.load(plugins.ACTIONS, take)
    return tuple(by_name.values())


def _checked(brought: object) -> Action[Any]:
    """Check that the object of an entry point is a valid action."""
    if not isinstance(brought, Action):
        raise UsageError(f"it is not an action but {type(brought).__name__}")
    for name in ("name", "command", "title", "help", "key", "short"):
        if not isinstance(getattr(brought, name), str):
            raise UsageError(f"the action's {name} is not text")
    brought.fields()  # raises now instead of at first use
    return brought


def _answered_for(action: Action[Any]) -> Action[Any]:
    """The action of a plug-in, whose defects are errors that name it: in the app, too, they end one question."""
    theirs = action.run

    def run(context: Context, parameters: Any) -> Answer:
        with plugins.answers_for(f"{action.title} (plug-in {theirs.__module__})"):
            answer = theirs(context, parameters)
            if not isinstance(answer, Answer):
                raise TypeError(f"it gave no answer but {type(answer).__name__}")
            return answer

    return dataclasses.replace(action, run=run)


def find(name: str) -> Action[Any]:
    """The action of this name.

    Raises:
        UsageError: there is none.
    """
    for action in actions():
        if action.name == name:
            return action
    raise UsageError(
        f"there is no action {short_name(name)}", "install the package that brings it, or see: pictoscope --help"
    )
