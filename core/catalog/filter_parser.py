"""Reads a filter line. The grammar stands in :mod:`core.catalog.filter`."""

from __future__ import annotations

import math
import re

from core.catalog.filter import (
    ALONE,
    BARE_VALUE,
    BARE_WORD,
    COMPARISONS,
    FIELDS,
    HEX_COLOUR,
    MEASURES,
    ORIENTATIONS,
    Alone,
    And,
    Dated,
    Everything,
    Filter,
    FilterError,
    Measure,
    Named,
    Not,
    Or,
    Property,
    interval,
)
from core.catalog.names import shown
from core.images.colour_terms import COLOURS

_BLANKS = re.compile(r"\s*")
_OPERATOR = re.compile(r"<=|>=|!=|[<>=:~]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NUMBER = re.compile(r"(-?\d+(?:\.\d*)?(?:e[+-]?\d+)?|-?\.\d+(?:e[+-]?\d+)?)\s*([kmg]?b)?", re.IGNORECASE)
_UNITS = {"": 1.0, "b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9}
_DEEPEST = 50
_CONDITION = "a condition, such as tag:cat, width>2000 or a word of the path"


class Parser:
    """Reads one line, from left to right.

    Args:
        line: as typed.
    """

    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0
        self._depth = 0

    def parse(self) -> Filter:
        """The whole line.

        Raises:
            FilterError: it is no filter.
        """
        self._skip()
        if self._at == len(self._line):
            return Everything()
        found = self._or()
        if self._at < len(self._line):
            raise FilterError(f"{shown(self._line[self._at])} closes nothing", self._at, "take it away, or open a (")
        return found

    def _or(self) -> Filter:
        parts = [self._and()]
        while self._keyword("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Filter:
        parts = [self._not()]
        while self._keyword("and") or self._more():
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Filter:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FilterError("too many brackets within each other", self._at, f"at most {_DEEPEST}")
        if self._keyword("not"):
            found: Filter = Not(self._not())
        elif self._symbol("("):
            opened = self._at - 1
            found = self._or()
            if not self._symbol(")"):
                raise FilterError("this bracket is not closed", opened, "end it with )")
        else:
            found = self._condition()
        self._depth -= 1
        return found

    def _condition(self) -> Filter:
        start = self._at
        in_quotes = self._line.startswith('"', start)
        word = self._text() if in_quotes else self._match(BARE_WORD)
        if word is None or (not in_quotes and word.lower() in ("and", "or")):
            self._at = start
            raise FilterError(self._found_instead(), start, f"expected {_CONDITION}")
        end = self._at
        self._skip()
        operator = self._match(_OPERATOR)
        if operator is None:
            self._at = end
            self._skip()
            name = word.lower()
            return Alone(name) if not in_quotes and name in ALONE else Named("path", word, at=start)
        self._skip()
        name = word.lower()
        if in_quotes or name not in FIELDS:
            return self._property(word, operator, start)
        if operator not in FIELDS[name]:
            raise FilterError(f"{name} takes no {operator}", end, f"expected {' '.join(FIELDS[name])}")
        return self._field(name, operator, start)

    def _field(self, name: str, operator: str, start: int) -> Filter:
        if name in MEASURES:
            return Measure(name, _plain(operator), self._number(name), at=start)
        if name == "date":
            return Dated(_plain(operator), self._date(), at=start)
        place = self._at
        value = self._value(name)
        if name == "orientation":
            value = value.lower()
            if value not in ORIENTATIONS:
                raise FilterError(f"{shown(value)} is no orientation", place, f"expected {', '.join(ORIENTATIONS)}")
        if name == "colour":
            value = value.lower()
            if value not in COLOURS and not HEX_COLOUR.fullmatch(value):
                raise FilterError(f"{shown(value)} is no colour", place, f"expected {', '.join(COLOURS)} or #rrggbb")
        return Named(name, value, at=start)

    def _property(self, name: str, operator: str, start: int) -> Filter:
        if not name.strip():
            raise FilterError("a property needs a name", start, "expected its name before the operator")
        if operator not in (*COMPARISONS, ":", "~"):
            raise FilterError(f"a property takes no {operator}", start, "expected : ~ < <= = >= > !=")
        return Property(name, _plain(operator), self._value(name), at=start)

    def _number(self, name: str) -> float:
        place = self._at
        text = self._value(name)
        found = _NUMBER.fullmatch(text)
        unit = (found[2] or "").lower() if found else ""
        value = float(found[1]) * _UNITS[unit] if found else math.inf
        if found is None or (unit and name != "size") or not math.isfinite(value):
            expected = "a number, such as 2000" if name != "size" else "a number of bytes, such as 2000000 or 2MB"
            raise FilterError(f"{shown(text)} is not a number", place, f"expected {expected}")
        return value

    def _date(self) -> str:
        place = self._at
        text = self._value("date")
        try:
            interval(text)
        except ValueError:
            expected = "expected a year, month or day: 1931, 1931-02, 1931-02-28"
            raise FilterError(f"{shown(text)} is not a date", place, expected) from None
        return text

    def _value(self, name: str) -> str:
        value = self._text() if self._line.startswith('"', self._at) else self._match(BARE_VALUE)
        if value is None:
            raise FilterError(
                f"{shown(name)} is compared with nothing", self._at, 'expected a value; with blanks: "in quotes"'
            )
        self._skip()
        return value

    def _text(self) -> str:
        found = _QUOTED.match(self._line, self._at)
        if not found:
            raise FilterError("this quote is not closed", self._at, 'end the text with "')
        self._at = found.end()
        return _ESCAPE.sub(r"\1", found[1])

    def _match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self._line, self._at)
        if not found:
            return None
        self._at = found.end()
        return found[0]

    def _keyword(self, word: str) -> bool:
        """Whether the next word is this one, and no name before an operator."""
        found = BARE_WORD.match(self._line, self._at)
        if not found or found[0].lower() != word:
            return False
        after = _BLANKS.match(self._line, found.end())
        if after and _OPERATOR.match(self._line, after.end()):
            raise FilterError(f"{word} is no property", self._at, f'a property of this name is written "{word}"')
        self._at = found.end()
        self._skip()
        return True

    def _symbol(self, symbol: str) -> bool:
        if not self._line.startswith(symbol, self._at):
            return False
        self._at += 1
        self._skip()
        return True

    def _more(self) -> bool:
        """Whether another condition follows without an ``and``."""
        found = BARE_WORD.match(self._line, self._at)
        return self._at < len(self._line) and self._line[self._at] != ")" and not (found and found[0].lower() == "or")

    def _skip(self) -> None:
        found = _BLANKS.match(self._line, self._at)
        self._at = found.end() if found else self._at

    def _found_instead(self) -> str:
        rest = self._line[self._at :].split()
        return f"{shown(rest[0])} cannot stand here" if rest else "the filter ends too early"


def _plain(operator: str) -> str:
    return "=" if operator == ":" else operator
