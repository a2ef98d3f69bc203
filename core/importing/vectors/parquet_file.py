"""Parquet with a column of vectors and a column path or key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import UsageError
from core.export.columns import KEY, PATH
from core.export.parquet import arrow, parquet
from core.importing.parquet_table import readable
from core.importing.tables import as_cell
from core.importing.vectors.block import Block, Numbers, Reference, block_rows, check_dim, joined, no_rows
from core.importing.vectors.key_file import references
from core.text import count, printable

_VECTORS = ("vector", "vectors", "embedding", "embeddings", "features")


class ParquetVectors:
    """A Parquet file; see :class:`core.importing.vectors.block.VectorsFile`.

    Args:
        path: of the file.
        stream: open for reading.
        keys: a file with a key or path for each row; None: the file has a column.

    Raises:
        PictoscopeError: pyarrow is not installed. UsageError: it is damaged, or has no column of vectors.
    """

    def __init__(self, path: Path, stream: BinaryIO, keys: Path | None) -> None:
        self._path, self._keys = path, keys
        file_of = parquet().ParquetFile
        with readable(path):
            self._file = file_of(stream)
            schema = self._file.schema_arrow
            rows = int(self._file.metadata.num_rows)
        self._vector = _vector_column(path, schema)
        self._named = {} if keys else _naming_columns(path, schema)
        if not rows:
            raise no_rows(path)
        self.dim = self._first_dim(schema.field(self._vector).type)
        check_dim(path, self.dim)
        self.files: tuple[Path, ...] = (path, keys) if keys else (path,)
        columns = " and ".join(self._named)
        named = printable(keys.name) if keys else f"its column{'s' if len(self._named) > 1 else ''} {columns}"
        self.description = f"Parquet, column {printable(self._vector)}, pictures named by {named}"

    def blocks(self) -> Iterator[Block]:
        """See :class:`core.importing.vectors.block.VectorsFile`."""
        if self._keys:
            yield from joined(self._path, self._keys, references(self._keys), (rows for _, rows in self._batches()))
            return
        first = 0
        for batch, rows in self._batches():
            keys, paths = (self._texts(batch, name) for name in (KEY.name, PATH.name))
            named: list[Reference] = [(key.strip(), path) for key, path in zip(keys, paths, strict=True)]
            yield Block(first, named, rows)
            first += len(rows)

    def _batches(self) -> Iterator[tuple[Any, Numbers]]:
        first = 0
        with readable(self._path):
            for batch in self._file.iter_batches(block_rows(self.dim), columns=[self._vector, *self._named.values()]):
                if batch.num_rows:
                    yield batch, self._numbers(batch.column(self._vector), first)
                first += batch.num_rows

    def _numbers(self, column: Any, first: int) -> Numbers:
        """The vectors of a batch, shape (n, dim)."""
        if not _is_fixed(column.type):
            lengths = column.value_lengths().to_numpy(zero_copy_only=False)
            wrong = [row for row, length in enumerate(lengths.tolist()) if length != self.dim]
            if wrong:
                found = lengths[wrong[0]]
                said = "no vector" if found != found else f"a vector of {count(int(found), 'number')}"
                raise UsageError(
                    f"{printable(self._path)}, row {first + wrong[0] + 1:,} has {said}, others have {self.dim:,}",
                    "all rows need vectors of one length",
                )
        elif column.null_count:
            row = first + column.is_null().to_numpy(zero_copy_only=False).argmax()
            raise UsageError(f"{printable(self._path)}, row {row + 1:,} has no vector", "leave that row out")
        # A missing number becomes NaN, which is refused with its row.
        numbers: Numbers = column.flatten().to_numpy(zero_copy_only=False)
        return numbers.reshape(-1, self.dim)

    def _texts(self, batch: Any, name: str) -> list[str]:
        if name not in self._named:
            return [""] * batch.num_rows
        cells = map(as_cell, batch.column(self._named[name]).to_pylist())
        return [str(cell) if isinstance(cell, str) else "" for cell in cells]

    def _first_dim(self, kind: Any) -> int:
        if _is_fixed(kind):
            return int(kind.list_size)
        with readable(self._path):
            first = next(self._file.iter_batches(1, columns=[self._vector]))
            lengths = first.column(self._vector).value_lengths().to_pylist()
        return int(lengths[0] or 0)


def _is_fixed(kind: Any) -> bool:
    return bool(arrow().types.is_fixed_size_list(kind))


def _is_vector(kind: Any) -> bool:
    types = arrow().types
    if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
        return False
    return bool(types.is_floating(kind.value_type) or types.is_integer(kind.value_type))


def _vector_column(path: Path, schema: Any) -> str:
    found = [str(field.name) for field in schema if _is_vector(field.type)]
    if len(found) > 1:
        found = [name for name in _VECTORS if name in found][:1] or found
    if len(found) == 1 and schema.names.count(found[0]) == 1:
        return found[0]
    listed = ", ".join(printable(str(name)) for name in (found or schema.names)[:8]) or "nothing"
    what = "several columns of vectors:" if found else "no column of vectors, but"
    raise UsageError(f"{printable(path)} has {what} {listed}", "call the column with lists of numbers vector")


def _naming_columns(path: Path, schema: Any) -> dict[str, str]:
    """The names of the columns key and path, as the file writes them."""
    found = {name.strip().lower(): name for name in schema.names if schema.names.count(name) == 1}
    named = {name: found[name] for name in (KEY.name, PATH.name) if name in found}
    if not named:
        raise UsageError(
            f"{printable(path)} has no column path or key", "add one, or give a file with one for each row: --keys FILE"
        )
    return named
