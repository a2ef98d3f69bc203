"""Tables as text: paths, CSV (RFC 4180) and JSON lines."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from core.export.columns import PATH, ColumnKind, ExportColumn
from core.export.table import ExportTable
from core.fields import number_text
from core.formulas import escape_formula, is_formula


def write_paths(table: ExportTable, stream: BinaryIO, end: bytes = b"\n") -> int:
    """Write paths, bytes as on disk, each followed by ``end``. Returns their number."""
    written = 0
    for values in table.chunks:
        stream.writelines(path + end for path in values[PATH])
        written += len(values[PATH])
    return written


def write_csv(table: ExportTable, stream: BinaryIO) -> int:
    """Write CSV (RFC 4180) in UTF-8, with headings. Returns the number of pictures.

    Several tags or choices are in one cell, separated by commas; if one contains a comma or a quote, they are quoted
    as in CSV. Bytes of a path that are not UTF-8 are written as ``\\xNN``: such a picture is identified by its
    key.
    Cells that a spreadsheet would read as formulas are guarded (:func:`core.formulas.escape_formula`) or quoted.
    """
    text = io.TextIOWrapper(stream, "utf-8", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow([column.name for column in table.columns])
        written = 0
        for values in table.chunks:
            cells = [text_cells(column, values[column]) for column in table.columns]
            for number, column in enumerate(table.columns):
                if column.kind is ColumnKind.TEXT:
                    cells[number] = [escape_formula(cell) for cell in cells[number]]
            writer.writerows(zip(*cells, strict=True))
            written += len(cells[0])
        return written
    finally:
        text.detach()  # flushed; the stream is the caller's


def write_json_lines(table: ExportTable, stream: BinaryIO) -> int:
    """Write one JSON object a line; user-defined properties are in its ``properties``. Returns the number of pictures.

    Fields without a value are left out. Path bytes that are not UTF-8 are lone surrogates, as with ``--json``.
    """
    written = 0
    for values in table.chunks:
        columns = [(column, values[column]) for column in table.columns]
        for place in range(len(values[PATH])):
            picture: dict[str, Any] = {}
            properties: dict[str, Any] = {}
            for column, column_values in columns:
                value = column_values[place]
                if value is not None and column.property is not None:
                    properties[column.property.name] = value
                elif value is not None:
                    picture[column.name] = os.fsdecode(value) if column.kind is ColumnKind.PATH else value
            picture["properties"] = properties
            stream.write(json.dumps(picture).encode() + b"\n")
            written += 1
    return written


def path_text(path: bytes) -> str:
    """A path as text, bytes that are not UTF-8 as ``\\xNN``."""
    return path.decode("utf-8", "backslashreplace")


def join_names(names: Sequence[str]) -> str:
    """Join names in one cell; the inverse of :func:`split_names`."""
    odd = any(character in name for name in names for character in ',"\r\n') or not all(names)
    if not odd and not (names and is_formula(names[0])):
        return ", ".join(names)
    line = io.StringIO()
    csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL).writerow(names)
    return line.getvalue()


def split_names(cell: str) -> list[str]:
    """Split a cell into names.

    Raises:
        csv.Error: a quote is not closed.
    """
    if '"' not in cell:
        return [name for part in cell.split(",") if (name := part.strip())]
    names = next(csv.reader([cell], skipinitialspace=True, strict=True), [])
    return [name for part in names if (name := part.strip())]


def text_cells(column: ExportColumn, values: list[Any]) -> list[str]:
    """The values of a column as CSV cells; empty for None."""
    write = _WRITERS[column.kind]
    return ["" if value is None else write(value) for value in values]


_WRITERS: dict[ColumnKind, Callable[[Any], str]] = {
    ColumnKind.PATH: path_text,
    ColumnKind.TEXT: str,
    ColumnKind.WHOLE: str,
    ColumnKind.NUMBER: number_text,
    ColumnKind.CHECKBOX: lambda value: "yes" if value else "no",
    ColumnKind.TEXTS: join_names,
}
