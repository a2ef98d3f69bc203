"""A cluster of Dask on loopback, in processes of its own, which end with the test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core.engines import dask_cluster
from tests.core.jobs.worker_helpers import STAND_IN
from tests.patience import until

ROOT = Path(__file__).parents[3]


class Processes:
    """A scheduler and its workers.

    Args:
        folder: for their files and what they say.
        options: of the scheduler.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder = folder
        self._options = options
        self._started = 0
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start_scheduler()

    def start_scheduler(self, *, again: bool = False) -> None:
        """Start one, and wait until it answers: on a free port, or again on that of the last one."""
        port = self.address.rpartition(":")[2] if again else "0"
        self._started += 1
        about = self._folder / f"scheduler-{self._started}.json"
        self.scheduler = self._start(
            "scheduler", "--port", port, "--idle-timeout", "900", "--scheduler-file", str(about), *self._options
        )
        try:
            until(lambda: self.scheduler.poll() is not None or (about.exists() and about.read_text().endswith("}")))
            assert self.scheduler.poll() is None, self._said("scheduler")
        except BaseException:
            self.scheduler.kill()
            raise
        self.address = str(json.loads(about.read_text())["address"]).partition("://")[2]

    @property
    def engine(self) -> str:
        """The address for ``--engine``."""
        return f"dask://{self.address}"

    def start_workers(self, number: int, *options: str, **environment: str) -> list[subprocess.Popen[bytes]]:
        """Start some. Nobody waits for them: whoever computes does."""
        new = []
        for _ in range(number):
            words = [
                "--no-nanny",
                "--nthreads",
                "1",
                "--death-timeout",
                "60",
                "--local-directory",
                str(self._folder),
                *options,
            ]
            new.append(self._start("worker", f"tcp://{self.address}", *words, environment=environment))
        self.workers += new
        return new

    def end(self) -> None:
        """Kill all of them, stopped ones too, and wait until they are gone."""
        for process in (*self.workers, self.scheduler):
            process.kill()
        for process in (*self.workers, self.scheduler):
            process.wait(60)
        self.workers.clear()

    def kill_workers(self) -> None:
        """All at once, and no chance to say good-bye."""
        for process in self.workers:
            process.send_signal(signal.SIGKILL)
        for process in self.workers:
            process.wait(60)
        self.workers.clear()

    def until_workers(self, number: int, query: str = "") -> list[int]:
        """Wait until so many are there, for an address that ends so. Returns how many tasks each takes."""
        connected = dask_cluster.connect(f"{self.address}{query}", lambda line: None)
        try:
            until(lambda: len(connected.workers()) == number)
            return sorted(connected.workers().values())
        finally:
            connected.close()

    def until_free(self) -> None:
        """Wait until no worker computes or holds anything."""
        connected = dask_cluster.connect(self.address, lambda line: None)
        try:
            until(
                lambda: (
                    not any(any(connected._asked(what, workers=None).values()) for what in ("processing", "has_what"))
                )
            )
        finally:
            connected.close()

    def _said(self, kind: str) -> str:
        return "\n".join(log.read_text() for log in self._folder.glob(f"{kind}-*.log"))

    def _start(self, kind: str, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        self._started += 1
        with (self._folder / f"{kind}-{self._started}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", kind, "--host", "127.0.0.1", "--no-dashboard", *words],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=os.environ | {"PYTHONPATH": f"{STAND_IN}{os.pathsep}{ROOT}"} | (environment or {}),
            )


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Processes]:
    """A scheduler with these options and without workers; all processes end with the block."""
    processes = Processes(folder, *options)
    try:
        yield processes
    finally:
        processes.end()
