"""Merging parts: rows a second that the one writer checks and commits, and how much of that is copying the catalog.

python -m tests.benchmarks.merge_benchmark --rows 200000 --dim 512 --parts 4
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from core.arrays import normalise
from core.key_arrays import whole_keys
from core.project import Project
from core.shards.catalog_copy import catalog_copy
from core.shards.merge import merge_parts
from core.shards.part import Part
from core.shards.shard import Shard
from core.vectors import store
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.benchmarks.hardware import hardware
from tests.large_catalog import fill_catalog

CLIP = VecType("clip")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--folder", type=Path, help="where the files are written; default: the temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        with Project.create(folder / "project", []) as project:
            fill_catalog(project.catalog, options.rows)
            parts = [
                make_part(project, folder / f"part-{number}", Shard(number, options.parts), options.dim)
                for number in range(1, options.parts + 1)
            ]
            took = [timed(lambda: merge_parts(project, parts)) for _ in range(2)]
            project.close()  # takes the log into the database
            copying = timed(lambda: copy_catalog(project, folder))
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["what", "seconds", "rows a second"])
    for what, (elapsed, used) in zip(("merged", "merged again"), took, strict=True):
        table.writerow([what, f"{elapsed:.2f}", f"{options.rows / elapsed:,.0f}"])
        table.writerow([f"{what}, of a processor", f"{used:.2f}", f"{options.rows / used:,.0f}"])
    table.writerow(["catalog copied and opened", f"{copying[0]:.2f}", f"{options.rows / copying[0]:,.0f}"])


def timed(work: object) -> tuple[float, float]:
    """Seconds waited, and seconds of processors."""
    start, used = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    return time.perf_counter() - start, time.process_time() - used


def copy_catalog(project: Project, folder: Path) -> int:
    """Copy it as each shard does."""
    (folder / "copy").mkdir()
    with catalog_copy(project.path, folder / "copy") as catalog:
        return len(catalog.keys())


def make_part(project: Project, folder: Path, shard: Shard, dim: int) -> Path:
    """A part with random rows."""
    part = Part.open_or_create(folder, shard, project.path)
    where = part.vectors_folder / CLIP.name
    manifest = Manifest(CLIP, "none", "1", {"w": "0"}, "none", dim, "2026-01-01T00:00:00+00:00")
    store.create(where, manifest)
    keys, rng = whole_keys(shard.among(project.catalog.keys())), np.random.default_rng(shard.number)
    with store.Writer(where) as writer:
        for start in range(0, len(keys), 1_000):
            some = keys[start : start + 1_000]
            writer.append(some, normalise(rng.standard_normal((len(some), dim))))
    return folder


if __name__ == "__main__":
    main()
