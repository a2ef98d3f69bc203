"""The rows of a part, read as those of a stranger: nothing is taken that was not checked."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.errors import ModelChanged, StoreDamaged
from core.key_arrays import Keys
from core.project_files import DEEP, open_stream
from core.shards.part import Part
from core.shards.shard import shard_numbers
from core.text import count, printable
from core.vectors import store
from core.vectors.failures import Failure, read_failures
from core.vectors.manifest import Manifest
from core.vectors.row_checks import finite_and_unit
from core.vectors.snapshot import Snapshot
from core.vectors.vec_type import VecType

_BLOCK_BYTES = 16 << 20


@dataclass(frozen=True)
class RowBlock:
    """Rows in the order of the file.

    Attributes:
        numbers: of the rows, shape (n,).
        rows: shape (n, dim), float32.
    """

    numbers: npt.NDArray[np.int64]
    rows: Rows


@dataclass(frozen=True)
class PartVectors:
    """A vec type of a part.

    Attributes:
        part: the part.
        folder: of the store.
        snapshot: what was committed when it was opened. Its rows are not used: they are mapped, and a file that shrinks
            on another machine would end the process.
    """

    part: Part
    folder: Path
    snapshot: Snapshot

    @classmethod
    def open(cls, part: Part, vec_type: VecType) -> PartVectors:
        """Open a vec type of a part and look at its journal.

        Raises:
            StoreDamaged, UnsafeFile: it is not what a part holds, or holds rows of other shards.
        """
        folder = part.vectors_folder / vec_type.name
        snapshot = store.Reader(folder).snapshot()
        if snapshot.manifest.vec_type != vec_type:
            raise _damaged(part, f"the folder {vec_type} holds {printable(snapshot.manifest.vec_type.name)}")
        if len(snapshot.missing):
            raise _damaged(part, f"{vec_type} lacks the ends of {count(len(snapshot.missing), 'row')}")
        for keys in (snapshot.done, snapshot.failed):
            others = int(np.count_nonzero(shard_numbers(keys, part.shard.of) != part.shard.number))
            if others:
                raise _damaged(part, f"{count(others, 'picture')} of {vec_type} are not of shard {part.shard}")
        return cls(part, folder, snapshot)

    @property
    def manifest(self) -> Manifest:
        """What the rows of the part are."""
        return self.snapshot.manifest

    @property
    def keys(self) -> Keys:
        """The key of each row, live or not."""
        return self.snapshot.keys

    def failures(self) -> dict[bytes, Failure]:
        """The reasons of failures, by key.

        Raises:
            UnsafeFile, OSError: their file cannot be read.
        """
        return read_failures(self.folder) if len(self.snapshot.failed) else {}

    def check(self, progress: Callable[[int], None]) -> None:
        """Read every row that counts.

        Args:
            progress: is told how many more rows were read; may raise, which ends it.

        Raises:
            StoreDamaged: a row does not match its checksum, or is no row that a model computes. UnsafeFile: a file is
                no regular file.
        """
        self.failures()
        bad: dict[str, int] = {}
        for block in self._blocks(self.snapshot.live):
            for reason, found in self._problems(block).items():
                bad[reason] = bad.get(reason, 0) + found
            progress(len(block.rows))
        if bad:
            reasons = ", ".join(f"{count(found, 'row')} {reason}" for reason, found in bad.items())
            raise _damaged(self.part, f"{self.manifest.vec_type} has {reasons}")

    def blocks(self, wanted: npt.NDArray[np.bool_]) -> Iterator[RowBlock]:
        """The wanted rows, in blocks, checked once more: the file may have changed since :meth:`check`.

        Args:
            wanted: shape (rows,).

        Raises:
            StoreDamaged: a block has a bad row; it is not returned.
        """
        for block in self._blocks(wanted):
            if self._problems(block):
                raise _damaged(self.part, f"{self.manifest.vec_type} changed while it was read")
            yield block

    def _blocks(self, wanted: npt.NDArray[np.bool_]) -> Iterator[RowBlock]:
        size, dim = self.manifest.row_bytes, self.manifest.dim
        step = max(1, _BLOCK_BYTES // size)
        try:
            with open_stream(self.folder / self.manifest.rows_name, inside=DEEP) as stream:
                for start in range(0, len(wanted), step):
                    numbers = start + np.flatnonzero(wanted[start : start + step])
                    if not len(numbers):
                        continue
                    first, end = int(numbers[0]), int(numbers[-1]) + 1
                    content = os.pread(stream.fileno(), (end - first) * size, first * size)
                    if len(content) != (end - first) * size:
                        raise _damaged(self.part, f"{self.manifest.vec_type} lacks rows")
                    rows = np.frombuffer(content, self.manifest.dtype).reshape(-1, dim)
                    yield RowBlock(numbers, rows[numbers - first])
        except OSError as error:
            raise _damaged(
                self.part, f"the rows of {self.manifest.vec_type} cannot be read ({error.strerror})"
            ) from error

    def _problems(self, block: RowBlock) -> dict[str, int]:
        crcs = np.array([zlib.crc32(row) for row in block.rows], np.uint32)
        differs = crcs != self.snapshot.crcs[block.numbers]
        finite, is_unit = finite_and_unit(block.rows)
        problems = {
            "with a wrong checksum": int(np.count_nonzero(differs)),
            "with numbers that are not finite": int(np.count_nonzero(~finite & ~differs)),
            "of another length than 1": int(np.count_nonzero(finite & ~is_unit & ~differs)),
        }
        return {reason: number for reason, number in problems.items() if number}


def refuse_other_model(part: PartVectors, reference: Manifest) -> None:
    """Refuse rows that must not be mixed with those that ``reference`` describes.

    Raises:
        ModelChanged: another model, revision, weights, preprocessing, precision, size or way of reading.
    """
    if why := reference.refuses(part.manifest):
        raise ModelChanged(
            f"{printable(part.part.folder.name)} does not match: {why}",
            f"compute shard {part.part.shard} again in a new folder, with the model that the others were computed with",
        )


def _damaged(part: Part, why: str) -> StoreDamaged:
    return StoreDamaged(
        f"{printable(part.folder.name)} is damaged: {why}",
        "copy it again; or compute its shard again with the same command, which checks every row",
    )
