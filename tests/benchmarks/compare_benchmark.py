"""Comparing two vec types of many pictures against labels: seconds, memory, and where the time goes.

python -m tests.benchmarks.compare_benchmark --pictures 10000 100000 --dim 512

The rows are drawn around 50 directions, closer for one vec type than for the other; some are near copies of others. The
label of a picture is its direction. The pictures do not exist: of near copies the outlines, a millisecond each where
there are thumbnails, are left out. Every size runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.actions.definition import Context
from core.arrays import Rows, normalise
from core.catalog.property_types import PropertyType
from core.comparison.advice import advice
from core.comparison.comparison import Measure, compare
from core.key_arrays import whole_keys
from core.labels.properties import Properties
from core.project import Project
from core.vectors import store
from core.vectors.encoder import LocalEncoder
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.benchmarks.hardware import hardware, peak_gigabytes
from tests.large_catalog import fill_catalog

NOISE = {"clip": 1.5, "clip+grey": 2.0}
LABELS = 50
PHASES = ("near_copies", "labels", "neighbours")
COPIES_IN = 100  # one of so many rows is a near copy of the one before it
_BATCH = 10_000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--alone", action="store_true", help="one size, in this process")
    options = parser.parse_args()
    if options.alone:
        print(*_measured(options.pictures[0], options.dim), sep=",")
        return
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["pictures", "dim", "seconds", "cpu_s", "peak_GB", "GB_before", *(f"{name}_s" for name in PHASES)])
    for pictures in options.pictures:
        command = [sys.executable, "-m", "tests.benchmarks.compare_benchmark", "--alone"]
        command += ["--pictures", str(pictures), "--dim", str(options.dim)]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        table.writerow(said.strip().split(","))
        sys.stdout.flush()


def _measured(pictures: int, dim: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pictures").mkdir()
        with Project.create(Path(folder) / "project", [Path(folder) / "pictures"]) as project:
            fill_catalog(project.catalog, pictures)
            labels = np.random.default_rng(1).choice(LABELS, pictures, p=_shares())
            _label(project, labels)
            for name, noise in NOISE.items():
                _fill_store(project, name, labels, dim, noise)
            steps: list[tuple[float, str]] = []
            context = Context(project, LocalEncoder(), say=lambda text: steps.append((time.perf_counter(), text)))
            Path("/proc/self/clear_refs").write_text("5")  # the peak is reset: what filling took does not count
            before = peak_gigabytes()
            started, cpu = time.perf_counter(), time.process_time()
            found = compare(context, list(NOISE), by="motif", measures={Measure.LABELS})
            seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
            ends = [*(at for at, _ in steps[1:]), started + seconds]
            taken = [(_phase(text), end - at) for (at, text), end in zip(steps, ends, strict=True)]
            assert found.by_labels is not None and found.by_labels.best.vec_type == "clip", advice(found)
            return [
                f"{pictures}",
                f"{dim}",
                f"{seconds:.1f}",
                f"{cpu:.1f}",
                f"{peak_gigabytes():.2f}",
                f"{before:.2f}",
                *(f"{sum(one for name, one in taken if name == phase):.1f}" for phase in PHASES),
            ]


def _phase(text: str) -> str:
    """Which of the phases a progress message belongs to; empty for the reading before them."""
    if text == "comparing with motif" or text.startswith("looking at near copies"):
        return "near_copies"
    if text.startswith("comparing with motif:"):
        return "labels"
    return "neighbours" if text == "comparing neighbours" else ""


def _shares() -> np.ndarray:
    """The largest label has fifty times the pictures of the smallest."""
    sizes = 1 / np.arange(1, LABELS + 1)
    return np.asarray(sizes / sizes.sum())


def _label(project: Project, labels: np.ndarray) -> None:
    properties = Properties(project.catalog)
    properties.define("motif", PropertyType.TEXT)
    keys = whole_keys(project.catalog.keys())
    properties.set_each("motif", {key: f"motif {label}" for key, label in zip(keys, labels.tolist(), strict=True)})


def _fill_store(project: Project, name: str, labels: np.ndarray, dim: int, noise: float) -> None:
    vec_type = VecType.parse(name)
    keys = whole_keys(project.catalog.keys())
    random = np.random.default_rng(len(name))
    centres = normalise(random.standard_normal((LABELS, dim), np.float32))
    folder = project.vectors_folder / name
    created = datetime.now(UTC).isoformat(timespec="seconds")
    store.create(folder, Manifest(vec_type, "drawn", "1", {}, "none", dim, created, text=True))
    with store.Writer(folder) as writer:
        for start in range(0, len(keys), _BATCH):
            part = keys[start : start + _BATCH]
            away = random.standard_normal((len(part), dim), np.float32) / np.float32(np.sqrt(dim))
            rows: Rows = normalise(centres[labels[start : start + len(part)]] + np.float32(noise) * away)
            rows[1::COPIES_IN] = normalise(
                rows[: len(rows[1::COPIES_IN]) * COPIES_IN : COPIES_IN] + away[1::COPIES_IN] / 10
            )
            writer.append(part, rows)


if __name__ == "__main__":
    main()
