"""Pictures of a list in one folder: links to them, or copies."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.export.columns import PATH
from core.export.table import Table


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of a folder.

    Attributes:
        files: links or copies in it.
        missing: paths of pictures that are not there any more or cannot be read.
    """

    files: int
    missing: list[bytes]


def link_all(table: Table, folder: Path) -> Filled:
    """A symbolic link to each picture, absolute. Raises OSError: what the file system refuses."""
    return _fill(table, folder, os.symlink)


def copy_all(table: Table, folder: Path) -> Filled:
    """A copy of each picture, with its time. Raises OSError: what the file system refuses; no room."""
    return _fill(table, folder, shutil.copy2)


def _fill(table: Table, folder: Path, put: Callable[[bytes, bytes], object]) -> Filled:
    taken: set[str] = set()
    done: set[bytes] = set()
    missing: list[bytes] = []
    files = 0
    for values in table.chunks:
        for path in values[PATH]:
            if path in done:  # a picture may be in several groups
                continue
            done.add(path)
            if not os.access(path, os.R_OK):
                missing.append(path)
                continue
            put(path, os.path.join(os.fsencode(folder), unique_name(os.path.basename(path), taken)))
            files += 1
    return Filled(files, missing)


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
        found = stem + f"-{number}".encode() + end
    taken.add(_folded(found))
    return found


def _folded(name: bytes) -> str:
    return unicodedata.normalize("NFC", os.fsdecode(name)).casefold()
