"""What sentences call the parameters of an action.

A form calls them by their titles (``results``), the command line by their options (``--top``). So no error spells a
name out: it asks :func:`called`. Whoever runs an action says with :func:`fields_named` which parameters there are, and
the command line with :func:`calling` what it calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from core.errors import UsageError
from core.filters.syntax import FilterError


class NamedField(Protocol):
    """A parameter: its name in code, its title in forms."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...


_NONE: Mapping[str, NamedField] = {}
_fields: ContextVar[Mapping[str, NamedField]] = ContextVar("fields", default=_NONE)
_call: ContextVar[Callable[[NamedField], str]] = ContextVar("call", default=lambda field: field.title)


@contextmanager
def fields_named(fields: Iterable[NamedField]) -> Iterator[None]:
    """Within, :func:`called` knows these parameters by their names in code."""
    token = _fields.set({field.name: field for field in fields})
    try:
        yield
    finally:
        _fields.reset(token)


@contextmanager
def calling(call: Callable[[NamedField], str]) -> Iterator[None]:
    """Within, :func:`called` asks ``call``, not for the title."""
    token = _call.set(call)
    try:
        yield
    finally:
        _call.reset(token)


def called(parameter: NamedField | str) -> str:
    """What a parameter is called where the sentence will be read. A name that no parameter has stands for itself."""
    field = _fields.get().get(parameter) if isinstance(parameter, str) else parameter
    return _call.get()(field) if field is not None else str(parameter).rstrip("_").replace("_", " ")


def fault(parameter: NamedField | str, problem: str, hint: str = "") -> UsageError:
    """The error that the value of a parameter cannot be."""
    return UsageError(f"{called(parameter)}: {problem}", hint)


@contextmanager
def at_fault(parameter: NamedField | str) -> Iterator[None]:
    """Every :class:`UsageError` that is raised within, and names no parameter, is the fault of this one.

    Raises:
        UsageError: with the name of the parameter.
    """
    try:
        yield
    except FilterError as error:
        raise error.as_usage_error(called(parameter)) from error
    except UsageError as error:
        raise fault(parameter, error.message, error.hint) from error
