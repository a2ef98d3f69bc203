"""Bringing the catalog up to date with the disk.

Size and modification time are a cache, the content is the truth: a file whose both are unchanged is not opened; any
other is hashed. A renamed or moved file is found again by its hash, so its picture keeps everything it had.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from core.catalog.catalog import Catalog
from core.errors import UnreadablePicture
from core.files import modified_ns, too_many_files
from core.images.decoder_messages import MOST_FILES
from core.images.decoders import identify_all
from core.images.exif import NO_EXIF
from core.images.formats import looks_like_picture
from core.images.identify import Identity

_BATCH = 512  # files in flight, and written in one transaction
_UNREADABLE_SHOWN = 20


@dataclass
class ScanReport:
    """What a scan found. Counts are of files, except ``pictures``.

    Attributes:
        files: picture files seen.
        new: files that were not known, whatever their content.
        changed: files whose content is another than before.
        removed: files that were known and are gone.
        unreadable: files and folders that could not be read, with the reason: the first few.
        unreadable_count: how many of those there are.
        absent: picture folders that are not there (an unmounted disk): what was known of them is kept.
        pictures: contents in the catalog afterwards.
        stopped: whether it was told to stop before the end; nothing was removed then.
    """

    files: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0
    unreadable: list[tuple[bytes, str]] = field(default_factory=list)
    unreadable_count: int = 0
    absent: list[bytes] = field(default_factory=list)
    pictures: int = 0
    stopped: bool = False

    def cannot_read(self, path: bytes, reason: str) -> None:
        """Note a file or folder that cannot be read."""
        self.unreadable_count += 1
        if len(self.unreadable) < _UNREADABLE_SHOWN:
            self.unreadable.append((path, reason))


@dataclass(frozen=True, slots=True)
class _File:
    folder: int
    name: bytes
    path: bytes
    known: int | None  # number of its row in files


def scan(
    catalog: Catalog,
    locations: Sequence[bytes],
    *,
    follow_links: bool = False,
    progress: Callable[[ScanReport], None] = lambda report: None,
    stop: threading.Event | None = None,
    threads: int | None = None,
) -> ScanReport:
    """Make ``catalog`` say what lies in ``locations``.

    Args:
        catalog: is changed in many short transactions, so readers see it grow and a crash loses only the last.
        locations: the roots, absolute or relative to the project folder. Other roots are forgotten.
        follow_links: also enter symbolic links; each folder is entered once, so loops end.
        progress: called after every few hundred files.
        stop: set it to stop early.
        threads: for hashing and reading headers; default the number of processors, at most 8.

    Raises:
        CatalogError: the catalog cannot be written. TooManyFiles: no more files may be open. CannotDecode: no decoder
            can be started.
    """
    report = ScanReport()
    stop = stop or threading.Event()
    _forget_roots(catalog, locations)
    with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1), thread_name_prefix="scan") as pool:
        for location in locations:
            _scan_root(catalog, location, report, pool, progress, stop, follow_links=follow_links)
            if stop.is_set():
                report.stopped = True
                break
    report.pictures = catalog.count()
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
) -> None:
    root_path = catalog.absolute(location)
    if not os.path.isdir(root_path):
        report.absent.append(root_path)
        return
    with catalog.transaction() as database:
        database.execute("INSERT OR IGNORE INTO roots (location) VALUES (?)", (location,))
    root = catalog.query("SELECT id FROM roots WHERE location = ?", (location,))[0][0]
    walk = _Walk(catalog, root, root_path, report, stop, follow_links=follow_links)
    changed = iter(walk.changed_files())
    while not stop.is_set() and (batch := list(islice(changed, _BATCH))):
        chunks = [batch[start : start + MOST_FILES] for start in range(0, len(batch), MOST_FILES)]
        futures = [(chunk, pool.submit(identify_all, [file.path for file in chunk])) for chunk in chunks]
        _record(catalog, futures, report)
        progress(report)
    if not stop.is_set():
        report.removed += walk.forget_missing()


class _Walk:
    """One walk through a root: yields what must be hashed, remembers what was not met."""

    def __init__(
        self,
        catalog: Catalog,
        root: int,
        path: bytes,
        report: ScanReport,
        stop: threading.Event,
        *,
        follow_links: bool,
    ) -> None:
        self._catalog = catalog
        self._root = root
        self._path = path
        self._report = report
        self._stop = stop
        self._follow = follow_links
        self._missing_files: set[int] = set()
        self._unvisited: dict[bytes, int] = {
            path: number for number, path in catalog.query("SELECT id, path FROM folders WHERE root = ?", (root,))
        }
        self._unreadable: list[bytes] = []
        self._entered: set[tuple[int, int]] = set()

    def changed_files(self) -> Iterator[_File]:
        """Files that are new or whose size or time differs, folder by folder in the order of their names."""
        pending = [b""]
        while pending and not self._stop.is_set():
            relative = pending.pop()
            absolute = os.path.join(self._path, relative) if relative else self._path
            try:
                with os.scandir(absolute) as entries:
                    listing = sorted(entries, key=lambda entry: entry.name)
                if self._was_entered(absolute):
                    continue
            except OSError as error:
                if limit := too_many_files(error):
                    raise limit from error
                self._report.cannot_read(absolute, f"folder: {(error.strerror or str(error)).lower()}")
                self._unreadable.append(relative)
                continue
            inside = [_below(relative, entry.name) for entry in listing if self._is_folder(entry, relative)]
            pending.extend(reversed(inside))
            yield from self._folder(relative, [entry for entry in listing if looks_like_picture(entry.name)])

    def forget_missing(self) -> int:
        """Remove what was known and not met, except below unreadable folders. Returns the number of files."""
        gone = [number for path, number in self._unvisited.items() if not self._kept(path)]
        removed = len(self._missing_files)
        with self._catalog.transaction() as database:
            database.executemany("DELETE FROM files WHERE id = ?", ((number,) for number in self._missing_files))
            for number in gone:
                removed += database.execute("DELETE FROM files WHERE folder = ?", (number,)).rowcount
                database.execute("DELETE FROM folders WHERE id = ?", (number,))
        return removed

    def _folder(self, relative: bytes, entries: list[os.DirEntry[bytes]]) -> Iterator[_File]:
        known_number = self._unvisited.pop(relative, None)
        if known_number is None and not entries:
            return
        folder = known_number if known_number is not None else self._add_folder(relative)
        known = {
            name: (number, size, mtime)
            for number, name, size, mtime in self._catalog.query(
                "SELECT id, name, size, mtime_ns FROM files WHERE folder = ?", (folder,)
            )
        }
        for entry in entries:
            before = known.pop(entry.name, None)
            try:
                if not self._is_file(entry):
                    if before:
                        self._missing_files.add(before[0])
                    continue
                status = entry.stat(follow_symlinks=self._follow)
            except OSError as error:
                self._report.cannot_read(entry.path, (error.strerror or str(error)).lower())
                continue
            self._report.files += 1
            if before is None or before[1:] != (status.st_size, modified_ns(status)):
                yield _File(folder, entry.name, entry.path, before[0] if before else None)
        self._missing_files.update(number for number, *_ in known.values())

    def _add_folder(self, relative: bytes) -> int:
        with self._catalog.transaction() as database:
            for path in {relative, *_parents(relative)}:
                database.execute("INSERT OR IGNORE INTO folders (root, path) VALUES (?, ?)", (self._root, path))
        rows = self._catalog.query("SELECT id FROM folders WHERE root = ? AND path = ?", (self._root, relative))
        return int(rows[0][0])

    def _is_folder(self, entry: os.DirEntry[bytes], relative: bytes) -> bool:
        # Hidden folders hold other programs' state (.git, .thumbnails) and our own project.
        try:
            return not entry.name.startswith(b".") and entry.is_dir(follow_symlinks=self._follow)
        except OSError as error:  # a link that leads to itself, or to where nobody may look
            if not looks_like_picture(entry.name):  # else it is reported as a file
                self._report.cannot_read(entry.path, f"folder: {(error.strerror or str(error)).lower()}")
            self._unreadable.append(_below(relative, entry.name))
            return False

    def _is_file(self, entry: os.DirEntry[bytes]) -> bool:
        return entry.is_file(follow_symlinks=self._follow)

    def _was_entered(self, absolute: bytes) -> bool:
        if not self._follow:
            return False
        status = os.stat(absolute)
        mark = (status.st_dev, status.st_ino)
        if mark in self._entered:
            return True
        self._entered.add(mark)
        return False

    def _kept(self, path: bytes) -> bool:
        return any(path == top or not top or path.startswith(top + b"/") for top in self._unreadable)


_Identified = tuple[list[_File], Future[list[Identity | UnreadablePicture]]]


def _record(catalog: Catalog, futures: list[_Identified], report: ScanReport) -> None:
    found: list[tuple[_File, Identity]] = []
    for files, future in futures:
        for file, identity in zip(files, future.result(), strict=True):
            if isinstance(identity, Identity):
                found.append((file, identity))
            else:
                report.files -= 1
                report.cannot_read(file.path, identity.message)
    with catalog.transaction() as database:
        for file, identity in found:
            picture = _picture(database, identity)
            if file.known is None:
                report.new += 1
            else:
                before = database.execute("SELECT picture FROM files WHERE id = ?", (file.known,)).fetchone()
                report.changed += before is not None and before[0] != picture
            database.execute(
                """INSERT INTO files (folder, name, picture, size, mtime_ns) VALUES (?, ?, ?, ?, ?)
                   ON CONFLICT (folder, name) DO UPDATE SET
                   picture = excluded.picture, size = excluded.size, mtime_ns = excluded.mtime_ns""",
                (file.folder, file.name, picture, identity.size, identity.mtime_ns),
            )


def _picture(database: sqlite3.Connection, identity: Identity) -> int:
    """The number of the picture with this content. What its header says is refreshed: a newer decoder may know more."""
    row = database.execute(
        """INSERT INTO pictures (key, width, height, format, problem) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (key) DO UPDATE SET
           width = excluded.width, height = excluded.height, format = excluded.format, problem = excluded.problem
           RETURNING id""",
        (identity.key, identity.width, identity.height, identity.format, identity.problem),
    ).fetchone()
    if identity.exif != NO_EXIF:
        database.execute(
            """INSERT INTO exif (picture, taken, camera) VALUES (?, ?, ?)
               ON CONFLICT (picture) DO UPDATE SET taken = excluded.taken, camera = excluded.camera""",
            (row[0], identity.exif.taken, identity.exif.camera),
        )
    return int(row[0])


def _forget_roots(catalog: Catalog, locations: Sequence[bytes]) -> None:
    with catalog.transaction() as database:
        for number, location in database.execute("SELECT id, location FROM roots").fetchall():
            if location not in locations:
                database.execute("DELETE FROM files WHERE folder IN (SELECT id FROM folders WHERE root = ?)", (number,))
                database.execute("DELETE FROM roots WHERE id = ?", (number,))


def _parents(path: bytes) -> Iterator[bytes]:
    while path:
        path = path.rpartition(b"/")[0]
        yield path


def _below(relative: bytes, name: bytes) -> bytes:
    return relative + b"/" + name if relative else name
