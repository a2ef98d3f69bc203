"""All actions: our own, and those of packages with an entry point ``pictoscope.actions``."""

from __future__ import annotations

import functools
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from core.actions.cluster import CLUSTER
from core.actions.cluster_by import CLUSTER_BY
from core.actions.definition import Action
from core.actions.duplicates import DUPLICATES
from core.actions.recommend import RECOMMEND
from core.actions.similar import SIMILAR
from core.actions.text_search import TEXT_SEARCH
from core.errors import UsageError

OURS: tuple[Action[Any], ...] = (SIMILAR, TEXT_SEARCH, CLUSTER, CLUSTER_BY, DUPLICATES, RECOMMEND)


@functools.cache
def actions() -> tuple[Action[Any], ...]:
    """Every action, ours first. An entry point names an :class:`Action`; one that takes a name that is ours is refused.

    Raises:
        UsageError: an entry point cannot be loaded, is no action, or takes a name that exists.
    """
    found: dict[str, Action[Any]] = {action.name: action for action in OURS}
    for point in entry_points(group="pictoscope.actions"):
        action = _load(point)
        taken = found.keys() | {known.command for known in found.values()}
        if not isinstance(action, Action) or {action.name, action.command} & taken:
            raise UsageError(f"the entry point {point.name} ({point.value}) is no new action", "uninstall its package")
        found[action.name] = action
    return tuple(found.values())


def _load(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:  # whatever somebody else's package does at import
        raise UsageError(
            f"the entry point {point.name} ({point.value}) cannot be loaded: {error}", "uninstall its package"
        ) from error


def find(name: str) -> Action[Any]:
    """The action of this name.

    Raises:
        UsageError: there is none.
    """
    for action in actions():
        if action.name == name:
            return action
    raise UsageError(f"no action is called {name!r}")
