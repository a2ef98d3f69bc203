"""What the catalog answers: pictures, their files, folders."""

from __future__ import annotations

import os
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.catalog.schema import SQL_ERRORS, connect, damaged

if TYPE_CHECKING:  # the first paint needs names and counts, not NumPy
    import numpy as np
    import numpy.typing as npt

    from core.catalog.facts import Facts

# Keys as NumPy sees them: 20 bytes. "S" compares and sorts bytewise; padding with zeros makes the length fixed.
KEY = "S20"
KEY_BYTES = 20
_CHUNK = 500  # below SQLite's least limit of bound variables
# How a transaction begins, how it is committed, how it is undone.
_TRANSACTION = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_SAVEPOINT = ("SAVEPOINT part", "RELEASE part", ("ROLLBACK TO part", "RELEASE part"))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and one of its files (the first by path).

    Attributes:
        id: the catalog's number.
        key: SHA-1 of the content, 20 bytes.
        path: absolute, bytes as on disk.
        size: bytes of the file.
        mtime_ns: nanoseconds.
        width: pixels as displayed; 0 where unreadable.
        height: as ``width``.
        format: Pillow's name; empty where unreadable.
        problem: why its header cannot be read; empty where it can.
        taken: local date and time as its EXIF says, ``1999-12-31T23:59:59``; empty where unknown.
        camera: as its EXIF says; empty where unknown.
        colour: mean of its pixels, ``#rrggbb``; empty where not measured.
        sharpness: see :class:`core.images.appearance.Appearance`; None where not measured.
    """

    id: int
    key: bytes
    path: bytes
    size: int
    mtime_ns: int
    width: int
    height: int
    format: str
    problem: str
    taken: str = ""
    camera: str = ""
    colour: str = ""
    sharpness: int | None = None

    @property
    def name(self) -> str:
        """The file's name, undecodable bytes as surrogates: pass it through ``printable`` to show it."""
        return os.fsdecode(os.path.basename(self.path))


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that holds pictures, or has folders that do.

    Attributes:
        id: the catalog's number.
        root: number of its picture folder.
        path: relative to the root, bytes; empty for the root itself.
        location: absolute path, bytes.
        pictures: files in it and below.
    """

    id: int
    root: int
    path: bytes
    location: bytes
    pictures: int


class Catalog:
    """One project's catalog. Safe to share between threads; several processes may read while one writes.

    Args:
        path: of ``catalog.sqlite``.
        base: the folder that relative roots are relative to (the project folder).

    Raises:
        CatalogError: damaged, or of a newer version.
    """

    def __init__(self, path: Path, base: Path) -> None:
        self.path = path
        self._base = os.fsencode(base)
        self._lock = threading.RLock()
        self._absolute: dict[bytes, bytes] = {}
        self._database = connect(path)
        self._keys: tuple[int, npt.NDArray[np.bytes_]] | None = None
        self._facts: Facts | None = None

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing: what is written inside is committed at the end, or undone by any exception.

        One inside another is part of it: committed with the outer one, undone alone where it fails alone.

        Args:
            durable: a power cut right after the end loses nothing either. Costs an fsync; for what a scan cannot find
                again.

        Raises:
            CatalogError: the database cannot be written.
        """
        with self._lock:
            inner = self._database.in_transaction
            begin, commit, rollback = _SAVEPOINT if inner else _TRANSACTION
            try:
                if durable and not inner:
                    self._database.execute("PRAGMA synchronous = FULL")
                self._database.execute(begin)
                try:
                    yield self._database
                    self._database.execute(commit)
                except BaseException:
                    if self._database.in_transaction:  # SQLite itself has undone it where the disk is full
                        for statement in rollback:
                            self._database.execute(statement)
                    raise
                finally:
                    if durable and not inner:
                        self._database.execute("PRAGMA synchronous = NORMAL")
            except SQL_ERRORS as error:
                raise damaged(self.path, error) from error

    @contextmanager
    def one_moment(self) -> Iterator[sqlite3.Connection]:
        """All that is read inside is of one moment, whatever others write meanwhile. Other threads wait for its end.

        Temporary tables that are filled inside stay.

        Raises:
            CatalogError: the database cannot be read.
        """
        with self._lock:
            try:
                self._database.execute("BEGIN")
                try:
                    yield self._database
                    self._database.execute("COMMIT")
                except BaseException:
                    if self._database.in_transaction:
                        self._database.execute("ROLLBACK")
                    raise
            except sqlite3.DatabaseError as error:
                raise damaged(self.path, error) from error

    def query(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT.

        Raises:
            CatalogError: the database cannot be read.
        """
        with self._lock:
            try:
                return self._database.execute(statement, values).fetchall()
            except SQL_ERRORS as error:
                raise damaged(self.path, error) from error

    def integers(self, columns: Sequence[str], source: str, values: Sequence[object] = ()) -> npt.NDArray[np.int64]:
        """Whole numbers out of the database, none NULL, in any order. Shape (rows, columns).

        The database hands them out as one text: a third of the time and a tenth of the memory of rows in Python.

        Args:
            columns: expressions.
            source: all of the SELECT that follows them, from FROM on.
            values: of its marks.

        Raises:
            CatalogError: the database cannot be read.
        """
        import numpy as np

        row = " || ',' || ".join(columns)
        text = self.query(f"SELECT group_concat({row}) {source}", values)[0][0]
        return np.fromstring(text or "", np.int64, sep=",").reshape(-1, len(columns))

    def facts(self) -> Facts:
        """What filters and sorting ask of every picture, as arrays; kept until files change.

        Raises:
            CatalogError: the database cannot be read.
        """
        from core.catalog.facts import Facts

        with self._lock:
            age = self.version()
            if self._facts is None or self._facts.age != age:
                self._facts = Facts(self, age)
            return self._facts

    def check(self) -> None:
        """Read the whole database and see whether it holds together: seconds for a million pictures.

        Raises:
            CatalogError: it does not.
        """
        found = self.query("PRAGMA quick_check(1)")[0][0]
        if found != "ok":
            raise damaged(self.path, sqlite3.DatabaseError(" ".join(str(found).split())))

    def absolute(self, location: bytes) -> bytes:
        """A root's location as an absolute path."""
        found = self._absolute.get(location)  # asked for every path of a list
        if found is None:
            found = self._absolute[location] = os.path.normpath(os.path.join(self._base, location))
        return found

    def count(self, folder: int | None = None) -> int:
        """How many pictures (contents) are there, in a folder and below or in all."""
        where, values = self._within(folder)
        rows = self.query(f"SELECT count(DISTINCT f.picture) FROM files f {where}", values)  # noqa: S608
        return int(rows[0][0])

    def picture_ids(self, folder: int | None = None) -> array[int]:
        """The pictures' numbers ordered by their first path, each once: 8 MB for a million."""
        where, values = self._within(folder)
        join = "" if folder is not None else "JOIN folders d ON d.id = f.folder"
        rows = self.query(
            f"""SELECT f.picture FROM files f {join} {where}
                ORDER BY d.root, d.path, f.name""",  # noqa: S608
            values,
        )
        return array("q", dict.fromkeys(row[0] for row in rows))

    def version(self) -> int:
        """Another number whenever files came, went or changed."""
        return int(self.query("SELECT number FROM file_changes")[0][0])

    def keys(self) -> npt.NDArray[np.bytes_]:
        """Keys of all pictures that have a file, sorted. Shape (n,), dtype S20, read-only: 20 MB for a million."""
        import numpy as np

        with self._lock:
            version = self.version()
            if self._keys is None or self._keys[0] != version:
                rows = self.query("SELECT key FROM pictures WHERE id IN (SELECT picture FROM files) ORDER BY key")
                self._keys = (version, np.frombuffer(b"".join(row[0] for row in rows), dtype=KEY))
            return self._keys[1]

    def unreadable(self) -> list[bytes]:
        """Keys of the pictures whose header cannot be read."""
        rows = self.query("SELECT key FROM pictures WHERE problem <> '' AND id IN (SELECT picture FROM files)")
        return [row[0] for row in rows]

    def pictures(self, ids: Sequence[int]) -> list[Picture]:
        """The pictures of these numbers, in this order. Numbers without a file are left out."""
        found = {picture.id: picture for picture in self._select("p.id", ids)}
        return [found[number] for number in ids if number in found]

    def by_keys(self, keys: Sequence[bytes]) -> dict[bytes, Picture]:
        """The pictures of these keys that have a file."""
        return {picture.key: picture for picture in self._select("p.key", keys)}

    def by_path(self, path: str | bytes | os.PathLike[str]) -> Picture | None:
        """The picture at this path, as of the last scan."""
        wanted = os.path.abspath(os.fsencode(path))
        folder, name = os.path.split(wanted)
        for number, location in self._locations().items():
            if location == folder:
                rows = self.query("SELECT picture FROM files WHERE folder = ? AND name = ?", (number, name))
                if rows:
                    found = self.pictures([rows[0][0]])
                    return found[0] if found else None
        return None

    def paths(self, picture: int) -> list[bytes]:
        """Every path of a picture, absolute, ordered."""
        rows = self.query(
            """SELECT r.location, d.path, f.name FROM files f JOIN folders d ON d.id = f.folder
               JOIN roots r ON r.id = d.root WHERE f.picture = ?""",
            (picture,),
        )
        return sorted(self._join(row[0], row[1], row[2]) for row in rows)

    def folders(self) -> list[Folder]:
        """Every folder, parents before children, with how many files it holds in it and below."""
        own = {row[0]: row[1] for row in self.query("SELECT folder, count(*) FROM files GROUP BY folder")}
        rows = self.query(
            """SELECT d.id, d.root, d.path, r.location FROM folders d JOIN roots r ON r.id = d.root
               ORDER BY d.root, d.path"""
        )
        totals: dict[tuple[int, bytes], int] = {}
        for row in rows:
            number, root, path = row[0], row[1], row[2]
            for ancestor in _ancestors(path):
                totals[root, ancestor] = totals.get((root, ancestor), 0) + own.get(number, 0)
        return [
            Folder(
                row[0],
                row[1],
                row[2],
                self._join(row[3], row[2]),
                totals[row[1], row[2]],
            )
            for row in rows
        ]

    def _within(self, folder: int | None) -> tuple[str, tuple[object, ...]]:
        """The WHERE that keeps files of a folder and below: a range of prefixes, so that the index serves."""
        if folder is None:
            return "", ()
        rows = self.query("SELECT root, path FROM folders WHERE id = ?", (folder,))
        if not rows:
            return "JOIN folders d ON d.id = f.folder WHERE 0", ()
        root, path = rows[0][0], rows[0][1]
        if not path:
            return "JOIN folders d ON d.id = f.folder WHERE d.root = ?", (root,)
        # "/" is 0x2f and "0" is 0x30: everything below path lies between them.
        return (
            "JOIN folders d ON d.id = f.folder WHERE d.root = ? AND (d.path = ? OR (d.path > ? AND d.path < ?))",
            (root, path, path + b"/", path + b"0"),
        )

    def _select(self, column: str, values: Sequence[int] | Sequence[bytes]) -> Iterator[Picture]:
        for start in range(0, len(values), _CHUNK):
            chunk = values[start : start + _CHUNK]
            rows = self.query(
                f"""SELECT p.id, p.key, p.width, p.height, p.format, p.problem,
                           f.size, f.mtime_ns, r.location, d.path, f.name, e.taken, e.camera,
                           a.colour, a.sharpness
                    FROM pictures p JOIN files f ON f.picture = p.id
                    JOIN folders d ON d.id = f.folder JOIN roots r ON r.id = d.root
                    LEFT JOIN exif e ON e.picture = p.id LEFT JOIN appearance a ON a.picture = p.id
                    WHERE {column} IN ({",".join("?" * len(chunk))})
                    ORDER BY p.id, d.root DESC, d.path DESC, f.name DESC""",  # noqa: S608  a column's name and marks
                tuple(chunk),
            )
            # Ordered so that a picture's first path comes last and wins in the caller's dictionary.
            for row in rows:
                yield Picture(
                    id=row[0],
                    key=row[1],
                    width=row[2],
                    height=row[3],
                    format=str(row[4]),
                    problem=str(row[5]),
                    size=row[6],
                    mtime_ns=row[7],
                    path=self._join(row[8], row[9], row[10]),
                    taken=row[11] or "",
                    camera=row[12] or "",
                    colour="" if row[13] is None else f"#{row[13]:06x}",
                    sharpness=row[14],
                )

    def _locations(self) -> dict[int, bytes]:
        rows = self.query("SELECT d.id, r.location, d.path FROM folders d JOIN roots r ON r.id = d.root")
        return {row[0]: self._join(row[1], row[2]) for row in rows}

    def _join(self, location: bytes, *parts: bytes) -> bytes:
        return os.path.join(self.absolute(location), *(part for part in parts if part))


def _ancestors(path: bytes) -> Iterable[bytes]:
    """``a/b/c`` gives itself, ``a/b``, ``a`` and the root (empty)."""
    while path:
        yield path
        path = path.rpartition(b"/")[0]
    yield b""
