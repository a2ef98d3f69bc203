"""The coordinates of a map as CSV and Parquet: key, path, x, y and what each picture is coloured by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from core.export.parquet import arrow, parquet
from core.export.table import escape_surrogates
from core.export.text_tables import path_text
from core.formulas import escape_formula
from core.key_arrays import whole_keys
from core.maps.colouring import Colouring
from core.maps.layout import Layout

COLUMNS = ("key", "path", "x", "y", "colour")
_AT_ONCE = 20_000  # rows of a row group


def write_csv(layout: Layout, colouring: Colouring, paths: Sequence[bytes], stream: BinaryIO) -> None:
    """Write CSV (RFC 4180) in UTF-8 with headings; cells that a spreadsheet would read as formulas get an apostrophe.

    Args:
        layout: the pictures and their places.
        colouring: their colours.
        paths: of each picture, absolute, bytes as on disk; those that are not UTF-8 are written as ``\\xNN``.
        stream: receives the file.
    """
    text = io.TextIOWrapper(stream, "utf-8", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for key, path, x, y, value in _rows(layout, colouring, paths):
            writer.writerow((key, path, repr(x), repr(y), escape_formula(value)))
    finally:
        text.detach()  # flushed; the stream is the caller's


def write_parquet(layout: Layout, colouring: Colouring, paths: Sequence[bytes], stream: BinaryIO) -> None:
    """Write Parquet; the arguments are those of :func:`write_csv`.

    Raises:
        PictoscopeError: pyarrow is not installed.
    """
    pa, pq = arrow(), parquet()
    keys, path, x, y, values = zip(*_rows(layout, colouring, paths), strict=True) if len(layout.keys) else ((),) * 5
    kinds = (pa.string(), pa.string(), pa.float32(), pa.float32(), pa.string())
    arrays = [pa.array(column, kind) for column, kind in zip((keys, path, x, y, values), kinds, strict=True)]
    table = pa.table(arrays, names=list(COLUMNS))
    pq.write_table(table, stream, compression="zstd", row_group_size=_AT_ONCE)


def _rows(layout: Layout, colouring: Colouring, paths: Sequence[bytes]) -> Iterator[tuple[str, str, float, float, str]]:
    points = layout.points.tolist()
    for key, path, (x, y), value in zip(whole_keys(layout.keys), paths, points, colouring.values, strict=True):
        yield key.hex(), path_text(path), x, y, escape_surrogates(value)
