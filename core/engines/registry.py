"""The kinds of engines: that of Dask, and those of packages with an entry point ``pictoscope.engines``."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable

from core import plugins
from core.engines.choice import EngineChoice
from core.engines.cluster import Cluster, EngineKind
from core.engines.foreign_cluster import ForeignCluster
from core.errors import UsageError
from core.names import short_name

DASK = "dask"
_EXTRA = "pip install 'pictoscope[dask]'"


def check(choice: EngineChoice) -> None:
    """Look whether an engine can be used on this machine, before anything is started. Connects to nothing.

    Raises:
        UsageError: there is no such kind, or what it needs is not installed.
    """
    if choice.kind == DASK:
        if importlib.util.find_spec("distributed") is None:
            raise UsageError("the engine dask needs distributed, which is not installed", _EXTRA)
    elif choice.kind not in _brought():
        known = ", ".join((DASK, *_brought()))
        raise UsageError(
            f"there is no engine {short_name(choice.kind)}",
            f"there are: {known}; or install the package that brings it",
        )


def connect(choice: EngineChoice, log: Callable[[str], None]) -> Cluster:
    """The cluster at an address.

    Raises:
        UsageError: see :func:`check`. PictoscopeError: it cannot be reached; with what to do.
    """
    check(choice)
    if choice.kind == DASK:
        from core.engines import dask_cluster  # only where it was asked for

        return dask_cluster.connect(choice.place, log)
    named = f"the engine {choice.kind} (plug-in)"
    with plugins.answers_for(named):
        return ForeignCluster(_brought()[choice.kind].connect(choice.place, log), named)


@functools.cache
def _brought() -> dict[str, EngineKind]:
    """The kinds that packages bring, by name."""
    found: dict[str, EngineKind] = {}

    def take(brought: object) -> None:
        if not isinstance(brought, EngineKind):
            raise UsageError(f"it is not an engine but {type(brought).__name__}")
        if not (isinstance(brought.name, str) and brought.name.isidentifier()):
            raise UsageError("the name of the engine is not a word")
        if brought.name == DASK or brought.name in found:
            raise UsageError(f"there is an engine called {brought.name} already")
        found[brought.name] = brought

    plugins.load(plugins.ENGINES, take)
    return found
