"""Fill a folder with links to pictures, or copies of them. Several groups each get a subfolder."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.catalog.catalog import Catalog
from core.catalog.copies import files_of
from core.catalog.readable import readable_path
from core.errors import UnreadablePicture
from core.export.columns import GROUP, KEY, PATH
from core.export.table import ExportTable
from core.text import printable

_LONGEST = 255  # bytes of a file's name, on the file systems in use
_GROUP_KEPT = 80  # characters of a group's name


@dataclass(slots=True)
class FilledFolder:
    """The result of filling a folder.

    Attributes:
        entries: number of processed entries of the list.
        files: number of links or copies in it.
        missing: paths of pictures of which no file can be read, each once.
    """

    entries: int = 0
    files: int = 0
    missing: dict[bytes, None] = field(default_factory=dict)


def link_all(table: ExportTable, catalog: Catalog, folder: Path) -> FilledFolder:
    """Create an absolute symbolic link to each picture. Raises OSError: the file system fails."""
    return _fill(table, catalog, folder, os.symlink)


def copy_all(table: ExportTable, catalog: Catalog, folder: Path) -> FilledFolder:
    """Copy each picture, with its time. Raises OSError: the file system fails or is full."""
    return _fill(table, catalog, folder, shutil.copy2)


def _fill(table: ExportTable, catalog: Catalog, folder: Path, put: Callable[[bytes, bytes], object]) -> FilledFolder:
    folders = _Folders(os.fsencode(folder))
    done: set[tuple[bytes, str | None]] = set()
    filled = FilledFolder()
    for values in table.chunks:
        groups = values.get(GROUP) or [None] * len(values[PATH])
        filled.entries += len(groups)
        keys = [bytes.fromhex(key) for key in values[KEY]]
        files = files_of(catalog, dict.fromkeys(keys))
        for key, path, group in zip(keys, values[PATH], groups, strict=True):
            if (path, group) in done:
                continue
            done.add((path, group))
            try:
                source = readable_path(sorted(files.get(key, ()), key=lambda file, first=path: file.path != first))
            except UnreadablePicture:
                filled.missing[path] = None
            else:
                put(source, folders.path_for(os.path.basename(source), group))
                filled.files += 1
    return filled


class _Folders:
    """Gives every file a unique name in the folder of its group."""

    def __init__(self, top: bytes) -> None:
        self._top = top
        self._groups: dict[str, bytes] = {}
        self._taken: dict[bytes, set[str]] = {top: set()}

    def path_for(self, name: bytes, group: str | None) -> bytes:
        """The path for a file."""
        folder = self._top if group is None else self._folder(group)
        return os.path.join(folder, unique_name(name, self._taken[folder]))

    def _folder(self, group: str) -> bytes:
        if group not in self._groups:
            plain = printable(group).replace("/", "_")[:_GROUP_KEPT].strip()
            name = unique_name(os.fsencode(plain if plain.strip(".") else "group"), self._taken[self._top])
            folder = self._groups[group] = os.path.join(self._top, name)
            self._taken[folder] = set()
            os.mkdir(folder)
        return self._groups[group]


def unique_name(name: bytes, taken: set[str]) -> bytes:
    """``name``, or ``name-2.jpg`` and so on if it is taken, ignoring case and Unicode composition.

    Args:
        name: of a file.
        taken: names used so far, folded; the new name is added.
    """
    stem, end = os.path.splitext(name)
    number, candidate = 1, name
    while _folded(candidate) in taken:
        number += 1
        mark = f"-{number}".encode() + end
        room = _LONGEST - len(mark)
        candidate = (stem if len(stem) <= room else stem[:room].decode("utf-8", "ignore").encode()) + mark
    taken.add(_folded(candidate))
    return candidate


def _folded(name: bytes) -> str:
    return unicodedata.normalize("NFC", os.fsdecode(name)).casefold()
