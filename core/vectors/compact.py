"""Compaction and salvage: live rows are rewritten as the next generation of files.

The new files are synced first; replacing the manifest, which names the generation, is the commit; the old files
are unlinked last. Readers that have mapped those keep using them until the next snapshot. Leftovers of a crash
from either generation are removed by the next writer. Callers hold the lock of the vec type.
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
from core.key_arrays import whole_keys
from core.project_files import DEEP, names_in, open_stream, status
from core.vectors.journal import Records, Status, last_of_each_key, read_all_records, read_journal
from core.vectors.manifest import MANIFEST_NAME, Manifest, code_files, generation_files, missing_file

_CHUNK_BYTES = 16 << 20
# Rows compared to locate those after a damaged record; two CRC-32 agree by chance once in 4 billion.
_COMPARED = 16
_NOWHERE = -1

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Compaction:
    """The result of a compaction.

    Attributes:
        rows: number of rows kept.
        dropped: keys whose row does not match its checksum or is missing: to be recomputed.
        lost_records: bad records of a damaged journal; their pictures are recomputed.
        before: bytes of rows and journal.
        after: as ``before``.
    """

    rows: int
    dropped: list[bytes]
    lost_records: int
    before: int
    after: int


def write_compacted(folder: Path, manifest: Manifest) -> Compaction:
    """Rewrite an undamaged store without its dead rows and records.

    Raises:
        DiskFull, StoreError: it cannot be written; the old generation stays. JournalDamaged: see :func:`salvage`.
    """
    with _explaining_missing_files():
        records = read_journal(folder / manifest.journal_name).records
    return _rewrite(folder, manifest, records, _row_numbers(records), lost_records=0)


def salvage(folder: Path, manifest: Manifest) -> Compaction:
    """Rewrite a store with a damaged journal, keeping every row with a good record and a matching checksum.

    Raises:
        DiskFull, StoreError: it cannot be written; the old generation stays. StoreDamaged: rows or journal are gone.
    """
    with _explaining_missing_files():
        records, good = read_all_records(folder / manifest.journal_name)
    positions = _find_rows(records, good, _map_rows(folder, manifest))
    committed = int(np.flatnonzero(good)[-1]) + 1 if good.any() else 0
    lost = committed - int(np.count_nonzero(good))
    return _rewrite(folder, manifest, records[good], positions[good], lost_records=lost)


def remove_leftovers(folder: Path, manifest: Manifest) -> None:
    """Remove files of other generations and temporary manifests that a crash in a compaction left.

    Raises:
        OSError: the folder cannot be written.
    """
    used = (*_names(manifest), manifest.codes_name)
    left = [path for path in (*generation_files(folder), *code_files(folder)) if path.name not in used]
    names = names_in(folder, inside=DEEP - 1)
    left += [folder / name for name in names if name.startswith(f".{MANIFEST_NAME}.")]
    if left:
        sync_folder(folder)  # the manifest that makes them leftovers is durable before they go
    for path in left:
        path.unlink(missing_ok=True)


def _rewrite(folder: Path, manifest: Manifest, records: Records, positions: Numbers, lost_records: int) -> Compaction:
    """Write the next generation.

    Args:
        folder: of the vec type.
        manifest: of the current generation.
        records: good ones, shape (n,).
        positions: number of each record's row in the old file, shape (n,); ``_NOWHERE`` if it has none.
        lost_records: for the report.
    """
    rows = _map_rows(folder, manifest)
    is_row = records["status"] == Status.DONE
    usable = ~is_row | _matches(rows, records["row_crc"], positions)
    wanted = set(whole_keys(records["key"][last_of_each_key(records["key"]) & is_row]))
    records, positions = records[usable], positions[usable]
    kept = last_of_each_key(records["key"]) & (records["status"] != Status.VOID)
    records, positions = records[kept], positions[kept]
    numbers = positions[records["status"] == Status.DONE]
    there = set(whole_keys(records["key"][records["status"] == Status.DONE]))
    following = replace(manifest, generation=manifest.generation + 1)
    before = _size(folder, manifest)
    try:
        step = max(1, _CHUNK_BYTES // manifest.row_bytes)
        chunks = (rows[numbers[start : start + step]].tobytes() for start in range(0, len(numbers), step))
        _write_durably(folder / following.rows_name, chunks)
        _write_durably(folder / following.journal_name, [records.tobytes()])
        sync_folder(folder)
        following.save(folder)
    except (OSError, StoreError) as error:
        _give_up(folder, manifest, following)
        if isinstance(error, StoreError):
            raise
        raise disk_error(error, folder) from error
    with contextlib.suppress(OSError):  # the next writer removes them
        remove_leftovers(folder, following)
    return Compaction(len(numbers), sorted(wanted - there), lost_records, before, _size(folder, following))


def _give_up(folder: Path, manifest: Manifest, following: Manifest) -> None:
    """Remove the new files, unless the manifest already names them (then only their durability is in doubt)."""
    with contextlib.suppress(OSError, StoreError):
        if Manifest.load(folder).generation == manifest.generation:
            for name in _names(following):
                (folder / name).unlink(missing_ok=True)


def _row_numbers(records: Records) -> Numbers:
    """Row numbers of an undamaged journal: the n-th record with status *done* belongs to row n."""
    is_row = records["status"] == Status.DONE
    return np.where(is_row, np.cumsum(is_row) - 1, _NOWHERE)


def _find_rows(records: Records, good: npt.NDArray[np.bool_], rows: npt.NDArray[np.float32]) -> Numbers:
    """The row numbers of the good records, shape (n,).

    Whether a bad record had a row is unknown, so the rows after it are searched at each possible offset by
    their checksums.
    """
    positions = np.full(len(records), _NOWHERE, np.int64)
    following, doubtful = 0, 0  # the row after the last one found; maximum number of rows in between
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
        positions[found] = numbers
        following = int(numbers[-1]) + 1
    return positions


def _runs(values: npt.NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """Start and end of each run of equal values."""
    edges = np.flatnonzero(values[1:] != values[:-1]) + 1
    return pairwise([0, *edges.tolist(), len(values)]) if len(values) else ()


def _matches(rows: npt.NDArray[np.float32], crcs: npt.NDArray[np.uint32], numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Whether the rows with these numbers exist and have these checksums."""
    there = (numbers >= 0) & (numbers < len(rows))
    return np.array(
        [
            bool(is_there) and zlib.crc32(rows[number]) == crc
            for is_there, number, crc in zip(there, numbers, crcs, strict=True)
        ],
        bool,
    )


