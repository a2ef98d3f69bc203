"""Filling a vec type, against its limit: the slower of decoding alone and the model alone.

python -m tests.benchmarks.fill_benchmark FOLDER --model effnet-lite0 --count 1500
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

from core.errors import UnreadablePicture
from core.models.backend import Model, load
from core.models.catalogue import find
from core.project import Project
from core.vectors import store
from core.vectors.manifest import Manifest
from core.vectors.pipeline import Measuring, Target, ToCompute, encode, fill, prepare, read_at_least
from core.vectors.vec_type import VecType
from tests.benchmarks.hardware import hardware


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="effnet-lite0")
    parser.add_argument("--count", type=int, default=1500, help="pictures; the first are repeated if there are fewer")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        project = Project.create(Path(temporary) / "project", [options.folder])
        project.scan()
        catalog = project.catalog
        pictures = [
            ToCompute(picture.key, picture.path, picture.size, picture.mtime_ns)
            for picture in catalog.pictures(catalog.picture_ids()[: options.count])
        ]
        model = load(find(options.model))
        first = prepare(model, pictures[0].path, False, read_at_least([model]))
        encode(model, [first] * model.batch_size)  # the first batch is slow
        rows = {
            "decode alone": _rate(len(pictures), lambda: _decode(model, pictures)),
            "model alone": _rate(len(pictures), lambda: _compute(model, pictures)),
            "filling": _rate(len(pictures), lambda: _fill(model, pictures, Path(temporary) / options.model)),
        }
        project.close()
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["what", "pictures_per_s", "of_the_limit"])
    limit = min(rows["decode alone"], rows["model alone"])
    for name, rate in rows.items():
        table.writerow([name, f"{rate:.1f}", f"{rate / limit:.2f}"])
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def _decode(model: Model, pictures: list[ToCompute]) -> None:
    at_least = read_at_least([model])

    def read(picture: ToCompute) -> bool:
        try:
            prepare(model, picture.path, False, at_least)
        except UnreadablePicture:
            return False
        return True

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        print(f"{sum(pool.map(read, pictures)):,} of {len(pictures):,} can be read", file=sys.stderr)


def _compute(model: Model, pictures: list[ToCompute]) -> None:
    some = [prepare(model, picture.path, False, read_at_least([model])) for picture in pictures[: model.batch_size]]
    for start in range(0, len(pictures), model.batch_size):
        encode(model, list(islice(cycle(some), min(model.batch_size, len(pictures) - start))))


def _fill(model: Model, pictures: list[ToCompute], folder: Path) -> None:
    vec_type = VecType(model.spec.key)
    store.create(folder, Manifest.of(vec_type, model, read_at_least=read_at_least([model])))
    with store.Writer(folder) as writer:
        measuring = Measuring(lambda picture: True, lambda measured: None)  # as a first job does
        fill([Target(writer, model)], pictures, stop=threading.Event(), on_commit=lambda *_: None, measuring=measuring)


if __name__ == "__main__":
    main()
