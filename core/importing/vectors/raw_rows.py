"""Rows that lie as plain numbers in a file (.npy, safetensors): read in blocks, never mapped.

A mapped file that another program shortens ends the process by a signal; a read that is too short can be said.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.errors import UsageError
from core.importing.vectors.block import Numbers, block_rows
from core.text import count, printable


@dataclass(frozen=True)
class RawRows:
    """Where the numbers are.

    Attributes:
        path: of the file, for errors.
        stream: open for reading.
        kind: type of a number; for bfloat16 that of its two bytes.
        count: rows.
        dim: numbers per row.
        offset: bytes before the first number.
        by_column: whether the first numbers of all rows come first (Fortran order).
        bfloat16: whether the numbers are the upper halves of float32.
    """

    path: Path
    stream: BinaryIO
    kind: np.dtype[Any]
    count: int
    dim: int
    offset: int
    by_column: bool = False
    bfloat16: bool = False

    def check_size(self) -> None:
        """Look whether the file is as long as it must be.

        Raises:
            UsageError: it is too short.
        """
        size = os.fstat(self.stream.fileno()).st_size
        if size < self.offset + self.count * self.dim * self.kind.itemsize:
            raise self._too_short()

    def blocks(self) -> Iterator[Numbers]:
        """The rows in order, shapes (n, dim).

        Raises:
            UsageError: the file became shorter.
        """
        step = block_rows(self.dim)
        for first in range(0, self.count, step):
            many = min(step, self.count - first)
            yield self._columns(first, many) if self.by_column else self._rows(first, many)

    def _rows(self, first: int, many: int) -> Numbers:
        return self._numbers(first * self.dim, many * self.dim).reshape(many, self.dim)

    def _columns(self, first: int, many: int) -> Numbers:
        return np.stack([self._numbers(column * self.count + first, many) for column in range(self.dim)], axis=1)

    def _numbers(self, first: int, many: int) -> Numbers:
        size, done = many * self.kind.itemsize, bytearray()
        while len(done) < size:
            place = self.offset + first * self.kind.itemsize + len(done)
            part = os.pread(self.stream.fileno(), size - len(done), place)
            if not part:
                raise self._too_short()
            done += part
        found = np.frombuffer(done, self.kind)
        return (found.astype("<u4") << 16).view("<f4") if self.bfloat16 else found

    def _too_short(self) -> UsageError:
        return UsageError(
            f"{printable(self.path)} ends before its last row: it should have {count(self.count, 'row')} of "
            f"{self.dim:,} numbers",
            "it was not written completely: write or copy it again",
        )
