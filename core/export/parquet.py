"""Tables and vectors as Parquet, through pyarrow: an extra of the distribution, ``pictoscope[parquet]``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, BinaryIO

from core.errors import PictoscopeError
from core.export.columns import Column, Kind
from core.export.table import Table, Values
from core.export.text_tables import path_text

if TYPE_CHECKING:
    import pyarrow as pa

# Under this name the schema holds what property each column is, as JSON: {"NAME": {"type": …, "choices": […]}}.
METADATA = b"pictoscope"


def write_parquet(table: Table, stream: BinaryIO) -> int:
    """A Parquet file, a row group for each chunk. Returns how many pictures.

    Keys are hexadecimal text, tags and choices lists of text. Bytes of a path that are not UTF-8 are written as
    ``\\xNN``: such a picture is found again by its key.

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
        [pa.field(column.name, _type(pa, column.kind)) for column in table.columns],
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
    """pyarrow.

    Raises:
        PictoscopeError: it is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise PictoscopeError("Parquet needs pyarrow", "install it: pip install 'pictoscope[parquet]'") from error
    return pyarrow


def parquet() -> Any:
    """The part of pyarrow that reads and writes Parquet.

    Raises:
        PictoscopeError: it is not installed.
    """
    arrow()
    import pyarrow.parquet

    return pyarrow.parquet


def _arrays(pa: Any, columns: Iterable[Column], values: Values) -> list[pa.Array]:
    return [
        pa.array(map(path_text, values[column]) if column.kind is Kind.PATH else values[column], _type(pa, column.kind))
        for column in columns
    ]


def _type(pa: Any, kind: Kind) -> pa.DataType:
    return {
        Kind.PATH: pa.string(),
        Kind.TEXT: pa.string(),
        Kind.WHOLE: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.CHECKBOX: pa.bool_(),
        Kind.TEXTS: pa.list_(pa.string()),
    }[kind]
