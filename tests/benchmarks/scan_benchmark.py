"""Scanning a folder of many files, the first time and again: files a second and memory.

python -m tests.benchmarks.scan_benchmark --files 100000
"""

from __future__ import annotations

import argparse
import csv
import io
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.project import Project
from tests.benchmarks.hardware import hardware


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "pictures"
        _write(folder, options.files)
        with Project.open_or_create(folder) as project:
            taken = {}
            for name in ("first scan", "nothing changed"):
                start = _now()
                report = project.scan()
                taken[name] = _now() - start
            start = _now()
            pictures = len(project.catalog.picture_ids())
            taken["list of pictures"] = _now() - start
    print(hardware())
    print(f"{report.files:,} files, {pictures:,} pictures")
    table = csv.writer(sys.stdout)
    table.writerow(["what", "seconds", "files_per_s", "processor_s"])
    for name, (seconds, processor) in taken.items():
        table.writerow([name, f"{seconds:.2f}", f"{options.files / seconds:.0f}", f"{processor:.2f}"])
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _now() -> npt.NDArray[np.float64]:
    """The clock, and the processor time of all threads: the machine may have something else to do."""
    return np.array([time.perf_counter(), time.process_time()])


def _write(folder: Path, count: int) -> None:
    """Small JPEGs in folders of 1,000, each different."""
    stream = io.BytesIO()
    Image.new("RGB", (32, 24), (90, 120, 30)).save(stream, "JPEG")
    for number in range(count):
        place = folder / f"{number // 1000:04d}"
        if number % 1000 == 0:
            place.mkdir(parents=True)
        (place / f"{number:07d}.jpg").write_bytes(stream.getvalue() + number.to_bytes(4, "big"))


if __name__ == "__main__":
    main()
