"""Filling a vec type, against its limits: decoding alone, and the model alone; and beside the plain way.

The plain way is what a short script does: Pillow opens and decodes the whole picture, torch computes one at a time.
Decoding includes what a first job does on the way: colour and sharpness of each picture.

python -m tests.benchmarks.fill_benchmark FOLDER --model effnet-lite0 --count 1500 --runtime openvino
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

from PIL import Image

from core.catalog.copies import File
from core.errors import UnreadablePicture
from core.images.appearance import appearance
from core.images.decoders import read_picture
from core.models.backend import Model
from core.models.catalogue import find
from core.models.options import RUNTIMES, LoadOptions
from core.models.runtime import TrialPictures, load
from core.project import Project
from core.vectors import store
from core.vectors.engine import Files
from core.vectors.local_engine import encode, prepare, read_at_least
from core.vectors.manifest import Manifest
from core.vectors.pipeline import MeasuringCallbacks, Target, fill
from core.vectors.vec_type import VecType
from tests.benchmarks.hardware import hardware
from tests.benchmarks.plain_way import plain_model, plain_rows

_PLAIN = 200  # pictures, the plain way: it takes the same time for each


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="effnet-lite0")
    parser.add_argument("--count", type=int, default=1500, help="pictures; the first are repeated if there are fewer")
    parser.add_argument("--runtime", default="auto", choices=RUNTIMES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        project = Project.create(Path(temporary) / "project", [options.folder])
        project.scan()
        catalog = project.catalog
        pictures = [
            (File(picture.key, picture.path, picture.size, picture.mtime_ns),)
            for picture in catalog.pictures(catalog.picture_ids()[: options.count])
        ]
        model = _load(options.model, options.runtime, pictures)
        print(model.runs_on, file=sys.stderr)
        first = prepare(model, pictures[0][0].path, False, read_at_least([model]))
        encode(model, [first] * model.batch_size)  # the first batch is slow
        rows = {
            "decode alone": _rate(len(pictures), lambda: _decode(model, pictures)),
            "model alone": _rate(len(pictures), lambda: _compute(model, pictures)),
            "filling": _rate(len(pictures), lambda: _fill(model, pictures, Path(temporary) / options.model)),
        }
        plain = plain_model(options.model)
        some = [picture[0].path for picture in pictures[:_PLAIN]]
        plain_rows(plain, some[:2])
        rows["the plain way"] = _rate(len(some), lambda: plain_rows(plain, some))
        project.close()
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["what", "pictures_per_s", "of_the_limit"])
    limit = min(rows["decode alone"], rows["model alone"])
    for name, rate in rows.items():
        table.writerow([name, f"{rate:.1f}", f"{rate / limit:.2f}"])
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _load(key: str, runtime: str, pictures: list[Files]) -> Model:
    def read(number: int) -> list[Image.Image]:
        return [read_picture(picture[0].path, at_least=512) for picture in pictures[:number]]

    return load(find(key), print, LoadOptions(runtime=runtime), TrialPictures(len(pictures), read))


def _rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def _decode(model: Model, pictures: list[Files]) -> None:
    at_least = read_at_least([model])

    def read(picture: Files) -> bool:
        try:
            decoded = read_picture(picture[0].path, at_least=at_least)
            appearance(decoded)
            model.prepare(decoded)
        except UnreadablePicture:
            return False
        return True

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        print(f"{sum(pool.map(read, pictures)):,} of {len(pictures):,} can be read", file=sys.stderr)


def _compute(model: Model, pictures: list[Files]) -> None:
    some = [prepare(model, picture[0].path, False, read_at_least([model])) for picture in pictures[: model.batch_size]]
    for start in range(0, len(pictures), model.batch_size):
        encode(model, list(islice(cycle(some), min(model.batch_size, len(pictures) - start))))


def _fill(model: Model, pictures: list[Files], folder: Path) -> None:
    vec_type = VecType(model.spec.key)
    store.create(folder, Manifest.of(vec_type, model, read_at_least=read_at_least([model])))
    with store.Writer(folder) as writer:
        measuring = MeasuringCallbacks(lambda picture: True, lambda measured: None)  # as a first job does
        fill([Target(writer, model)], pictures, stop=threading.Event(), on_commit=lambda *_: None, measuring=measuring)


if __name__ == "__main__":
    main()
