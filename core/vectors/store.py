"""The vectors of one vec type on disk: one writer, any number of readers, committed rows are never lost.

Safety depends on the order of writes. Rows are appended to ``rows.f32`` and synced; only then are their records
appended to the journal, in one write, and synced: that is the commit. A crash before it leaves a tail without
records, which the next writer truncates. A reader trusts the journal and never reads past it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import DiskFull, StoreBusy, StoreError, StoreMoved, UsageError
from core.files import Lock, disk_error, is_locked, sync_folder, write_at
from core.key_arrays import whole_keys
from core.keys import whole_key
from core.project_files import DEEP, folder_exists, make_folder, open_file, status
from core.vectors.code_file import codes_state
from core.vectors.compact import Compaction, remove_leftovers, write_compacted
from core.vectors.failures import Failure, append_failures, compact_failures
from core.vectors.journal import MOST_RECORDS, RECORD, Journal, Records, Status, make_records, read_journal
from core.vectors.manifest import Manifest, has_manifest, has_rows, missing_file
from core.vectors.snapshot import Rows, Snapshot, bad_rows, read_snapshot

LOCK_NAME = "lock"
_DELETED = ".deleted-"  # prefix of the names of vectors that are being deleted
# Rows whose CRC is checked whenever a writer opens: more than any batch, so that the last batch is included.
_CHECKED_ON_OPEN = 1024

# A reader that meets a compaction retries.
_LOOKS = 10
# Seconds. The kernel closes a dead process's files one by one: its job's lock may be free before this one.
_DYING = (0.01, 0.05, 0.2)


def create(folder: Path, manifest: Manifest) -> None:
    """Create an empty store. The manifest is written last: a folder without one is not a vec type.

    Raises:
        StoreError: there is one already. StoreDamaged: there is one without a manifest: the meaning of its rows is
            unknown. StoreBusy: another process is using it. DiskFull, OSError: it cannot be written.
    """
    make_folder(folder, inside=DEEP - 1)
    with Lock.take(folder / LOCK_NAME, f"creation, process {os.getpid()}", inside=DEEP):
        if has_manifest(folder):
            raise StoreError(f"{manifest.vec_type} exists already", "Restart it to compute what is missing")
        if has_rows(folder):
            Manifest.load(folder)  # says that it is missing
        for name in (manifest.rows_name, manifest.journal_name):
            os.close(open_file(folder / name, os.O_WRONLY | os.O_CREAT, inside=DEEP))
        manifest.save(folder)
    sync_folder(folder.parent)


def delete(folder: Path) -> None:
    """Delete a vec type. It is renamed first, so that a crash never leaves half of one; see :func:`remove_deleted`.

    Raises:
        StoreBusy: a job is writing it. UsageError: there is none.
    """
    remove_deleted(folder.parent)
    if not folder_exists(folder, inside=DEEP - 1):
        raise UsageError(f"no vectors called {folder.name}")
    try:
        lock = Lock.take(folder / LOCK_NAME, f"deletion, process {os.getpid()}", inside=DEEP)
    except FileNotFoundError:
        raise UsageError(f"no vectors called {folder.name}") from None
    with lock:
        aside = folder.with_name(f"{_DELETED}{folder.name}-{os.getpid()}")
        folder.rename(aside)
    shutil.rmtree(aside, onerror=_unless_gone)


def remove_deleted(vectors_folder: Path) -> None:
    """Finish deletions that were interrupted. What cannot be removed is left: it does no harm.

    No lock is needed: a folder with such a name is meant to be deleted, and two processes may delete it at once.
    """
    with contextlib.suppress(OSError), os.scandir(vectors_folder) as entries:
        for entry in entries:
            if entry.name.startswith(_DELETED) and entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)


def _unless_gone(function: object, path: str, found: tuple[type[BaseException], BaseException, object]) -> None:
    """For ``rmtree``: ignore files that another program has already removed."""
    if not isinstance(found[1], FileNotFoundError):
        raise found[1]


def take_lock(folder: Path, holder: str) -> Lock:
    """The lock of who changes a vec type. What is no vec type gets none.

    Raises:
        StoreError: there are no such vectors, or they were deleted meanwhile. StoreBusy: another process has it.
    """
    Manifest.load(folder)
    try:
        return Lock.take(folder / LOCK_NAME, holder, inside=DEEP)
    except FileNotFoundError:
        Manifest.load(folder)  # says that they are gone
        raise


def has_writer(folder: Path) -> bool:
    """Whether a process writes this vec type now. Does not wait: see :func:`is_being_written`."""
    return is_locked(folder / LOCK_NAME, inside=DEEP)


def is_being_written(folder: Path) -> bool:
    """Whether a living process writes this vec type. Waits briefly for one that was just killed."""
    for pause in _DYING:
        if not has_writer(folder):
            return False
        time.sleep(pause)
    return has_writer(folder)


class Reader:
    """Reads a store that may be growing. Opening reads the journal (32 bytes per picture); rows are mapped.

    Raises:
        StoreError: no such vectors. StoreDamaged: the files contradict each other. StoreBusy: another process deletes
            and creates them all the time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: tuple[object, ...] | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """The committed state. The same object as before while nothing was added."""
        for look in range(_LOOKS):
            manifest = Manifest.load(self.folder)
            try:
                if (snapshot := self._snapshot_of(manifest)) is not None:
                    return snapshot
            except FileNotFoundError as error:
                # Compacted, or deleted and created again, since the manifest was read: there is another one now.
                if look + 1 == _LOOKS or Manifest.load(self.folder) == manifest:
                    raise missing_file(error) from error
        raise StoreBusy(f"{self.folder.name} is deleted and created again and again", "wait until that has ended")

    def _snapshot_of(self, manifest: Manifest) -> Snapshot | None:
        """None if its files are no longer those of one vec type: it was deleted and created again meanwhile."""
        path = self.folder / manifest.journal_name
        journal = status(path, inside=DEEP)
        grown = journal.st_size, journal.st_mtime_ns
        seen = (manifest, _identity(journal), grown, codes_state(self.folder, manifest))
        if self._snapshot is None or seen != self._seen:
            snapshot = read_snapshot(self.folder, manifest, read_journal(path))
            if _identity(status(path, inside=DEEP)) != _identity(journal) or Manifest.load(self.folder) != manifest:
                return None
            self._snapshot, self._seen = snapshot, seen
        return self._snapshot


