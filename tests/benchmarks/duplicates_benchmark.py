"""Near-duplicates of planted pairs among random rows: what is found, seconds, memory, against the bare arithmetic.

python -m tests.benchmarks.duplicates_benchmark --rows 10000 100000 --dim 512

The limit is that of comparing all pairs: n^2 / 2 products of dim multiplications and additions each, at the rate that
this machine reaches for one large product. Sketches beat it: they rule pairs out with fewer.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from core.arrays import Rows, normalise
from core.search.near_duplicates import near_groups
from tests.benchmarks.hardware import hardware

THRESHOLD = 0.9
PLANTED_IN = 20  # one of so many rows is a copy of another


def plant(path: Path, count: int, dim: int) -> dict[int, int]:
    """Write random rows, some of them copies at a cosine of 0.9 to 1. Returns which row is a copy of which."""
    rng = np.random.default_rng(0)
    rows = np.lib.format.open_memmap(path, "w+", np.float32, (count, dim))
    originals = count - count // PLANTED_IN
    for start in range(0, originals, 50_000):
        stop = min(start + 50_000, originals)
        rows[start:stop] = normalise(rng.standard_normal((stop - start, dim), np.float32))
    chosen = rng.choice(originals, count - originals, replace=False)
    cosines = rng.uniform(THRESHOLD + 1e-4, 1.0, count - originals).astype(np.float32)[:, None]
    away = rng.standard_normal((count - originals, dim), np.float32)
    away -= np.einsum("ij,ij->i", away, rows[chosen])[:, None] * rows[chosen]
    rows[originals:] = cosines * rows[chosen] + np.sqrt(1 - cosines**2) * normalise(away)
    rows.flush()
    return dict(zip(range(originals, count), chosen.tolist(), strict=True))


def flops_a_second(dim: int) -> float:
    """Of one large float32 product on all cores: the best of five."""
    one, other = np.ones((4_096, dim), np.float32), np.ones((8_192, dim), np.float32)
    out = np.empty((4_096, 8_192), np.float32)
    best = 0.0
    for _ in range(5):
        start = time.perf_counter()
        np.matmul(one, other.T, out=out)
        best = max(best, 2 * out.size * dim / (time.perf_counter() - start))
    return best


def measure(count: int, dim: int, folder: Path, kind: str) -> list[str]:
    """A line of the table. In a process of its own: the peak of its memory is that of this size."""
    if kind == "planted":
        planted = plant(folder / "rows.npy", count, dim)
    else:
        planted = dict.fromkeys(range(1, count), 0)
        np.save(folder / "rows.npy", np.broadcast_to(normalise(np.ones(dim)), (count, dim)))
    rate = flops_a_second(dim)
    rows: Rows = np.load(folder / "rows.npy", mmap_mode="r")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    start = time.perf_counter()
    found = near_groups(rows, np.arange(count), THRESHOLD)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    members = {int(place): int(found.centre[place]) for place in np.flatnonzero(found.centre != np.arange(count))}
    right = sum(planted.get(row) == centre for row, centre in members.items())
    limit = count**2 * dim / rate
    return [
        kind,
        f"{count}",
        f"{right / len(planted):.4f}",
        f"{right / max(1, len(members)):.4f}",
        f"{seconds:.1f}",
        f"{limit:.1f}",
        f"{seconds / limit:.2f}",
        f"{rate / 1e9:.0f}",
        f"{before:.0f}",
        f"{peak:.0f}",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--one", choices=["planted", "equal"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    table = csv.writer(sys.stdout)
    if options.one:
        with tempfile.TemporaryDirectory() as folder:
            table.writerow(measure(options.rows[0], options.dim, Path(folder), options.one))
        return
    print(hardware())
    head = "rows_are rows recall precision seconds all_pairs_s times_all_pairs GFLOPS MB_before MB_peak"
    table.writerow(head.split())
    sys.stdout.flush()
    for count in options.rows:
        for kind in ("planted", "equal"):
            words = [sys.executable, "-m", "tests.benchmarks.duplicates_benchmark", "--rows", str(count)]
            subprocess.run([*words, "--dim", str(options.dim), "--one", kind], check=True)


if __name__ == "__main__":
    main()
