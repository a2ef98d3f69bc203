"""Check the rows of a store against their checksums; repair a store whose rows or journal are damaged."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np

from core.errors import JournalDamaged
from core.key_arrays import is_in
from core.keys import KEY, whole_key
from core.vectors.code_file import IndexedRows, remove_codes, wrong_codes
from core.vectors.compact import salvage
from core.vectors.manifest import Manifest
from core.vectors.snapshot import Progress, Snapshot, bad_rows
from core.vectors.store import Reader, Writer, take_lock


@dataclass(frozen=True)
class Verification:
    """What :func:`verify` found.

    Attributes:
        rows: how many were checked.
        bad: keys of rows that do not match their checksum, or are missing.
        lost_records: bad records of a damaged journal that a repair dropped; their pictures are recomputed.
        wrong_codes: codes that do not say what they should of their rows. A repair deletes the codes: they are derived.
    """

    rows: int
    bad: list[bytes]
    lost_records: int = 0
    wrong_codes: int = 0


def verify(folder: Path, progress: Progress = lambda done, total: None, stop: Event | None = None) -> Verification:
    """Read every live row and compare its checksum.

    Args:
        folder: of the vec type.
        progress: called now and then with the number of rows read and the total.
        stop: set it to stop early; the result then covers what was read.

    Raises:
        StoreError, StoreDamaged: the store cannot be read at all.
    """
    snapshot = Reader(folder).snapshot()
    missing = [whole_key(key) for key in snapshot.missing]
    bad = bad_rows(snapshot, 0, progress, stop) + missing
    wrong = 0 if stop and stop.is_set() else _wrong_codes(snapshot, bad)
    return Verification(int(np.count_nonzero(snapshot.live)) + len(missing), bad, wrong_codes=wrong)


def repair(folder: Path, progress: Progress = lambda done, total: None) -> Verification:
    """Like :func:`verify`, and void the bad rows so that a Restart recomputes only those.

    A journal that is damaged in its middle is rewritten with all good records.

    Raises:
        StoreBusy: a job writes these vectors. StoreDamaged: manifest, rows or journal are missing. DiskFull: no space.
    """
    holder = f"verify, process {os.getpid()}"
    try:
        with Writer(folder, holder) as writer:
            found = bad_rows(writer.snapshot(), 0, progress)
            writer.void(found)
            bad = writer.voided + found
            snapshot = writer.snapshot()
            if wrong := _wrong_codes(snapshot):
                remove_codes(folder, snapshot.manifest)
            return Verification(int(np.count_nonzero(snapshot.live)) + len(bad), bad, wrong_codes=wrong)
    except JournalDamaged:
        with take_lock(folder, holder):
            done = salvage(folder, Manifest.load(folder))
        return Verification(done.rows + len(done.dropped), done.dropped, done.lost_records)


def _wrong_codes(snapshot: Snapshot, bad: Sequence[bytes] = ()) -> int:
    """How many codes of live rows are wrong, but for the rows that are known to be bad."""
    if snapshot.codes is None:
        return 0
    live = snapshot.live & ~is_in(snapshot.keys, np.array(sorted(bad), KEY))
    return wrong_codes(snapshot.codes, IndexedRows(snapshot.rows, snapshot.crcs), live)
