"""The report of an import: matches, problems and changes, also in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.catalog.property_types import PropertyType
from core.names import short_name
from core.text import count, printable

LISTED = 100  # of each kind of problem, and of names
_SHOWN = 10
_LABEL = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """A line or cell that is not imported. Texts are as written in the file.

    Attributes:
        line: its number.
        text: the picture reference or the content of the cell, shortened.
        reason: in words.
        heading: of the cell's column; empty for the whole line.
    """

    line: int
    text: str
    reason: str
    heading: str = ""


@dataclass(slots=True)
class Problems:
    """The number of problems, and the first ``LISTED`` of them."""

    count: int = 0
    first: list[Problem] = field(default_factory=list)

    def add(self, line: int, text: str, reason: str, heading: str = "") -> None:
        """Add a problem."""
        self.count += 1
        if len(self.first) < LISTED:
            self.first.append(Problem(line, text[:100], reason, heading))


@dataclass(frozen=True, slots=True)
class TagChanges:
    """Changes of tags.

    Attributes:
        put: tags added to pictures.
        there: tags that pictures already have.
        removed: tags removed from pictures, if tags are replaced.
        new: tags to create: their number, and the names of the first ``LISTED``.
        joined: those of them that may have been meant as several, likewise: they hold what other programs put between
            tags.
    """

    put: int = 0
    there: int = 0
    removed: int = 0
    new: tuple[int, tuple[str, ...]] = (0, ())
    joined: tuple[int, tuple[str, ...]] = (0, ())


@dataclass(frozen=True, slots=True)
class ValueChanges:
    """Changes of the values of a property.

    Attributes:
        name: of the property.
        type: of the property.
        choices: of the property.
        new: whether it is created.
        set: pictures that get a new value.
        replaced: those of them that have another value now.
        cleared: pictures whose value is cleared.
        same: pictures that already have this value.
    """

    name: str
    type: PropertyType
    choices: tuple[str, ...]
    new: bool
    set: int
    replaced: int
    cleared: int
    same: int


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """Changes of saved groups.

    Attributes:
        new: groups to create.
        grown: existing groups that get more pictures.
        pictures: added to groups, new and existing.
    """

    new: int = 0
    grown: int = 0
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """All that an import changes."""

    tags: TagChanges
    values: tuple[ValueChanges, ...]
    groups: GroupChanges

    @property
    def values_set(self) -> int:
        """The number of values that are set or cleared, of all properties."""
        return sum(one.set + one.cleared for one in self.values)

    @property
    def any(self) -> bool:
        """Whether there are any changes."""
        tags = self.tags.put or self.tags.removed
        return bool(tags or self.values_set or self.groups.pictures or self._created)

    @property
    def _created(self) -> int:
        """The number of properties to create."""
        return sum(one.new for one in self.values)

    @property
    def words(self) -> str:
        """``312 tags and 40 values``."""
        parts = [(self.tags.put, "tag"), (self.values_set, "value"), (self.groups.pictures, "group entry")]
        said = [count(number, noun, "group entries" if "group" in noun else None) for number, noun in parts if number]
        said += [f"{count(self.tags.removed, 'tag')} removed"] if self.tags.removed else []
        return " and ".join(said) or count(self._created, "property", "properties")


@dataclass(frozen=True, slots=True)
class Report:
    """The report on a table.

    Attributes:
        file: path of the table.
        description: its format.
        lines: number of lines without the headings.
        matched: lines that match a picture.
        pictures: number of matched pictures.
        unmatched: lines that match none.
        ambiguous: lines that match several.
        refused: lines and cells that cannot be imported.
        ignored: headings of data that Pictoscope computes.
        unknown: headings that are not properties of the project.
        doubts: new properties that became text though their values resemble another type, and why.
        tidied: text properties, and how many values are normalised to Unicode NFC (URLs also lose blanks).
        changes: that the import would make.
    """

    file: Path
    description: str
    lines: int
    matched: int
    pictures: int
    unmatched: Problems
    ambiguous: Problems
    refused: Problems
    ignored: tuple[str, ...]
    unknown: tuple[str, ...]
    doubts: tuple[tuple[str, str], ...]
    tidied: tuple[tuple[str, int], ...]
    changes: Changes

    def in_words(self, listed: int = _SHOWN) -> list[str]:
        """Printable lines, with the first ``listed`` problems of each kind."""
        return [printable(line) for line in _words(self, listed)]

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        tags, groups = self.changes.tags, self.changes.groups
        return {
            "file": str(self.file),
            "lines": self.lines,
            "matched": self.matched,
            "pictures": self.pictures,
            "unmatched": _problems(self.unmatched),
            "ambiguous": _problems(self.ambiguous),
            "refused": _problems(self.refused),
            "ignored": list(self.ignored),
            "unknown": list(self.unknown),
            "kept_as_text": [{"column": name, "reason": reason} for name, reason in self.doubts],
            "tidied": [{"column": name, "count": times} for name, times in self.tidied],
            "tags": {
                "put": tags.put,
                "there": tags.there,
                "removed": tags.removed,
                "new": {"count": tags.new[0], "first": list(tags.new[1])},
                "joined": {"count": tags.joined[0], "first": list(tags.joined[1])},
            },
            "properties": [
                {
                    "name": one.name,
                    "type": one.type.value,
                    "choices": list(one.choices),
                    "new": one.new,
                    "set": one.set,
                    "replaced": one.replaced,
                    "cleared": one.cleared,
                    "same": one.same,
                }
                for one in self.changes.values
            ],
            "groups": {"new": groups.new, "grown": groups.grown, "pictures": groups.pictures},
        }


def _problems(problems: Problems) -> dict[str, Any]:
    first = [
        {"line": one.line, "text": one.text, "reason": one.reason} | ({"column": one.heading} if one.heading else {})
        for one in problems.first
    ]
    return {"count": problems.count, "first": first}


def _words(report: Report, listed: int) -> Iterator[str]:
    yield f"{report.file.name}: {report.description}, {count(report.lines, 'line')}"
    several = f" of {count(report.pictures, 'picture')}" if report.matched else ""
    yield _row("matched", f"{count(report.matched, 'line')}{several}")
    kinds = (("not matched", report.unmatched), ("ambiguous", report.ambiguous), ("refused", report.refused))
    for label, problems in kinds:
        if problems.count:
            yield _row(label, count(problems.count))
    yield from _changes(report.changes)
    if report.ignored:
        yield _row("ignored", f"{_names(report.ignored)}: computed by Pictoscope")
    for name, reason in report.doubts:
        yield _row("kept as text", f"{short_name(name)} ({reason})")
    for name, times in report.tidied:
        why = "normalised to Unicode NFC, or blanks around a URL removed"
        yield _row("tidied", f"{short_name(name)}: {count(times, 'value')} ({why})")
    if report.unknown:
        kind = "property" if len(report.unknown) == 1 else "properties"
        yield _row("left out", f"{_names(report.unknown)}: no such {kind}")
    for label, problems in kinds:
        if problems.count:
            yield f"{label}:"
            yield from _listed(problems, listed)


def _changes(changes: Changes) -> Iterator[str]:
    tags, groups = changes.tags, changes.groups
    if tags.put or tags.there or tags.removed:
        removed = f", {count(tags.removed)} removed" if tags.removed else ""
        yield _row("tags", f"{count(tags.put)} added to pictures{removed}{_there(tags.there)}")
    if tags.new[0]:
        yield _row("new tags", f"{count(tags.new[0])}: {_names(tags.new[1], tags.new[0])}")
    if tags.joined[0]:
        yield _row("one tag each", f"{_names(tags.joined[1], tags.joined[0])}: only commas separate tags")
    for one in changes.values:
        choices = f": {', '.join(one.choices)}" if one.choices else ""
        made = f"new property ({one.type}{short_name(choices)}), " if one.new else ""
        over = f" ({count(one.replaced)} replacing another value)" if one.replaced else ""
        cleared = f", {count(one.cleared)} cleared" if one.cleared else ""
        yield _row(short_name(one.name), f"{made}{count(one.set)} set{over}{cleared}{_there(one.same)}")
    if groups.new or groups.grown:
        yield _row(
            "groups",
            f"{count(groups.new)} new, {count(groups.grown)} extended, {count(groups.pictures, 'picture')} added",
        )
    if not changes.any:
        yield _row("", "nothing would change")


def _there(number: int) -> str:
    return f", {count(number)} already there" if number else ""


def _listed(problems: Problems, listed: int) -> Iterator[str]:
    for one in problems.first[:listed]:
        where = f"line {one.line:,}" + (f", {short_name(one.heading)}" if one.heading else "")
        yield f"  {where}: {short_name(one.text)}{': ' if one.text else ''}{one.reason}"
    if problems.count > listed:
        yield f"  … and {count(problems.count - min(listed, len(problems.first)))} more"


def _names(names: tuple[str, ...], total: int = 0) -> str:
    more = max(total, len(names)) - _SHOWN
    return ", ".join(short_name(name) for name in names[:_SHOWN]) + (f" and {count(more)} more" if more > 0 else "")


def _row(label: str, text: str) -> str:
    return f"{label:<{_LABEL}} {text}"
