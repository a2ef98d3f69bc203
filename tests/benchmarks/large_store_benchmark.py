"""A store of millions of rows: opening it, its codes, and exact questions, with its files in memory and not.

python -m tests.benchmarks.large_store_benchmark --rows 10000000 --folder /data --keep

10,000,000 rows of 512 numbers are 20 GB on the disk, their codes 5 GB. Rows are random around a common direction, as
those of most models are. The catalog is left out. ``--memory 12`` takes so much memory that 12 GB are left for files.
"""

from __future__ import annotations

import argparse
import csv
import mmap
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import Rows
from core.search.nearest import best, cosines
from core.vectors import indexing, store
from core.vectors.manifest import Manifest
from core.vectors.snapshot import Snapshot
from core.vectors.vec_type import VecType
from tests.benchmarks.hardware import hardware, peak_gigabytes

_BATCH = 50_000
_NEAREST = 100


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory", type=float, default=0, metavar="GB", help="leave so much memory for files")
    parser.add_argument("--folder", type=Path, help="where the store is made; default: the temporary folder")
    parser.add_argument("--keep", action="store_true", help="keep the store in --folder, and use one that is there")
    options = parser.parse_args()
    print(hardware(), "· load", " ".join(f"{one:.1f}" for one in os.getloadavg()))
    folder = (options.folder or Path(tempfile.mkdtemp())) / "vectors" / "clip"
    table = csv.writer(sys.stdout)
    table.writerow(["what", "seconds"])
    try:
        if not folder.exists():
            table.writerow(["writing the rows", f"{_seconds(lambda: _make(folder, options.rows, options.dim), 1):.1f}"])
        table.writerow(["opening", f"{_seconds(lambda: store.Reader(folder).snapshot(), options.repeats):.2f}"])
        if store.Reader(folder).snapshot().codes is None:
            table.writerow(["writing the codes", f"{_seconds(lambda: indexing.index(folder), 1):.1f}"])
        taken = _take_memory(options.memory)
        _measure(table, store.Reader(folder).snapshot(), options.repeats)
        del taken
    finally:
        if not options.keep:
            shutil.rmtree(folder.parent)
    print(f"peak memory {peak_gigabytes():.2f} GB, the mapped files included")


def _make(folder: Path, count: int, dim: int) -> None:
    rng = np.random.default_rng(0)
    common = rng.standard_normal(dim, np.float32)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    folder.parent.mkdir(parents=True)
    store.create(folder, Manifest(VecType("clip"), "drawn", "1", {}, "none", dim, created, text=True))
    with store.Writer(folder) as writer:
        for start in range(0, count, _BATCH):
            rows = rng.standard_normal((min(_BATCH, count - start), dim), np.float32) + common
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            writer.append([key.tobytes() for key in rng.integers(1, 256, (len(rows), 20), np.uint8)], rows)


def _measure(table: Any, snapshot: Snapshot, repeats: int) -> None:
    rows, codes = snapshot.rows, snapshot.codes
    assert codes is not None
    query, allowed = np.array(rows[7]), snapshot.live
    names = [snapshot.manifest.rows_name, snapshot.manifest.codes_name]

    def plainly() -> None:
        best(cosines(rows, query), _NEAREST, allowed)

    def through_codes() -> None:
        snapshot.nearest(query, _NEAREST, allowed)

    scores, bounds = codes.scores(query)
    compared = np.count_nonzero(scores + bounds >= np.partition(scores - bounds, -_NEAREST)[-_NEAREST])
    size = {name: (snapshot.folder / name).stat().st_size / 1e9 for name in names}
    print(f"{len(rows)} rows · " + " · ".join(f"{name} {gigabytes:.1f} GB" for name, gigabytes in size.items()))
    print(f"{compared} of them are looked at again: their codes, then the rows of what is left")
    through_codes()  # codes, and what of the rows was needed, are in memory now, if they fit
    table.writerow(["through codes, in memory", f"{_seconds(through_codes, repeats):.2f}"])
    other = _seconds(lambda: snapshot.nearest(_other(query), _NEAREST, allowed), repeats)
    table.writerow(["through codes, another question each time", f"{other:.2f}"])

    def forget() -> None:
        _forget(snapshot, rows, codes.groups)

    table.writerow(["through codes, not in memory", f"{_seconds(through_codes, repeats, forget):.2f}"])
    forget()
    table.writerow(["the rows, not in memory", f"{_seconds(plainly, 1):.2f}"])
    table.writerow(["the rows, again (in memory as far as they fit)", f"{_seconds(plainly, repeats):.2f}"])
    found = best(cosines(rows, query), _NEAREST, allowed).numbers
    same = np.array_equal(snapshot.nearest(query, _NEAREST, allowed)[0].numbers, found)
    print("the rows found are the same" if same else "OTHER ROWS ARE FOUND")


def _other(query: Rows) -> Rows:
    """A question near another one, so that other rows are likely."""
    other: Rows = query + np.random.default_rng(time.monotonic_ns()).standard_normal(len(query)).astype(np.float32) / 20
    return other / np.linalg.norm(other)


def _forget(snapshot: Snapshot, *mapped: Any) -> None:
    """Ask the system to drop the files of a store from memory."""
    for one in mapped:
        one._mmap.madvise(mmap.MADV_DONTNEED)
    for name in (snapshot.manifest.rows_name, snapshot.manifest.codes_name):
        with (snapshot.folder / name).open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _take_memory(leave: float) -> bytearray:
    """Memory that no file can be in, so that ``leave`` GB are left; none for 0."""
    if not leave:
        return bytearray()
    with open("/proc/meminfo", encoding="ascii") as stream:
        known = dict(line.split(":", 1) for line in stream)
    available = int(known["MemAvailable"].split()[0]) * 1024
    taken = bytearray(max(0, available - int(leave * 1e9)))
    taken[:: mmap.PAGESIZE] = b"\1" * len(range(0, len(taken), mmap.PAGESIZE))
    return taken


def _seconds(work: Callable[[], object], repeats: int, before: Callable[[], object] = lambda: None) -> float:
    """The median of ``repeats`` runs."""
    taken = []
    for _ in range(repeats):
        before()
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
