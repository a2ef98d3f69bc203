"""Exact nearest rows of a mapped file, against the limit: reading the file's pages from memory once.

python -m tests.benchmarks.nearest_benchmark --rows 1000000 --dim 512
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.search.nearest import nearest
from tests.benchmarks.hardware import hardware


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
    with path.open("wb") as stream:
        for start in range(0, rows, 50_000):
            block = rng.standard_normal((min(50_000, rows - start), dim), np.float32)
            stream.write((block / np.linalg.norm(block, axis=1, keepdims=True)).tobytes())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the file is written; default: the temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "rows.f32"
        write_rows(path, options.rows, options.dim)
        rows = np.memmap(path, np.float32, "r", shape=(options.rows, options.dim))
        query = np.array(rows[7])
        rows.max()  # the pages are in memory now
        reading = seconds(lambda: rows.sum(dtype=np.float32), options.repeats)
        product = seconds(lambda: rows @ query, options.repeats)
        answer = seconds(lambda: nearest(rows, query, 100), options.repeats)
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["what", "seconds", "GB_per_s", "times_the_limit"])
    size = options.rows * options.dim * 4 / 1e9
    limit = min(reading, product)
    for name, taken in (("sum of all", reading), ("one product", product), ("top 100", answer)):
        table.writerow([name, f"{taken:.4f}", f"{size / taken:.1f}", f"{taken / limit:.2f}"])


if __name__ == "__main__":
    main()
