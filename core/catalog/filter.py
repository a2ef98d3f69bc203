"""The filter: which pictures are meant, in one line that people type, such as ``tag:cat and width>2000``.

    line      = [ or ]
    or        = and { "or" and }
    and       = not { [ "and" ] not }
    not       = "not" not | "(" or ")" | condition
    condition = FIELD operator value | PROPERTY operator value | WORD        (a word is text in the path)

A value with blanks, brackets or quotes stands in double quotes; in them ``\\"`` is a quote and ``\\\\`` a backslash.
``parse`` reads a line, ``str`` of what it returns writes one, ``filter_evaluation`` finds the pictures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from core.errors import UsageError

MEASURES = ("width", "height", "megapixels", "size", "sharpness")
ORIENTATIONS = ("portrait", "landscape", "square")
HEX_COLOUR = re.compile(r"#[0-9a-f]{6}")
COMPARISONS = ("<", "<=", "=", ">=", ">", "!=")
# What begins a condition, and what may stand after it. Any other word before an operator is a property's name.
FIELDS: dict[str, tuple[str, ...]] = {
    "tag": (":", "="),
    "group": (":", "="),
    "folder": (":", "="),
    "path": ("~", ":"),
    "name": ("~", ":"),
    "camera": ("~", ":"),
    "format": (":", "="),
    "orientation": (":", "="),
    "colour": (":", "="),
    "covered": (":", "="),
    "failed": (":", "="),
    "has": (":", "="),
    "saved": (":", "="),
    "date": (*COMPARISONS, ":"),
    **dict.fromkeys(MEASURES, (*COMPARISONS, ":")),
}
ALONE = ("untagged", "duplicates")
KEYWORDS = ("and", "or", "not")
RESERVED = frozenset((*FIELDS, *ALONE, *KEYWORDS))
BARE_WORD = re.compile(r'(?:[^\s()"<>=!~:]|!(?!=))+')
BARE_VALUE = re.compile(r'[^\s()"]+')
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


class FilterError(UsageError):
    """A line that is no filter, or asks for what is not there.

    Args:
        message: what is wrong.
        at: where, in characters from the line's beginning.
        hint: what was expected there.
    """

    def __init__(self, message: str, at: int, hint: str = "") -> None:
        super().__init__(message, hint)
        self.at = at


def _place() -> int:
    """Where a condition begins in the line it was read from. Two that differ in this alone are equal."""
    return field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty line."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Not:
    """What ``part`` leaves out."""

    part: Filter

    def __str__(self) -> str:
        return f"not {_bracketed(self.part)}"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more ``parts``."""

    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        return " and ".join(_bracketed(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more ``parts``."""

    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        return " or ".join(str(part) if isinstance(part, And) else _bracketed(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Named:
    """A condition on a name or text.

    Attributes:
        field: ``tag`` (or one below it), ``group``, ``folder`` (in it or below), ``path``, ``name`` and ``camera``
            (text in them), ``format``, ``orientation``, ``colour`` (a name, or ``#rrggbb`` for about it), ``covered``
            and ``failed`` (vec types), ``has`` (a property with any value), ``saved`` (a filter that is kept under this
            name).
        value: as typed, without quotes.
        at: where it begins in the line.
    """

    field: str
    value: str
    at: int = _place()

    def __str__(self) -> str:
        return f"{self.field}{FIELDS[self.field][0]}{quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class Measure:
    """A comparison of ``width``, ``height`` (pixels), ``megapixels``, ``size`` (bytes), ``sharpness`` with a number."""

    field: str
    operator: str
    value: float
    at: int = _place()

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{number_text(self.value)}"


@dataclass(frozen=True, slots=True)
class Dated:
    """A comparison of a picture's date with a year, month or day: ``1931``, ``1931-02``, ``1931-02-28``."""

    operator: str
    value: str
    at: int = _place()

    def __str__(self) -> str:
        return f"date{self.operator}{self.value}"


@dataclass(frozen=True, slots=True)
class Property:
    """A comparison with what people entered. ``:`` and ``=`` are the same, ``~`` is text in it."""

    name: str
    operator: str
    value: str
    at: int = _place()

    def __str__(self) -> str:
        bare = BARE_WORD.fullmatch(self.name) and self.name.lower() not in RESERVED
        return f"{self.name if bare else _in_quotes(self.name)}{self.operator}{quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class Alone:
    """``untagged``, or ``duplicates``: the same bytes at several paths."""

    field: str

    def __str__(self) -> str:
        return self.field


Filter = Everything | Not | And | Or | Named | Measure | Dated | Property | Alone


def parse(line: str) -> Filter:
    """Read a line.

    Raises:
        FilterError: with the place of the mistake and what was expected there.
    """
    from core.catalog.filter_parser import Parser

    return Parser(line).parse()


def quoted(value: str) -> str:
    """A value as it stands in a line: in quotes where it must."""
    # Otherwise "<" and "=5" would be read as "<=" and "5".
    return value if BARE_VALUE.fullmatch(value) and value[0] not in "=" else _in_quotes(value)


def number_text(value: float) -> str:
    """A number as it stands in a line, exact."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def interval(value: str) -> tuple[date, date | None]:
    """The first day of a year, month or day as text, and the first day after it (None after the year 9999).

    Raises:
        ValueError: it is none.
    """
    found = _DATE.fullmatch(value)
    if not found:
        raise ValueError(value)
    year, month, day = (int(part) if part else None for part in found.groups())
    first = date(year or 0, month or 1, day or 1)
    if day:
        return first, date.fromordinal(first.toordinal() + 1) if first < date.max else None
    year, month = (first.year, first.month + 1) if month else (first.year + 1, 1)
    year, month = (year + 1, 1) if month == 13 else (year, month)
    return first, date(year, month, 1) if year <= date.max.year else None


def _in_quotes(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bracketed(part: Filter) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)
