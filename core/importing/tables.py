"""What a table is once it is open, whatever its form: headings, and lines in batches of bounded size."""

from __future__ import annotations

import datetime
import decimal
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from core.catalog.filter import number_text
from core.errors import UsageError
from core.importing.options import Definition, Options
from core.text import printable

Form = Literal["csv", "jsonl", "parquet"]
# A batch ends with whichever of these is reached first.
BATCH_LINES, BATCH_CELLS, BATCH_CHARACTERS = 20_000, 1_000_000, 16_000_000
MOST_COLUMNS = 2_000
_BY_ENDING: dict[str, Form] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell that holds neither text nor a list of texts."""

    text: str


# Empty text where there is no value; several names as a tuple where the form has lists.
Cell = str | tuple[str, ...] | Unusable


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or what the form has instead.

    Attributes:
        number: of its first line in the file, from 1; of a row in Parquet.
        cells: in the order of the headings.
    """

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be read; the next one can."""

    number: int
    reason: str


class Table(Protocol):
    """An open table."""

    @property
    def headings(self) -> Sequence[str]:
        """Of all columns that are known until now: those of JSON lines come with the lines."""
        ...

    @property
    def description(self) -> str:
        """Its form, in words."""
        ...

    @property
    def guarded(self) -> bool:
        """Whether texts stand as :func:`core.export.text_tables.guarded` writes them."""
        ...

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """What the file says of its properties, by name."""
        ...

    def batches(self, wanted: Collection[int]) -> Iterator[list[Line | BadLine]]:
        """Its lines; can be read once. Cells of columns that are not wanted may be empty.

        Raises:
            UsageError: the rest of the file cannot be read; the message says where.
        """
        ...


def open_table(path: Path, options: Options) -> AbstractContextManager[Table]:
    """Open a file, whose form is found by its ending, else by its beginning.

    Raises:
        UsageError: it is not there, no file, empty, or no such table. PictoscopeError: Parquet without pyarrow.
        OSError: what the file system refuses.
    """
    from core.importing.csv_table import open_csv
    from core.importing.json_lines import open_json_lines
    from core.importing.parquet_table import open_parquet

    _check(path)
    form = _BY_ENDING.get(path.suffix.lower()) or _by_beginning(path)
    return {"csv": open_csv, "jsonl": open_json_lines, "parquet": open_parquet}[form](path, options)


def _check(path: Path) -> None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"there is no file {printable(path)}", "check the spelling") from None
    except ValueError:  # a NUL in its name
        raise UsageError(f"{printable(path)} is no file's name", "check the spelling") from None
    if stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{printable(path)} is a folder", "give the table itself: CSV, JSON lines or Parquet")
    if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
        raise UsageError(f"{printable(path)} is no ordinary file", "write what it holds into a file first")
    if not found.st_size:
        raise UsageError(f"{printable(path)} is empty", "a table begins with its headings")


def _by_beginning(path: Path) -> Form:
    with path.open("rb") as stream:
        beginning = stream.read(1_000)
    if beginning.startswith(b"PAR1"):
        return "parquet"
    return "jsonl" if beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "csv"


def in_batches(lines: Iterable[tuple[Line | BadLine, int]]) -> Iterator[list[Line | BadLine]]:
    """Lines, each with its length in characters, in batches."""
    batch: list[Line | BadLine] = []
    cells = characters = 0
    for line, length in lines:
        batch.append(line)
        cells += len(line.cells) if isinstance(line, Line) else 1
        characters += length
        if len(batch) >= BATCH_LINES or cells >= BATCH_CELLS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, cells, characters = [], 0, 0
    if batch:
        yield batch


def as_cell(value: Any) -> Cell:
    """A value of JSON or Parquet as a cell: numbers exactly, a day as ``1931-02-28``, yes and no."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case int() | float() | decimal.Decimal():
            try:
                return number_text(float(value))
            except OverflowError:
                return Unusable(str(value)[:100])
        case datetime.datetime():
            return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
        case datetime.date():
            return value.isoformat()
        case list() | tuple() if all(isinstance(one, str) for one in value):
            return tuple(value)
        case bytes():
            return os.fsdecode(value)
        case _:
            return Unusable(repr(value)[:100])
