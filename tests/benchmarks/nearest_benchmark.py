"""Exact nearest rows of a mapped file, with and without codes, against the limit: reading the rows from memory once.

python -m tests.benchmarks.nearest_benchmark --rows 1000000 --dim 512

The rows are random around a common direction, as those of most models are. All files are in memory.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.search.codes import GROUP, Codes, Rows, encode, group, nearest_through
from core.search.nearest import nearest
from tests.benchmarks.hardware import hardware, peak_gigabytes

_AT_ONCE = 50_000
_NEAREST = 100


def seconds(work: Callable[[], object], repeats: int) -> float:
    """The median of ``repeats`` runs."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def write_rows(path: Path, rows: int, dim: int) -> None:
    """Random rows of length one, written block by block."""
    rng = np.random.default_rng(0)
    common = rng.standard_normal(dim, np.float32)
    with path.open("wb") as stream:
        for start in range(0, rows, _AT_ONCE):
            block = rng.standard_normal((min(_AT_ONCE, rows - start), dim), np.float32) + common
            stream.write((block / np.linalg.norm(block, axis=1, keepdims=True)).tobytes())
        os.fsync(stream.fileno())  # what is not on the disk could not leave memory


def write_codes(path: Path, rows: Rows) -> Rows:
    """The codes of the rows, as a file of groups. Returns the mean."""
    mean: Rows = rows[:_AT_ONCE].mean(axis=0)
    with path.open("wb") as stream:
        for start in range(0, len(rows), GROUP):
            stream.write(encode(rows[start : start + GROUP], mean, GROUP).tobytes())
        os.fsync(stream.fileno())
    return mean


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the files are written; default: the temporary folder")
    options = parser.parse_args()
    print(hardware())
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        _measure(Path(folder), options.rows, options.dim, options.repeats)
    print(f"peak memory {peak_gigabytes():.2f} GB, the mapped files included")


def _measure(folder: Path, count: int, dim: int, repeats: int) -> None:
    path, path_of_codes = folder / "rows.f32", folder / "codes.i8"
    write_rows(path, count, dim)
    rows = np.memmap(path, np.float32, "r", shape=(count, dim))
    started = time.perf_counter()
    mean = write_codes(path_of_codes, rows)
    encoding = time.perf_counter() - started
    groups = np.memmap(path_of_codes, group(dim), "r", shape=(-(-count // GROUP),))
    codes = Codes(mean, groups, count)
    query, allowed = np.array(rows[7]), np.ones(count, bool)
    works: dict[str, Callable[[], object]] = {
        "sum of all rows": lambda: rows.sum(dtype=np.float32),
        "one product with all rows": lambda: rows @ query,
        "top 100": lambda: nearest(rows, query, _NEAREST),
        "top 100 through codes": lambda: nearest_through(codes, rows, query, _NEAREST, allowed),
    }
    same = np.array_equal(
        nearest(rows, query, _NEAREST).numbers, nearest_through(codes, rows, query, _NEAREST, allowed)[0].numbers
    )
    scores, bounds = codes.scores(query)
    compared = np.count_nonzero(scores + bounds >= np.partition(scores - bounds, -_NEAREST)[-_NEAREST])
    table = csv.writer(sys.stdout)
    table.writerow(["what", "seconds", "GB_of_rows_per_s", "times_the_limit"])
    size = count * dim * 4 / 1e9
    warm = {}
    for name, work in works.items():
        work()  # what fits into memory is there now
        warm[name] = seconds(work, repeats)
    limit = min(list(warm.values())[:2])
    for name, taken in warm.items():
        table.writerow([name, f"{taken:.4f}", f"{size / taken:.1f}", f"{taken / limit:.2f}"])
    print(f"the same rows: {'yes' if same else 'NO'} · {compared} of {count} looked at again")
    print(f"rows {size:.2f} GB · codes {path_of_codes.stat().st_size / 1e9:.2f} GB · encoded in {encoding:.1f} s")


if __name__ == "__main__":
    main()
