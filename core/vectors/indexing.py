"""Codes for fast search in large vec types: written, extended, checked, removed.

A question reads all rows of a vec type. Codes are a quarter of that and give the same answer
(:mod:`core.search.codes`). They pay off most where rows exceed memory and codes do not; in memory, they take half.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event

from core.vectors.code_file import IndexedRows, remove_codes, write_codes
from core.vectors.manifest import Manifest
from core.vectors.snapshot import Snapshot
from core.vectors.store import Reader, take_lock

# Rows from which a job writes codes by itself: 1 GB, with 512 numbers each, may be pushed out of memory by others.
WORTHWHILE = 500_000
# Jobs extend codes when so large a share of the rows has none: until then those few are compared by all their bits.
_MISSING = 1 / 20


def is_due(snapshot: Snapshot) -> bool:
    """Whether a job should write or extend the codes of a vec type.

    Raises:
        UnsafeFile: their file is no regular file of the project.
    """
    coded = 0 if snapshot.codes is None else len(snapshot.codes)
    return len(snapshot.rows) >= WORTHWHILE and len(snapshot.rows) - coded > _MISSING * len(snapshot.rows)


def index(
    folder: Path,
    holder: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
    stop: Event | None = None,
) -> int:
    """Write the codes that a vec type lacks. Returns how many of its rows have codes now.

    Raises:
        StoreBusy: a job writes it. StoreError, StoreDamaged: it cannot be read. DiskFull: no space.
    """
    with take_lock(folder, holder or f"index, process {os.getpid()}"):
        snapshot = Reader(folder).snapshot()
        return write_codes(folder, snapshot.manifest, IndexedRows(snapshot.rows, snapshot.crcs), progress, stop)


def remove_index(folder: Path) -> bool:
    """Delete the codes of a vec type. Returns whether there were any.

    Raises:
        StoreBusy: a job writes it. StoreError: the disk refuses.
    """
    with take_lock(folder, f"index, process {os.getpid()}"):
        return remove_codes(folder, Manifest.load(folder))


def code_bytes(snapshot: Snapshot) -> int:
    """Bytes of its codes; 0 if it has none.

    Raises:
        UnsafeFile: their file is no regular file of the project.
    """
    return 0 if snapshot.codes is None else snapshot.codes.nbytes
