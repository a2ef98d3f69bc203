"""Conjunctions that no picture can match, whatever the collection: ``width>=100 and width<50``.

Every condition on a single value is a range of it; all can hold only if their ranges overlap.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.catalog.property_types import PropertyType, parse_checkbox, parse_number
from core.errors import UsageError
from core.fields import interval
from core.filters.syntax import (
    And,
    DateCondition,
    Filter,
    FilterError,
    FlagCondition,
    NameCondition,
    Not,
    NumberCondition,
    PropertyCondition,
)
from core.images.formats import format_named
from core.names import short_name

# A value and -1, 0, 1: just below it, it, just above it. So ``<5`` ends at (5, -1) and ``>5`` begins at (5, 1).
_Edge = tuple[Any, int]
_INVERSE = {"<": ">=", "<=": ">", "=": "!=", "!=": "=", ">=": "<", ">": "<="}
_LEAST: dict[str, _Edge] = {
    "width": (1, 0),
    "height": (1, 0),
    "megapixels": (0, 1),
    "size": (0, 0),
    "sharpness": (0, 0),
}
_WHOLE = ("width", "height", "size")  # pixels and bytes
_ONE_OF = ("format", "orientation", "colour")  # a picture has at most one
_LAST_DAY = math.inf


@dataclass(frozen=True, slots=True)
class _Range:
    """The values from ``low`` to ``high``, both included; or all others if ``without``."""

    low: _Edge
    high: _Edge
    without: bool = False


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a part of a conjunction requires of one value. Negated, a picture without the value matches too."""

    part: Filter
    range_: _Range
    negated: bool


class Contradiction(FilterError):
    """Conditions that no picture can match together."""


def check_satisfiable(parts: Sequence[Filter], type_of: Callable[[str], PropertyType | None]) -> None:
    """Check the parts of a conjunction, or a single condition.

    Args:
        parts: all of which a picture must match.
        type_of: the type of a property; None if there is none of this name.

    Raises:
        Contradiction: no picture can match all of them.
    """
    flat = list(_flat(parts))
    for part in flat:
        if isinstance(part, Not) and part.part in flat:
            raise _excluded(part.part, part)
    untagged = next((part for part in flat if part == FlagCondition("untagged")), None)
    tag = next((part for part in flat if isinstance(part, NameCondition) and part.field == "tag"), None)
    if untagged and tag:
        raise _excluded(untagged, tag)
    claims: dict[str, list[_Claim]] = {}
    for part in flat:
        negated = isinstance(part, Not)
        condition = part.part if isinstance(part, Not) else part
        interval = _range(condition, type_of, negated=negated)
        if interval is not None:
            subject, range_ = interval
            claims.setdefault(subject, []).append(_Claim(part, range_, negated))
    for about_one in claims.values():
        if not all(claim.negated for claim in about_one):
            _check_overlap(about_one)


def _flat(parts: Iterable[Filter]) -> Iterator[Filter]:
    for part in parts:
        if isinstance(part, And):
            yield from _flat(part.parts)
        else:
            yield part


def _check_overlap(claims: Sequence[_Claim]) -> None:
    within = [claim for claim in claims if not claim.range_.without]
    if not within:
        return
    lowest = max(within, key=lambda claim: claim.range_.low)
    highest = min(within, key=lambda claim: claim.range_.high)
    low, high = lowest.range_.low, highest.range_.high
    if low > high:
        raise _excluded(lowest.part, highest.part)
    for claim in claims:
        if claim.range_.without and claim.range_.low <= low and high <= claim.range_.high:
            raise _excluded(lowest.part, claim.part)


def _excluded(one: Filter, other: Filter) -> Contradiction:
    first, last = sorted((one, other), key=_start)
    if first == last:
        return Contradiction(f"{short_name(str(one))} matches no picture", _start(one), "change its value")
    return Contradiction(
        f"no picture can match both {short_name(str(first))} and {short_name(str(last))}",
        _start(last),
        "change one of them, or join them with or",
    )


def _start(part: Filter) -> int:
    return _start(part.part) if isinstance(part, Not) else getattr(part, "at", 0)


def _range(
    condition: Filter, type_of: Callable[[str], PropertyType | None], *, negated: bool
) -> tuple[str, _Range] | None:
    """What is compared, and the values that are allowed. None if it may have several values, or is not compared."""

    def plain(operator: str) -> str:
        return _INVERSE[operator] if negated else operator

    match condition:
        case NumberCondition(field, operator, value):
            interval = _numbers(plain(operator), value, whole=field in _WHOLE)
            least = max(interval.low, _LEAST[field])
            return field, interval if interval.without else _Range(least, interval.high)
        case DateCondition(operator, value):
            return "date", _days(plain(operator), value)
        case NameCondition(field, value) if field in _ONE_OF and not value.startswith("#"):
            return field, _equal(format_named(value) if field == "format" else value, without=negated)
        case PropertyCondition(name, operator, value) if operator != "~":
            kind = type_of(name)
            text = unicodedata.normalize("NFC", value)
            try:
                range_ = _of_property(kind, plain(operator), text) if kind else None
            except (UsageError, ValueError):  # said where the property is compared
                return None
            return (f"property {name}", range_) if range_ else None
    return None


def _of_property(kind: PropertyType, operator: str, value: str) -> _Range | None:
    if kind == PropertyType.NUMBER:
        return _numbers(operator, parse_number(value), whole=False)
    if kind == PropertyType.DATE:
        return _days(operator, value)
    if kind == PropertyType.CHOICES or operator not in ("=", "!="):
        return None
    if kind == PropertyType.CHECKBOX:
        return _equal(parse_checkbox(value), without=operator == "!=")
    return _equal(value.lower() if kind == PropertyType.COLOUR else value, without=operator == "!=")


def _equal(value: object, *, without: bool) -> _Range:
    return _Range((value, 0), (value, 0), without)


def _numbers(operator: str, value: int | float, *, whole: bool) -> _Range:
    low, high = (math.ceil(value), math.floor(value)) if whole else (value, value)
    return _between(
        operator, (low, 0), (high, 0), (low - 1, 0) if whole else (low, -1), (high + 1, 0) if whole else (high, 1)
    )


def _days(operator: str, value: str) -> _Range:
    """A date of the collection may be less exact than a day: it counts as its first one."""
    first, after = (day.toordinal() if day else _LAST_DAY for day in interval(value))
    return _between(operator, (first, 0), (after - 1, 0), (first - 1, 0), (after, 0))


def _between(operator: str, low: _Edge, high: _Edge, below: _Edge, above: _Edge) -> _Range:
    """The range of a comparison with the values from ``low`` to ``high``, between ``below`` and ``above``."""
    least, most = (-math.inf, 0), (math.inf, 0)
    return {
        "<": _Range(least, below),
        "<=": _Range(least, high),
        "=": _Range(low, high),
        "!=": _Range(low, high, without=True),
        ">=": _Range(low, most),
        ">": _Range(above, most),
    }[operator]
