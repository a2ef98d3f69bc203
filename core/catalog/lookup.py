"""From many paths to the pictures that lie there: a few statements a folder, not one a path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.text import count, printable

_CHUNK = 500  # below SQLite's least limit of bound variables
_KEY = re.compile(r"[0-9a-f]{40}")


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


def keys_named(catalog: Catalog, references: Sequence[str]) -> list[bytes]:
    """The keys of pictures that are named by a path or a 40-digit key, in this order, each once.

    Raises:
        UsageError: one of them is not in the project.
    """
    paths = {reference: os.path.abspath(os.fsencode(reference)) for reference in references}
    at = keys_at(catalog, paths.values())
    named = {
        reference: bytes.fromhex(reference)
        for reference, path in paths.items()
        if path not in at and _KEY.fullmatch(reference)
    }
    there = catalog.by_keys(list(named.values()))
    missing = [
        reference for reference, path in paths.items() if path not in at and named.get(reference, b"") not in there
    ]
    if missing:
        raise _missing(missing)
    return list(dict.fromkeys(at.get(path) or named[reference] for reference, path in paths.items()))


def _missing(references: Sequence[str]) -> UsageError:
    first = references[0]
    more = f", nor {count(len(references) - 1, 'other')}" if len(references) > 1 else ""
    if os.path.isdir(first):
        hint = f"its pictures are: --where 'folder:{printable(os.path.abspath(first))}'"
        return UsageError(f"{printable(first)} is a folder", hint)
    hint = "look for new pictures: pictoscope add" if os.path.exists(first) else "give paths, or 40-digit keys"
    return UsageError(f"the project has no picture {printable(first)}{more}", hint)
