"""Parquet, with pyarrow. Files written by export contain the definitions of their properties."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.catalog.property_types import PropertyType
from core.errors import UsageError
from core.export.parquet import METADATA, arrow, parquet
from core.importing.options import Definition, Options
from core.importing.tables import BATCH_CELLS, BATCH_LINES, BadLine, Cell, Line, OpenTable, as_cell
from core.text import printable


class ParquetTable:
    """A CSV file; see :class:`core.importing.tables.OpenTable`."""

    description = "Parquet"
    guarded = False

    def __init__(self, path: Path, file: Any) -> None:
        self._path = path
        self._file = file
        schema = file.schema_arrow
        self.headings: list[str] = list(schema.names)
        self.definitions: Mapping[str, Definition] = _definitions((schema.metadata or {}).get(METADATA, b"{}"))

    def batches(self, wanted: Collection[int]) -> Iterator[list[Line | BadLine]]:
        """A CSV file; see :class:`core.importing.tables.OpenTable`."""
        names = [heading if number in wanted else "" for number, heading in enumerate(self.headings)]
        size = max(1, min(BATCH_LINES, BATCH_CELLS // max(1, len(names))))
        number = 1
        with readable(self._path):
            for batch in self._file.iter_batches(size, columns=[name for name in names if name]):
                nothing: list[Cell] = [""] * batch.num_rows
                columns = [
                    [as_cell(one) for one in batch.column(name).to_pylist()] if name else nothing for name in names
                ]
                yield [Line(number + index, cells) for index, cells in enumerate(zip(*columns, strict=True))]
                number += batch.num_rows


@contextmanager
def open_parquet(path: Path, options: Options) -> Iterator[OpenTable]:
    """Open a Parquet file.

    Raises:
        PictoscopeError: pyarrow is not installed. UsageError: the file is not Parquet, or is damaged.
    """
    file_of = parquet().ParquetFile
    with readable(path):
        file = file_of(path)
    with file:
        yield ParquetTable(path, file)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say which file is meant where pyarrow cannot read it.

    Raises:
        UsageError: it cannot.
    """
    try:
        yield
    except (arrow().ArrowException, OSError, UnicodeDecodeError) as error:
        reason = (str(error).splitlines() or [""])[0][:200]
        raise UsageError(
            f"{printable(path)} is not Parquet, or is damaged ({printable(reason)})", "write it again"
        ) from error


def _definitions(metadata: bytes) -> dict[str, Definition]:
    """The property definitions written by export; empty if the metadata is missing or invalid."""
    try:
        declared = json.loads(metadata).get("properties", {})
        return {name: (PropertyType(one["type"]), tuple(map(str, one["choices"]))) for name, one in declared.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
