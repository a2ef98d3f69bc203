"""The vectors of one vec type on disk: one writer, any number of readers, nothing committed is ever lost.

The order of writes is the whole of it. Rows go to the end of ``rows.f32`` and are made durable; only then does the
journal get their records, in one write, and is made durable: that is the commit. A crash before it leaves a tail that
no record speaks of; the next writer cuts it. A reader looks at the journal alone and never past it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Event

import numpy as np
import numpy.typing as npt

from core.errors import DiskFull, JournalDamaged, StoreError, UsageError
from core.files import Lock, disk_error, is_locked, sync_folder
from core.vectors import compact as compaction
from core.vectors import manifest as manifest_file
from core.vectors.compact import Compaction
from core.vectors.failures import Failure, append_failures, compact_failures
from core.vectors.journal import Journal, Records, Status, last_of_each_key, make_records, read_journal
from core.vectors.keys import SortedKeys, whole_key, whole_keys
from core.vectors.manifest import Manifest, missing_file

LOCK_NAME = "lock"
# Rows whose CRC is checked whenever a writer opens: more than any batch, so the last one is among them.
_CHECKED_ON_OPEN = 1024

# A reader that meets a compaction looks again; there is no end to that only if one is at work all the time.
_LOOKS = 10
# Seconds. The kernel closes a dead process's files one after the other: its job's lock is free before this one.
_DYING = (0.01, 0.05, 0.2)
_DEAD_SHARE = 1 / 3  # of the rows: from there on compaction is worth its writing
_CHECKED_AT_ONCE = 4096  # rows: some 10 MB

Rows = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Snapshot:
    """What is committed at one moment.

    Attributes:
        manifest: what the rows are.
        rows: shape (count, dim), dtype float32, read-only, mapped from the file.
        keys: key of each row, shape (count,), dtype S20.
        live: whether a row is the one that counts for its key, shape (count,), bool.
        crcs: CRC-32 of each row's bytes as the journal has it, shape (count,), uint32.
        failed: keys whose last record says that the picture could not be read, dtype S20.
        missing: keys of rows that count and that the file is too short to hold, dtype S20: something outside cut it.
    """

    manifest: Manifest
    rows: Rows
    keys: npt.NDArray[np.bytes_]
    live: npt.NDArray[np.bool_]
    crcs: npt.NDArray[np.uint32]
    failed: npt.NDArray[np.bytes_]
    missing: npt.NDArray[np.bytes_]

    @property
    def worth_compacting(self) -> bool:
        """Whether more than a third of the rows count no longer."""
        return int(np.count_nonzero(~self.live)) > _DEAD_SHARE * len(self.live)

    @property
    def done(self) -> npt.NDArray[np.bytes_]:
        """Keys that have a row that counts, in the order of the rows."""
        return self.keys[self.live]

    def row_of(self, key: bytes) -> int | None:
        """Number of the row of a picture, or None."""
        found = np.flatnonzero((self.keys == np.bytes_(key)) & self.live)
        return int(found[-1]) if found.size else None

    def has_failed(self, key: bytes) -> bool:
        """Whether a picture could not be read."""
        return key in self._sorted_failed

    @cached_property
    def _sorted_failed(self) -> SortedKeys:
        return SortedKeys(self.failed)


def create(folder: Path, manifest: Manifest) -> None:
    """Make an empty store. The manifest comes last: a folder without one is no vec type.

    Raises:
        StoreError: there is one already. StoreDamaged: there is one that lost its manifest: what its rows are is not
            known. StoreBusy: another process is at it. DiskFull, OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with Lock.take(folder / LOCK_NAME, f"creation, process {os.getpid()}"):
        if (folder / manifest_file.FILE_NAME).exists():
            raise StoreError(f"{manifest.vec_type} exists already", "Restart it to compute what is missing")
        if manifest_file.has_rows(folder):
            manifest_file.load(folder)  # says that it is missing
        for name in (manifest.rows_name, manifest.journal_name):
            (folder / name).touch()
        manifest_file.save(folder, manifest)
    sync_folder(folder.parent)


