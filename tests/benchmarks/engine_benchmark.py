"""A cluster of Dask: pictures a second with 1, 2, 4 workers of a sleeping model, and how many the one writer takes.

python -m tests.benchmarks.engine_benchmark --pictures 640 --seconds 0.05 --rows 100000 --dim 512

The model sleeps, so that two processors do not hide how well the work is divided. What the writer takes is measured
with answers that are made before: it sends tasks, checks answers and commits rows, and no worker computes.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np

from core.arrays import normalise
from core.catalog.copies import File
from core.engines.choice import EngineChoice
from core.engines.cluster import Ended
from core.engines.cluster_engine import ClusterEngine
from core.engines.messages import Answer, StageAnswer, StageTask, Task
from core.jobs.events import read_events
from core.jobs.job import all_jobs
from core.project import Project
from core.vectors import store
from core.vectors.engine import Files
from core.vectors.manifest import Manifest
from core.vectors.pipeline import Target, fill
from core.vectors.vec_type import VecType
from tests.benchmarks.hardware import hardware
from tests.core.engines.dask_processes import Processes, running
from tests.core.jobs.worker_helpers import STAND_IN, draw

CLIP = VecType("clip")
WORKERS = (1, 2, 4)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=640, help="for each worker")
    parser.add_argument("--seconds", type=float, default=0.05, help="that the model sleeps for a picture")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=512)
    options = parser.parse_args()
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["workers", "pictures a second", "of linear"])
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as processes:
        one = 0.0
        for number in WORKERS:
            rate = throughput(Path(name) / str(number), processes, number, options.pictures, options.seconds)
            one = one or rate
            table.writerow([number, f"{rate:.1f}", f"{rate / (number * one):.3f}"])
        carried = [(size, carrying(processes, size, options.dim)) for size in (16, 1024)]
    table.writerow(["pictures of a task", "tasks a second that Dask carries", "pictures a second", "MB a second"])
    for size, rate in carried:
        megabytes = rate * size * options.dim * 4 / 1e6
        table.writerow([size, f"{rate:.0f}", f"{rate * size:,.0f}", f"{megabytes:.0f}"])
    table.writerow(["what", "rows", "rows a second", "of a processor", "microseconds a picture"])
    with tempfile.TemporaryDirectory() as name:
        wall, used = writer(Path(name), options.rows, options.dim)
    each = [f"{options.rows / wall:,.0f}", f"{options.rows / used:,.0f}", f"{used / options.rows * 1e6:.1f}"]
    table.writerow(["one writer", options.rows, *each])


def throughput(folder: Path, processes: Processes, workers: int, pictures: int, seconds: float) -> float:
    """Pictures a second of a job, from its first answer on: how long models take to load does not count."""
    (folder / "pictures").mkdir(parents=True)
    for number in range(pictures * workers):
        draw(folder / "pictures" / f"{number}.png", number)
    new = processes.start_workers(workers - len(processes.workers), STAND_IN_SECONDS=str(seconds))
    assert len(processes.workers) == workers, new
    environment = os.environ | {"PYTHONPATH": str(STAND_IN), "STAND_IN_TASKS": "as usual"}
    environment["PICTOSCOPE_HOME"] = str(folder / "home")
    words = ("vectors", "create", "effnet-lite0", "--engine", processes.engine)
    for command in (("add", "."), words):
        program = [sys.executable, "-m", "tui.cli", *command]
        subprocess.run(program, cwd=folder / "pictures", env=environment, check=True, capture_output=True)
    with Project(folder / "pictures" / ".pictoscope") as project:
        (job,) = all_jobs(project.jobs_folder)
        told = [event for event in read_events(job.folder) if event.kind == "progress" and event.values["done"]]
    return (told[-1].values["done"] - told[0].values["done"]) / (told[-1].time - told[0].time)


def carrying(processes: Processes, size: int, dim: int) -> float:
    """Answers a second that Dask carries to a client that does nothing with them, from workers that compute nothing."""
    from distributed import Client, as_completed

    with Client(processes.address, set_as_default=False) as client:
        ready = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        total, started, start = 300, 0, time.perf_counter()

        def submit() -> None:
            nonlocal started
            ready.add(client.submit(bytes, size * dim * 4, key=f"{size}-{started}", pure=False))
            started += 1

        for _ in range(2 * len(processes.workers)):
            submit()
        for _ in ready:
            if started < total:
                submit()
        return total / (time.perf_counter() - start)


class MadeBefore:
    """A cluster whose answers are there at once: the same rows for every batch of a size."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._ready: deque[Ended] = deque()
        self._answers: dict[int, bytes] = {}
        self._rng = np.random.default_rng(0)

    def workers(self) -> Mapping[str, int]:
        return {"one": 8}

    def start(self, number: int, task: bytes, workers: Collection[str] | None) -> None:
        size = task.count(b'", [["')  # pictures: the task need not be read for that
        if size not in self._answers:
            size = len(Task.from_bytes(task).pictures)
        self._ready.append(Ended(number, "one", self._answers.get(size) or self._answer(size)))

    def ended(self, seconds: float) -> Ended | None:
        return self._ready.popleft() if self._ready else None

    def where(self, number: int) -> str:
        return "one"

    def cancel(self, number: int) -> None:
        """Nothing is away."""

    def close(self) -> None:
        """Nothing to close."""

    def _answer(self, size: int) -> bytes:
        rows = normalise(self._rng.standard_normal((size, self._manifest.dim)).astype("<f4")).astype("<f4").tobytes()
        answer = Answer(
            manifests=[self._manifest.content()],
            computed=[StageAnswer(list(range(size)), zlib.crc32(rows), [])] if size else [],
            rows=rows,
        )
        self._answers[size] = answer.to_bytes()
        return self._answers[size]


def writer(folder: Path, rows: int, dim: int) -> tuple[float, float]:
    """Seconds waited, and seconds of processors, to send, check and commit so many pictures."""
    manifest = Manifest(CLIP, "none", "1", {"w": "0"}, "none", dim, "2026-01-01T00:00:00+00:00")
    store.create(folder / CLIP.name, manifest)
    stop = threading.Event()
    engine = ClusterEngine(MadeBefore(manifest), EngineChoice("made://before"), [], print, stop)
    stages = [StageTask(CLIP.name, {}, manifest.read_at_least)]
    engine.begin(stages, engine.ask(stages, lambda said: True))
    start, used = time.perf_counter(), time.process_time()
    with store.Writer(folder / CLIP.name) as target:
        fill([Target(target, None)], pictures(rows), stop=stop, on_commit=lambda *_: None, engine=engine)
    return time.perf_counter() - start, time.process_time() - used


def pictures(number: int) -> Iterator[Files]:
    """Pictures as a catalog has them; their files are not read."""
    keys = np.random.default_rng(1).bytes(20 * number)
    for at in range(number):
        yield (File(keys[20 * at : 20 * at + 20], b"/data/pictures/2026/%08d.jpg" % at, 1_000_000, at),)


if __name__ == "__main__":
    main()
