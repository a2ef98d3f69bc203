"""Rows that a computation may use. A project may come from a stranger, with rows that no model computes.

Every row is looked at once, before the first question: that takes as long as reading the file. The user's state folder
remembers how many rows of which file were looked at; rows that come later are looked at then.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from core.errors import DiskFull, StoreDamaged, StoreError
from core.files import write_atomic
from core.project_files import DEEP, status
from core.text import count
from core.user_folders import state_folder
from core.vectors.snapshot import Snapshot, count_unusable

_FOLDER = "known-vectors"
_LONGEST = 200  # bytes of a mark


def check_rows(folder: Path, snapshot: Snapshot) -> None:
    """Look at the rows that were not looked at before.

    Args:
        folder: of the vec type.
        snapshot: of its rows.

    Raises:
        StoreDamaged: no model computes some of them.
    """
    mark = state_folder() / _FOLDER / hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:32]
    file, rows = _file(folder, snapshot), len(snapshot.rows)
    known = _known(mark, file) if file else 0
    if known >= rows:
        return
    if bad := count_unusable(snapshot, known):
        name = snapshot.manifest.vec_type.name
        raise StoreDamaged(
            f"no model computes {count(bad, 'row')} of the vectors {name}: numbers not finite, or far too large",
            f"pictoscope vectors verify {name} --repair discards them",
        )
    if not file:
        return
    with contextlib.suppress(OSError, DiskFull, StoreError):  # it is looked at again next time
        mark.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(mark, f"{file} {rows}\n".encode())


def _file(folder: Path, snapshot: Snapshot) -> str:
    """What identifies the file of the rows; empty where a compaction has replaced it since it was mapped."""
    try:
        found = status(folder / snapshot.manifest.rows_name, inside=DEEP)
    except FileNotFoundError:
        return ""
    return f"{found.st_dev} {found.st_ino}"


def _known(mark: Path, file: str) -> int:
    """How many rows of this file were looked at."""
    try:
        with mark.open("rb") as stream:
            said, _, rows = stream.read(_LONGEST).decode("ascii").rstrip("\n").rpartition(" ")
        return int(rows) if said == file else 0
    except (OSError, ValueError):
        return 0
