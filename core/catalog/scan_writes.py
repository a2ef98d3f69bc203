"""Write the files that a scan has identified to the catalog."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import Future
from dataclasses import dataclass

from core.catalog import richness_columns
from core.catalog.catalog import Catalog
from core.catalog.scan_report import ScanReport
from core.errors import UnreadablePicture
from core.images.exif import NO_EXIF
from core.images.identify import Identity


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A file whose content is to be hashed.

    Attributes:
        folder: number of its folder in the catalog.
        name: of the file.
        path: absolute.
        known: number of its row in ``files``; None if it is new.
        inode_lasts: whether inodes are stable on its file system.
    """

    folder: int
    name: bytes
    path: bytes
    known: int | None
    inode_lasts: bool


_STAMP = "INSERT OR REPLACE INTO file_stamps (file, inode, ctime_ns) VALUES (?, ?, ?)"
_Identified = tuple[list[ScannedFile], Future[list[Identity | UnreadablePicture]]]


def write_files(catalog: Catalog, futures: list[_Identified], report: ScanReport) -> None:
    """Write the files whose content could be hashed, in one transaction; count them and the others in ``report``.

    Args:
        catalog: to write to.
        futures: files, and the future of their identities in the same order.
        report: changed.

    Raises:
        CatalogError: the catalog cannot be written.
    """
    identified: list[tuple[ScannedFile, Identity]] = []
    for files, future in futures:
        for file, identity in zip(files, future.result(), strict=True):
            if isinstance(identity, Identity):
                identified.append((file, identity))
            else:
                report.files -= 1
                report.cannot_read(file.path, identity.message)
    paths: dict[int, bytes | None] = {}
    with catalog.transaction() as database:
        for file, identity in identified:
            if file.folder not in paths:
                paths[file.folder] = _folder_path(catalog, database, file.folder)
            if paths[file.folder] != os.path.dirname(file.path):
                continue  # another program's scan has removed the folder, and may have reused its number
            picture = _picture_number(database, identity)
            if file.known is None:
                report.new += 1
            else:
                before = database.execute("SELECT picture FROM files WHERE id = ?", (file.known,)).fetchone()
                report.changed += before is not None and before[0] != picture
            number = database.execute(
                """INSERT INTO files (folder, name, picture, size, mtime_ns) VALUES (?, ?, ?, ?, ?)
                   ON CONFLICT (folder, name) DO UPDATE SET
                   picture = excluded.picture, size = excluded.size, mtime_ns = excluded.mtime_ns
                   RETURNING id""",
                (file.folder, file.name, picture, identity.size, identity.mtime_ns),
            ).fetchone()[0]
            database.execute(_STAMP, (number, identity.inode if file.inode_lasts else 0, identity.ctime_ns))


def _folder_path(catalog: Catalog, database: sqlite3.Connection, folder: int) -> bytes | None:
    """The absolute path of the folder with this number; None if there is none."""
    row = database.execute(
        "SELECT r.location, d.path FROM folders d JOIN roots r ON r.id = d.root WHERE d.id = ?", (folder,)
    ).fetchone()
    if row is None:
        return None
    root = catalog.absolute(row[0])
    return os.path.join(root, row[1]) if row[1] else root


def _picture_number(database: sqlite3.Connection, identity: Identity) -> int:
    """The number of the picture with this content. Its header data is updated: a newer decoder may read more."""
    row = database.execute(
        """INSERT INTO pictures (key, width, height, format, problem) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (key) DO UPDATE SET
           width = excluded.width, height = excluded.height, format = excluded.format, problem = excluded.problem
           RETURNING id""",
        (identity.key, identity.width, identity.height, identity.format, identity.problem),
    ).fetchone()
    if identity.facts is not None:
        richness_columns.record(database, int(row[0]), identity.facts)
    if identity.exif != NO_EXIF:
        database.execute(
            """INSERT INTO exif (picture, taken, camera) VALUES (?, ?, ?)
               ON CONFLICT (picture) DO UPDATE SET taken = excluded.taken, camera = excluded.camera""",
            (row[0], identity.exif.taken, identity.exif.camera),
        )
    return int(row[0])
