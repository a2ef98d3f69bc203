"""Read a table into the temporary tables of an import, and list what cannot be imported."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Sequence
from itertools import groupby, repeat
from operator import itemgetter
from pathlib import Path

from core.catalog.catalog import Catalog
from core.catalog.property_types import LONGEST_TEXT, PropertyType
from core.errors import UsageError
from core.fields import number_text
from core.importing.batch import Batch, Part
from core.importing.cells import TEXT, Cells, converted, is_blank, is_text, parts_of, single, whole, whole_cell
from core.importing.columns import Columns, ImportColumn, Role
from core.importing.differences import Staged
from core.importing.guess import Guess
from core.importing.matching import Matcher, Miss
from core.importing.options import Options
from core.importing.report import Changes, Problems, Report
from core.importing.staging import BatchRows, Staging, Stored
from core.importing.tables import BadLine, Cell, Line, OpenTable, Unusable
from core.importing.typed_headings import typed_heading
from core.labels.properties import Properties, PropertyDefinition
from core.names import clean_name, short_name
from core.text import printable

_AT_ONCE = 50_000  # rows of values
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
        self._cells = Cells(options, table.guarded)
        self._raw: set[int] = set()  # numbers of columns that have cells whose type is not known yet
        self._refusals: list[tuple[int, str, str, str]] = []  # of this batch
        self._doubts: list[tuple[str, str]] = []
        # By name of the property: the first place, whether guessed, line and column; and how often.
        self._tidied: dict[str, tuple[tuple[bool, int, int], int]] = {}
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
            tidied=tuple(
                (name, times) for name, (_, times) in sorted(self._tidied.items(), key=lambda item: item[1][0])
            ),
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

    def _take(self, lines: Sequence[Line]) -> None:
        """Take the lines of a batch: what they say is staged column by column, what is refused is listed by line."""
        batch = Batch.of(lines)
        keys, paths = self._texts(batch, Role.KEY), self._texts(batch, Role.PATH)
        found = self._matcher.match([(key.strip(), path) for key, path in zip(keys, paths, strict=True)])
        for number, match, key, path in zip(batch.numbers, found, keys, paths, strict=True):
            if isinstance(match, Miss):
                problems = self._ambiguous if match.ambiguous else self._unmatched
                problems.add(number, path or key.strip(), match.reason)
        batch = batch.matched(found)
        self._matched += len(batch.numbers)
        rows = BatchRows()
        rows.pictures = list(zip(batch.pictures, batch.numbers, strict=True))
        self._take_tags(batch, rows)
        for column in self._valued:
            self._take_column(column, batch, rows)
        if self._options.groups and Role.GROUP in self._by_role:
            self._take_groups(batch, rows)
        rows.into(self._staging)
        for refusal in sorted(self._refusals, key=itemgetter(0)):  # of a line: in the order of its columns
            self._refused.add(*refusal)
        self._refusals = []

    def _texts(self, batch: Batch, role: Role) -> list[str]:
        number = self._by_role.get(role)
        cells = batch.column(number) if number is not None else [""] * len(batch.numbers)
        return [cell if isinstance(cell, str) else "" for cell in cells]

    def _take_tags(self, batch: Batch, rows: BatchRows) -> None:
        if Role.TAGS not in self._by_role:
            return
        column = self._by_role[Role.TAGS]
        cells = batch.column(column)

        def refuse(position: int, error: Exception) -> None:
            self._refuse(batch.numbers[position], column, cells[position], error)

        found = converted(cells, self._cells.known_tags(cells), self._cells.tags, refuse, (UsageError, csv.Error))
        rows.tags = [
            (picture, name) for picture, names in zip(batch.pictures, found, strict=True) for name in names or ()
        ]
        if self._options.tags == "replace":
            empty = self._options.clear_empty
            rows.retagged = [
                picture
                for picture, names in zip(batch.pictures, found, strict=True)
                if names or (empty and names is not None)
            ]

    def _take_column(self, column: ImportColumn, batch: Batch, rows: BatchRows) -> None:
        part = batch.part(column.number)
        # Lists of choices are quoted, as tags are.
        if not (column.property and column.property.type == PropertyType.CHOICES) and part.may_begin_with("'"):
            part = part.replaced(list(map(self._cells.plain, part.cells)))
        filled = part.filled()
        if self._options.clear_empty and filled is not part:
            rows.cleared += [
                (column.number, picture)
                for picture, cell in zip(part.pictures, part.cells, strict=True)
                if is_blank(cell)
            ]
        if not filled.cells:
            return
        if column.property is None:
            filled = self._take_guessed(column, filled, rows)
        if column.property is not None and filled.cells:
            self._take_values(column, column.property, filled, rows)

    def _take_values(self, column: ImportColumn, definition: PropertyDefinition, part: Part, rows: BatchRows) -> None:
        number = column.number
        if definition.type == PropertyType.TEXT and part.is_storable_as_it_is(LONGEST_TEXT):
            rows.values.append(zip(repeat(number), part.pictures, part.cells, part.numbers))
            return
        guessed = column.number in self._guesses

        def refuse(position: int, error: Exception) -> None:
            cell, line = part.cells[position], part.numbers[position]
            if guessed and isinstance(cell, str):  # refused at the end, with what other guessed columns refuse
                rows.raw.append((number, part.pictures[position], line, cell, TEXT))
            else:
                self._refuse(line, number, cell, error)

        found = converted(
            part.cells,
            self._cells.known_values(number, part.cells, part.texts),
            lambda cell: self._cells.values(definition, number, cell),
            refuse,
            (UsageError, csv.Error),
        )
        rows.values.append(
            (number, picture, one, line)
            for picture, line, values in zip(part.pictures, part.numbers, found, strict=True)
            for one in values or ()
        )
        if definition.type in _TEXTS:
            for cell, line, values in zip(part.cells, part.numbers, found, strict=True):
                self._count_tidied(definition, number, cell, values, (guessed, line))

    def _take_guessed(self, column: ImportColumn, part: Part, rows: BatchRows) -> Part:
        """Look at the cells of a new property. Returns those that need not wait until its type is known."""
        number = column.number
        guess = self._guesses.get(number)
        part = part.without([isinstance(cell, Unusable) for cell in part.cells], self._refuse_in(number, None))
        if not part.cells:
            return part
        if guess is None:
            guess = self._guesses[number] = Guess(
                self._options.notation, column.declared, typed=not self._table.guarded
            )
        part = self._guessed_from(guess, number, part)
        if not part.is_plain:
            strange = [not all(map(is_text, parts_of(cell)[0])) for cell in part.cells]
            part = part.without(strange, self._refuse_in(number, UsageError("this is not Unicode text")))
        if self._table.guarded and guess.is_text and number not in self._raw:
            column.property = PropertyDefinition(0, column.name, PropertyType.TEXT, ())
            column.role = Role.VALUE
            return part
        self._raw.add(number)
        for cell, picture, line in zip(part.cells, part.pictures, part.numbers, strict=True):
            parts, kept = parts_of(cell)
            rows.raw += [(number, picture, line, one, kept) for one in parts]
        return part.none()

    def _guessed_from(self, guess: Guess, column: int, part: Part) -> Part:
        """Show all cells to a guess. Returns them without those that it cannot read."""
        unread: set[Cell] = set()
        for cell in dict.fromkeys(part.cells) if part.texts else part.cells:
            try:
                guess.add(cell)
            except csv.Error:  # a list, and a quote in it
                unread.add(cell)
        if not unread:
            return part
        return part.without([cell in unread for cell in part.cells], self._refuse_in(column, csv.Error()))

    def _take_groups(self, batch: Batch, rows: BatchRows) -> None:
        column = self._by_role[Role.GROUP]
        scores = self._by_role.get(Role.SCORE)
        given = batch.column(scores) if scores is not None else [""] * len(batch.numbers)
        for raw, score, picture, line in zip(batch.column(column), given, batch.pictures, batch.numbers, strict=True):
            cell = self._cells.plain(raw)
            if not cell:
                continue
            try:
                rows.groups.append((clean_name(whole(single(cell)), "group"), line, picture, self._cells.score(score)))
            except UsageError as error:
                self._refuse(line, column, cell, error)

    def _count_tidied(
        self,
        definition: PropertyDefinition,
        column: int,
        cell: Cell,
        found: Sequence[Stored] | None,
        place: tuple[bool, int],
    ) -> None:
        """Count a text that is not stored as it is. ``place``: whether its type was guessed, and its line."""
        if found and found != [cell]:
            first, times = self._tidied.get(definition.name, ((*place, column), 0))
            self._tidied[definition.name] = (min(first, (*place, column)), times + 1)

    def _refuse_in(self, column: int, error: Exception | None) -> Callable[[int, Cell], None]:
        return lambda line, cell: self._refuse(line, column, cell, error)

    def _refuse(self, line: int, column: int, cell: Cell, error: Exception | None) -> None:
        match error:
            case UsageError():
                reason = error.message + (f" ({error.hint})" if error.hint else "")
            case csv.Error():
                reason = "a quote that is not closed, or ends too early"
            case _:
                reason = "neither text nor a number nor a list of texts"
        text = cell.text if isinstance(cell, Unusable) else ", ".join(cell) if isinstance(cell, tuple) else cell
        self._refusals.append((line, text, reason, self._columns.all[column].heading))

    # -- at the end -----------------------------------------------------------------------------------------------

    def _settle_guesses(self) -> None:
        """Convert raw cells to values of the guessed types."""
        for column in self._valued:
            if guess := self._guesses.get(column.number):
                kind, choices = guess.definition()
                if kind == PropertyType.TEXT and guess.doubt and not guess.declared:
                    self._doubts.append((column.name, guess.doubt))
                column.property = PropertyDefinition(0, column.name, kind, choices)
                column.role = Role.VALUE
            elif column.property is None:  # no value at all
                column.role = Role.UNKNOWN
        definitions = {column.number: column.property for column in self._valued}
        rows: list[tuple[int, int, Stored, int]] = []
        for (number, picture, line, kept), same in groupby(self._staging.raw_rows(), itemgetter(0, 1, 2, 4)):
            definition = definitions[number]
            cell = whole_cell(kept, [row[3] for row in same], definition)
            found = self._settled(definition, number, cell, line) if definition else None
            rows += [(number, picture, one, line) for one in found or ()]
            if len(rows) >= _AT_ONCE:
                self._staging.values(rows)
                rows = []
        self._staging.values(rows)

    def _settled(self, definition: PropertyDefinition, column: int, cell: Cell, line: int) -> list[Stored] | None:
        """The stored values for a cell of a guessed column; None if it was refused."""
        try:
            found = self._cells.values(definition, column, cell)
        except (UsageError, csv.Error) as error:
            self._refuse(line, column, cell, error)
            self._refused.add(*self._refusals.pop())
            return None
        if definition.type in _TEXTS:
            self._count_tidied(definition, column, cell, found, (True, line))
        return found

    def _settle_conflicts(self) -> None:
        """For pictures in several lines: tags and choices are merged, of other values and scores the first counts."""
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
            self._settle_groups()

    def _settle_groups(self) -> None:
        """Of several scores of a picture in one group the first counts."""
        for line, score, first in self._staging.group_conflicts():
            text = "" if score is None else number_text(score)
            reason = f"line {first:,} gives the same picture another score in this group"
            self._refused.add(line, text, reason, self._columns.all[self._by_role[Role.SCORE]].heading)
        self._staging.settle_groups()
