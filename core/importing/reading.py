"""Read a table into the temporary tables of an import, and list what cannot be imported."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType, Value, parse_number, to_stored
from core.errors import UsageError
from core.export.text_tables import join_names, split_names
from core.formulas import unescape_formula
from core.importing.columns import Columns, ImportColumn, Role
from core.importing.differences import Staged
from core.importing.guess import Guess
from core.importing.matching import Matcher, Miss
from core.importing.options import Options
from core.importing.report import Changes, Problems, Report
from core.importing.staging import Staging, Stored
from core.importing.tables import BadLine, Cell, Figure, Line, OpenTable, Unusable
from core.importing.typed_headings import typed_heading
from core.labels.properties import Properties, PropertyDefinition
from core.names import clean_name, short_name
from core.text import is_unicode, printable

_CACHED = 50_000  # cells of tags, and values: most are repeated
_SHORT = 100  # characters: longer cells are rarely repeated
_TEXT, _LIST, _FIGURE = range(3)  # the kind of a cell whose column's type is not known yet
_TEXTS = (PropertyType.TEXT, PropertyType.URL)  # stored unchanged, except for what is counted as tidied
_CLEARABLE = (Role.VALUE, Role.GUESSED)


class Reading:
    """Reads one table.

    Args:
        catalog: of the pictures.
        database: of the catalog, for temporary tables.
        table: read once.
        options: of the import.
        path: of the table.
        folders: picture folders, absolute.

    Raises:
        UsageError: the headings are not valid.
    """

    def __init__(
        self,
        catalog: Catalog,
        database: sqlite3.Connection,
        table: OpenTable,
        options: Options,
        path: Path,
        folders: Sequence[Path],
    ) -> None:
        self._table = table
        self._options = options
        self._path = path
        self._columns = Columns(Properties(catalog).all(), table.definitions, options)
        self._by_role: dict[Role, int] = {}
        self._valued: list[ImportColumn] = []
        self._add_columns()
        self._check_headings()
        self._matcher = Matcher(catalog, database, path.absolute().parent, folders, options.by)
        self._staging = Staging(database)
        self._guesses: dict[int, Guess] = {}
        self._tags: dict[Cell, list[str]] = {}
        self._values: dict[tuple[int, bool, Cell], list[Stored]] = {}
        self._doubts: list[tuple[str, str]] = []
        self._tidied: dict[str, int] = {}
        self._lines = self._matched = 0
        self._unmatched, self._ambiguous, self._refused = Problems(), Problems(), Problems()

    def read(self, progress: Callable[[int], None]) -> None:
        """Read the whole table.

        Raises:
            UsageError: the rest of the file cannot be read, or later columns are not valid.
        """
        role = (Role.PATH, Role.KEY, Role.TAGS, Role.GROUP, Role.SCORE, *_CLEARABLE)
        wanted = {column.number for column in self._columns.all if column.role in role}
        for batch in self._table.batches(wanted):
            self._lines += len(batch)
            self._add_columns()
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
        """The report on the table with its changes."""
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
            doubts=tuple(self._doubts),
            tidied=tuple(self._tidied.items()),
            changes=changes,
        )

    def _headings(self, role: Role) -> tuple[str, ...]:
        return tuple(column.heading for column in self._columns.all if column.role == role and column.heading)

    def _add_columns(self) -> None:
        """Add new columns of the table."""
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
            listed = ", ".join(short_name(heading) for heading in known[:8])
            hint = "call the column that names the pictures path or key; or set --delimiter"
            if any(map(typed_heading, known)):
                hint = "this looks like an export of Panoptic by id: export it by path"
            raise UsageError(f"{printable(self._path)} has no column path or key, but {listed}", hint)
        if at_end and not known and not self._lines:
            raise UsageError(f"{printable(self._path)} is empty", "a table begins with its headings")
        if at_end and (lacking := self._columns.lacking()):
            raise UsageError(
                f"{printable(self._path)} has no column {short_name(lacking[0])}", "leave out --define for it"
            )
        if at_end and self._options.groups and Role.GROUP not in self._by_role:
            raise UsageError(f"{printable(self._path)} has no column group", "leave out groups")
        if at_end and self._options.tags == "replace" and Role.TAGS not in self._by_role:
            raise UsageError(f"{printable(self._path)} has no column tags", "add tags, which is the default")

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
        """The cell without the guard against formulas in spreadsheets."""
        return unescape_formula(cell) if self._table.guarded and isinstance(cell, str) and cell[:1] == "'" else cell

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
        guess = self._guesses.get(column)
        if guess is None:
            guess = self._guesses[column] = Guess(
                self._options.notation, self._columns.all[column].declared, typed=not self._table.guarded
            )
        guess.add(cell)
        parts = cell if isinstance(cell, tuple) else (cell,)
        if not all(map(_is_text, parts)):
            self._refuse(line, column, cell, UsageError("this is not Unicode text"))
            return
        kept = _LIST if isinstance(cell, tuple) else _FIGURE if isinstance(cell, Figure) else _TEXT
        rows.raw += [(column, picture, line, part, kept) for part in parts]

    def _take_group(self, line: Line, picture: int, rows: _Rows) -> None:
        cell = self._plain(self._cell(line, Role.GROUP)) if self._options.groups else ""
        if not cell:
            return
        try:
            name = clean_name(_whole(_single(cell)), "group")
            score = self._cell(line, Role.SCORE)
            rows.groups.append((name, line.number, picture, self._score(score)))
        except UsageError as error:
            self._refuse(line.number, self._by_role[Role.GROUP], cell, error)

    def _parsed(self, definition: PropertyDefinition, column: int, cell: Cell, line: int) -> list[Stored] | None:
        """The stored values for a cell; None if it was refused."""
        cached = (column, isinstance(cell, Figure), cell)
        found = self._values.get(cached)
        if found is None:
            try:
                found = to_stored(definition.type, definition.choices, self._value(definition.type, cell))
            except (UsageError, csv.Error) as error:
                self._refuse(line, column, cell, error)
                return None
            _keep(self._values, cached, cell, found)
        if definition.type in _TEXTS and found and found != [cell]:
            self._tidied[definition.name] = self._tidied.get(definition.name, 0) + 1
        return found

    def _value(self, kind: PropertyType, cell: Cell) -> Value:
        if kind == PropertyType.CHOICES:
            return tuple(_several(cell))
        text = _whole(_single(cell))
        if kind == PropertyType.NUMBER:
            return text if isinstance(cell, Figure) else self._options.notation.number(text.strip())
        return self._options.notation.date(text.strip()) if kind == PropertyType.DATE else text

    def _score(self, cell: Cell) -> float | None:
        if not cell:
            return None
        return float(
            parse_number(cell if isinstance(cell, Figure) else self._options.notation.number(_single(cell).strip()))
        )

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
        """Convert raw cells to values of the guessed types."""
        for column in self._valued:
            if column.property is None:
                if column.number in self._guesses:
                    guess = self._guesses[column.number]
                    kind, choices = guess.definition()
                    if kind == PropertyType.TEXT and guess.doubt and not guess.declared:
                        self._doubts.append((column.name, guess.doubt))
                    column.property = PropertyDefinition(0, column.name, kind, choices)
                    column.role = Role.VALUE
                else:  # no value at all
                    column.role = Role.UNKNOWN
        definitions = {column.number: column.property for column in self._valued}
        rows: list[tuple[int, int, Stored, int]] = []
        for (number, picture, line, kept), same in groupby(self._staging.raw_rows(), itemgetter(0, 1, 2, 4)):
            definition = definitions[number]
            cell = _whole_cell(kept, [row[3] for row in same], definition)
            found = self._parsed(definition, number, cell, line) if definition else None
            rows += [(number, picture, one, line) for one in found or ()]
            if len(rows) >= _CACHED:
                self._staging.values(rows)
                rows = []
        self._staging.values(rows)

    def _settle_conflicts(self) -> None:
        """For pictures in several lines: tags and choices are merged, of other values the first one counts."""
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
    """The rows of a batch for the temporary tables."""

    def __init__(self) -> None:
        self.pictures: list[tuple[int, int]] = []
        self.tags: list[tuple[str, int]] = []
        self.retagged: list[int] = []
        self.values: list[tuple[int, int, Stored, int]] = []
        self.cleared: list[tuple[int, int]] = []
        self.raw: list[tuple[int, int, int, str, int]] = []
        self.groups: list[tuple[str, int, int, float | None]] = []

    def into(self, staging: Staging) -> None:
        """Write the rows to the temporary tables."""
        staging.pictures(self.pictures)
        staging.tags(self.tags)
        staging.retagged(self.retagged)
        staging.values(self.values)
        staging.cleared(self.cleared)
        staging.raw(self.raw)
        staging.groups(self.groups)


def _keep(cache: dict[Any, Any], name: object, cell: Cell, found: object) -> None:
    """Cache the result for a cell."""
    if isinstance(cell, str) and len(cell) > _SHORT:
        return
    if len(cache) >= _CACHED:
        cache.clear()
    cache[name] = found


def _whole_cell(kept: int, parts: Sequence[str], definition: PropertyDefinition | None) -> Cell:
    """Rebuild a raw cell; a list becomes one text if the property has a single value."""
    if kept == _LIST:
        return tuple(parts) if definition and definition.type == PropertyType.CHOICES else join_names(parts)
    return Figure(parts[0]) if kept == _FIGURE else parts[0]


def _several(cell: Cell) -> Sequence[str]:
    """The names in a cell."""
    if isinstance(cell, tuple):
        return cell
    return split_names(_single(cell))


def _single(cell: Cell) -> str:
    """The text of a cell.

    Raises:
        UsageError: it is not text.
    """
    if isinstance(cell, str):
        return cell
    raise UsageError("this is a list" if isinstance(cell, tuple) else "this is not text", "give one text")


def _whole(name: str) -> str:
    """A name that can be written in any format.

    Raises:
        UsageError: it contains a NUL.
    """
    if "\0" in name:
        raise UsageError("the name contains a NUL", "leave it out")
    return name


def _is_text(part: str) -> bool:
    """Whether a database can store it as text."""
    return "\0" not in part and is_unicode(part)
