"""The folders to which this user moved files of a project.

They are stored in the user's data folder and not in the project: a project may come from somebody else, and its
journals must not decide from where files are moved.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.files import write_atomic
from core.user_folders import data_folder

FILE_NAME = "aside-folders.json"
_KEPT = 100  # the latest folders of one project


def aside_folders(project: Path) -> list[bytes]:
    """The confirmed folders of a project, absolute and without links, the latest first."""
    return [os.fsencode(folder) for folder in reversed(read_lists(FILE_NAME).get(name_of_project(project), []))]


def remember_aside_folder(project: Path, folder: bytes) -> None:
    """Record that this user moves files of ``project`` to ``folder``, an absolute path without links.

    Raises:
        DiskFull, OSError: it cannot be written.
    """
    name, added = name_of_project(project), os.fsdecode(folder)
    with locked():
        known = read_lists(FILE_NAME)
        others = [other for other in known.get(name, []) if other != added]
        known[name] = [*others, added][-_KEPT:]
        write_atomic(data_folder() / FILE_NAME, json.dumps(known, indent=1).encode("ascii"))


def name_of_project(project: Path) -> str:
    """By which a project is stored here."""
    return os.path.realpath(project)


def read_lists(file_name: str) -> dict[str, list[str]]:
    """Texts by project, from a JSON file of the user's data folder. Invalid content is ignored."""
    try:
        content = json.loads((data_folder() / file_name).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    lists = {name: folders for name, folders in content.items() if isinstance(folders, list)}
    return {name: [folder for folder in folders if isinstance(folder, str)] for name, folders in lists.items()}


@contextmanager
def locked() -> Iterator[None]:
    """Lock out other programs. The kernel releases the lock when this process ends."""
    descriptor = os.open(data_folder(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
