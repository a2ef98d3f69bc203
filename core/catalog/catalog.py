"""Queries on the catalog: pictures, their files and folders."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.catalog.connection import CatalogConnection
from core.keys import KEY
from core.paths import is_inside

if TYPE_CHECKING:  # the first paint needs names and counts, not NumPy
    import numpy as np
    import numpy.typing as npt

    from core.catalog.facts import Facts

_CHUNK = 500  # below SQLite's least limit of bound variables
_MANY_FILES = 20_000


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
    """A folder that contains pictures, directly or in subfolders.

    Attributes:
        id: the catalog's number.
        root: number of its picture folder.
        path: relative to the root, bytes; empty for the root itself.
        location: absolute path, bytes.
        pictures: number of picture files in it and below it.
    """

    id: int
    root: int
    path: bytes
    location: bytes
    pictures: int


class Catalog(CatalogConnection):
    """One project's catalog. Safe to share between threads; several processes may read while one writes.

    Args:
        path: of ``catalog.sqlite``.
        base: the folder that relative roots are relative to (the project folder).
        replacing: whether the caller has exclusive use of the catalog (:meth:`InUse.exclusive`). Otherwise no program
            may replace it while it is open here.
        elsewhere: folders that have another path on this machine, by their absolute path in the catalog.

    Raises:
        CatalogError: damaged, of a newer version, or being replaced by another program.
    """

    def __init__(
        self,
        path: Path,
        base: Path,
        *,
        replacing: bool = False,
        elsewhere: Mapping[bytes, bytes] = MappingProxyType({}),
    ) -> None:
        super().__init__(path, replacing=replacing)
        self._base = os.fsencode(base)
        self._elsewhere = elsewhere
        self._absolute: dict[bytes, bytes] = {}
        self._keys: tuple[int, npt.NDArray[np.bytes_]] | None = None
        self._facts: Facts | None = None

    def facts(self) -> Facts:
        """The data of all pictures that filters and sorting use, as arrays; cached until files change.

        Raises:
            CatalogError: the database cannot be read.
        """
        from core.catalog.facts import Facts

        with self._lock:
            age = self.version()
            if self._facts is None or self._facts.age != age:
                self._facts = Facts(self, age)
            return self._facts

    def absolute(self, location: bytes) -> bytes:
        """The location of a root as an absolute path."""
        path = self._absolute.get(location)  # called for every path of a list
        if path is None:
            path = os.path.normpath(os.path.join(self._base, location))
            for there, here in self._elsewhere.items():
                if is_inside(path, there):
                    path = os.path.normpath(os.path.join(here, os.path.relpath(path, there)))
                    break
            self._absolute[location] = path
        return path

    def count(self, folder: int | None = None) -> int:
        """The number of pictures (contents), in a folder and below it or in the project."""
        where, values = self._within(folder)
        rows = self.query(f"SELECT count(DISTINCT f.picture) FROM files f {where}", values)  # noqa: S608
        return int(rows[0][0])

    def picture_ids(self, folder: int | None = None) -> array[int]:
        """Picture numbers ordered by first path, each once: 8 MB for a million."""
        if folder is None and self._has_many_files():
            return array("q", self.facts().ids.tobytes())
        where, values = self._within(folder)
        join = "" if folder is not None else "JOIN folders d ON d.id = f.folder"
        rows = self.query(
            f"""SELECT f.picture FROM files f {join} {where}
                ORDER BY d.root, d.path, f.name""",  # noqa: S608
            values,
        )
        return array("q", dict.fromkeys(chain.from_iterable(rows)))

    def version(self) -> int:
        """A number that changes whenever files are added, removed or changed."""
        return int(self.query("SELECT number FROM file_changes")[0][0])

    def labels_age(self) -> tuple[int, ...] | None:
        """A value that changes whenever labels change; None while a step is open, in which they are changing.

        Every change is part of a step. Steps have increasing numbers. Undo and redo change how many are undone;
        discarding steps, how many there are.
        """
        steps, undone, newest, recording = self.query(
            """SELECT count(*), coalesce(sum(undone), 0),
               coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'steps'), 0), (SELECT count(*) FROM recording)
               FROM steps"""
        )[0]
        return None if recording else (steps, undone, newest)

    def keys(self) -> npt.NDArray[np.bytes_]:
        """Keys of all pictures that have a file, sorted. Shape (n,), dtype S20, read-only: 20 MB for a million."""
        import numpy as np

        with self._lock:
            version = self.version()
            if self._keys is None or self._keys[0] != version:
                rows = self.query("SELECT key FROM pictures WHERE id IN (SELECT picture FROM files) ORDER BY key")
                self._keys = (version, np.frombuffer(b"".join(chain.from_iterable(rows)), dtype=KEY))
            return self._keys[1]

    def unreadable(self) -> list[bytes]:
        """Keys of the pictures whose header cannot be read."""
        rows = self.query("SELECT key FROM pictures WHERE problem <> '' AND id IN (SELECT picture FROM files)")
        return [row[0] for row in rows]

    def pictures(self, ids: Sequence[int]) -> list[Picture]:
        """The pictures with these numbers, in this order, without those that have no file."""
        by_id = {picture.id: picture for picture in self._select("p.id", ids)}
        return [by_id[number] for number in ids if number in by_id]

    def by_keys(self, keys: Sequence[bytes]) -> dict[bytes, Picture]:
        """The pictures with these keys that have a file."""
        return {picture.key: picture for picture in self._select("p.key", keys)}

    def by_path(self, path: str | bytes | os.PathLike[str]) -> Picture | None:
        """The picture at this path, as of the last scan."""
        wanted = os.path.abspath(os.fsencode(path))
        folder, name = os.path.split(wanted)
        for number, location in self._locations().items():
            if location == folder:
                rows = self.query("SELECT picture FROM files WHERE folder = ? AND name = ?", (number, name))
                if rows:
                    pictures = self.pictures([rows[0][0]])
                    return pictures[0] if pictures else None
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
        """Every folder, parents before children, with the number of files in it and below it."""
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

    def _has_many_files(self) -> bool:
        """Whether arrays pay: NumPy, not yet imported at the first paint, then takes less time than rows do.

        The first filter, which asks for them, finds them there.
        """
        return int(self.query("SELECT coalesce(max(id), 0) FROM files")[0][0]) > _MANY_FILES

    def _within(self, folder: int | None) -> tuple[str, tuple[object, ...]]:
        """The WHERE clause for files in a folder and below: a range of prefixes, so that the index is used."""
        if folder is None:
            return "", ()
        rows = self.query("SELECT root, path FROM folders WHERE id = ?", (folder,))
        if not rows:
            return "JOIN folders d ON d.id = f.folder WHERE 0", ()
        root, path = rows[0][0], rows[0][1]
        if not path:
            return "JOIN folders d ON d.id = f.folder WHERE d.root = ?", (root,)
        # "/" is 0x2f and "0" is 0x30: all paths below ``path`` sort between them.
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
            # Ordered so that a picture's first path comes last and is the one that the caller's dictionary keeps.
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
    """``a/b/c`` yields itself, ``a/b``, ``a`` and the root (empty)."""
    while path:
        yield path
        path = path.rpartition(b"/")[0]
    yield b""
