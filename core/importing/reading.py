"""Reads a table into the temporary tables of an import; what cannot be imported it lists."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.catalog.catalog import Catalog
from core.catalog.names import clean_name, shown
from core.catalog.properties import Properties, PropertyDefinition
from core.catalog.property_types import PropertyType, Value, number, stored
from core.errors import UsageError
from core.export.text_tables import parted, unguarded
from core.importing.columns import Column, Columns, Role
from core.importing.differences import Staged
from core.importing.guess import Guess
from core.importing.matching import Matcher, Miss
from core.importing.options import Options
from core.importing.report import Changes, Problems, Report
from core.importing.staging import Staging, Stored
from core.importing.tables import BadLine, Cell, Line, Table, Unusable
from core.text import printable

_CACHED = 50_000  # cells of tags, and values: most come again and again
_SHORT = 100  # characters: longer ones seldom do
_CLEARABLE = (Role.VALUE, Role.GUESSED)


class Reading:
    """One table on its way in.

    Args:
        catalog: of the pictures.
        database: of the catalog, for temporary tables.
        table: is read once.
        options: of the import.
        path: of the table.
        folders: picture folders, absolute.

    Raises:
        UsageError: the headings make no sense.
    """

    def __init__(
        self,
        catalog: Catalog,
        database: sqlite3.Connection,
        table: Table,
        options: Options,
        path: Path,
        folders: Sequence[Path],
    ) -> None:
        self._table = table
        self._options = options
        self._path = path
        self._columns = Columns(Properties(catalog).all(), table.definitions, options)
        self._by_role: dict[Role, int] = {}
        self._valued: list[Column] = []
        self._learn()
        self._check_headings()
        self._matcher = Matcher(catalog, database, path.absolute().parent, folders, options.by)
        self._staging = Staging(database)
        self._guesses: dict[int, Guess] = {}
        self._tags: dict[Cell, list[str]] = {}
        self._values: dict[tuple[int, Cell], list[Stored]] = {}
        self._lines = self._matched = 0
        self._unmatched, self._ambiguous, self._refused = Problems(), Problems(), Problems()

    def read(self, progress: Callable[[int], None]) -> None:
        """Read all of it.

        Raises:
            UsageError: the rest of the file cannot be read, or columns that come later make no sense.
        """
        role = (Role.PATH, Role.KEY, Role.TAGS, Role.GROUP, Role.SCORE, *_CLEARABLE)
        wanted = {column.number for column in self._columns.all if column.role in role}
        for batch in self._table.batches(wanted):
            self._lines += len(batch)
            self._learn()
            self._take([line for line in batch if isinstance(line, Line)])
            for line in batch:
                if isinstance(line, BadLine):
                    self._refused.add(line.number, "", line.reason)
            progress(self._lines)
        self._check_headings(at_end=True)
        self._settle_guesses()
        self._settle_conflicts()

    def staged(self) -> list[Staged]:
        """The properties that get values."""
        return [
            (column.number, column.property)
            for column in self._columns.all
            if column.role == Role.VALUE and column.property
        ]

    def report(self, changes: Changes) -> Report:
        """What was found."""
        for problems in (self._unmatched, self._ambiguous, self._refused):
            problems.first.sort(key=lambda problem: problem.line)
        return Report(
            file=self._path,
            description=self._table.description,
            lines=self._lines,
            matched=self._matched,
            pictures=self._staging.distinct_pictures(),
            unmatched=self._unmatched,
            ambiguous=self._ambiguous,
            refused=self._refused,
            ignored=self._headings(Role.IGNORED),
            unknown=self._headings(Role.UNKNOWN),
            changes=changes,
        )

    def _headings(self, role: Role) -> tuple[str, ...]:
        return tuple(column.heading for column in self._columns.all if column.role == role and column.heading)

    def _learn(self) -> None:
        """Columns that have become known."""
        headings = self._table.headings
        for heading in headings[len(self._columns.all) :]:
            column = self._columns.add(heading)
            if column.role in _CLEARABLE:
                self._valued.append(column)
            else:
                self._by_role[column.role] = column.number

    def _check_headings(self, at_end: bool = False) -> None:
        known = self._table.headings
        if known and not {Role.PATH, Role.KEY} & self._by_role.keys():
            listed = ", ".join(shown(heading) for heading in known[:8])
            raise UsageError(
                f"{printable(self._path)} has no column path or key, but {listed}",
                "give the column that names the pictures one of these headings; or is it the --delimiter?",
            )
        if at_end and not known and not self._lines:
            raise UsageError(f"{printable(self._path)} holds nothing", "a table begins with its headings")
        if at_end and (lacking := self._columns.lacking()):
            raise UsageError(f"{printable(self._path)} has no column {shown(lacking[0])}", "leave out --define for it")

    # -- lines ----------------------------------------------------------------------------------------------------

    def _take(self, lines: list[Line]) -> None:
        references = [(self._text(line, Role.KEY).strip(), self._text(line, Role.PATH)) for line in lines]
        rows = _Rows()
        for line, found, (key, path) in zip(lines, self._matcher.match(references), references, strict=True):
            if isinstance(found, Miss):
                problems = self._ambiguous if found.ambiguous else self._unmatched
                problems.add(line.number, path or key, found.reason)
                continue
            self._matched += 1
            rows.pictures.append((found, line.number))
            self._take_tags(line, found, rows)
            self._take_values(line, found, rows)
            self._take_group(line, found, rows)
        rows.into(self._staging)

    def _text(self, line: Line, role: Role) -> str:
        cell = self._cell(line, role)
        return cell if isinstance(cell, str) else ""

    def _cell(self, line: Line, role: Role) -> Cell:
        number = self._by_role.get(role)
        return "" if number is None or number >= len(line.cells) else line.cells[number]

    def _plain(self, cell: Cell) -> Cell:
        """A text without what kept a spreadsheet from taking it for a formula."""
        return unguarded(cell) if self._table.guarded and isinstance(cell, str) and cell[:1] == "'" else cell

    def _take_tags(self, line: Line, picture: int, rows: _Rows) -> None:
        if Role.TAGS not in self._by_role:
            return
        cell = self._cell(line, Role.TAGS)
        names = self._tags.get(cell)
        if names is None:
            try:
                names = [clean_name(_whole(name), "tag") for name in _several(cell)]
            except (UsageError, csv.Error) as error:
                self._refuse(line.number, self._by_role[Role.TAGS], cell, error)
                return
            _keep(self._tags, cell, cell, names)
        rows.tags += [(name, picture) for name in names]
        if self._options.tags == "replace" and (names or self._options.clear_empty):
            rows.retagged.append(picture)

    def _take_values(self, line: Line, picture: int, rows: _Rows) -> None:
        cells = line.cells
        for column in self._valued:
            cell = cells[column.number] if column.number < len(cells) else ""
            if not (column.property and column.property.type == PropertyType.CHOICES):  # quoted, as tags are
                cell = self._plain(cell)
            if not cell or (isinstance(cell, str) and not cell.strip()):
                if self._options.clear_empty:
                    rows.cleared.append((column.number, picture))
            elif column.property is None:
                self._take_raw(column.number, cell, line.number, picture, rows)
            elif (found := self._parsed(column.property, column.number, cell, line.number)) is not None:
                rows.values += [(column.number, picture, one, line.number) for one in found]

    def _take_raw(self, column: int, cell: Cell, line: int, picture: int, rows: _Rows) -> None:
        if isinstance(cell, Unusable):
            self._refuse(line, column, cell, None)
            return
        self._guesses.setdefault(column, Guess()).see(cell)
        parts = cell if isinstance(cell, tuple) else (cell,)
        if not all(map(_is_text, parts)):
            self._refuse(line, column, cell, UsageError("this is not Unicode text"))
            return
        rows.raw += [(column, picture, line, part, isinstance(cell, tuple)) for part in parts]

    def _take_group(self, line: Line, picture: int, rows: _Rows) -> None:
        cell = self._plain(self._cell(line, Role.GROUP)) if self._options.groups else ""
        if not cell:
            return
        try:
            name = clean_name(_whole(_single(cell)), "group")
            score = self._cell(line, Role.SCORE)
            rows.groups.append((name, line.number, picture, number(_single(score)) if score else None))
        except UsageError as error:
            self._refuse(line.number, self._by_role[Role.GROUP], cell, error)

    def _parsed(self, definition: PropertyDefinition, column: int, cell: Cell, line: int) -> list[Stored] | None:
        """What is kept for a cell; None where it was refused."""
        known = self._values.get((column, cell))
        if known is not None:
            return known
        try:
            found = stored(definition.type, definition.choices, _value(definition.type, cell))
        except (UsageError, csv.Error) as error:
            self._refuse(line, column, cell, error)
            return None
        _keep(self._values, (column, cell), cell, found)
        return found

    def _refuse(self, line: int, column: int, cell: Cell, error: Exception | None) -> None:
        match error:
            case UsageError():
                reason = error.message + (f" ({error.hint})" if error.hint else "")
            case csv.Error():
                reason = "a quote that is not closed, or ends too early"
            case _:
                reason = "neither text nor a number nor a list of texts"
        text = cell.text if isinstance(cell, Unusable) else ", ".join(cell) if isinstance(cell, tuple) else cell
        self._refused.add(line, text, reason, self._columns.all[column].heading)

    # -- at the end -----------------------------------------------------------------------------------------------

    def _settle_guesses(self) -> None:
        """What was kept as text becomes values of the type that was found."""
        for column in self._valued:
            if column.property is None:
                if column.number in self._guesses:
                    kind, choices = self._guesses[column.number].definition()
                    column.property = PropertyDefinition(0, column.name, kind, choices)
                    column.role = Role.VALUE
                else:  # no value at all
                    column.role = Role.UNKNOWN
        definitions = {column.number: column.property for column in self._valued}
        rows: list[tuple[int, int, Stored, int]] = []
        for place, picture, line, text, part in self._staging.raw_rows():
            definition = definitions[place]
            cell: Cell = (text,) if part and definition and definition.type == PropertyType.CHOICES else text
            found = self._parsed(definition, place, cell, line) if definition else None
            rows += [(place, picture, one, line) for one in found or ()]
            if len(rows) >= _CACHED:
                self._staging.values(rows)
                rows = []
        self._staging.values(rows)

    def _settle_conflicts(self) -> None:
        """A picture that comes again: its tags and choices are put together, of other values the first one counts."""
        single = [number for number, one in self.staged() if one.type != PropertyType.CHOICES]
        if self._staging.distinct_pictures() < self._matched:
            for column, line, value, first in self._staging.conflicts(single):
                self._refused.add(
                    line,
                    str(value),
                    f"line {first:,} gives the same picture another value",
                    self._columns.all[column].heading,
                )
            self._staging.settle(single)


class _Rows:
    """What a batch brings into the temporary tables."""

    def __init__(self) -> None:
        self.pictures: list[tuple[int, int]] = []
        self.tags: list[tuple[str, int]] = []
        self.retagged: list[int] = []
        self.values: list[tuple[int, int, Stored, int]] = []
        self.cleared: list[tuple[int, int]] = []
        self.raw: list[tuple[int, int, int, str, bool]] = []
        self.groups: list[tuple[str, int, int, float | None]] = []

    def into(self, staging: Staging) -> None:
        """Write them."""
        staging.pictures(self.pictures)
        staging.tags(self.tags)
        staging.retagged(self.retagged)
        staging.values(self.values)
        staging.cleared(self.cleared)
        staging.raw(self.raw)
        staging.groups(self.groups)


def _keep(cache: dict[Any, Any], name: object, cell: Cell, found: object) -> None:
    """Keep what was found for a cell, in case it comes again."""
    if isinstance(cell, str) and len(cell) > _SHORT:
        return
    if len(cache) >= _CACHED:
        cache.clear()
    cache[name] = found


def _several(cell: Cell) -> Sequence[str]:
    """Names in a cell."""
    if isinstance(cell, tuple):
        return cell
    return parted(_single(cell))


def _single(cell: Cell) -> str:
    """A text.

    Raises:
        UsageError: it is none.
    """
    if isinstance(cell, str):
        return cell
    raise UsageError("this is a list" if isinstance(cell, tuple) else "this is no text", "give one text")


def _whole(name: str) -> str:
    """A name that CSV could hold too.

    Raises:
        UsageError: it has a NUL in it.
    """
    if "\0" in name:
        raise UsageError("a NUL is in the name", "leave it out")
    return name


def _is_text(part: str) -> bool:
    """Whether a database can keep it as text."""
    return "\0" not in part and (part.isascii() or not any("\ud800" <= character <= "\udfff" for character in part))


def _value(kind: PropertyType, cell: Cell) -> Value:
    if kind == PropertyType.CHOICES:
        return tuple(_several(cell))
    return _whole(_single(cell))
