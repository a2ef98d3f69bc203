"""Compaction and salvage: the rows that count, written anew as the next generation of files.

The new files are made durable first; replacing the manifest, which names the generation, is the commit; the old files
are unlinked last. Who has mapped those goes on in them and finds the new ones at the next snapshot. What a crash leaves
of either generation is removed by the next writer. Callers hold the lock of the vec type.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import StoreError
from core.files import disk_error, sync_folder
from core.vectors import manifest as manifest_file
from core.vectors.journal import Records, Status, last_of_each_key, read_all_records, read_journal
from core.vectors.keys import whole_keys
from core.vectors.manifest import Manifest, missing_file

_CHUNK_BYTES = 16 << 20
# Rows that are compared to find where those after a damaged record lie; two CRC-32 agree by chance once in 4 billion.
_COMPARED = 16
_NOWHERE = -1

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Compaction:
    """What was carried over into the new generation.

    Attributes:
        rows: how many.
        dropped: keys that had a row which does not match its checksum or is missing: to be computed again.
        lost_records: bad records of a damaged journal; whatever they spoke of is computed again.
        before: bytes of rows and journal.
        after: as ``before``.
    """

    rows: int
    dropped: list[bytes]
    lost_records: int
    before: int
    after: int


def compact(folder: Path, manifest: Manifest) -> Compaction:
    """Rewrite a sound store without its dead rows and records.

    Raises:
        DiskFull, StoreError: it cannot be written; the old generation stays. JournalDamaged: see :func:`salvage`.
    """
    with _said_if_missing():
        records = read_journal(folder / manifest.journal_name).records
    return _rewrite(folder, manifest, records, _row_numbers(records), lost_records=0)


def salvage(folder: Path, manifest: Manifest) -> Compaction:
    """Rewrite a store with a damaged journal: every row whose record is good and whose checksum matches is kept.

    Raises:
        DiskFull, StoreError: it cannot be written; the old generation stays. StoreDamaged: rows or journal are gone.
    """
    with _said_if_missing():
        records, good = read_all_records(folder / manifest.journal_name)
    places = _find_rows(records, good, _map_rows(folder, manifest))
    committed = int(np.flatnonzero(good)[-1]) + 1 if good.any() else 0
    lost = committed - int(np.count_nonzero(good))
    return _rewrite(folder, manifest, records[good], places[good], lost_records=lost)


def remove_leftovers(folder: Path, manifest: Manifest) -> None:
    """Remove files of other generations and temporary manifests: what a crash in a compaction left.

    Raises:
        OSError: the folder cannot be written.
    """
    left = [path for path in manifest_file.generation_files(folder) if path.name not in _names(manifest)]
    left += folder.glob(f".{manifest_file.FILE_NAME}.*")
    if left:
        sync_folder(folder)  # the manifest that makes them leftovers is durable before they go
    for path in left:
        path.unlink(missing_ok=True)


def _rewrite(folder: Path, manifest: Manifest, records: Records, places: Numbers, lost_records: int) -> Compaction:
    """Write the next generation.

    Args:
        folder: of the vec type.
        manifest: of the generation that is there.
        records: good ones, shape (n,).
        places: number of each record's row in the old file, shape (n,); ``_NOWHERE`` where it has none.
        lost_records: for the report.
    """
    rows = _map_rows(folder, manifest)
    is_row = records["status"] == Status.DONE
    usable = ~is_row | _matches(rows, records["row_crc"], places)
    wanted = set(whole_keys(records["key"][last_of_each_key(records["key"]) & is_row]))
    records, places = records[usable], places[usable]
    kept = last_of_each_key(records["key"]) & (records["status"] != Status.VOID)
    records, places = records[kept], places[kept]
    numbers = places[records["status"] == Status.DONE]
    there = set(whole_keys(records["key"][records["status"] == Status.DONE]))
    following = replace(manifest, generation=manifest.generation + 1)
    before = _size(folder, manifest)
    try:
        step = max(1, _CHUNK_BYTES // manifest.row_bytes)
        chunks = (rows[numbers[start : start + step]].tobytes() for start in range(0, len(numbers), step))
        _write_durably(folder / following.rows_name, chunks)
        _write_durably(folder / following.journal_name, [records.tobytes()])
        sync_folder(folder)
        manifest_file.save(folder, following)
    except (OSError, StoreError) as error:
        _give_up(folder, manifest, following)
        if isinstance(error, StoreError):
            raise
        raise disk_error(error, folder) from error
    with contextlib.suppress(OSError):  # the next writer removes them
        remove_leftovers(folder, following)
    return Compaction(len(numbers), sorted(wanted - there), lost_records, before, _size(folder, following))


def _give_up(folder: Path, manifest: Manifest, following: Manifest) -> None:
    """Remove what was written, unless the manifest names it already (then only its durability is in doubt)."""
    with contextlib.suppress(OSError, StoreError):
        if manifest_file.load(folder).generation == manifest.generation:
            for name in _names(following):
                (folder / name).unlink(missing_ok=True)


def _row_numbers(records: Records) -> Numbers:
    """Of an undamaged journal: the n-th record with status *done* belongs to row n."""
    is_row = records["status"] == Status.DONE
    return np.where(is_row, np.cumsum(is_row) - 1, _NOWHERE)


def _find_rows(records: Records, good: npt.NDArray[np.bool_], rows: npt.NDArray[np.float32]) -> Numbers:
    """Where the rows of the good records lie, shape (n,).

    Whether a bad record had a row is not known, so those after it are looked for at each place that is possible, by
    their checksums.
    """
    places = np.full(len(records), _NOWHERE, np.int64)
    following, doubtful = 0, 0  # the row after the last one placed; how many rows may lie in between
    for start, end in _runs(good):
        if not good[start]:
            doubtful += end - start
            continue
        found = start + np.flatnonzero(records["status"][start:end] == Status.DONE)
        if not found.size:
            continue
        numbers = following + np.arange(found.size)
        crcs = records["row_crc"][found[:_COMPARED]]
        scores = [
            int(np.count_nonzero(_matches(rows, crcs, numbers[:_COMPARED] + skipped)))
            for skipped in range(doubtful, -1, -1)
        ]
        best = int(np.argmax(scores))
        if scores[best]:
            numbers += doubtful - best
            doubtful = 0
        places[found] = numbers
        following = int(numbers[-1]) + 1
    return places


def _runs(values: npt.NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """Start and end of each run of equal values."""
    edges = np.flatnonzero(values[1:] != values[:-1]) + 1
    return pairwise([0, *edges.tolist(), len(values)]) if len(values) else ()


def _matches(rows: npt.NDArray[np.float32], crcs: npt.NDArray[np.uint32], numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Whether the rows of these numbers are there and have these checksums."""
    there = (numbers >= 0) & (numbers < len(rows))
    return np.array(
        [
            bool(is_there) and zlib.crc32(rows[number]) == crc
            for is_there, number, crc in zip(there, numbers, crcs, strict=True)
        ],
        bool,
    )


def _map_rows(folder: Path, manifest: Manifest) -> npt.NDArray[np.float32]:
    path = folder / manifest.rows_name
    with _said_if_missing():
        count = path.stat().st_size // manifest.row_bytes
    if not count:
        return np.zeros((0, manifest.dim), np.float32)
    return np.memmap(path, manifest.dtype, "r", shape=(count, manifest.dim))


@contextlib.contextmanager
def _said_if_missing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise missing_file(error) from error


def _write_durably(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("wb") as stream:  # no manifest ever named it, so nobody has it mapped
        stream.writelines(chunks)
        stream.flush()
        os.fsync(stream.fileno())


def _names(manifest: Manifest) -> tuple[str, str]:
    return manifest.rows_name, manifest.journal_name


def _size(folder: Path, manifest: Manifest) -> int:
    return sum((folder / name).stat().st_size for name in _names(manifest))
