"""The picture folders on another machine: where they are missing, a shard would call all its pictures unreadable."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from core.catalog.catalog import Catalog
from core.catalog.root_folders import root_folders
from core.errors import UsageError
from core.paths import is_inside
from core.text import printable


def parse_elsewhere(texts: Sequence[str]) -> dict[bytes, bytes]:
    """Folders that have another path on this machine, of texts as in ``/here=/there``: in the project, on this machine.

    Raises:
        UsageError: not two absolute paths.
    """
    mapping: dict[bytes, bytes] = {}
    for text in texts:
        before, equals, after = (os.fsencode(part) for part in text.partition("="))
        if not (equals and os.path.isabs(before) and os.path.isabs(after)):
            raise UsageError(
                f"the map {printable(text)!r} is not two absolute paths",
                "give the folder in the project and the same folder where it is computed, as in /data=/mnt/data",
            )
        mapping[os.path.normpath(before)] = os.path.normpath(after)
    return mapping


def check_folders(catalog: Catalog, elsewhere: Mapping[bytes, bytes]) -> None:
    """Refuse to compute where a picture folder is missing or empty: an empty one is a disk that is not mounted.

    Args:
        catalog: that was opened with ``elsewhere``.
        elsewhere: see :func:`parse_elsewhere`; each must be of a picture folder.

    Raises:
        UsageError: a folder is not there, or ``elsewhere`` names one that has nothing to do with the project.
    """
    folders = root_folders(catalog)
    for there, here in elsewhere.items():
        if not any(is_inside(folder, here) for folder in folders):
            raise UsageError(
                f"--map: no picture folder of the project is in {printable(there)}",
                "`pictoscope folders` lists them; name one of them, or a folder above it",
            )
    for folder in folders:
        if not _has_something(folder):
            raise UsageError(
                f"the picture folder {printable(folder)} is not on this machine, or is empty",
                f"mount it; or, if it has another path here: --map {printable(folder)}=FOLDER",
            )


def _has_something(folder: bytes) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
