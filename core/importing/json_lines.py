"""JSON lines as export writes them: one object a line, what people wrote down in its ``properties``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from core.errors import UsageError
from core.export.columns import heading
from core.importing.options import Definition, Options
from core.importing.tables import MOST_COLUMNS, BadLine, Cell, Line, Table, as_cell, in_batches
from core.importing.text_file import encoding_of, lines, opened
from core.text import count, printable

PROPERTIES = "properties"


class JsonLines:
    """See :class:`core.importing.tables.Table`. Headings come with the lines."""

    definitions: Mapping[str, Definition] = {}
    guarded = False
    description = "JSON lines"

    def __init__(self, path: Path, text: TextIO) -> None:
        self._path = path
        self._text = text
        self._places: dict[str, int] = {}

    @property
    def headings(self) -> list[str]:
        """Of the objects read until now."""
        return list(self._places)

    def batches(self, wanted: Collection[int]) -> Iterator[list[Line | BadLine]]:
        """See :class:`core.importing.tables.Table`."""
        return in_batches(self._all())

    def _all(self) -> Iterator[tuple[Line | BadLine, int]]:
        for number, line in enumerate(lines(self._text, self._path), 1):
            if line.strip():
                yield self._line(number, line), len(line)

    def _line(self, number: int, line: str) -> Line | BadLine:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            return BadLine(number, f"no JSON ({str(error).partition(':')[0].lower()})")
        if not isinstance(found, dict):
            return BadLine(number, "no JSON object: there is one a line")
        properties = found.pop(PROPERTIES, None) or {}
        if not isinstance(properties, dict):
            return BadLine(number, f"{PROPERTIES} is no object")
        values = {name: as_cell(value) for name, value in found.items()}
        values |= {heading(name): as_cell(value) for name, value in properties.items()}
        return Line(number, self._in_places(number, values))

    def _in_places(self, number: int, values: Mapping[str, Cell]) -> list[Cell]:
        for name in values:
            self._places.setdefault(name, len(self._places))
        if len(self._places) > MOST_COLUMNS:
            raise UsageError(
                f"{printable(self._path)}, line {number:,}: more than {count(MOST_COLUMNS, 'different name')}",
                "give the objects the same few names",
            )
        cells: list[Cell] = [""] * len(self._places)
        for name, value in values.items():
            cells[self._places[name]] = value
        return cells


@contextmanager
def open_json_lines(path: Path, options: Options) -> Iterator[Table]:
    """Open JSON lines.

    Raises:
        UsageError: another encoding.
    """
    with opened(path, encoding_of(path, options.encoding), "\n") as text:
        yield JsonLines(path, text)
