"""The worker process: ``python -m core.jobs.worker PROJECT JOB LOCK``. Started by :mod:`core.jobs.launch`.

It owns the vec type it fills and nothing else. It says what it does through its events; nobody waits for it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.catalog.catalog import KEY, Picture
from core.catalog.scan import ScanReport
from core.errors import PictoscopeError, StoreError
from core.files import Lock
from core.jobs import job as jobs
from core.jobs.events import EventLog
from core.models import rates
from core.models.backend import Model, load
from core.project import Project
from core.text import count, printable, rate
from core.vectors import manifest as manifest_file
from core.vectors import store
from core.vectors.failures import Failure
from core.vectors.manifest import Manifest
from core.vectors.pipeline import Progress, ToCompute, fill
from core.vectors.vec_type import VecType

_CHUNK = 1_000  # pictures asked of the catalog at a time
_RATE_SECONDS = 15.0
_SAY_EVERY = 1.0
_FAILURES_LOGGED = 200  # a line each; the rest is counted, and all of them are in failures.jsonl
_MEASURED_FROM = 64  # pictures: a shorter run says little about the machine


class Worker:
    """One run.

    Args:
        project: open.
        folder: of the job.
        events: where to speak.
        stop: set by a signal.
    """

    def __init__(self, project: Project, folder: Path, events: EventLog, stop: threading.Event) -> None:
        self._project = project
        self._job = jobs.read(folder)
        self._vec_type = VecType.parse(self._job.vec_type)
        self._folder = project.vectors_folder / self._vec_type.name
        self._events = events
        self._stop = stop
        self._recent: deque[tuple[float, int]] = deque()
        self._said = 0.0
        self._failures_logged = 0
        self._before = 0
        self._total = 0

    def run(self) -> str:
        """Do it. Returns the last word.

        Raises:
            PictoscopeError: it cannot go on; what is committed stays.
        """
        self._scan()
        if self._stop.is_set():
            return "stopped before the first picture"
        if self._complete():
            return f"nothing to compute: all {count(self._total)} are done"
        model = self._load()
        with store.Writer(self._folder, f"job {self._job.id}, process {os.getpid()}") as writer:
            for line in writer.healed:
                self._log(f"found after the last run: {line}")
            done = self._resume(writer.snapshot())
            progress = fill(writer, model, self._missing(done), stop=self._stop, on_commit=self._committed)
        self._say(progress.done, progress.failed)
        if progress.done >= _MEASURED_FROM:
            rates.remember(self._vec_type.model, progress.rate)
        verb = "stopped" if self._stop.is_set() else "finished"
        return (
            f"{verb}: {count(progress.done)} done, {count(progress.failed)} failed in this run, {rate(progress.rate)}"
        )

    def _scan(self) -> None:
        self._log("looking for new and changed pictures")
        report = self._project.scan(self._scanned, self._stop)
        for path, reason in report.unreadable:
            self._log(f"cannot read {printable(path)}: {reason}")
        for path in report.absent:
            self._log(f"picture folder {printable(path)} is not there; what is known of it is kept")
        self._total = report.pictures
        self._log(f"{count(report.pictures, 'picture')} in {count(len(self._project.folders), 'folder')}")

    def _scanned(self, report: ScanReport) -> None:
        if time.monotonic() - self._said >= _SAY_EVERY and report.new + report.changed:
            self._said = time.monotonic()
            self._log(f"looking for new and changed pictures: {count(report.files)} files so far")

    def _complete(self) -> bool:
        """Whether every picture has its row: then no model need be loaded."""
        if not (self._folder / manifest_file.FILE_NAME).exists():
            return False
        present = self._project.catalog.keys()
        snapshot = store.Reader(self._folder).snapshot()
        self._before = int(np.isin(present, snapshot.done, assume_unique=True).sum())
        if self._before == len(present):
            self._say(0, 0)
        return self._before == len(present)

    def _load(self) -> Model:
        self._log(f"loading the model {self._vec_type.model}")
        model = load(self._vec_type.spec, self._log)
        wanted = Manifest(
            vec_type=self._vec_type,
            weights=model.spec.weights,
            revision=model.provenance.revision,
            sha256=model.provenance.sha256,
            preprocessing=model.provenance.preprocessing,
            dim=model.spec.dim,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            tools=model.provenance.tools,
        )
        if not self._folder.is_dir():
            raise StoreError(f"the vectors {self._vec_type} were deleted", "create them anew")
        if not (self._folder / manifest_file.FILE_NAME).exists():
            store.create(self._folder, wanted)
        elif why := manifest_file.load(self._folder).differs_from(wanted):
            raise StoreError(
                f"the rows that are there do not fit: {why}",
                f"delete the vectors {self._vec_type} and create them anew",
            )
        return model

    def _resume(self, snapshot: store.Snapshot) -> np.ndarray:
        """Keys that are done, sorted. Says where the run begins."""
        present = self._project.catalog.keys()
        done = np.sort(snapshot.done)
        self._before = int(np.isin(present, done, assume_unique=True).sum())
        failed = int(np.isin(present, snapshot.failed, assume_unique=True).sum())
        self._total = len(present)
        if self._before or failed:
            again = f"; {count(failed)} failed before, tried again" if failed else ""
            self._log(f"resumed at {count(self._before)} of {count(self._total)}{again}")
        else:
            self._log(f"computing {count(self._total, 'picture')}")
        self._say(0, 0)
        return done

    def _missing(self, done: np.ndarray) -> Iterator[ToCompute]:
        """Pictures without a row, in the order of their paths: neighbours on disk are read together."""
        catalog = self._project.catalog
        ids = catalog.picture_ids()
        for start in range(0, len(ids), _CHUNK):
            pictures = catalog.pictures(ids[start : start + _CHUNK])
            keys = np.array([picture.key for picture in pictures], KEY)
            for picture, is_done in zip(pictures, np.isin(keys, done).tolist(), strict=True):
                if not is_done:
                    yield _to_compute(picture)

    def _committed(self, progress: Progress, failures: list[Failure]) -> None:
        for failure in failures:
            self._failures_logged += 1
            if self._failures_logged <= _FAILURES_LOGGED:
                self._log(f"{printable(failure.path)}: {failure.reason}")
            elif self._failures_logged == _FAILURES_LOGGED + 1:
                self._log("more pictures failed; all of them are in failures.jsonl")
        if time.monotonic() - self._said >= _SAY_EVERY:
            self._say(progress.done, progress.failed)

    def _say(self, done: int, failed: int) -> None:
        self._said = time.monotonic()
        self._recent.append((self._said, done + failed))
        while len(self._recent) > 2 and self._said - self._recent[0][0] > _RATE_SECONDS:
            self._recent.popleft()
        (since, then), (until, now) = self._recent[0], self._recent[-1]
        speed = (now - then) / (until - since) if until > since else 0.0
        self._events.write("progress", done=self._before + done, failed=failed, total=self._total, rate=round(speed, 2))

    def _log(self, text: str) -> None:
        self._events.write("log", text=text)


def main(arguments: list[str]) -> int:
    """Run a job to its end. Exit code 0 if it finished or was stopped, 1 if it failed."""
    project_path, folder, descriptor = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    lock = Lock.adopt(descriptor, folder / jobs.LOCK_NAME)
    lock.describe(f"worker {os.getpid()}")
    stop = threading.Event()
    for number in jobs.STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, jobs.STOP_SIGNALS)
    events = EventLog(folder)
    events.write("started", pid=os.getpid())
    try:
        with Project(project_path) as project:
            last_word = Worker(project, folder, events, stop).run()
        events.write("log", text=last_word)
        events.write("ended", state=(jobs.State.STOPPED if stop.is_set() else jobs.State.DONE).value)
    except PictoscopeError as error:
        events.write("log", text=f"{error.message}. {error.hint}")
        events.write("ended", state=jobs.State.FAILED.value, error=error.message, hint=error.hint)
        return 1
    except Exception as error:  # noqa: BLE001  whatever it was, the person must be told
        # A defect of ours, or a library's: everything goes to worker.log, one line to the person.
        traceback.print_exc()
        events.write("log", text=f"unexpected {type(error).__name__}: {error}; details in {folder / jobs.LOG_NAME}")
        events.write(
            "ended", state=jobs.State.FAILED.value, error=f"{type(error).__name__}: {error}", hint="see worker.log"
        )
        return 1
    finally:
        events.close()
        lock.release()
    return 0


def _to_compute(picture: Picture) -> ToCompute:
    return ToCompute(picture.key, picture.path, picture.size, picture.mtime_ns)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
