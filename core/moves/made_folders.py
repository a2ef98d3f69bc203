"""The folders that moves made: they go again when they are empty. One that was there before never does.

They are stored in the user's data folder and not in the project, as :mod:`core.moves.aside_folders`: a project may come
from somebody else, and must not decide which folders are removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import PictoscopeError
from core.files import write_atomic
from core.moves.aside_folders import locked, name_of_project, read_lists
from core.user_folders import data_folder

FILE_NAME = "made-folders.json"
_KEPT = 10_000  # folders of one project; those that are forgotten stay on the disk


def make_folders(folder: Path) -> list[bytes]:
    """Make a folder and those above it that are missing. Returns the absolute paths of those that were made.

    Raises:
        OSError: it cannot be made.
    """
    missing = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    made: list[bytes] = []
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another program was quicker: it is not ours
            os.mkdir(path)
            made.append(os.fsencode(os.path.realpath(path)))
    folder.mkdir(exist_ok=True)  # says what is wrong where it is no folder
    return made


@contextmanager
def folders_made(project: Path) -> Iterator[list[bytes]]:
    """For a move, in either direction: yields a list for the folders it makes, and removes at its end what is empty.

    However the move ends, what it made and filled is remembered.
    """
    made: list[bytes] = []
    try:
        yield made
    finally:
        _remember(project, made)
        _remove_empty(project)


def _remember(project: Path, made: Iterable[bytes]) -> None:
    """Add them. What cannot be written is not known: the folders stay."""
    marks = [mark for mark in map(_mark, map(os.fsdecode, made)) if mark]
    if marks:
        _change(project, lambda known: [*known, *marks][-_KEPT:])


def _remove_empty(project: Path) -> None:
    """Remove those that are empty, the innermost first, and forget those that are gone."""

    def change(known: list[str]) -> list[str]:
        for mark in sorted(set(known), key=lambda mark: -mark.count("/")):
            number, _, path = mark.partition(" ")
            if number and _mark(path) == mark:  # the same folder, not a later one of that name
                with contextlib.suppress(OSError):  # not empty, or not ours to change
                    os.rmdir(path)
        return [mark for mark in known if _mark(mark.partition(" ")[2]) == mark]

    if read_lists(FILE_NAME).get(name_of_project(project)):
        _change(project, change)


def _mark(path: str) -> str:
    """A folder as it is stored: the number of its inode and its path; empty if there is no such folder."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except (OSError, ValueError):
        return ""
    return f"{status.st_ino} {path}" if os.path.isabs(path) and stat.S_ISDIR(status.st_mode) else ""


def _change(project: Path, change: Callable[[list[str]], list[str]]) -> None:
    name = name_of_project(project)
    with contextlib.suppress(OSError, PictoscopeError), locked():
        known = read_lists(FILE_NAME)
        known[name] = change(known.get(name, []))
        known = {project: marks for project, marks in known.items() if marks}
        write_atomic(data_folder() / FILE_NAME, json.dumps(known, indent=1).encode("ascii"))
