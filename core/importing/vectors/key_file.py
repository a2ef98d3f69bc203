"""The file that says which picture each row belongs to: a table with a column path or key, or a line for each row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import UsageError
from core.export.columns import KEY, PATH
from core.importing.formats import check_file, open_table
from core.importing.options import Options
from core.importing.tables import MOST_COLUMNS, BadLine, Cell, OpenTable
from core.importing.text_file import encoding_of, lines, opened
from core.importing.vectors.block import Reference
from core.names import short_name
from core.text import printable

_KEY = re.compile(r"[0-9a-fA-F]{40}")
_TABLES = (".jsonl", ".ndjson", ".parquet")
_TEXT_TABLES = (".csv", ".tsv")
_BETWEEN = re.compile(r"[,;\t]")


def reference(text: str) -> Reference:
    """What a text alone says: a key if it looks like one, and always a path."""
    return (text if _KEY.fullmatch(text) else "", text)


def references(path: Path, *, projector: bool = False) -> Iterator[Reference]:
    """What each line says of its picture.

    Args:
        path: of a table (CSV, JSON lines, Parquet) with a column path or key, or of a text with one of these a line.
        projector: metadata of an Embedding Projector: tabs without quotes, headings over several columns.

    Raises:
        UsageError: it is not such a file, or a line of it cannot be read. PictoscopeError: Parquet without pyarrow.
        OSError: it cannot be read.
    """
    check_file(path)
    if path.suffix.lower() in _TABLES:
        return _of_table(path)
    with opened(path, encoding_of(path, ""), "\n") as text:
        first = next(lines(text, path), "")
    if projector and "\t" in first:
        return _of_metadata(path)
    cells = {cell.strip().strip('"').lower() for cell in _BETWEEN.split(first)}
    is_table = len(cells) > 1 and path.suffix.lower() in _TEXT_TABLES  # elsewhere a comma may be part of a name
    return _of_table(path) if is_table or cells & {PATH.name, KEY.name} else _of_text(path)


def _of_table(path: Path) -> Iterator[Reference]:
    with open_table(path, Options()) as table:
        for batch in table.batches(_wanted(table)):
            key, place = _columns(path, table.headings)
            for line in batch:
                if isinstance(line, BadLine):
                    raise UsageError(f"{printable(path)}, line {line.number:,}: {line.reason}", "each line is one row")
                yield _cell(line.cells, key).strip(), _cell(line.cells, place)


def _wanted(table: OpenTable) -> Sequence[int]:
    """The columns to read: those of JSON lines are not known yet."""
    known = table.headings
    found = [number for number, name in enumerate(known) if name.strip().lower() in (PATH.name, KEY.name)]
    return found if known else range(MOST_COLUMNS)


def _columns(path: Path, headings: Sequence[str]) -> tuple[int, int]:
    """The columns of keys and paths; -1 for one that is not there.

    Raises:
        UsageError: there is neither.
    """
    names = [heading.strip().lower() for heading in headings]
    key, place = (names.index(name) if name in names else -1 for name in (KEY.name, PATH.name))
    if key < 0 and place < 0:
        listed = ", ".join(short_name(heading) for heading in headings[:8])
        raise UsageError(
            f"{printable(path)} has no column path or key, but {listed or 'nothing'}",
            "call the column that names the pictures path or key",
        )
    return key, place


def _cell(cells: Sequence[Cell], number: int) -> str:
    cell = cells[number] if 0 <= number < len(cells) else ""
    return str(cell) if isinstance(cell, str) else ""


def _of_metadata(path: Path) -> Iterator[Reference]:
    with opened(path, encoding_of(path, ""), "\n") as text:
        rows = (line.rstrip("\r\n").split("\t") for line in lines(text, path))
        key, place = _columns(path, next(rows))
        for row in rows:
            yield _cell(row, key).strip(), _cell(row, place)


def _of_text(path: Path) -> Iterator[Reference]:
    with opened(path, encoding_of(path, ""), "\n") as text:
        for line in lines(text, path):
            yield reference(line.rstrip("\r\n"))
