"""Tables as text: paths, CSV (RFC 4180) and JSON lines."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from core.catalog.filter import number_text
from core.export.columns import FORMULA, PATH, Column, Kind
from core.export.table import Table


def write_paths(table: Table, stream: BinaryIO, end: bytes = b"\n") -> int:
    """Paths, bytes as on disk, each followed by ``end``. Returns how many."""
    written = 0
    for values in table.chunks:
        stream.writelines(path + end for path in values[PATH])
        written += len(values[PATH])
    return written


def write_csv(table: Table, stream: BinaryIO) -> int:
    """CSV as RFC 4180 has it, in UTF-8, with a heading. Returns how many pictures.

    Several tags or choices stand in one cell, parted by commas; where one holds a comma or a quote they are quoted
    there as in CSV. Bytes of a path that are not UTF-8 are written as ``\\xNN``: such a picture is found again by its
    key.
    No cell is a formula to a spreadsheet: see :func:`guarded`; the first of several names is quoted for it.
    """
    text = io.TextIOWrapper(stream, "utf-8", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow([column.name for column in table.columns])
        written = 0
        for values in table.chunks:
            cells = [text_cells(column, values[column]) for column in table.columns]
            for number, column in enumerate(table.columns):
                if column.kind is Kind.TEXT:
                    cells[number] = [guarded(cell) for cell in cells[number]]
            writer.writerows(zip(*cells, strict=True))
            written += len(cells[0])
        return written
    finally:
        text.detach()  # flushed; the stream is the caller's


def write_json_lines(table: Table, stream: BinaryIO) -> int:
    """One JSON object a line; what people wrote down is in its ``properties``. Returns how many pictures.

    What has no value is left out. Path bytes that are not UTF-8 are lone surrogates, as ``--json`` has them.
    """
    written = 0
    for values in table.chunks:
        columns = [(column, values[column]) for column in table.columns]
        for place in range(len(values[PATH])):
            picture: dict[str, Any] = {}
            properties: dict[str, Any] = {}
            for column, found in columns:
                value = found[place]
                if value is not None and column.property is not None:
                    properties[column.property.name] = value
                elif value is not None:
                    picture[column.name] = os.fsdecode(value) if column.kind is Kind.PATH else value
            picture["properties"] = properties
            stream.write(json.dumps(picture).encode() + b"\n")
            written += 1
    return written


def path_text(path: bytes) -> str:
    """A path as text, bytes that are not UTF-8 as ``\\xNN``."""
    return path.decode("utf-8", "backslashreplace")


def guarded(text: str) -> str:
    """``text`` with one more apostrophe before it where it is, behind those it has, a formula to a spreadsheet."""
    return "'" + text if _is_formula(text.lstrip("'")) else text


def unguarded(cell: str) -> str:
    """The text that :func:`guarded` was given."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell.lstrip("'")) else cell


def _is_formula(text: str) -> bool:
    return text.startswith(FORMULA)


def joined(names: Sequence[str]) -> str:
    """Several names in one cell; :func:`parted` takes them apart."""
    odd = any(character in name for name in names for character in ',"\r\n') or not all(names)
    if not odd and not (names and _is_formula(names[0])):
        return ", ".join(names)
    line = io.StringIO()
    csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL).writerow(names)
    return line.getvalue()


def parted(cell: str) -> list[str]:
    """The names in a cell.

    Raises:
        csv.Error: a quote is not closed.
    """
    if '"' not in cell:
        return [name for part in cell.split(",") if (name := part.strip())]
    names = next(csv.reader([cell], skipinitialspace=True, strict=True), [])
    return [name for part in names if (name := part.strip())]


def text_cells(column: Column, values: list[Any]) -> list[str]:
    """The values of a column as they stand in CSV; empty where there is none."""
    write = _WRITERS[column.kind]
    return ["" if value is None else write(value) for value in values]


_WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.PATH: path_text,
    Kind.TEXT: str,
    Kind.WHOLE: str,
    Kind.NUMBER: number_text,
    Kind.CHECKBOX: lambda value: "yes" if value else "no",
    Kind.TEXTS: joined,
}