def map_rows(path: Path, manifest: Manifest, at_most: int | None = None) -> npt.NDArray[np.float32]:
    """The rows of a file, or the first ``at_most`` of them: shape (n, dim), float32, read-only, mapped.

    Raises:
        FileNotFoundError: there is no such file. UnsafeFile: it is not a regular file of a project.
    """
    with open_stream(path, inside=DEEP) as stream:
        count = os.fstat(stream.fileno()).st_size // manifest.row_bytes
        if at_most is not None:
            count = min(count, at_most)
        if not count:
            return np.zeros((0, manifest.dim), np.float32)
        return np.memmap(stream, manifest.dtype, "r", shape=(count, manifest.dim))


def _map_rows(folder: Path, manifest: Manifest) -> npt.NDArray[np.float32]:
    with _explaining_missing_files():
        return map_rows(folder / manifest.rows_name, manifest)


@contextlib.contextmanager
def _explaining_missing_files() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise missing_file(error) from error


def _write_durably(path: Path, chunks: Iterable[bytes]) -> None:
    with open_stream(
        path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, inside=DEEP
    ) as stream:  # no manifest ever named it, so nobody has it mapped
        stream.writelines(chunks)
        stream.flush()
        os.fsync(stream.fileno())


def _names(manifest: Manifest) -> tuple[str, str]:
    return manifest.rows_name, manifest.journal_name


def _size(folder: Path, manifest: Manifest) -> int:
    return sum(status(folder / name, inside=DEEP).st_size for name in _names(manifest))
