"""What is committed in a store at one moment: its rows, their keys, and the pictures that could not be read."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Event

import numpy as np
import numpy.typing as npt

from core.key_arrays import SortedKeys
from core.keys import whole_key
from core.search.codes import Codes, nearest_through
from core.search.nearest import Nearest, Scores, best, cosines
from core.vectors.code_file import read_codes
from core.vectors.compact import map_rows
from core.vectors.journal import Journal, Status, last_of_each_key
from core.vectors.manifest import Manifest
from core.vectors.row_checks import can_be_computed_with

_DEAD_SHARE = 1 / 3  # share of dead rows above which compaction pays off
_CHECKED_AT_ONCE = 4096  # rows: some 10 MB
Rows = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Snapshot:
    """The committed state at one moment.

    Attributes:
        folder: of the vec type.
        manifest: describes the rows.
        rows: shape (count, dim), dtype float32, read-only, mapped from the file.
        keys: key of each row, shape (count,), dtype S20.
        live: whether each row is the current one for its key, shape (count,), bool.
        crcs: CRC-32 of each row's bytes from the journal, shape (count,), uint32.
        failed: keys whose last record says that the picture could not be read, dtype S20.
        missing: keys of live rows beyond the end of the file, dtype S20: another program truncated it.
    """

    folder: Path
    manifest: Manifest
    rows: Rows
    keys: npt.NDArray[np.bytes_]
    live: npt.NDArray[np.bool_]
    crcs: npt.NDArray[np.uint32]
    failed: npt.NDArray[np.bytes_]
    missing: npt.NDArray[np.bytes_]

    @property
    def worth_compacting(self) -> bool:
        """Whether more than a third of the rows are dead."""
        return int(np.count_nonzero(~self.live)) > _DEAD_SHARE * len(self.live)

    @property
    def done(self) -> npt.NDArray[np.bytes_]:
        """Keys of the live rows, in the order of the rows."""
        return self.keys[self.live]

    def row_of(self, key: bytes) -> int | None:
        """Number of the row of a picture, or None."""
        numbers = np.flatnonzero((self.keys == np.bytes_(key)) & self.live)
        return int(numbers[-1]) if numbers.size else None

    def has_failed(self, key: bytes) -> bool:
        """Whether a picture could not be read."""
        return key in self._sorted_failed

    @cached_property
    def codes(self) -> Codes | None:
        """The codes of the first rows; None if there are none.

        Raises:
            UnsafeFile: their file is no regular file of the project.
        """
        return read_codes(self.folder, self.manifest, self.crcs)

    def nearest(self, query: Rows, k: int, allowed: npt.NDArray[np.bool_]) -> tuple[Nearest, Scores]:
        """The ``k`` rows with the largest product with a query, exactly, and the scores of all rows.

        Args:
            query: shape (dim,), float32.
            k: how many.
            allowed: mask of the rows to consider, shape (n,).

        Returns:
            The nearest, and the scores of all rows, shape (n,), float32; see
            :func:`core.search.codes.nearest_through` for how near they are where there are codes.
        """
        if self.codes is not None:
            return nearest_through(self.codes, self.rows, query, k, allowed)
        scores = cosines(self.rows, query)
        return best(scores, k, allowed), scores

    @cached_property
    def _sorted_failed(self) -> SortedKeys:
        return SortedKeys(self.failed)


def read_snapshot(folder: Path, manifest: Manifest, journal: Journal) -> Snapshot:
    records = journal.records
    is_row = records["status"] == Status.DONE
    count = int(np.count_nonzero(is_row))
    path = folder / manifest.rows_name
    # A writer repairs a short file at its next open; until then the remaining rows are served.
    rows = map_rows(path, manifest, at_most=count)
    shown = len(rows)
    last = last_of_each_key(records["key"])
    keys, live = records["key"][is_row], last[is_row]
    return Snapshot(
        folder=folder,
        manifest=manifest,
        rows=rows,
        keys=keys[:shown],
        live=live[:shown],
        crcs=records["row_crc"][is_row][:shown],
        failed=records["key"][last & (records["status"] == Status.FAILED)],
        missing=keys[shown:][live[shown:]],
    )


def bad_rows(
    snapshot: Snapshot, start: int, progress: Progress = lambda done, total: None, stop: Event | None = None
) -> list[bytes]:
    """Keys of the live rows from ``start`` on whose bytes do not match the journal, or that no model computes."""
    bad, total = [], len(snapshot.rows)
    for first in range(start, total, _CHECKED_AT_ONCE):
        if stop and stop.is_set():
            break
        last = min(total, first + _CHECKED_AT_ONCE)
        usable = can_be_computed_with(snapshot.rows[first:last])
        bad += [
            whole_key(snapshot.keys[number])
            for number in range(first, last)
            if snapshot.live[number]
            and not (usable[number - first] and zlib.crc32(snapshot.rows[number]) == snapshot.crcs[number])
        ]
        progress(last, total)
    return bad


def count_unusable(snapshot: Snapshot, start: int) -> int:
    """How many live rows from ``start`` on no model computes: numbers that are not finite, or far too large."""
    found = 0
    for first in range(start, len(snapshot.rows), _CHECKED_AT_ONCE):
        chosen = slice(first, first + _CHECKED_AT_ONCE)
        found += int(np.count_nonzero(~can_be_computed_with(snapshot.rows[chosen]) & snapshot.live[chosen]))
    return found
