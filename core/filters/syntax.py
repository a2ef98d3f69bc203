"""The filter language: one line that people type, such as ``tag:cat and width>2000``.

    line      = [ or ]
    or        = and { "or" and }
    and       = not { [ "and" ] not }
    not       = "not" not | "(" or ")" | condition
    condition = FIELD operator value | PROPERTY operator value | WORD        (WORD matches text in the path)

A value with blanks, brackets or quotes is put in double quotes; in them ``\\"`` is a quote and ``\\\\`` a backslash.
:func:`core.filters.parser.parse` parses a line, ``str`` of its result writes it,
:mod:`core.filters.evaluation` finds the pictures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.errors import UsageError
from core.fields import FIELDS, RESERVED, number_text

HEX_COLOUR = re.compile(r"#[0-9a-f]{6}")
BARE_WORD = re.compile(r'(?:[^\s()"<>=!~:]|!(?!=))+')
BARE_VALUE = re.compile(r'[^\s()"]+')


class FilterError(UsageError):
    """A line that is not a filter, or refers to unknown names.

    Args:
        message: what is wrong.
        at: index of the error in the line.
        hint: what was expected at that position.
    """

    def __init__(self, message: str, at: int, hint: str = "") -> None:
        super().__init__(message, hint)
        self.at = at

    def as_usage_error(self, called: str) -> UsageError:
        """The same error for readers who do not see the line.

        Args:
            called: what holds the line: ``--where``, or the name of a field.
        """
        return UsageError(f"{called}, at character {self.at + 1}: {self.message}", self.hint)


def _start_field() -> int:
    """The index at which a condition begins in its line. It is ignored when conditions are compared."""
    return field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty filter: matches all pictures."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Not:
    """The pictures that do not match ``part``."""

    part: Filter

    def __str__(self) -> str:
        return f"not {_bracketed(self.part)}"


@dataclass(frozen=True, slots=True)
class And:
    """The pictures that match all of two or more ``parts``."""

    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        return " and ".join(_bracketed(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """The pictures that match any of two or more ``parts``."""

    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        return " or ".join(str(part) if isinstance(part, And) else _bracketed(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class NameCondition:
    """A condition on a name or text.

    Attributes:
        field: ``tag`` (or one below it), ``group``, ``folder`` (in it or below), ``path``, ``name`` and ``camera``
            (text in them), ``format``, ``orientation``, ``colour`` (a name, or ``#rrggbb`` for about it), ``covered``
            and ``failed`` (vec types), ``has`` (a property with any value), ``saved`` (the saved filter of this
            name).
        value: as typed, without quotes.
        at: index at which it begins in the line.
    """

    field: str
    value: str
    at: int = _start_field()

    def __str__(self) -> str:
        return f"{self.field}{FIELDS[self.field][0]}{quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class NumberCondition:
    """A comparison of ``width``, ``height`` (pixels), ``megapixels``, ``size`` (bytes), ``sharpness`` with a number."""

    field: str
    operator: str
    value: float
    at: int = _start_field()

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{number_text(self.value)}"


@dataclass(frozen=True, slots=True)
class DateCondition:
    """A comparison of a picture's date with a year, month or day: ``1931``, ``1931-02``, ``1931-02-28``."""

    operator: str
    value: str
    at: int = _start_field()

    def __str__(self) -> str:
        return f"date{self.operator}{self.value}"


@dataclass(frozen=True, slots=True)
class PropertyCondition:
    """A comparison of a user-defined property. ``:`` and ``=`` are equivalent, ``~`` means "contains"."""

    name: str
    operator: str
    value: str
    at: int = _start_field()

    def __str__(self) -> str:
        bare = BARE_WORD.fullmatch(self.name) and self.name.lower() not in RESERVED
        return f"{self.name if bare else _in_quotes(self.name)}{self.operator}{quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class FlagCondition:
    """``untagged``, ``duplicates`` (the same bytes at several paths) or ``stacked`` (in a stack, on top or behind)."""

    field: str

    def __str__(self) -> str:
        return self.field


Filter = (
    Everything | Not | And | Or | NameCondition | NumberCondition | DateCondition | PropertyCondition | FlagCondition
)


def quoted(value: str) -> str:
    """A value as written in a line: quoted if necessary."""
    # Otherwise "<" and "=5" would be read as "<=" and "5".
    return value if BARE_VALUE.fullmatch(value) and value[0] not in "=" else _in_quotes(value)


def _in_quotes(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bracketed(part: Filter) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)
