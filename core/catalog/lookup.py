"""Find the pictures at many paths: a few statements for each folder, not one for each path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from core.catalog import stamps
from core.catalog.catalog import Catalog, Picture
from core.errors import UsageError
from core.text import count, printable

_CHUNK = 500  # below SQLite's least limit of bound variables
_KEY = re.compile(r"[0-9a-f]{40}")


def keys_at(catalog: Catalog, paths: Iterable[bytes]) -> dict[bytes, bytes]:
    """The keys of the pictures at these absolute paths, by path; paths without a picture are left out.

    A file that has changed since the last scan counts as the picture of its current content, if the project has it.
    """
    names: dict[bytes, list[bytes]] = {}
    for path in paths:
        parent, name = os.path.split(path)
        names.setdefault(parent, []).append(name)
    found: dict[bytes, bytes] = {}
    changed = False
    for folder in catalog.folders():
        wanted = names.get(folder.location, [])
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            rows = catalog.query(
                f"""SELECT f.name, p.key, {stamps.COLUMNS} FROM {stamps.SOURCE} JOIN pictures p ON p.id = f.picture
                    WHERE f.folder = ? AND f.name IN ({",".join("?" * len(chunk))})""",  # noqa: S608  marks
                (folder.id, *chunk),
            )
            for name, key, *stamp in rows:
                path = os.path.join(folder.location, name)
                found[path] = stamps.current_key(path, stamps.Stamp(*stamp), key)
                changed |= found[path] != key
    if changed:
        there = catalog.by_keys(list(found.values()))
        return {path: key for path, key in found.items() if key in there}
    return found


def picture_now(catalog: Catalog, path: bytes) -> tuple[Picture | None, bool]:
    """The project's picture at an absolute path, and whether the file there has changed since the last scan.

    If it has, the picture is that of its current content, or None if the project does not have it.
    """
    picture = catalog.by_path(path)
    if picture is None:
        return None, False
    rows = catalog.query(
        f"SELECT {stamps.COLUMNS} FROM {stamps.SOURCE} WHERE f.picture = ? AND f.name = ?",  # noqa: S608  names
        (picture.id, os.path.basename(path)),
    )
    # Copies with one name in several folders have the same content: any of them will do.
    keys = [stamps.current_key(path, stamps.Stamp(*row), picture.key) for row in rows]
    if not keys or picture.key in keys:
        return picture, False
    return catalog.by_keys(keys).get(keys[0]), True


def keys_named(catalog: Catalog, references: Sequence[str]) -> list[bytes]:
    """The keys of pictures given by path or 40-digit key, in this order, each once.

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
        raise _missing(catalog, missing)
    return list(dict.fromkeys(at.get(path) or named[reference] for reference, path in paths.items()))


def file_names(catalog: Catalog, references: Sequence[str]) -> dict[str, str]:
    """The file name of each picture given by path or 40-digit key; a key that the catalog does not know stays a key.

    Raises:
        CatalogError: it cannot be read.
    """
    keys = {reference: bytes.fromhex(reference) for reference in references if _KEY.fullmatch(reference)}
    pictures = catalog.by_keys(list(keys.values()))
    known = {reference: pictures[key].name for reference, key in keys.items() if key in pictures}
    return {reference: known.get(reference, os.path.basename(reference)) for reference in references}


def no_picture_error(catalog: Catalog, reference: str, others: int = 0) -> UsageError:
    """The error that there is nothing at a path, and that it is no key. Its hint names files of the same name.

    Args:
        catalog: where such files are looked for.
        reference: as it was typed.
        others: how many more are like it.
    """
    more = f", nor {count(others, 'other')}" if others else ""
    same_name = _paths_of_name(catalog, os.path.basename(os.fsencode(reference)))
    hint = "give a path, or a picture's 40-digit key"
    if same_name:
        hint = f"did you mean {printable(os.path.relpath(same_name[0]))}?"
        if len(same_name) > 1:
            hint = f"{hint[:-1]}, or {printable(os.path.relpath(same_name[1]))}?"
    return UsageError(f"there is no picture {printable(reference)}{more}", hint)


def _paths_of_name(catalog: Catalog, name: bytes) -> list[bytes]:
    """The absolute paths of two files of this name, or of fewer if there are no more."""
    folders = {folder.id: folder.location for folder in catalog.folders()}
    rows = catalog.query("SELECT folder, name FROM files WHERE name = ? ORDER BY folder LIMIT 2", (name,))
    return [os.path.join(folders[folder], found) for folder, found in rows if folder in folders]


def _missing(catalog: Catalog, references: Sequence[str]) -> UsageError:
    first, others = references[0], len(references) - 1
    if os.path.isdir(first):
        hint = f"for its pictures: --where 'folder:{printable(os.path.abspath(first))}'"
        return UsageError(f"{printable(first)} is a folder", hint)
    if not os.path.exists(first):
        return no_picture_error(catalog, first, others)
    more = f", and {count(others, 'other')} neither" if others else ""
    hint = "it is new or has changed since the last scan; scan again: pictoscope add"
    return UsageError(f"{printable(first)} is not in the project{more}", hint)
