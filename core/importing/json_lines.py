"""JSON lines as written by export: one object a line, user-defined properties in its ``properties``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from core.errors import UsageError
from core.export.columns import heading
from core.importing.options import Definition, Options
from core.importing.tables import MOST_COLUMNS, BadLine, Cell, Figure, Line, OpenTable, as_cell, in_batches
from core.importing.text_file import encoding_of, lines, opened
from core.names import short_name
from core.text import count, printable

PROPERTIES = "properties"


class JsonLines:
    """A JSON lines file; see :class:`core.importing.tables.OpenTable`. Headings are found while reading lines."""

    definitions: Mapping[str, Definition] = {}
    guarded = False
    description = "JSON lines"

    def __init__(self, path: Path, text: TextIO) -> None:
        self._path = path
        self._text = text
        self._columns: dict[str, int] = {}

    @property
    def headings(self) -> list[str]:
        """The names in the objects read so far."""
        return list(self._columns)

    def batches(self, wanted: Collection[int]) -> Iterator[list[Line | BadLine]]:
        """A CSV file; see :class:`core.importing.tables.OpenTable`."""
        return in_batches(self._all())

    def _all(self) -> Iterator[tuple[Line | BadLine, int]]:
        for number, line in enumerate(lines(self._text, self._path), 1):
            if line.strip():
                yield self._line(number, line), len(line)

    def _line(self, number: int, line: str) -> Line | BadLine:
        try:
            found = json.loads(line, parse_float=Figure, parse_int=Figure, object_pairs_hook=_each_once)
        except _NameTwice as error:
            return BadLine(number, str(error))
        except (ValueError, RecursionError) as error:
            return BadLine(number, f"not JSON ({str(error).partition(':')[0].lower()})")
        if not isinstance(found, dict):
            return BadLine(number, "not a JSON object: each line must be one")
        properties = found.pop(PROPERTIES, None) or {}
        if not isinstance(properties, dict):
            return BadLine(number, f"{PROPERTIES} is not an object")
        values = {name: _cell(value) for name, value in found.items()}
        written = {heading(name): _cell(value) for name, value in properties.items()}
        if both := sorted(values.keys() & written.keys()):
            return BadLine(number, f"{short_name(both[0])} occurs twice: also in {PROPERTIES}")
        values |= written
        return Line(number, self._in_columns(number, values))

    def _in_columns(self, number: int, values: Mapping[str, Cell]) -> list[Cell]:
        for name in values:
            self._columns.setdefault(name, len(self._columns))
        if len(self._columns) > MOST_COLUMNS:
            raise UsageError(
                f"{printable(self._path)}, line {number:,}: more than {count(MOST_COLUMNS, 'different name')}",
                "give the objects the same few names",
            )
        cells: list[Cell] = [""] * len(self._columns)
        for name, value in values.items():
            cells[self._columns[name]] = value
        return cells


class _NameTwice(ValueError):
    """An object contains a name twice, which is ambiguous."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _NameTwice(f"{short_name(next(name for name in found if names.count(name) > 1))} occurs twice")
    return found


def _cell(value: object) -> Cell:
    """A value as it stands in the file: a text property keeps ``12.50`` and ``true``."""
    return Figure("true" if value else "false") if isinstance(value, bool) else as_cell(value)


@contextmanager
def open_json_lines(path: Path, options: Options) -> Iterator[OpenTable]:
    """Open a JSON lines file.

    Raises:
        UsageError: wrong encoding.
    """
    with opened(path, encoding_of(path, options.encoding), "\n") as text:
        yield JsonLines(path, text)
