"""An open file of vectors, whatever its format: rows with what each says of its picture, a block at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.errors import UsageError
from core.models.backend import LARGEST_DIM
from core.text import count, printable

# A key (40 hexadecimal digits) and a path, as :meth:`core.importing.matching.Matcher.match` takes them.
Reference = tuple[str, str]
Numbers = npt.NDArray[Any]

_BLOCK_NUMBERS = 2_000_000  # 16 MB as float64
_BLOCK_ROWS = 4_096


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a file.

    Attributes:
        first: number of the first row, from 0.
        references: what each row says of its picture, n of them.
        rows: shape (n, dim), real numbers of any type, as they are in the file.
    """

    first: int
    references: Sequence[Reference]
    rows: Numbers


class VectorsFile(Protocol):
    """An open file of vectors.

    Attributes:
        description: its format, in words.
        dim: numbers per row.
        files: the file, and the one with its keys if there is one.
    """

    description: str
    dim: int
    files: tuple[Path, ...]

    def blocks(self) -> Iterator[Block]:
        """All rows, in order; can be called again.

        Raises:
            UsageError: the rest cannot be read, or there are not as many keys as rows.
        """
        ...


def block_rows(dim: int) -> int:
    """Rows that are read at once."""
    return max(1, min(_BLOCK_ROWS, _BLOCK_NUMBERS // dim))


def check_dim(path: Path, dim: int) -> None:
    """Refuse rows that no vec type can have.

    Raises:
        UsageError: ``dim`` is 0 or too large.
    """
    if not 1 <= dim <= LARGEST_DIM:
        raise UsageError(
            f"{printable(path)} has rows of {count(dim, 'number')}, not of 1 to {LARGEST_DIM:,}",
            "a row holds the vector of one picture",
        )


def check_shape(path: Path, shape: Sequence[int]) -> tuple[int, int]:
    """The number of rows and their length.

    Raises:
        UsageError: it is not a table of rows, or has none.
    """
    if len(shape) != 2:
        said = " x ".join(str(side) for side in shape) or "no"
        raise UsageError(
            f"{printable(path)} is an array of {said} numbers, not of rows", "give an array of shape (pictures, dim)"
        )
    if shape[0] < 1:
        raise no_rows(path)
    check_dim(path, shape[1])
    return shape[0], shape[1]


def no_rows(path: Path) -> UsageError:
    """The error for a file without rows."""
    return UsageError(f"{printable(path)} has no rows", "a row holds the vector of one picture")


def joined(path: Path, keys: Path, references: Iterable[Reference], parts: Iterable[Numbers]) -> Iterator[Block]:
    """Put rows and the lines of another file together.

    Args:
        path: of the rows.
        keys: of the references; the same path if the file itself has them.
        references: one a row, in order.
        parts: of the rows, in order.

    Raises:
        UsageError: there are not as many references as rows.
    """
    left = iter(references)
    first = 0
    for rows in parts:
        named = list(islice(left, len(rows)))
        if len(named) < len(rows):
            raise UsageError(
                f"{printable(keys)} names {count(first + len(named), 'picture')}, {printable(path)} has more rows",
                "each row needs a key or a path, in the same order",
            )
        yield Block(first, named, rows)
        first += len(rows)
    if not first:
        raise no_rows(path)
    more = sum(1 for _ in left)
    if more:
        raise UsageError(
            f"{printable(keys)} names {count(first + more, 'picture')}, {printable(path)} has {count(first, 'row')}",
            "each row needs a key or a path, in the same order",
        )


def refuse_kind(path: Path, kind: np.dtype[Any]) -> None:
    """Refuse what is not real numbers.

    Raises:
        UsageError: it is not.
    """
    if kind.hasobject:
        raise UsageError(
            f"{printable(path)} holds Python objects (a pickle, which may run code): it is never loaded",
            "save the rows as numbers: numpy.save(FILE, numpy.asarray(rows, 'float32'))",
        )
    if kind.kind not in "fiu" or kind.itemsize > 8:
        raise UsageError(f"{printable(path)} holds {kind}, not numbers", "save the rows as float32")
