"""Tables and vectors as Parquet, with pyarrow: the extra ``pictoscope[parquet]``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, BinaryIO

from core.errors import PictoscopeError
from core.export.columns import ColumnKind, ExportColumn
from core.export.table import ExportTable, Values
from core.export.text_tables import path_text
from core.fields import number_text

if TYPE_CHECKING:
    import pyarrow as pa

# The key of the schema metadata with the property of each column, as JSON: {"NAME": {"type": …, "choices": […]}}.
METADATA = b"pictoscope"


def write_parquet(table: ExportTable, stream: BinaryIO) -> int:
    """Write a Parquet file with a row group for each chunk. Returns the number of pictures.

    Keys are hexadecimal text, tags and choices lists of text. Bytes of a path that are not UTF-8 are written as
    ``\\xNN``: such a picture is identified by its key.

    Raises:
        PictoscopeError: pyarrow is not installed.
    """
    pa, pq = arrow(), parquet()
    properties = {
        column.property.name: {"type": column.property.type.value, "choices": list(column.property.choices)}
        for column in table.columns
        if column.property
    }
    schema = pa.schema(
        [pa.field(column.name, _type(pa, column)) for column in table.columns],
        {METADATA: json.dumps({"properties": properties}).encode()},
    )
    written = 0
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for values in table.chunks:
            batch = pa.record_batch(_arrays(pa, table.columns, values), schema)
            writer.write_batch(batch)
            written += batch.num_rows
    return written


def arrow() -> Any:
    """Import pyarrow.

    Raises:
        PictoscopeError: it is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise PictoscopeError("Parquet needs pyarrow", "install it: pip install 'pictoscope[parquet]'") from error
    return pyarrow


def parquet() -> Any:
    """Import the part of pyarrow that reads and writes Parquet.

    Raises:
        PictoscopeError: it is not installed.
    """
    arrow()
    import pyarrow.parquet

    return pyarrow.parquet


def _arrays(pa: Any, columns: Iterable[ExportColumn], values: Values) -> list[pa.Array]:
    return [pa.array(_values(column, values[column]), _type(pa, column)) for column in columns]


def _values(column: ExportColumn, values: list[Any]) -> Iterable[Any]:
    if column.kind is ColumnKind.PATH:
        return map(path_text, values)
    if column.exact:
        return values
    return [None if value is None else number_text(value) for value in values]


def _type(pa: Any, column: ExportColumn) -> pa.DataType:
    if not column.exact:  # text keeps every digit, and the metadata contains the type
        return pa.string()
    return {
        ColumnKind.PATH: pa.string(),
        ColumnKind.TEXT: pa.string(),
        ColumnKind.WHOLE: pa.int64(),
        ColumnKind.NUMBER: pa.float64(),
        ColumnKind.CHECKBOX: pa.bool_(),
        ColumnKind.TEXTS: pa.list_(pa.string()),
    }[column.kind]
