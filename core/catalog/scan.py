"""Update the catalog from the disk.

Files are identified by content; size, modification time, inode and ctime serve as a cache: a file of which all four are
unchanged is not opened; any other is hashed. A renamed or moved file is recognised by its hash, so its picture keeps
its labels and vectors.

Inode and ctime detect what size and time do not: two files of equal size and time that swap their
names, a file that was rewritten in place and whose time was restored. The ctime also changes by ``chmod``, a new hard
link or a restored backup: then a file is hashed once without need.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

from core.catalog import stamps
from core.catalog.catalog import Catalog
from core.catalog.roots import pictures_in, remove_other_roots
from core.catalog.scan_report import ScanReport
from core.catalog.scan_writes import ScannedFile, write_files
from core.files import changed_ns, inode, too_many_files
from core.images.decoder_messages import MOST_FILES
from core.images.decoders import identify_all
from core.images.formats import looks_like_picture
from core.mounts import file_numbers_last
from core.paths import is_inside

_BATCH = 512  # files in flight, and written in one transaction
_FIRST_BATCHES = (32, 128)  # smaller, so that somebody who waits sees the first pictures at once
_STAMPS = 10_000  # written in one transaction
_Mark = tuple[int, int]  # device and inode of a folder: those of another folder in its place differ


def scan(
    catalog: Catalog,
    locations: Sequence[bytes],
    *,
    follow_links: bool = False,
    rehash: bool = False,
    progress: Callable[[ScanReport], None] = lambda report: None,
    stop: threading.Event | None = None,
    threads: int | None = None,
    latest: Callable[[], Sequence[bytes]] | None = None,
) -> ScanReport:
    """Update ``catalog`` with the files in ``locations``.

    Args:
        catalog: changed in many short transactions, so readers see it grow and a crash loses only the last one.
        locations: the roots, absolute or relative to the project folder. Other roots are removed.
        follow_links: also enter symbolic links; each folder is entered once, so loops end.
        rehash: read every byte of every file, whatever size, times and inode say.
        progress: called after every few hundred files.
        stop: set it to stop early.
        threads: for hashing and reading headers; default the number of processors, at most 8.
        latest: returns the current ``locations``. Another program may add one and scan it while this scan
            begins, so roots are removed in a transaction that reads them again.

    Raises:
        CatalogError: the catalog cannot be written. TooManyFiles: no more files can be opened. CannotDecode: no decoder
            can be started.
    """
    report = ScanReport()
    stop = stop or threading.Event()
    locations = remove_other_roots(catalog, latest or (lambda: locations))
    with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1), thread_name_prefix="scan") as pool:
        for location in locations:
            _scan_root(catalog, location, report, pool, progress, stop, follow_links=follow_links, rehash=rehash)
            if stop.is_set():
                report.stopped = True
                break
    report.pictures = catalog.count()
    report.copies = catalog.query("SELECT count(*) FROM files")[0][0] - report.pictures
    progress(report)
    return report


def _scan_root(
    catalog: Catalog,
    location: bytes,
    report: ScanReport,
    pool: ThreadPoolExecutor,
    progress: Callable[[ScanReport], None],
    stop: threading.Event,
    *,
    follow_links: bool,
    rehash: bool,
) -> None:
    root_path = catalog.absolute(location)
    known = pictures_in(catalog, location)
    if not os.path.isdir(root_path) or (known and _is_empty(root_path)):
        report.absent.append(root_path)
        report.absent_pictures.append(known)
        return
    with catalog.transaction() as database:
        database.execute("INSERT OR IGNORE INTO roots (location) VALUES (?)", (location,))
    root = catalog.query("SELECT id FROM roots WHERE location = ?", (location,))[0][0]
    walk = _Walk(catalog, root, root_path, report, stop, follow_links=follow_links, rehash=rehash)
    changed = iter(walk.changed_files())
    sizes = chain((min(size, _BATCH) for size in _FIRST_BATCHES), repeat(_BATCH))
    while not stop.is_set() and (batch := list(islice(changed, next(sizes)))):
        chunks = [batch[start : start + MOST_FILES] for start in range(0, len(batch), MOST_FILES)]
        futures = [(chunk, pool.submit(identify_all, [file.path for file in chunk])) for chunk in chunks]
        write_files(catalog, futures, report)
        progress(report)
    if not stop.is_set():
        report.removed += walk.remove_missing()


class _Walk:
    """A walk through one root: yields files to hash and collects known files that no longer exist."""

    def __init__(
        self,
        catalog: Catalog,
        root: int,
        path: bytes,
        report: ScanReport,
        stop: threading.Event,
        *,
        follow_links: bool,
        rehash: bool,
    ) -> None:
        self._catalog = catalog
        self._root = root
        self._path = path
        self._report = report
        self._stop = stop
        self._follow = follow_links
        self._rehash = rehash
        self._stamps: list[tuple[int, int, int]] = []  # of files that were hashed before stamps were kept
        self._lasting: dict[int, bool] = {}
        self._missing_files: set[tuple[int, int, bytes]] = set()  # number, folder, name
        self._unvisited: dict[bytes, int] = {
            path: number for number, path in catalog.query("SELECT id, path FROM folders WHERE root = ?", (root,))
        }
        self._unreadable: list[bytes] = []
        self._entered: set[_Mark] = set()
        self._listed: dict[bytes, _Mark] = {}

    def changed_files(self) -> Iterator[ScannedFile]:
        """Files that are new or appear changed, folder by folder in the order of their names."""
        pending = [b""]
        while pending and not self._stop.is_set():
            relative = pending.pop()
            listing = self._listing(relative)
            if listing is None:
                continue
            inside = [_below(relative, entry.name) for entry in listing if self._is_folder(entry, relative)]
            pending.extend(reversed(inside))
            for entry in listing:
                if entry.name.startswith(b"."):
                    continue
                if not self._follow and entry.is_symlink():
                    self._report.links += 1
                elif not looks_like_picture(entry.name) and self._is_other(entry):
                    self._report.pass_over(entry.name)
            yield from self._folder(relative, [entry for entry in listing if looks_like_picture(entry.name)])
            if len(self._stamps) >= _STAMPS:
                self._write_stamps()
        self._write_stamps()

    def remove_missing(self) -> int:
        """Remove known files that were not found, except below unreadable folders. Returns their number."""
        gone = [(number, self._root, path) for path, number in self._unvisited.items() if not self._kept(path)]
        removed = len(self._missing_files)
        with self._catalog.transaction() as database:
            # Not only by number: another program's scan may have reused the numbers for other files.
            database.executemany("DELETE FROM files WHERE id = ? AND folder = ? AND name = ?", self._missing_files)
            for folder in gone:
                if database.execute("SELECT 1 FROM folders WHERE id = ? AND root = ? AND path = ?", folder).fetchone():
                    removed += database.execute("DELETE FROM files WHERE folder = ?", folder[:1]).rowcount
                    database.execute("DELETE FROM folders WHERE id = ?", folder[:1])
        return removed

    def _listing(self, relative: bytes) -> list[os.DirEntry[bytes]] | None:
        """What is in a folder, by name. None if it cannot be read, is gone, or was entered by another way."""
        absolute = self._absolute(relative)
        try:
            mark = _mark(absolute)
            with os.scandir(absolute) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if limit := too_many_files(error):
                raise limit from error
            if not isinstance(error, FileNotFoundError) or not self._is_gone(relative):
                self._report.cannot_read(absolute, f"folder: {(error.strerror or str(error)).lower()}")
                self._unreadable.append(relative)
            return None
        if self._was_entered(mark):
            return None
        self._listed[relative] = mark
        return listing

    def _absolute(self, relative: bytes) -> bytes:
        return os.path.join(self._path, relative) if relative else self._path

    def _folder(self, relative: bytes, entries: list[os.DirEntry[bytes]]) -> Iterator[ScannedFile]:
        known_number = self._unvisited.pop(relative, None)
        if known_number is None and not entries:
            return
        folder = known_number if known_number is not None else self._add_folder(relative)
        if folder is None:
            return
        known = {
            row[1]: row
            for row in self._catalog.query(
                f"SELECT f.id, f.name, {stamps.COLUMNS} FROM {stamps.SOURCE} WHERE f.folder = ?",  # noqa: S608
                (folder,),
            )
        }
        for entry in entries:
            before = known.pop(entry.name, None)
            try:
                if not self._is_file(entry):
                    if before:
                        self._missing_files.add((before[0], folder, before[1]))
                    continue
                status = entry.stat(follow_symlinks=self._follow)
            except OSError as error:
                if not isinstance(error, FileNotFoundError) or not self._is_gone(_below(relative, entry.name)):
                    self._report.cannot_read(entry.path, (error.strerror or str(error)).lower())
                elif before:
                    self._missing_files.add((before[0], folder, before[1]))
                continue
            self._report.files += 1
            lasts = self._lasts(status, entry.path)
            if before is None or self._must_be_hashed(before, status, lasts=lasts):
                yield ScannedFile(folder, entry.name, entry.path, before[0] if before else None, lasts)
        self._missing_files.update((row[0], folder, row[1]) for row in known.values())

    def _must_be_hashed(self, before: tuple[Any, ...], status: os.stat_result, *, lasts: bool) -> bool:
        """Whether the file must be hashed again. ``before``: its row with its stamp, which may be None twice."""
        stamp = stamps.Stamp(*before[2:])
        if self._rehash or not stamp.matches(status, inode_lasts=lasts):
            return True
        if stamp.ctime_ns is None:  # hashed by an older version: a million pictures are not hashed again for an upgrade
            self._stamps.append((before[0], inode(status) if lasts else 0, changed_ns(status)))
        return False

    def _lasts(self, status: os.stat_result, path: bytes) -> bool:
        """Whether inodes are stable on this file's file system; other file systems may be mounted below a root."""
        found = self._lasting.get(status.st_dev)
        if found is None:
            found = self._lasting[status.st_dev] = file_numbers_last(Path(os.fsdecode(path)))
        return found

    def _write_stamps(self) -> None:
        waiting, self._stamps = self._stamps, []
        if waiting:
            with self._catalog.transaction() as database:
                database.executemany(_STAMP_KNOWN, waiting)

    def _add_folder(self, relative: bytes) -> int | None:
        """The folder's number. None if another program has removed the root in the meantime."""
        with self._catalog.transaction() as database:
            if not database.execute("SELECT 1 FROM roots WHERE id = ?", (self._root,)).fetchone():
                return None
            for path in {relative, *_parents(relative)}:
                database.execute("INSERT OR IGNORE INTO folders (root, path) VALUES (?, ?)", (self._root, path))
        rows = self._catalog.query("SELECT id FROM folders WHERE root = ? AND path = ?", (self._root, relative))
        return int(rows[0][0]) if rows else None

    def _is_folder(self, entry: os.DirEntry[bytes], relative: bytes) -> bool:
        # Hidden folders hold other programs' state (.git, .thumbnails) and our own project.
        try:
            return not entry.name.startswith(b".") and entry.is_dir(follow_symlinks=self._follow)
        except OSError as error:  # a link that leads to itself, or to a place without permission
            if not looks_like_picture(entry.name):  # else it is reported as a file
                self._report.cannot_read(entry.path, f"folder: {(error.strerror or str(error)).lower()}")
            self._unreadable.append(_below(relative, entry.name))
            return False

    def _is_file(self, entry: os.DirEntry[bytes]) -> bool:
        return entry.is_file(follow_symlinks=self._follow)

    def _is_other(self, entry: os.DirEntry[bytes]) -> bool:
        try:
            return self._is_file(entry)
        except OSError:  # already reported by ``_is_folder``
            return False

    def _is_gone(self, path: bytes) -> bool:
        """Whether a file or folder that was listed has been moved away or deleted since, not its disk disconnected.

        It has if the nearest folder above it that is there is the one that was listed, and all between were on its
        device. Of the root itself it is never said.
        """
        if os.path.lexists(self._absolute(path)):  # a link that leads nowhere, or it is back
            return False
        devices = set()
        for folder in _parents(path):
            listed = self._listed[folder]
            devices.add(listed[0])
            try:
                found = _mark(self._absolute(folder))
            except FileNotFoundError:
                continue
            except OSError:
                return False
            return found == listed and len(devices) == 1
        return False

    def _was_entered(self, mark: _Mark) -> bool:
        if not self._follow:
            return False
        if mark in self._entered:
            return True
        self._entered.add(mark)
        return False

    def _kept(self, path: bytes) -> bool:
        return any(is_inside(path, top) for top in self._unreadable)


# The same for a file whose row may have been removed since.
_STAMP_KNOWN = """INSERT OR REPLACE INTO file_stamps (file, inode, ctime_ns)
    SELECT id, ?2, ?3 FROM files WHERE id = ?1"""


def _mark(folder: bytes) -> _Mark:
    status = os.stat(folder)
    return status.st_dev, status.st_ino


def _is_empty(folder: bytes) -> bool:
    """Whether a folder has no entries, as with an unmounted disk. False if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def _parents(path: bytes) -> Iterator[bytes]:
    while path:
        path = path.rpartition(b"/")[0]
        yield path


def _below(relative: bytes, name: bytes) -> bytes:
    return relative + b"/" + name if relative else name
