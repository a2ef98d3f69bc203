"""Completion of a filter line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.fields import ALONE, COLOURS, FIELDS, KEYWORDS, ORIENTATIONS
from core.filters.syntax import BARE_WORD, PropertyCondition, quoted

_OPERATOR = re.compile(r"\s*(<=|>=|!=|[<>=:~])\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)("|\\?$)', re.DOTALL)
_VALUE = re.compile(r'[^\s()"]*')
_GAP = re.compile(r"[\s()]+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that a filter line may use.

    Attributes:
        tags: of the project, the most used first.
        groups: saved groups.
        folders: in the form of the filter: ``1931/january``.
        formats: that occur in the project.
        vec_types: of the project.
        filters: names of saved filters.
        properties: by name, with the allowed values of choices.
    """

    tags: Sequence[str] = ()
    groups: Sequence[str] = ()
    folders: Sequence[str] = ()
    formats: Sequence[str] = ()
    vec_types: Sequence[str] = ()
    filters: Sequence[str] = ()
    properties: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def values(self, name: str) -> Sequence[str]:
        """The suggested values for a field or property."""
        return {
            "tag": self.tags,
            "group": self.groups,
            "folder": self.folders,
            "format": self.formats,
            "covered": self.vec_types,
            "failed": self.vec_types,
            "orientation": ORIENTATIONS,
            "colour": COLOURS,
            "has": tuple(self.properties),
            "saved": self.filters,
        }.get(name.lower(), self.properties.get(name, ()))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text to replace ``line[start:end]`` with."""

    text: str
    start: int
    end: int

    def apply(self, line: str) -> str:
        """The line with the suggestion in place."""
        return line[: self.start] + self.text + line[self.end :]


def complete(line: str, cursor: int, vocabulary: Vocabulary, limit: int = 30) -> list[Suggestion]:
    """Suggestions at the cursor: those that begin with the typed text, then those that contain it.

    Args:
        line: the text typed so far.
        cursor: an index from 0 to its length. The text up to the next blank or bracket is replaced too.
        vocabulary: the existing names.
        limit: maximum number of suggestions.
    """
    before = line[:cursor]
    rest = _VALUE.match(line, cursor)
    end = rest.end() if rest else cursor
    at = 0
    while True:
        gap = _GAP.match(before, at)
        at = gap.end() if gap else at
        start, word, at = _word(before, at)
        operator = _OPERATOR.match(before, at)
        if operator is None:
            if at >= len(before):
                return _ranked(word, _words(vocabulary, start, before), start, end, limit)
            at = max(at, start + 1)
            continue
        value_start, value, at = _word(before, operator.end(), value=True)
        if at >= len(before):
            options = [(name, quoted(name)) for name in vocabulary.values(word)]
            return _ranked(value, options, value_start, end, limit)


def _word(line: str, at: int, value: bool = False) -> tuple[int, str, int]:
    """The word at ``at``: its start, its text without quotes, and its end. A quote may be unclosed."""
    match = _QUOTED.match(line, at)
    if match:
        return at, re.sub(r"\\(.)", r"\1", match[1]), match.end()
    bare = (_VALUE if value else BARE_WORD).match(line, at)
    return at, bare[0] if bare else "", bare.end() if bare else at


def _words(vocabulary: Vocabulary, start: int, before: str) -> list[tuple[str, str]]:
    """Words that may begin or join conditions: the text to match, and the text to insert."""
    fields = [(name, name + FIELDS[name][0]) for name in FIELDS]
    properties = [(name, str(PropertyCondition(name, ":", "x"))[:-1]) for name in vocabulary.properties]
    joining = KEYWORDS if _follows_condition(before[:start]) else ("not",)
    return [*fields, *properties, *((word, word) for word in (*ALONE, *joining))]


def _follows_condition(before: str) -> bool:
    """Whether ``and`` or ``or`` may follow."""
    words = before.split()
    return bool(words) and words[-1].lower() not in KEYWORDS and not words[-1].endswith("(")


def _ranked(typed: str, options: Iterable[tuple[str, str]], start: int, end: int, limit: int) -> list[Suggestion]:
    wanted = typed.casefold()
    found: tuple[list[Suggestion], list[Suggestion]] = ([], [])
    for name, text in options:
        if wanted in name.casefold():
            found[not name.casefold().startswith(wanted)].append(Suggestion(text, start, end))
    return [*found[0], *found[1]][:limit]
