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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.catalog.catalog import Picture
from core.catalog.scan import ScanReport
from core.errors import ModelChanged, PictoscopeError, StoreError
from core.files import Lock, disk_error
from core.jobs import job as jobs
from core.jobs.events import EventLog
from core.models import rates
from core.models.backend import Model, fetch
from core.models.device_processes import load
from core.models.options import LoadOptions
from core.mounts import warning
from core.project import Project
from core.text import byte_size, count, printable, rate
from core.vectors import manifest as manifest_file
from core.vectors import store
from core.vectors.failures import Failure
from core.vectors.keys import SortedKeys
from core.vectors.manifest import Manifest
from core.vectors.pipeline import Progress, Target, ToCompute, fill, read_at_least
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
        self._vec_types = [VecType.parse(name) for name in self._job.vec_types]
        self._options = LoadOptions.from_toml(jobs.options(folder))
        self._events = events
        self._stop = stop
        self._recent: deque[tuple[float, float]] = deque()
        self._said = 0.0
        self._failures_logged = 0
        self._before: dict[str, int] = {}
        self._total = 0
        self._left_out: list[PictoscopeError] = []

    def run(self) -> str:
        """Do it. Returns the last word.

        Raises:
            PictoscopeError: it cannot go on; what is committed stays.
        """
        if said := warning(self._project.path):
            self._log(said)
        self._fetch()
        self._scan()
        if self._stop.is_set():
            return "stopped before the first picture"
        incomplete = [vec_type for vec_type in self._vec_types if not self._complete(vec_type)]
        if not incomplete:
            self._say(Progress())
            return f"nothing to compute: all {count(self._total)} are done"
        with ExitStack() as writers:
            targets = self._targets(incomplete, writers)
            progress = fill(targets, self._candidates(), stop=self._stop, on_commit=self._committed)
            for target in targets:
                target.writer.compact_failures()
        self._say(progress)
        self._compact(targets)
        if self._left_out:
            self._log(self._summary(progress))
            raise self._left_out[0]
        if len(targets) == 1 and progress.done.total() >= _MEASURED_FROM:
            rates.remember(targets[0].model.spec.key, progress.rate)
        return self._summary(progress)

    def _fetch(self) -> None:
        """Have every model's weights before a picture is read: without a network that is known within seconds."""
        for model in dict.fromkeys(vec_type.model for vec_type in self._vec_types):
            try:
                fetch(VecType(model).spec, self._log)
            except PictoscopeError as error:
                self._leave_out_model(model, error)

    def _leave_out_model(self, model: str, error: PictoscopeError) -> None:
        self._leave_out(model, [vec_type for vec_type in self._vec_types if vec_type.model == model], error)

    def _leave_out(self, name: str, vec_types: Sequence[VecType], error: PictoscopeError) -> None:
        """Go on without what cannot be computed, if there is more; the job ends as failed all the same.

        Raises:
            PictoscopeError: there are none.
        """
        self._left_out.append(error)
        self._vec_types = [vec_type for vec_type in self._vec_types if vec_type not in vec_types]
        for vec_type in vec_types:
            self._before.pop(vec_type.name, None)
        if not self._vec_types:
            raise error
        self._log(f"{name} is left out: {error.message}. {error.hint}")

    def _summary(self, progress: Progress) -> str:
        verb = "stopped" if self._stop.is_set() else "finished"
        vectors = f" in {count(len(self._vec_types))} vec types" if len(self._vec_types) > 1 else ""
        done, failed = progress.done.total(), progress.failed.total()
        return f"{verb}: {count(done)} done{vectors}, {count(failed)} failed in this run, {rate(progress.rate)}"

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

    def _complete(self, vec_type: VecType) -> bool:
        """Whether every picture has its row: then no model need be loaded."""
        folder = self._project.vectors_folder / vec_type.name
        if not (folder / manifest_file.FILE_NAME).exists():
            return False
        present = self._project.catalog.keys()
        snapshot = store.Reader(folder).snapshot()
        self._before[vec_type.name] = int(np.isin(present, snapshot.done, assume_unique=True).sum())
        return self._before[vec_type.name] == len(present)

    def _targets(self, vec_types: list[VecType], writers: ExitStack) -> list[Target]:
        """Load the models, open the stores. Each model is loaded once, whatever its vec types."""
        models: dict[str, Model] = {}
        for model, vec_type in {vec_type.model: vec_type for vec_type in vec_types}.items():
            self._log(f"loading the model {model}")
            try:
                models[model] = load(vec_type.spec, self._log, self._as_before(vec_type))
            except PictoscopeError as error:
                self._leave_out_model(model, error)
        at_least = read_at_least(models.values())
        loaded = [vec_type for vec_type in vec_types if vec_type.model in models]
        targets = []
        for vec_type in loaded:
            try:
                targets.append(self._target(vec_type, models[vec_type.model], at_least, writers))
            except ModelChanged as error:
                self._leave_out(vec_type.name, [vec_type], error)
        return targets

    def _as_before(self, vec_type: VecType) -> LoadOptions:
        """The job's options. Rows that are there decide the precision where nothing was asked for, and who created them
        by code from a repository has consented to it for Restart too."""
        folder = self._project.vectors_folder / vec_type.name
        if not (folder / manifest_file.FILE_NAME).exists():
            return self._options
        before, options = manifest_file.load(folder), self._options
        return replace(
            options,
            precision=before.precision if options.precision == "auto" else options.precision,
            allow_remote_code=options.allow_remote_code or before.remote_code,
        )

    def _target(self, vec_type: VecType, model: Model, at_least: int, writers: ExitStack) -> Target:
        folder = self._project.vectors_folder / vec_type.name
        consent = self._as_before(vec_type).allow_remote_code
        wanted = Manifest.of(vec_type, model, read_at_least=at_least, remote_code=consent)
        if not folder.is_dir():
            raise StoreError(f"the vectors {vec_type} were deleted", "create them anew")
        if not (folder / manifest_file.FILE_NAME).exists():
            store.create(folder, wanted)
        elif why := manifest_file.load(folder).differs_from(wanted):
            raise manifest_file.model_changed(vec_type, why)
        writer = writers.enter_context(store.Writer(folder, f"job {self._job.id}, process {os.getpid()}"))
        for line in writer.healed:
            self._log(f"found after the last run: {line}")
        done = SortedKeys(self._resume(vec_type, writer.snapshot()))
        return Target(writer, model, lambda picture: picture.key not in done)

    def _resume(self, vec_type: VecType, snapshot: store.Snapshot) -> np.ndarray:
        """Keys that are done. Says where the run begins."""
        present = self._project.catalog.keys()
        self._before[vec_type.name] = int(np.isin(present, snapshot.done, assume_unique=True).sum())
        failed = int(np.isin(present, snapshot.failed, assume_unique=True).sum())
        self._total = len(present)
        name = f"{vec_type}: " if len(self._vec_types) > 1 else ""
        if self._before[vec_type.name] or failed:
            again = f"; {count(failed)} failed before, tried again" if failed else ""
            self._log(f"{name}resumed at {count(self._before[vec_type.name])} of {count(self._total)}{again}")
        else:
            self._log(f"{name}computing {count(self._total, 'picture')}")
        self._say(Progress())
        return snapshot.done

    def _compact(self, targets: list[Target]) -> None:
        """Write anew what is dead for a good part. A convenience: what is in its way is said, and the job is done."""
        for folder in (target.writer.folder for target in targets):
            if self._stop.is_set() or not store.Reader(folder).snapshot().worth_compacting:
                continue
            try:
                done = store.compact(folder, f"job {self._job.id}, process {os.getpid()}")
            except (PictoscopeError, OSError) as error:
                self._log(f"{folder.name} was not compacted: {error}")
            else:
                self._log(f"{folder.name} was compacted: {byte_size(done.before - done.after)} saved")

    def _candidates(self) -> Iterator[ToCompute]:
        """The pictures in the order of their paths: neighbours on disk are read together."""
        catalog = self._project.catalog
        ids = catalog.picture_ids()
        for start in range(0, len(ids), _CHUNK):
            yield from map(_to_compute, catalog.pictures(ids[start : start + _CHUNK]))

    def _committed(self, progress: Progress, target: Target, failures: list[Failure]) -> None:
        for failure in failures:
            self._failures_logged += 1
            if self._failures_logged <= _FAILURES_LOGGED:
                self._log(f"{printable(failure.path)}: {failure.reason}")
            elif self._failures_logged == _FAILURES_LOGGED + 1:
                self._log("more pictures failed; all of them are in failures.jsonl")
        if time.monotonic() - self._said >= _SAY_EVERY:
            self._say(progress)

    def _say(self, progress: Progress) -> None:
        """Where the run stands, counted in pictures: with several vec types, the mean of theirs."""
        vec_types = len(self._vec_types)
        done = (sum(self._before.values()) + progress.done.total()) // vec_types
        failed = progress.failed.total() // vec_types
        self._said = time.monotonic()
        self._recent.append((self._said, (progress.done.total() + progress.failed.total()) / vec_types))
        while len(self._recent) > 2 and self._said - self._recent[0][0] > _RATE_SECONDS:
            self._recent.popleft()
        (since, then), (until, now) = self._recent[0], self._recent[-1]
        speed = (now - then) / (until - since) if until > since else 0.0
        self._events.write("progress", done=done, failed=failed, total=self._total, rate=round(speed, 2))

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
    except (PictoscopeError, OSError) as error:
        told = error if isinstance(error, PictoscopeError) else disk_error(error, project_path)
        if told is not error:
            traceback.print_exc()
        events.write("log", text=f"{told.message}. {told.hint}")
        ended = {"error": told.message, "hint": told.hint, "error_kind": type(told).__name__}
        events.write("ended", state=jobs.State.FAILED.value, **ended)
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
