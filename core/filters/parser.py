"""Parse a filter line. The grammar is in :mod:`core.filters.syntax`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import get_close_matches

from core.fields import ALONE, COLOURS, COMPARISONS, FIELDS, MEASURES, ORIENTATIONS, interval
from core.filters.syntax import (
    BARE_VALUE,
    BARE_WORD,
    HEX_COLOUR,
    And,
    DateCondition,
    Everything,
    Filter,
    FilterError,
    FlagCondition,
    NameCondition,
    Not,
    NumberCondition,
    Or,
    PropertyCondition,
)
from core.images.formats import FORMATS, format_named
from core.names import short_name

_BLANKS = re.compile(r"\s*")
_OPERATOR = re.compile(r"<=|>=|!=|[<>=:~]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NUMBER = re.compile(r"(-?\d+(?:\.\d*)?(?:e[+-]?\d+)?|-?\.\d+(?:e[+-]?\d+)?)\s*([kmg]?b)?", re.IGNORECASE)
_UNITS = {"": 1.0, "b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9}
_DEEPEST = 50
_CONDITION = "a condition, such as tag:cat, width>2000 or a word of the path"


def parse(line: str) -> Filter:
    """Parse a line.

    Raises:
        FilterError: with the position of the error and what was expected there.
    """
    return Parser(line).parse()


class Parser:
    """A recursive descent parser for one line.

    Args:
        line: the typed text.
    """

    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0
        self._depth = 0

    def parse(self) -> Filter:
        """Parse the whole line.

        Raises:
            FilterError: it is not a filter.
        """
        self._skip()
        if self._at == len(self._line):
            return Everything()
        condition = self._or()
        if self._at < len(self._line):
            raise FilterError(f"{short_name(self._line[self._at])} closes nothing", self._at, "remove it, or open a (")
        return condition

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
            raise FilterError("brackets are nested too deeply", self._at, f"at most {_DEEPEST}")
        if self._keyword("not"):
            condition: Filter = Not(self._not())
        elif self._symbol("("):
            opened = self._at - 1
            condition = self._or()
            if not self._symbol(")"):
                raise FilterError("this bracket is not closed", opened, "end it with )")
        else:
            condition = self._condition()
        self._depth -= 1
        return condition

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
            return FlagCondition(name) if not in_quotes and name in ALONE else NameCondition("path", word, at=start)
        self._skip()
        name = word.lower()
        if in_quotes or name not in FIELDS:
            return self._property(word, operator, start)
        if operator not in FIELDS[name]:
            raise FilterError(f"{name} does not support {operator}", end, f"expected {' '.join(FIELDS[name])}")
        return self._field(name, operator, start)

    def _field(self, name: str, operator: str, start: int) -> Filter:
        if name in MEASURES:
            return NumberCondition(name, _plain(operator), self._number(name), at=start)
        if name == "date":
            return DateCondition(_plain(operator), self._date(), at=start)
        place = self._at
        value = self._value(name)
        if name == "orientation":
            value = value.lower()
            _check_one_of(value, value in ORIENTATIONS, "an orientation", ORIENTATIONS, place)
        if name == "colour":
            value = value.lower()
            known = value in COLOURS or HEX_COLOUR.fullmatch(value) is not None
            _check_one_of(value, known, "a colour", (*COLOURS, "#rrggbb"), place)
        if name == "format":
            _check_one_of(value.lower(), bool(format_named(value)), "a format that is read", FORMATS, place)
        return NameCondition(name, value, at=start)

    def _property(self, name: str, operator: str, start: int) -> Filter:
        if not name.strip():
            raise FilterError("a property needs a name", start, "expected its name before the operator")
        if operator not in (*COMPARISONS, ":", "~"):
            raise FilterError(f"a property does not support {operator}", start, "expected : ~ < <= = >= > !=")
        return PropertyCondition(name, _plain(operator), self._value(name), at=start)

    def _number(self, name: str) -> float:
        place = self._at
        text = self._value(name)
        match = _NUMBER.fullmatch(text)
        unit = (match[2] or "").lower() if match else ""
        value = float(match[1]) * _UNITS[unit] if match else math.inf
        if match is None or (unit and name != "size") or not math.isfinite(value):
            expected = "a number, such as 2000" if name != "size" else "a number of bytes, such as 2000000 or 2MB"
            raise FilterError(f"{short_name(text)} is not a number", place, f"expected {expected}")
        return value

    def _date(self) -> str:
        place = self._at
        text = self._value("date")
        try:
            interval(text)
        except ValueError:
            expected = "expected a year, month or day: 1931, 1931-02, 1931-02-28"
            raise FilterError(f"{short_name(text)} is not a date", place, expected) from None
        return text

    def _value(self, name: str) -> str:
        value = self._text() if self._line.startswith('"', self._at) else self._match(BARE_VALUE)
        if value is None:
            raise FilterError(
                f"{short_name(name)} has no value after its operator",
                self._at,
                'expected a value; with blanks: "in quotes"',
            )
        self._skip()
        return value

    def _text(self) -> str:
        match = _QUOTED.match(self._line, self._at)
        if not match:
            raise FilterError("this quote is not closed", self._at, 'end the text with "')
        self._at = match.end()
        return _ESCAPE.sub(r"\1", match[1])

    def _match(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self._line, self._at)
        if not match:
            return None
        self._at = match.end()
        return match[0]

    def _keyword(self, word: str) -> bool:
        """Consume the next word if it is this keyword. False if it is another word."""
        match = BARE_WORD.match(self._line, self._at)
        if not match or match[0].lower() != word:
            return False
        after = _BLANKS.match(self._line, match.end())
        if after and _OPERATOR.match(self._line, after.end()):
            raise FilterError(f"{word} is not a property", self._at, f'a property of this name is written "{word}"')
        self._at = match.end()
        self._skip()
        return True

    def _symbol(self, symbol: str) -> bool:
        if not self._line.startswith(symbol, self._at):
            return False
        self._at += 1
        self._skip()
        return True

    def _more(self) -> bool:
        """Whether another condition follows without ``and``."""
        match = BARE_WORD.match(self._line, self._at)
        return self._at < len(self._line) and self._line[self._at] != ")" and not (match and match[0].lower() == "or")

    def _skip(self) -> None:
        match = _BLANKS.match(self._line, self._at)
        self._at = match.end() if match else self._at

    def _found_instead(self) -> str:
        rest = self._line[self._at :].split()
        return f"{short_name(rest[0])} is not allowed here" if rest else "the filter ends too early"


def _plain(operator: str) -> str:
    return "=" if operator == ":" else operator


def _check_one_of(value: str, known: bool, what: str, names: Sequence[str], place: int) -> None:
    """Raises FilterError: the value is not known; names the nearest one and all."""
    if not known:
        near = get_close_matches(value.lstrip("."), names, 1)
        asked = f"did you mean {near[0]}? " if near else ""
        raise FilterError(f"{short_name(value)} is not {what}", place, f"{asked}expected {', '.join(names)}")
