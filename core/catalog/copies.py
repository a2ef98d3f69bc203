"""The files of pictures, with what distinguishes better copies from worse ones; pictures with several paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.catalog.catalog import Catalog
from core.catalog.richness_columns import COLUMNS
from core.catalog.stamps import Stamp
from core.errors import UsageError
from core.images.richness import Richness
from core.keys import KEY
from core.paths import is_inside
from core.text import printable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_CHUNK = 500  # below SQLite's least limit of bound variables


@dataclass(frozen=True, slots=True)
class File:
    """A file of a picture.

    Attributes:
        key: SHA-1 of its content, 20 bytes.
        path: absolute, bytes.
        size: bytes.
        mtime_ns: nanoseconds.
        width: pixels as displayed; 0 where unreadable.
        height: as ``width``.
        format: Pillow's name; empty where unreadable.
        facts: other data from its header; None if not known.
        sharpness: see :class:`core.images.appearance.Appearance`; None if not measured.
        inode: when it was hashed; see :class:`core.catalog.stamps.Stamp`.
        ctime_ns: likewise; None if not recorded.
    """

    key: bytes
    path: bytes
    size: int
    mtime_ns: int
    width: int = 0
    height: int = 0
    format: str = ""
    facts: Richness | None = None
    sharpness: int | None = None
    inode: int | None = None
    ctime_ns: int | None = None

    def is_as_hashed(self, status: os.stat_result) -> bool:
        """Whether a file with this status can be assumed to have the content of its key. Not if no ctime is known:

        size and time alone are kept by whoever exchanges the names of two files, or copies one with its time.
        """
        stamp = Stamp(self.size, self.mtime_ns, self.inode, self.ctime_ns)
        return self.ctime_ns is not None and stamp.matches(status)

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height


def files_of(catalog: Catalog, keys: Iterable[bytes]) -> dict[bytes, list[File]]:
    """Every file of these pictures, ordered by path. Pictures without a file are left out."""
    wanted = list(keys)
    by_key: dict[bytes, list[File]] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = catalog.query(
            f"""SELECT p.key, p.width, p.height, p.format, f.size, f.mtime_ns, r.location, d.path, f.name,
                       a.sharpness, s.inode, s.ctime_ns, {", ".join(f"h.{column}" for column in COLUMNS)}
                FROM pictures p JOIN files f ON f.picture = p.id
                JOIN folders d ON d.id = f.folder JOIN roots r ON r.id = d.root
                LEFT JOIN appearance a ON a.picture = p.id LEFT JOIN richness h ON h.picture = p.id
                LEFT JOIN file_stamps s ON s.file = f.id
                WHERE p.key IN ({",".join("?" * len(chunk))})""",  # noqa: S608  question marks
            tuple(chunk),
        )
        for key, width, height, format, size, mtime, location, folder, name, sharpness, inode, ctime, *told in rows:
            path = os.path.join(catalog.absolute(location), *(part for part in (folder, name) if part))
            facts = Richness(*told) if told[0] is not None else None
            file = File(key, path, size, mtime, width, height, str(format), facts, sharpness, inode, ctime)
            by_key.setdefault(key, []).append(file)
    for files in by_key.values():
        files.sort(key=lambda file: file.path)
    return by_key


class FilesOnDemand(dict[bytes, list[File]]):
    """Files of pictures by key, loaded from the catalog when they are asked for; several threads may ask."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._catalog = catalog

    def __missing__(self, key: bytes) -> list[File]:
        files = self[key] = files_of(self._catalog, [key]).get(key, [])
        return files

    def get(self, key: bytes, default: object = None) -> list[File]:
        """Like ``self[key]``."""
        return self[key]


def keys_at_several_paths(catalog: Catalog) -> list[bytes]:
    """Keys of the pictures that have several paths."""
    rows = catalog.query(
        "SELECT key FROM pictures WHERE id IN (SELECT picture FROM files GROUP BY picture HAVING count(*) > 1)"
    )
    return [row[0] for row in rows]


def best_first(
    catalog: Catalog, keys: npt.NDArray[np.bytes_], references: Sequence[bytes] = ()
) -> npt.NDArray[np.int64]:
    """Indices into ``keys``, the best copies first: in a reference folder, then by pixels, quality, bytes and age.

    Args:
        catalog: of the pictures; keys that it does not know come last.
        keys: shape (n,), dtype S20.
        references: folders, absolute, whose pictures come first.
    """
    import numpy as np

    inside = [folder.id for folder in catalog.folders() if within(folder.location, references)]
    rows = catalog.query(
        f"""SELECT p.key, p.width * p.height, coalesce(h.quality * (1 - h.palette), 0), max(f.size), min(f.mtime_ns),
                   max(f.folder IN ({",".join(map(str, inside))}))
            FROM pictures p JOIN files f ON f.picture = p.id LEFT JOIN richness h ON h.picture = p.id
            GROUP BY p.id ORDER BY p.key"""  # noqa: S608  numbers
    )
    known = np.frombuffer(b"".join(row[0] for row in rows), KEY)
    if not len(known):
        return np.arange(len(keys))
    facts = np.array([(row[5], row[1], row[2], row[3], -row[4]) for row in rows], np.int64)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    ranks = np.where((known[place] == keys)[:, None], facts[place], np.iinfo(np.int64).min)
    return np.lexsort((keys, *(-(ranks[:, column] + 1) for column in (4, 3, 2, 1, 0))))


def reference_folders(catalog: Catalog, text: str) -> list[bytes]:
    """Parse folders of the project: absolute or relative to a picture folder, separated by ``:``.

    Raises:
        UsageError: the project has no such folder.
    """
    folders = catalog.folders()
    roots = [folder.location for folder in folders if not folder.path]
    chosen = []
    for name in filter(None, (part.strip() for part in text.split(":"))):
        typed = os.path.expanduser(os.fsencode(name))
        places = {os.path.normpath(os.path.join(base, typed)) for base in (os.fsencode(os.getcwd()), *roots)}
        locations = [folder.location for folder in folders if folder.location in places]
        if not locations:
            raise UsageError(
                f"there is no folder {printable(name)} in the project",
                "name a folder that holds pictures: absolute, or relative to its picture folder",
            )
        chosen += locations
    return chosen


def within(path: bytes, folders: Sequence[bytes]) -> bool:
    """Whether ``path`` is one of ``folders`` or is inside one."""
    return any(is_inside(path, folder) for folder in folders)
