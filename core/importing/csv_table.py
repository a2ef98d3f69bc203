"""CSV as it comes: commas, semicolons or tabs, with or without a byte-order mark."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from core.errors import UsageError
from core.export.columns import KEY, PATH, TAGS
from core.importing.options import Definition, Options
from core.importing.tables import BadLine, Line, Table, in_batches
from core.importing.text_file import LONGEST_LINE, encoding_of, lines, opened
from core.text import count, printable

_DELIMITERS = (",", ";", "\t")
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
_SHOWN = {"\t": "tabs", ",": "commas", ";": "semicolons"}


class CsvTable:
    """See :class:`core.importing.tables.Table`."""

    definitions: Mapping[str, Definition] = {}
    guarded = True

    def __init__(self, path: Path, text: TextIO, encoding: str, delimiter: str) -> None:
        self._path = path
        self._text = text
        self._lines = _Counted(lines(text, path))
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        self.headings = self._heading()
        self.description = f"CSV in {encoding.upper()}, parted by {_SHOWN.get(delimiter, repr(delimiter))}"

    def batches(self, wanted: Collection[int]) -> Iterator[list[Line | BadLine]]:
        """See :class:`core.importing.tables.Table`."""
        return in_batches(self._all())

    def _all(self) -> Iterator[tuple[Line | BadLine, int]]:
        columns = len(self.headings)
        while True:
            number, before = self._reader.line_num + 1, self._lines.characters
            cells = self._next()
            if cells is None:
                return
            if len(cells) > columns and not any(cells[columns:]):  # spreadsheets end lines with empty cells
                cells = cells[:columns]
            length = self._lines.characters - before
            if len(cells) == columns:
                yield Line(number, cells), length
            elif cells:
                yield BadLine(number, f"{count(len(cells), 'cell')} under {count(columns, 'heading')}"), length

    def _heading(self) -> list[str]:
        while (cells := self._next()) == []:  # empty lines
            pass
        return [cell.strip() for cell in cells or ()]

    def _next(self) -> list[str] | None:
        number = self._reader.line_num + 1
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise UsageError(
                f"{printable(self._path)}, line {number:,}: {_reason(error)}", "mend the quotes there"
            ) from None


class _Counted:
    """Lines, and how many characters they had until now."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self.characters = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        self.characters += len(line)
        return line


@contextmanager
def open_csv(path: Path, options: Options) -> Iterator[Table]:
    """Open CSV.

    Raises:
        UsageError: another encoding, a delimiter that cannot be one, a quote that is not closed.
    """
    csv.field_size_limit(LONGEST_LINE)  # of the whole process; the default is 131,072
    encoding = encoding_of(path, options.encoding)
    delimiter = _given(options.delimiter) if options.delimiter else _found(path, encoding)
    with opened(path, encoding, "") as text:
        yield CsvTable(path, text, encoding, delimiter)


def _given(delimiter: str) -> str:
    found = _NAMES.get(delimiter.lower(), delimiter)
    if len(found) != 1 or found in '"\r\n ' or not (found.isprintable() or found == "\t"):
        raise UsageError(f"{printable(delimiter)} parts no cells", "give one character, or tab")
    return found


def _found(path: Path, encoding: str) -> str:
    """The delimiter by which the first line has most of our headings, else most headings."""

    def fitness(delimiter: str) -> tuple[int, int]:
        try:
            with opened(path, encoding, "") as text:
                cells = next(csv.reader(lines(text, path), delimiter=delimiter, strict=True), [])
        except csv.Error:  # a quote that this delimiter does not stand behind
            return (-1, 0)
        names = {cell.strip().lower() for cell in cells}
        known = 2 * len(names & {PATH.name, KEY.name}) + len(names & {TAGS.name})
        return (known, 0 if known else len(cells))

    return max(_DELIMITERS, key=fitness)  # the first of those that are equal: what export writes


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "end of data" in text or "limit" in text:
        return "a quote is opened and never closed"
    return f"not what CSV allows ({text})"
