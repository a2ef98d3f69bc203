"""``.npy``: rows as NumPy saves them, with their keys or paths in another file. A pickle inside is never loaded."""

from __future__ import annotations

import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from numpy.lib import format as npy

from core.errors import UsageError
from core.importing.vectors.block import Block, check_shape, joined, refuse_kind
from core.importing.vectors.key_file import references
from core.importing.vectors.raw_rows import RawRows
from core.text import printable

MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 10_000  # bytes; that of a table of numbers has some 120
_BESIDE = (".csv", ".tsv", ".txt", ".jsonl")


class NpyFile:
    """An ``.npy`` file; see :class:`core.importing.vectors.block.VectorsFile`.

    Args:
        path: of the rows.
        stream: open for reading.
        keys: the file with a key or path for each row; None: the file of the same name with another ending.

    Raises:
        UsageError: it is not a table of numbers, or there is no such file.
    """

    def __init__(self, path: Path, stream: BinaryIO, keys: Path | None) -> None:
        self._rows = _read_header(path, stream)
        self._keys = keys or _beside(path)
        self.dim = self._rows.dim
        self.files: tuple[Path, ...] = (path, self._keys)
        self.description = f"NumPy array, pictures named by {printable(self._keys.name)}"

    def blocks(self) -> Iterator[Block]:
        """See :class:`core.importing.vectors.block.VectorsFile`."""
        return joined(self.files[0], self._keys, references(self._keys), self._rows.blocks())


def _read_header(path: Path, stream: BinaryIO) -> RawRows:
    version: tuple[int, int] = (0, 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on headers of Python 2
            version = npy.read_magic(stream)
            read: Any = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
            if read is None:
                raise ValueError(f"version {version[0]}.{version[1]} is not for tables of numbers")
            shape, by_column, kind = read(stream, max_header_size=_LONGEST_HEADER)
    except (
        ValueError,
        TypeError,
        SyntaxError,
        OverflowError,
        RecursionError,
        MemoryError,
        tokenize.TokenError,
    ) as error:
        reason = (str(error).splitlines() or [""])[0][:100]
        raise UsageError(
            f"{printable(path)} is not .npy, or is damaged ({printable(reason)})", "save it with numpy.save"
        ) from None
    refuse_kind(path, kind)
    rows, dim = check_shape(path, shape)
    found = RawRows(path, stream, kind, rows, dim, stream.tell(), by_column)
    found.check_size()
    return found


def _beside(path: Path) -> Path:
    for ending in _BESIDE:
        if (there := path.with_suffix(ending)).is_file():
            return there
    raise UsageError(
        f"nothing says which pictures the rows of {printable(path.name)} belong to",
        f"give a file with a key or path for each row: --keys FILE, or beside it as {printable(path.stem)}.csv",
    )
