"""Pictures of a list in one folder: links to them, or copies. Of several groups each has a folder in it."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.export.columns import GROUP, PATH
from core.export.table import Table
from core.text import printable

_LONGEST = 255  # bytes of a file's name, on the file systems in use
_GROUP_KEPT = 80  # characters of a group's name


@dataclass(slots=True)
class Filled:
    """What became of a folder.

    Attributes:
        entries: of the list that were looked at.
        files: links or copies in it.
        missing: paths of pictures that are not there any more or cannot be read, each once.
    """

    entries: int = 0
    files: int = 0
    missing: dict[bytes, None] = field(default_factory=dict)


def link_all(table: Table, folder: Path) -> Filled:
    """A symbolic link to each picture, absolute. Raises OSError: what the file system refuses."""
    return _fill(table, folder, os.symlink)


def copy_all(table: Table, folder: Path) -> Filled:
    """A copy of each picture, with its time. Raises OSError: what the file system refuses; no room."""
    return _fill(table, folder, shutil.copy2)


def _fill(table: Table, folder: Path, put: Callable[[bytes, bytes], object]) -> Filled:
    folders = _Folders(os.fsencode(folder))
    done: set[tuple[bytes, str | None]] = set()
    filled = Filled()
    for values in table.chunks:
        groups = values.get(GROUP) or [None] * len(values[PATH])
        filled.entries += len(groups)
        for path, group in zip(values[PATH], groups, strict=True):
            if (path, group) in done:
                continue
            done.add((path, group))
            if os.path.isfile(path) and os.access(path, os.R_OK):
                put(path, folders.place(os.path.basename(path), group))
                filled.files += 1
            else:
                filled.missing[path] = None
    return filled


class _Folders:
    """Gives every file a name of its own, in the folder of its group."""

    def __init__(self, top: bytes) -> None:
        self._top = top
        self._groups: dict[str, bytes] = {}
        self._taken: dict[bytes, set[str]] = {top: set()}

    def place(self, name: bytes, group: str | None) -> bytes:
        """Where the file goes."""
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
    """``name``, or ``name-2.jpg`` and so on where it is taken; case and composition of letters make no difference.

    Args:
        name: of a file.
        taken: names given until now, folded; gets this one.
    """
    stem, end = os.path.splitext(name)
    number, found = 1, name
    while _folded(found) in taken:
        number += 1
        mark = f"-{number}".encode() + end
        room = _LONGEST - len(mark)
        found = (stem if len(stem) <= room else stem[:room].decode("utf-8", "ignore").encode()) + mark
    taken.add(_folded(found))
    return found


def _folded(name: bytes) -> str:
    return unicodedata.normalize("NFC", os.fsdecode(name)).casefold()
