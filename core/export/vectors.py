"""Export of vectors: ``.npy`` with CSV, Parquet, and the two TSV files of the Embedding Projector."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from core.export.columns import KEY as KEY_COLUMN
from core.export.columns import PATH, TAGS, ExportColumn
from core.export.parquet import METADATA, arrow, parquet
from core.export.table import ExportTable, Values
from core.export.text_tables import path_text, text_cells
from core.keys import KEY
from core.text import printable
from core.vectors.snapshot import Snapshot

Rows = npt.NDArray[np.float32]


class VectorTable:
    """The pictures of a table that have a vector.

    Args:
        table: of pictures.
        snapshot: of the vectors.
    """

    def __init__(self, table: ExportTable, snapshot: Snapshot) -> None:
        self.table = table
        self.snapshot = snapshot
        live = np.flatnonzero(snapshot.live)
        order = np.argsort(snapshot.keys[live], kind="stable")
        self._rows = live[order]
        self._keys = snapshot.keys[self._rows]

    def chunks(self) -> Iterator[tuple[Values, Rows]]:
        """Chunks of pictures with their vectors: shape (n, dim), float32."""
        for values in self.table.chunks:
            numbers = self._numbers([bytes.fromhex(key) for key in values[KEY_COLUMN]])
            there = np.flatnonzero(numbers >= 0)
            kept = {
                column: [column_values[place] for place in there.tolist()] for column, column_values in values.items()
            }
            yield kept, np.asarray(self.snapshot.rows[numbers[there]])

    def _numbers(self, keys: list[bytes]) -> npt.NDArray[np.int64]:
        """The row number of each key; -1 if there is none."""
        if not len(self._keys):
            return np.full(len(keys), -1, np.int64)
        wanted = np.array(keys, KEY)
        place = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.where(self._keys[place] == wanted, self._rows[place], -1)


def write_npy(vectors: VectorTable, rows: BinaryIO, table: BinaryIO) -> int:
    """Write the vectors as ``.npy``, shape (n, dim), float32, and path, key and tags of each as CSV. Returns n."""
    dim = vectors.snapshot.manifest.dim
    start = rows.tell()
    rows.write(_header(0, dim))
    text = io.TextIOWrapper(table, "utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in _DESCRIBED])
    written = 0
    for values, chunk in vectors.chunks():
        rows.write(np.ascontiguousarray(chunk).tobytes())
        writer.writerows(zip(*(text_cells(column, values[column]) for column in _DESCRIBED), strict=True))
        written += len(chunk)
    text.detach()
    rows.seek(start)
    rows.write(_header(written, dim))
    return written


def write_vectors_parquet(vectors: VectorTable, stream: BinaryIO) -> int:
    """Write a Parquet file with ``path``, ``key`` and ``vector``, a list of fixed size. Returns the number of rows.

    Raises:
        PictoscopeError: pyarrow is not installed.
    """
    pa, pq = arrow(), parquet()
    manifest = vectors.snapshot.manifest
    kind = pa.list_(pa.float32(), manifest.dim)
    schema = pa.schema(
        [("path", pa.string()), ("key", pa.string()), ("vector", kind)],
        {METADATA: json.dumps({"vec_type": manifest.vec_type.name}).encode()},
    )
    written = 0
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for values, chunk in vectors.chunks():
            flat = pa.array(np.ascontiguousarray(chunk).reshape(-1))
            arrays = [
                pa.array(map(path_text, values[PATH]), pa.string()),
                pa.array(values[KEY_COLUMN], pa.string()),
                pa.FixedSizeListArray.from_arrays(flat, manifest.dim),
            ]
            writer.write_batch(pa.record_batch(arrays, schema))
            written += len(chunk)
    return written


def write_projector(vectors: VectorTable, rows: BinaryIO, metadata: BinaryIO) -> int:
    """Write vectors and metadata for https://projector.tensorflow.org. Returns the number of rows.

    It supports no quotes: tabs and line ends in names are written as ``\\t`` and ``\\n``. Nine digits give float32 back
    exactly, and the key the picture, so that the files can be imported again.
    """
    columns = vectors.table.columns
    metadata.write(_line(column.name for column in columns))
    written = 0
    for values, chunk in vectors.chunks():
        np.savetxt(rows, chunk, fmt="%.9g", delimiter="\t")
        cells = [text_cells(column, values[column]) for column in columns]
        metadata.writelines(_line(row) for row in zip(*cells, strict=True))
        written += len(chunk)
    return written


_DESCRIBED: tuple[ExportColumn, ...] = (PATH, KEY_COLUMN, TAGS)
_HEADER_BYTES = 128


def _header(rows: int, dim: int) -> bytes:
    """The header of a ``.npy`` file, of constant length: it is rewritten when the number of rows is known.

    https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.
    """
    described = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}"
    return (
        b"\x93NUMPY\x01\x00"
        + (_HEADER_BYTES - 10).to_bytes(2, "little")
        + described.ljust(_HEADER_BYTES - 11).encode()
        + b"\n"
    )


def _line(cells: Any) -> bytes:
    return ("\t".join(printable(cell) for cell in cells) + "\n").encode()