def delete(folder: Path) -> None:
    """Delete a vec type. Renamed first, so that a crash leaves no half of one.

    Raises:
        StoreBusy: a job is writing it. UsageError: there is none.
    """
    if not folder.is_dir():
        raise UsageError(f"no vectors called {folder.name}")
    with Lock.take(folder / LOCK_NAME, f"deletion, process {os.getpid()}"):
        aside = folder.with_name(f".deleted-{folder.name}-{os.getpid()}")
        folder.rename(aside)
    shutil.rmtree(aside)


def is_being_written(folder: Path) -> bool:
    """Whether a living process writes this vec type. One that was killed this instant is given time to be gone."""
    for pause in _DYING:
        if not is_locked(folder / LOCK_NAME):
            return False
        time.sleep(pause)
    return is_locked(folder / LOCK_NAME)


class Reader:
    """Reads a store that may be growing. Opening costs the journal (32 bytes a picture); rows are mapped.

    Raises:
        StoreError: no such vectors. StoreDamaged: the files contradict each other.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: tuple[int, int, int] | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """What is committed now. The same object as before while nothing was added."""
        for look in range(_LOOKS):
            manifest = manifest_file.load(self.folder)
            try:
                return self._of(manifest)
            except FileNotFoundError as error:
                # Compacted since the manifest was read: there is a newer one now.
                if look + 1 == _LOOKS or manifest_file.load(self.folder).generation == manifest.generation:
                    raise missing_file(error) from error
        raise AssertionError("unreachable")

    def _of(self, manifest: Manifest) -> Snapshot:
        path = self.folder / manifest.journal_name
        status = path.stat()
        seen = (manifest.generation, status.st_size, status.st_mtime_ns)
        if self._snapshot is None or seen != self._seen:
            self._snapshot, self._seen = _read(self.folder, manifest, read_journal(path)), seen
        return self._snapshot


class Writer:
    """The one writer of a vec type. Opening replays the journal, cuts what was never committed, checks the last rows.

    Args:
        folder: of the vec type.
        holder: one line that says who writes, shown to others.

    Attributes:
        healed: what opening found and mended, in words; empty after a clean end.
        voided: keys of the rows that opening took back because they were damaged or missing.

    Raises:
        StoreBusy: another process writes. StoreDamaged: the files contradict each other.
    """

    def __init__(self, folder: Path, holder: str = "") -> None:
        self.folder = folder
        manifest_file.load(folder)  # what is no vec type gets no lock
        self._lock = Lock.take(folder / LOCK_NAME, holder or f"process {os.getpid()}")
        self._files: list[int] = []
        self._broken = False
        self.healed: list[str] = []
        self.voided: list[bytes] = []
        if self._lock.previous:
            self.healed.append(f"{self._lock.previous} ended without a word; its lock was taken over")
        try:
            self.manifest = manifest_file.load(folder)  # again: a compaction may have ended in between
            self._rows_file = self._open(self.manifest.rows_name)
            self._journal_file = self._open(self.manifest.journal_name)
            self._replay()
            compaction.remove_leftovers(folder, self.manifest)
        except BaseException:
            self.close()
            raise

    def append(self, keys: Sequence[bytes], rows: Rows, failures: Sequence[Failure] = ()) -> None:
        """Commit rows and failures: all of them, or none.

        Args:
            keys: of the rows, 20 bytes each.
            rows: shape (len(keys), dim), float32, finite.
            failures: pictures that could not be read.

        Raises:
            DiskFull, StoreError: nothing of this call is committed; what was committed before stays.
        """
        content = np.ascontiguousarray(rows, dtype="<f4")
        if content.shape != (len(keys), self.manifest.dim):
            raise ValueError(f"rows of shape {content.shape} for {len(keys)} keys of dim {self.manifest.dim}")
        records = np.concatenate(
            [
                make_records(list(keys), Status.DONE, [zlib.crc32(row) for row in content]),
                make_records([failure.key for failure in failures], Status.FAILED),
            ]
        )
        self._commit(content, records, failures)

    def void(self, keys: Sequence[bytes]) -> None:
        """Take the rows of these keys back: they count as not done, and a Restart computes them again."""
        self._commit(np.zeros((0, self.manifest.dim), "<f4"), make_records(list(keys), Status.VOID), ())

    def compact_failures(self) -> None:
        """Keep ``failures.jsonl`` from growing with every run; see :func:`core.vectors.failures.compact_failures`."""
        with contextlib.suppress(OSError, DiskFull):  # longer than it must be, but whole
            compact_failures(self.folder, set(whole_keys(self.snapshot().failed)))

    def snapshot(self) -> Snapshot:
        """What is committed now."""
        return _read(self.folder, self.manifest, read_journal(self.folder / self.manifest.journal_name))

    def close(self) -> None:
        """Close the files and let others write."""
        while self._files:
            os.close(self._files.pop())
        self._lock.release()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self, name: str) -> int:
        try:
            descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise missing_file(error) from error
        self._files.append(descriptor)
        return descriptor

    def _commit(self, rows: Rows, records: Records, failures: Sequence[Failure]) -> None:
        if self._broken:
            raise StoreError("an earlier write failed", "close these vectors and open them again")
        if not len(records):
            return
        try:
            if failures:
                append_failures(self.folder, failures)
            if rows.size:
                _write_at(self._rows_file, rows.tobytes(), self._row_count * self.manifest.row_bytes)
                os.fdatasync(self._rows_file)
            _write_at(self._journal_file, records.tobytes(), self._journal_length)
            os.fdatasync(self._journal_file)
        except OSError as error:
            # After a failed write or fsync nobody knows what reached the disk: nothing more is written, and records
            # that may be there in part are taken off. Should that fail too, the next open derives what is committed.
            self._broken = True
            with contextlib.suppress(OSError):
                os.ftruncate(self._journal_file, self._journal_length)
            raise disk_error(error, self.folder) from error
        self._row_count += len(rows)
        self._journal_length += records.nbytes

    def _replay(self) -> None:
        journal = read_journal(self.folder / self.manifest.journal_name)
        self._row_count, self._journal_length = journal.rows, journal.length
        self._cut_tail(self._journal_file, journal.length, "journal")
        length = journal.rows * self.manifest.row_bytes
        if os.fstat(self._rows_file).st_size < length:
            self._void_missing(journal)
        else:
            self._cut_tail(self._rows_file, length, "rows")
        bad = _bad_rows(self.snapshot(), max(0, self._row_count - _CHECKED_ON_OPEN))
        if bad:
            self.void(bad)
            self.voided += bad
            self.healed.append(f"{len(bad)} rows did not match their checksum and will be computed again")

    def _cut_tail(self, descriptor: int, length: int, what: str) -> None:
        extra = os.fstat(descriptor).st_size - length
        if extra > 0:
            os.ftruncate(descriptor, length)
            os.fdatasync(descriptor)
            self.healed.append(f"{extra:,} bytes of {what} that were never committed were cut off")

    def _void_missing(self, journal: Journal) -> None:
        """The rows file is shorter than what was committed: something outside cut it. Those rows are computed again."""
        lost = [whole_key(key) for key in self.snapshot().missing]
        # Void first: a crash in between finds the file short again, never zeros that pass for rows.
        self.void(lost)
        self.voided += lost
        os.ftruncate(self._rows_file, journal.rows * self.manifest.row_bytes)
        os.fdatasync(self._rows_file)
        self.healed.append(f"{len(lost)} rows were missing from {self.manifest.rows_name} and will be computed again")


@dataclass(frozen=True)
class Verification:
    """What :func:`verify` found.

    Attributes:
        rows: how many were checked.
        bad: keys of rows that do not match their checksum, or are missing.
        lost_records: bad records of a damaged journal that a repair left out; what they spoke of is computed again.
    """

    rows: int
    bad: list[bytes]
    lost_records: int = 0


def verify(folder: Path, progress: Progress = lambda done, total: None, stop: Event | None = None) -> Verification:
    """Read every row that counts and compare its checksum.

    Args:
        folder: of the vec type.
        progress: called now and then with the rows that were read and with all there are.
        stop: set it to stop early; the answer then is of what was read.

    Raises:
        StoreError, StoreDamaged: the store cannot be read at all.
    """
    snapshot = Reader(folder).snapshot()
    missing = [whole_key(key) for key in snapshot.missing]
    return Verification(
        int(np.count_nonzero(snapshot.live)) + len(missing), _bad_rows(snapshot, 0, progress, stop) + missing
    )


def repair(folder: Path, progress: Progress = lambda done, total: None) -> Verification:
    """Like :func:`verify`, and void the bad rows so that a Restart computes just those.

    A journal that is damaged in its middle is written anew with everything that is good.

    Raises:
        StoreBusy: a job writes these vectors. StoreDamaged: manifest, rows or journal are gone. DiskFull: no room.
    """
    holder = f"verify, process {os.getpid()}"
    try:
        with Writer(folder, holder) as writer:
            found = _bad_rows(writer.snapshot(), 0, progress)
            writer.void(found)
            bad = writer.voided + found
            return Verification(int(np.count_nonzero(writer.snapshot().live)) + len(bad), bad)
    except JournalDamaged:
        with Lock.take(folder / LOCK_NAME, holder):
            done = compaction.salvage(folder, manifest_file.load(folder))
        return Verification(done.rows + len(done.dropped), done.dropped, done.lost_records)


def compact(folder: Path, holder: str = "") -> Compaction:
    """Write the rows that count anew, without those that do not. Readers go on meanwhile and afterwards.

    Raises:
        StoreBusy: another process writes these vectors. StoreDamaged: they need repair first. DiskFull: no room.
    """
    manifest_file.load(folder)  # what is no vec type gets no lock
    with Lock.take(folder / LOCK_NAME, holder or f"compaction, process {os.getpid()}"):
        return compaction.compact(folder, manifest_file.load(folder))


def _read(folder: Path, manifest: Manifest, journal: Journal) -> Snapshot:
    records = journal.records
    is_row = records["status"] == Status.DONE
    count = int(np.count_nonzero(is_row))
    path = folder / manifest.rows_name
    have = path.stat().st_size // manifest.row_bytes
    # A writer mends a short file at its next open; until then the rows that are there are served.
    shown = min(count, have)
    rows: Rows = (
        np.memmap(path, manifest.dtype, "r", shape=(shown, manifest.dim))
        if shown
        else np.zeros((0, manifest.dim), np.float32)
    )
    last = last_of_each_key(records["key"])
    keys, live = records["key"][is_row], last[is_row]
    return Snapshot(
        manifest=manifest,
        rows=rows,
        keys=keys[:shown],
        live=live[:shown],
        crcs=records["row_crc"][is_row][:shown],
        failed=records["key"][last & (records["status"] == Status.FAILED)],
        missing=keys[shown:][live[shown:]],
    )


def _bad_rows(
    snapshot: Snapshot, start: int, progress: Progress = lambda done, total: None, stop: Event | None = None
) -> list[bytes]:
    """Keys of the live rows from ``start`` on whose bytes do not match the journal."""
    bad, total = [], len(snapshot.rows)
    for first in range(start, total, _CHECKED_AT_ONCE):
        if stop and stop.is_set():
            break
        last = min(total, first + _CHECKED_AT_ONCE)
        bad += [
            whole_key(snapshot.keys[number])
            for number in range(first, last)
            if snapshot.live[number] and zlib.crc32(snapshot.rows[number]) != snapshot.crcs[number]
        ]
        progress(last, total)
    return bad


def _write_at(descriptor: int, content: bytes, offset: int) -> None:
    """``pwrite`` until all is written; a mapping would turn a full disk into a signal."""
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
