"""An open table of any format: headings, and lines in batches of bounded size."""

from __future__ import annotations

import datetime
import decimal
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from core.fields import number_text
from core.importing.options import Definition

# A batch ends with whichever of these is reached first.
BATCH_LINES, BATCH_CELLS, BATCH_CHARACTERS = 20_000, 1_000_000, 16_000_000
MOST_COLUMNS = 2_000
_TRUTH = {"true": "yes", "false": "no"}
_MOST_DIGITS = 400  # of a decimal: more than any double has


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell that contains neither text nor a list of texts."""

    text: str


class Figure(str):
    """A value that is a number in the file: written with a decimal point, whatever the notation of its texts.

    Or ``true`` and ``false``, where these are values of their own.
    """

    __slots__ = ()

    @property
    def shortest(self) -> str:
        """The value as a property of its type would write it: ``12.5`` for ``12.50``, ``yes`` for ``true``."""
        if self in _TRUTH:
            return _TRUTH[self]
        if self.lstrip("-").isdecimal():
            return self
        try:
            written = _decimal_cell(decimal.Decimal(self))
        except decimal.InvalidOperation:  # an exponent out of range
            return self
        return written if isinstance(written, str) else self


# Empty text for no value; a tuple for several names if the format has lists.
Cell = str | tuple[str, ...] | Unusable


class Line(NamedTuple):  # a dataclass that cannot change takes several times as long to make
    """A line, or a row of Parquet.

    Attributes:
        number: of its first line in the file, from 1; of the row in Parquet.
        cells: in the order of the headings.
    """

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be read; the next one can."""

    number: int
    reason: str


class OpenTable(Protocol):
    """An open table."""

    @property
    def headings(self) -> Sequence[str]:
        """The headings of all columns known so far: those of JSON lines are found while reading."""
        ...

    @property
    def description(self) -> str:
        """Its format, in words."""
        ...

    @property
    def guarded(self) -> bool:
        """Whether texts are written by :func:`core.formulas.escape_formula`."""
        ...

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """The property definitions in the file, by name."""
        ...

    def batches(self, wanted: Collection[int]) -> Iterator[list[Line | BadLine]]:
        """Its lines in batches; can be read once. Cells of columns that are not in ``wanted`` may be empty.

        Raises:
            UsageError: the rest of the file cannot be read; the message gives the line.
        """
        ...


def in_batches(lines: Iterable[tuple[Line | BadLine, int]]) -> Iterator[list[Line | BadLine]]:
    """Split lines, each given with its length in characters, into batches."""
    batch: list[Line | BadLine] = []
    widest = characters = 0
    for line, length in lines:
        wide = len(line.cells) if isinstance(line, Line) else 1
        # Column by column all lines take as much as the widest: after thousands a line may have a thousand new columns.
        if batch and max(widest, wide) * (len(batch) + 1) > BATCH_CELLS:
            yield batch
            batch, widest, characters = [], 0, 0
        batch.append(line)
        widest = max(widest, wide)
        characters += length
        if len(batch) >= BATCH_LINES or characters >= BATCH_CHARACTERS:
            yield batch
            batch, widest, characters = [], 0, 0
    if batch:
        yield batch


def as_cell(value: Any) -> Cell:
    """Convert a value from JSON or Parquet to a cell: numbers exactly, a day as ``1931-02-28``, a bool as yes or no."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return Figure(number_text(value))
        case decimal.Decimal():
            return _decimal_cell(value)
        case datetime.datetime():
            return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
        case datetime.date():
            return value.isoformat()
        case list() | tuple() if all(type(one) is str for one in value):
            return tuple(value)
        case bytes():
            return os.fsdecode(value)
        case _:
            return Unusable(repr(value)[:100])


def _decimal_cell(value: decimal.Decimal) -> Cell:
    """A decimal written like a double if it is exactly one, else with all its digits."""
    if not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
        return Unusable(str(value)[:100])
    as_double = number_text(float(value))
    return Figure(as_double if decimal.Decimal(as_double) == value else f"{value:f}")
