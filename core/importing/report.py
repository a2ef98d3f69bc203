"""What an import found and what it would change, and the same in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.catalog.names import shown
from core.catalog.property_types import PropertyType
from core.text import count, printable

LISTED = 100  # of each kind of problem, and of names
_SHOWN = 10
_LABEL = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """A line, or a cell of it, and why it is not imported. Texts are as they stand in the file.

    Attributes:
        line: its number.
        text: the picture that it names, or what the cell holds; shortened.
        reason: in words.
        heading: of the cell; empty for the whole line.
    """

    line: int
    text: str
    reason: str
    heading: str = ""


@dataclass(slots=True)
class Problems:
    """How many there are, and the first ``LISTED``."""

    count: int = 0
    first: list[Problem] = field(default_factory=list)

    def add(self, line: int, text: str, reason: str, heading: str = "") -> None:
        """One more."""
        self.count += 1
        if len(self.first) < LISTED:
            self.first.append(Problem(line, text[:100], reason, heading))


@dataclass(frozen=True, slots=True)
class TagChanges:
    """What becomes of tags.

    Attributes:
        put: how often one is put on a picture that does not carry it.
        there: how often one is there already.
        removed: how often one is taken off, where tags are replaced.
        new: tags that are made: how many, and the names of the first ``LISTED``.
    """

    put: int = 0
    there: int = 0
    removed: int = 0
    new: tuple[int, tuple[str, ...]] = (0, ())


@dataclass(frozen=True, slots=True)
class ValueChanges:
    """What becomes of the values of a property.

    Attributes:
        name: of the property.
        type: of the property.
        choices: of the property.
        new: whether it is made.
        set: pictures that get a value other than now.
        replaced: those of them that have another one now.
        cleared: pictures that lose theirs.
        same: pictures that have this very value.
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
    """What becomes of saved groups.

    Attributes:
        new: that are made.
        grown: that get more pictures.
        pictures: put into them, new and grown.
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
        """Values of all properties that are set or taken away."""
        return sum(one.set + one.cleared for one in self.values)

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        tags = self.tags.put or self.tags.removed
        return bool(tags or self.values_set or self.groups.pictures or self._made)

    @property
    def _made(self) -> int:
        """Properties that are made."""
        return sum(one.new for one in self.values)

    @property
    def words(self) -> str:
        """``312 tags and 40 values``."""
        parts = [(self.tags.put, "tag"), (self.values_set, "value"), (self.groups.pictures, "group entry")]
        said = [count(number, noun, "group entries" if "group" in noun else None) for number, noun in parts if number]
        said += [f"{count(self.tags.removed, 'tag')} taken off"] if self.tags.removed else []
        return " and ".join(said) or count(self._made, "property", "properties")


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a table.

    Attributes:
        file: which.
        description: its form.
        lines: below the headings.
        matched: lines that name a picture.
        pictures: that they name.
        unmatched: lines that name none.
        ambiguous: lines that name several.
        refused: lines and cells that cannot be imported.
        ignored: headings of what Pictoscope knows by itself.
        unknown: headings that nobody knows.
        changes: what would change.
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
    changes: Changes

    def in_words(self, listed: int = _SHOWN) -> list[str]:
        """Lines to be shown, all of them harmless; of problems the first ``listed``."""
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
            "tags": {
                "put": tags.put,
                "there": tags.there,
                "removed": tags.removed,
                "new": {"count": tags.new[0], "first": list(tags.new[1])},
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
        yield _row("ignored", f"{_names(report.ignored)}: what Pictoscope knows by itself")
    if report.unknown:
        yield _row("left out", f"{_names(report.unknown)}: no such properties")
    for label, problems in kinds:
        if problems.count:
            yield f"{label}:"
            yield from _listed(problems, listed)


def _changes(changes: Changes) -> Iterator[str]:
    tags, groups = changes.tags, changes.groups
    if tags.put or tags.there or tags.removed:
        removed = f", {count(tags.removed)} taken off" if tags.removed else ""
        yield _row("tags", f"{count(tags.put)} put on pictures{removed}{_there(tags.there)}")
    if tags.new[0]:
        yield _row("new tags", f"{count(tags.new[0])}: {_names(tags.new[1], tags.new[0])}")
    for one in changes.values:
        choices = f": {', '.join(one.choices)}" if one.choices else ""
        made = f"new property ({one.type}{shown(choices)}), " if one.new else ""
        over = f" ({count(one.replaced)} over another value)" if one.replaced else ""
        cleared = f", {count(one.cleared)} cleared" if one.cleared else ""
        yield _row(shown(one.name), f"{made}{count(one.set)} set{over}{cleared}{_there(one.same)}")
    if groups.new or groups.grown:
        yield _row(
            "groups",
            f"{count(groups.new)} new, {count(groups.grown)} grown, {count(groups.pictures, 'picture')} put in",
        )
    if not changes.any:
        yield _row("", "nothing would change")


def _there(number: int) -> str:
    return f", {count(number)} there already" if number else ""


def _listed(problems: Problems, listed: int) -> Iterator[str]:
    for one in problems.first[:listed]:
        where = f"line {one.line:,}" + (f", {shown(one.heading)}" if one.heading else "")
        yield f"  {where}: {shown(one.text)}{': ' if one.text else ''}{one.reason}"
    if problems.count > listed:
        yield f"  … and {count(problems.count - min(listed, len(problems.first)))} more"


def _names(names: tuple[str, ...], total: int = 0) -> str:
    more = max(total, len(names)) - _SHOWN
    return ", ".join(shown(name) for name in names[:_SHOWN]) + (f" and {count(more)} more" if more > 0 else "")


def _row(label: str, text: str) -> str:
    return f"{label:<{_LABEL}} {text}"
