"""CSV as it comes: commas, semicolons or tabs, with or without a byte-order mark."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from core.errors import UsageError
from core.export.columns import KEY, PATH, TAGS
from core.importing import tables
from core.importing.options import Definition, Options
from core.importing.tables import BadLine, Line, OpenTable
from core.importing.text_file import LONGEST_LINE, encoding_of, lines, opened
from core.text import count, printable

_DELIMITERS = (",", ";", "\t")
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
_SEPARATOR = re.compile(r"sep=(.)\r?\n?")  # a first line for spreadsheets: the delimiter of what follows
_SHOWN = {"\t": "tabs", ",": "commas", ";": "semicolons"}


class CsvTable:
    """A CSV file; see :class:`core.importing.tables.OpenTable`."""

    definitions: Mapping[str, Definition] = {}
    guarded = True

    def __init__(self, path: Path, text: TextIO, encoding: str, delimiter: str) -> None:
        self._path = path
        self._text = text
        self._last_line, self._characters = "", 0
        self._reader = csv.reader(self._counted(lines(text, path)), delimiter=delimiter, strict=True)
        self.headings = self._heading()
        self.description = f"CSV in {encoding.upper()}, separated by {_SHOWN.get(delimiter, repr(delimiter))}"

    def batches(self, wanted: Collection[int]) -> Iterator[list[Line | BadLine]]:
        """A CSV file; see :class:`core.importing.tables.OpenTable`."""
        while batch := self._batch():
            yield batch

    def _batch(self) -> list[Line | BadLine]:
        """The next lines. Written for speed: a million of them take a second, of which reading CSV is the most."""
        columns, batch = len(self.headings), list[Line | BadLine]()
        most = min(tables.BATCH_LINES, tables.BATCH_CELLS // max(columns, 1) + 1)
        full = self._characters + tables.BATCH_CHARACTERS
        reader = self._reader
        number = reader.line_num + 1
        try:
            for cells in reader:
                if len(cells) > columns and not any(cells[columns:]):  # spreadsheets end lines with empty cells
                    cells = cells[:columns]
                if len(cells) == columns:
                    batch.append(Line(number, cells))
                elif cells:
                    batch.append(BadLine(number, f"{count(len(cells), 'cell')} under {count(columns, 'heading')}"))
                if len(batch) >= most or self._characters >= full:
                    break
                number = reader.line_num + 1
        except csv.Error as error:
            raise self._invalid(number, error) from None
        return batch

    def _counted(self, source: Iterable[str]) -> Iterator[str]:
        """The lines; counts their characters, and keeps the last one."""
        for line in source:
            self._last_line = line
            self._characters += len(line)
            yield line

    def _heading(self) -> list[str]:
        cells = self._next()
        while cells is not None and (not cells or _SEPARATOR.fullmatch(self._last_line)):  # an empty line is no cells
            cells = self._next()
        return [cell.strip() for cell in cells or ()]

    def _next(self) -> list[str] | None:
        number = self._reader.line_num + 1
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise self._invalid(number, error) from None

    def _invalid(self, number: int, error: csv.Error) -> UsageError:
        return UsageError(f"{printable(self._path)}, line {number:,}: {_reason(error)}", "fix the quotes there")


@contextmanager
def open_csv(path: Path, options: Options) -> Iterator[OpenTable]:
    """Open a CSV file.

    Raises:
        UsageError: wrong encoding, invalid delimiter, or a quote that is not closed.
    """
    csv.field_size_limit(LONGEST_LINE)  # of the whole process; the default is 131,072
    encoding = encoding_of(path, options.encoding)
    delimiter = _checked_delimiter(options.delimiter) if options.delimiter else _detected_delimiter(path, encoding)
    with opened(path, encoding, "") as text:
        yield CsvTable(path, text, encoding, delimiter)


def _checked_delimiter(delimiter: str) -> str:
    found = _NAMES.get(delimiter.lower(), delimiter)
    if len(found) != 1 or found in '"\r\n ' or not (found.isprintable() or found == "\t"):
        raise UsageError(f"{printable(delimiter)} cannot separate cells", "give one character, or tab")
    return found


def _detected_delimiter(path: Path, encoding: str) -> str:
    """The delimiter in a first line ``sep=;``, else the one with the most known headings, or the most headings."""
    with opened(path, encoding, "") as text:
        named = _SEPARATOR.fullmatch(next(lines(text, path), ""))
    if named:
        return _checked_delimiter(named[1])

    def fitness(delimiter: str) -> tuple[int, int]:
        try:
            with opened(path, encoding, "") as text:
                cells = next(csv.reader(lines(text, path), delimiter=delimiter, strict=True), [])
        except csv.Error:  # a quote that is not followed by this delimiter
            return (-1, 0)
        names = {cell.strip().lower() for cell in cells}
        known = 2 * len(names & {PATH.name, KEY.name}) + len(names & {TAGS.name})
        return (known, 0 if known else len(cells))

    return max(_DELIMITERS, key=fitness)  # of equal ones the first: the delimiter that export writes


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "end of data" in text or "limit" in text:
        return "a quote is opened and never closed"
    return f"not valid CSV ({text})"
