"""From many paths to the pictures that lie there: a few statements a folder, not one a path."""

from __future__ import annotations

import os
from collections.abc import Iterable

from core.catalog.catalog import Catalog

_CHUNK = 500  # below SQLite's least limit of bound variables


def keys_at(catalog: Catalog, paths: Iterable[bytes]) -> dict[bytes, bytes]:
    """The keys of the pictures at these absolute paths, as of the last scan. Paths without one are left out."""
    names: dict[bytes, list[bytes]] = {}
    for path in paths:
        parent, name = os.path.split(path)
        names.setdefault(parent, []).append(name)
    found: dict[bytes, bytes] = {}
    for folder in catalog.folders():
        wanted = names.get(folder.location, [])
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            rows = catalog.query(
                f"""SELECT f.name, p.key FROM files f JOIN pictures p ON p.id = f.picture
                    WHERE f.folder = ? AND f.name IN ({",".join("?" * len(chunk))})""",  # noqa: S608  marks
                (folder.id, *chunk),
            )
            found |= {os.path.join(folder.location, row[0]): row[1] for row in rows}
    return found