def _identity(file: os.stat_result) -> tuple[int, int]:
    return file.st_dev, file.st_ino


class Writer:
    """The only writer of a vec type. Opening replays the journal, truncates uncommitted data and checks the last rows.

    Args:
        folder: of the vec type.
        holder: one line that describes the writer, shown to others.

    Attributes:
        healed: what opening repaired, in words; empty after a clean end.
        voided: keys of the rows that opening voided because they were damaged or missing.

    Raises:
        StoreBusy: another process writes. StoreDamaged: the files contradict each other.
    """

    def __init__(self, folder: Path, holder: str = "") -> None:
        self.folder = folder
        self._lock = take_lock(folder, holder or f"process {os.getpid()}")
        self._files: list[int] = []
        self._broken = False
        self.healed: list[str] = []
        self.voided: list[bytes] = []
        if self._lock.previous:
            self.healed.append(f"{self._lock.previous} ended without releasing its lock, which was taken over")
        try:
            self.manifest = Manifest.load(folder)  # again: a compaction may have ended in between
            self._rows_file = self._open(self.manifest.rows_name)
            self._journal_file = self._open(self.manifest.journal_name)
            self._replay()
            remove_leftovers(folder, self.manifest)
        except BaseException:
            self.close()
            raise

    def append(self, keys: Sequence[bytes], rows: Rows, failures: Sequence[Failure] = ()) -> None:
        """Commit rows and failures, all or none.

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
        """Void the rows of these keys: they count as not done, and a Restart recomputes them."""
        self._commit(np.zeros((0, self.manifest.dim), "<f4"), make_records(list(keys), Status.VOID), ())

    def compact_failures(self) -> None:
        """Keep ``failures.jsonl`` from growing with every run; see :func:`core.vectors.failures.compact_failures`."""
        with contextlib.suppress(OSError, DiskFull):  # longer than necessary, but intact
            compact_failures(self.folder, set(whole_keys(self.snapshot().failed)))

    def snapshot(self) -> Snapshot:
        """What is committed now."""
        return read_snapshot(self.folder, self.manifest, read_journal(self.folder / self.manifest.journal_name))

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
            descriptor = open_file(self.folder / name, os.O_RDWR, inside=DEEP)
        except FileNotFoundError as error:
            raise missing_file(error) from error
        self._files.append(descriptor)
        return descriptor

    def _commit(self, rows: Rows, records: Records, failures: Sequence[Failure]) -> None:
        if self._broken:
            raise StoreError("an earlier write failed", "close these vectors and open them again")
        if not len(records):
            return
        if self._journal_length // RECORD.itemsize + len(records) > MOST_RECORDS:
            raise StoreError(
                f"{self.folder} has all the {MOST_RECORDS:,} records that vectors can have",
                f"remove those that no longer count: pictoscope vectors compact {self.folder.name}",
            )
        self._check_place()
        try:
            if failures:
                append_failures(self.folder, failures)
            if rows.size:
                write_at(self._rows_file, rows.tobytes(), self._row_count * self.manifest.row_bytes)
                os.fdatasync(self._rows_file)
            write_at(self._journal_file, records.tobytes(), self._journal_length)
            os.fdatasync(self._journal_file)
        except OSError as error:
            # After a failed write or fsync it is unknown what reached the disk: write nothing more, and truncate
            # incomplete records. If that fails too, the next open determines what is committed.
            self._broken = True
            with contextlib.suppress(OSError):
                os.ftruncate(self._journal_file, self._journal_length)
            raise disk_error(error, self.folder) from error
        self._row_count += len(rows)
        self._journal_length += records.nbytes

    def _check_place(self) -> None:
        """Refuse to continue in a folder that was renamed or replaced: later writes by path would miss it.

        Raises:
            StoreMoved: it is not.
        """
        path = self.folder / self.manifest.journal_name
        try:
            here = path.stat()
        except OSError:
            here = None
        if here is None or not os.path.samestat(here, os.fstat(self._journal_file)):
            raise StoreMoved(
                f"{self.folder} was moved, deleted or replaced while it was written",
                f"committed rows are kept; resume in the new folder: pictoscope vectors restart {self.folder.name}",
            )

    def _replay(self) -> None:
        journal = read_journal(self.folder / self.manifest.journal_name)
        self._row_count, self._journal_length = journal.rows, journal.length
        self._cut_tail(self._journal_file, journal.length, "journal")
        length = journal.rows * self.manifest.row_bytes
        if os.fstat(self._rows_file).st_size < length:
            self._void_missing(journal)
        else:
            self._cut_tail(self._rows_file, length, "rows")
        bad = bad_rows(self.snapshot(), max(0, self._row_count - _CHECKED_ON_OPEN))
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
        """Another program truncated the rows file: void the lost rows, so that they are recomputed."""
        lost = [whole_key(key) for key in self.snapshot().missing]
        # Void first: after a crash in between the file is still short, and zeros never pass for rows.
        self.void(lost)
        self.voided += lost
        os.ftruncate(self._rows_file, journal.rows * self.manifest.row_bytes)
        os.fdatasync(self._rows_file)
        self.healed.append(f"{len(lost)} rows were missing from {self.manifest.rows_name} and will be computed again")


def compact(folder: Path, holder: str = "") -> Compaction:
    """Rewrite the store with the live rows only. Readers can continue during and after it.

    Raises:
        StoreBusy: another process writes these vectors. StoreDamaged: they need repair first. DiskFull: no space.
    """
    with take_lock(folder, holder or f"compaction, process {os.getpid()}"):
        return write_compacted(folder, Manifest.load(folder))
