"""Plug-ins of installed packages (entry points). Broken ones are left out with a reason; the others work."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Ended, PictoscopeError, UsageError
from core.plugin_lists import may_be_announced
from core.text import error_text, printable
from core.user_folders import keep_details

if TYPE_CHECKING:  # a machine without plug-ins never imports it
    from importlib.metadata import EntryPoint

ACTIONS = "pictoscope.actions"
MODELS = "pictoscope.models"
ENGINES = "pictoscope.engines"


@dataclass(frozen=True)
class PlugIn:
    """An entry point that was loaded, or failed to load.

    Attributes:
        group: ``ACTIONS``, ``MODELS`` or ``ENGINES``.
        name: of the entry point.
        package: its distribution and version; empty if unknown.
        problem: why it is left out; empty if it works.
    """

    group: str
    name: str
    package: str
    problem: str = ""

    @property
    def warning(self) -> str:
        """One line: what is left out, why, and what to do."""
        package = self.package or "its package"
        return f"the plug-in {self.name} ({package}) is left out: {self.problem}; upgrade or uninstall {package}"


_seen: dict[tuple[str, str, str], PlugIn] = {}


def load(group: str, take: Callable[[object], None]) -> None:
    """Load every entry point of a group and pass its object to ``take``.

    Args:
        group: ``ACTIONS``, ``MODELS`` or ``ENGINES``.
        take: registers the object, or raises a :class:`UsageError` without registering anything of it.
    """
    for point in _points(group):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else ""
        _seen[group, point.name, package] = PlugIn(group, point.name, package, _trouble(point, take))


def seen() -> list[PlugIn]:
    """All entry points loaded so far."""
    return list(_seen.values())


def broken() -> list[PlugIn]:
    """Those of :func:`seen` that are left out."""
    return [plug_in for plug_in in _seen.values() if plug_in.problem]


def forget() -> None:
    """Clear the list of loaded entry points."""
    _seen.clear()


@contextmanager
def answers_for(what: str) -> Iterator[None]:
    """What a plug-in does wrong inside ends what was asked of it, and nothing else.

    Args:
        what: of the plug-in, in words.

    Raises:
        PictoscopeError: its own; or one that names ``what`` and the error that was raised instead.
        OSError: as it was raised.
    """
    try:
        yield
    except (PictoscopeError, OSError, KeyboardInterrupt, Ended):
        raise
    except BaseException as error:  # whatever somebody else does
        try:
            where = f"its details are in {printable(keep_details(error))}"
        except OSError:
            where = "its details could not be written down"
        raise PictoscopeError(f"{what} failed: {_named(error)}", f"a defect of that plug-in; {where}") from error


def _points(group: str) -> list[EntryPoint]:
    """The entry points of a group. A package whose list cannot be read is recorded as broken."""
    if not may_be_announced(group):
        return []
    import importlib.metadata  # see core.plugin_lists: the first paint comes sooner without it

    try:
        return list(importlib.metadata.entry_points(group=group))
    except Exception:  # noqa: BLE001  the package is unknown: try each separately
        found: dict[str, list[EntryPoint]] = {}
        for package in importlib.metadata.distributions():
            name = "of a package"
            try:
                name = package.name
                if name not in found:  # like Python: the first one on the path
                    found[name] = list(package.entry_points.select(group=group))
            except Exception as error:  # noqa: BLE001  foreign packages may raise anything
                problem = f"its list of plug-ins cannot be read: {_named(error)}"
                _seen[group, "", name] = PlugIn(group, "list", name, problem)
        return [point for points in found.values() for point in points]


def _trouble(point: EntryPoint, take: Callable[[object], None]) -> str:
    try:
        with _contained():
            take(point.load())
    except UsageError as error:
        return error.message
    except (KeyboardInterrupt, Ended):  # from the user or the system, not the package
        raise
    except BaseException as error:  # noqa: BLE001  foreign packages may raise anything at import
        return f"{point.value} cannot be loaded: {_named(error)}"
    return ""


@contextmanager
def _contained() -> Iterator[None]:
    """Redirect stdout to stderr, as stdout is for answers, and restore the current folder afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield  # both are process-wide, and the app is running in other threads
        return
    said = io.StringIO()
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # the current folder is gone
            stack.callback(os.chdir, os.getcwd())
        stack.enter_context(contextlib.redirect_stdout(said))
        try:
            yield
        finally:
            if not said.closed:
                sys.stderr.write(said.getvalue())


def _named(error: BaseException) -> str:
    said = error_text(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
