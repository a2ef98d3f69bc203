"""Every file of pictures, with what tells a better copy from a worse one; which pictures lie at several paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.catalog.catalog import KEY, Catalog
from core.errors import UsageError
from core.text import printable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_CHUNK = 500  # below SQLite's least limit of bound variables
_LOSSLESS = ("PNG", "TIFF", "BMP")
_FEW_COLOURS = ("GIF",)


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
    """

    key: bytes
    path: bytes
    size: int
    mtime_ns: int
    width: int
    height: int
    format: str

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height


def fidelity(format: str) -> int:
    """How much of a picture a format keeps: 3 all, 2 most, 1 at most 256 colours, 0 unreadable."""
    if not format:
        return 0
    return 3 if format in _LOSSLESS else 1 if format in _FEW_COLOURS else 2


def files_of(catalog: Catalog, keys: Iterable[bytes]) -> dict[bytes, list[File]]:
    """Every file of these pictures, ordered by path. Pictures without a file are left out."""
    wanted = list(keys)
    found: dict[bytes, list[File]] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = catalog.query(
            f"""SELECT p.key, p.width, p.height, p.format, f.size, f.mtime_ns, r.location, d.path, f.name
                FROM pictures p JOIN files f ON f.picture = p.id
                JOIN folders d ON d.id = f.folder JOIN roots r ON r.id = d.root
                WHERE p.key IN ({",".join("?" * len(chunk))})""",  # noqa: S608  question marks
            tuple(chunk),
        )
        for key, width, height, format, size, mtime, location, folder, name in rows:
            path = os.path.join(catalog.absolute(location), *(part for part in (folder, name) if part))
            found.setdefault(key, []).append(File(key, path, size, mtime, width, height, str(format)))
    for files in found.values():
        files.sort(key=lambda file: file.path)
    return found


def repeated(catalog: Catalog) -> list[bytes]:
    """Keys of the pictures that lie at several paths."""
    rows = catalog.query(
        "SELECT key FROM pictures WHERE id IN (SELECT picture FROM files GROUP BY picture HAVING count(*) > 1)"
    )
    return [row[0] for row in rows]


def best_first(
    catalog: Catalog, keys: npt.NDArray[np.bytes_], references: Sequence[bytes] = ()
) -> npt.NDArray[np.int64]:
    """Places of ``keys`` ordered by what is known of the pictures: references, then pixels, format, bytes, age.

    Args:
        catalog: that knows the pictures; one that it does not know comes last.
        keys: shape (n,), dtype S20.
        references: folders, absolute, whose pictures come first.
    """
    import numpy as np

    inside = [folder.id for folder in catalog.folders() if within(folder.location, references)]
    rows = catalog.query(
        f"""SELECT p.key, p.width * p.height, p.format, max(f.size), min(f.mtime_ns),
                   max(f.folder IN ({",".join(map(str, inside))}))
            FROM pictures p JOIN files f ON f.picture = p.id GROUP BY p.id ORDER BY p.key"""  # noqa: S608  numbers
    )
    known = np.frombuffer(b"".join(row[0] for row in rows), KEY)
    if not len(known):
        return np.arange(len(keys))
    facts = np.array([(row[5], row[1], fidelity(str(row[2])), row[3], -row[4]) for row in rows], np.int64)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    ranks = np.where((known[place] == keys)[:, None], facts[place], np.iinfo(np.int64).min)
    return np.lexsort((keys, *(-(ranks[:, column] + 1) for column in (4, 3, 2, 1, 0))))


def reference_folders(catalog: Catalog, text: str) -> list[bytes]:
    """Folders of the project as somebody wrote them: absolute, or below a picture folder; ``:`` between several.

    Raises:
        UsageError: the project has no such folder.
    """
    folders = catalog.folders()
    roots = [folder.location for folder in folders if not folder.path]
    chosen = []
    for name in filter(None, (part.strip() for part in text.split(":"))):
        typed = os.path.expanduser(os.fsencode(name))
        places = {os.path.normpath(os.path.join(base, typed)) for base in (os.fsencode(os.getcwd()), *roots)}
        found = [folder.location for folder in folders if folder.location in places]
        if not found:
            raise UsageError(
                f"reference: the project has no folder {printable(name)}",
                "name one that holds pictures, as it stands below the picture folder",
            )
        chosen += found
    return chosen


def within(path: bytes, folders: Sequence[bytes]) -> bool:
    """Whether ``path`` is one of ``folders`` or lies in one."""
    return any(path == folder or path.startswith(folder.rstrip(b"/") + b"/") for folder in folders)
