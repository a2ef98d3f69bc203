"""The worker process of a job that fills vec types: ``python -m core.jobs.worker PROJECT JOB LOCK``.

:mod:`core.jobs.launch` starts it. It writes only the vec types of its job, and reports through events; no process waits
for it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from core.catalog import appearances
from core.catalog.copies import File
from core.catalog.readable import other_files
from core.catalog.scan_report import ABSENT_HINT, ScanReport
from core.errors import ModelChanged, PictoscopeError, StoreError, UnreadablePicture
from core.images.appearance import Appearance
from core.images.decoders import read_picture
from core.jobs.events import EventLog
from core.jobs.job import Job
from core.jobs.process import give_way, run_job, with_hint
from core.jobs.recent_rate import RecentRate
from core.key_arrays import Keys, SortedKeys
from core.keys import KEY
from core.models import rates
from core.models.backend import Model, fetch
from core.models.options import LoadOptions
from core.models.runtime import TrialPictures, load
from core.mounts import warning
from core.project import Project
from core.project_files import DEEP, folder_exists
from core.text import byte_size, count, printable, rate
from core.vectors import store
from core.vectors.failures import Failure
from core.vectors.manifest import Manifest, has_manifest, model_changed, older_reader
from core.vectors.pipeline import Files, MeasuringCallbacks, Progress, Target, fill, read_at_least
from core.vectors.sample import sample_keys
from core.vectors.snapshot import Snapshot
from core.vectors.vec_type import VecType

_CHUNK = 1_000  # pictures per query of the catalog
_SAY_EVERY = 1.0  # seconds between progress events
_FAILURES_LOGGED = 200  # one line each; all failures are in failures.jsonl
_TRIAL_PIXELS = 512  # of the shorter side of a JPEG that a trial reads: twice what most models take
_MEASURED_FROM = 64  # pictures: a shorter run is too short to measure speed


class Worker:
    """One run of a job.

    Args:
        project: open.
        folder: of the job.
        events: where it reports.
        stop: set by a signal to stop early.
    """

    def __init__(self, project: Project, folder: Path, events: EventLog, stop: threading.Event) -> None:
        self._project = project
        self._job = Job.read(folder)
        self._vec_types = [VecType.parse(name) for name in self._job.vec_types]
        self._options = LoadOptions.from_toml(self._job.options())
        self._sample = self._job.sample
        self._keys: Keys = np.zeros(0, KEY)
        self._events = events
        self._stop = stop
        self._rate = RecentRate()
        self._reported_at = 0.0
        self._failures_logged = 0
        self._reported_unmeasured = False
        self._before: dict[str, int] = {}
        self._total = 0
        self._left_out: list[PictoscopeError] = []

    def run(self) -> str:
        """Run the job. Returns the last log message.

        Raises:
            PictoscopeError: it cannot continue; committed rows are kept.
        """
        if text := warning(self._project.path):
            self._log(text)
        store.remove_deleted(self._project.vectors_folder)
        self._fetch()
        self._scan()
        if self._stop.is_set():
            return "stopped before the first picture"
        incomplete = [vec_type for vec_type in self._vec_types if not self._is_complete(vec_type)]
        if not incomplete:
            self._report_progress(Progress())
            return f"nothing to compute: all {count(self._total)} are done"
        with ExitStack() as writers:
            targets = self._open_targets(incomplete, writers)
            progress = fill(
                targets,
                self._candidates(),
                stop=self._stop,
                on_commit=self._report_commit,
                measuring=MeasuringCallbacks(self._is_unmeasured(), self._store_appearances),
            )
            for target in targets:
                target.writer.compact_failures()
        self._report_progress(progress)
        self._report_speeds(progress, targets)
        self._compact(targets)
        if self._left_out:
            self._log(self._summary(progress))
            raise self._left_out[0]
        return self._summary(progress)

    def _fetch(self) -> None:
        """Download missing weights before a picture is read: a missing network is reported within seconds."""
        for model in dict.fromkeys(vec_type.model for vec_type in self._vec_types):
            try:
                fetch(VecType(model).spec, self._log)
            except PictoscopeError as error:
                self._leave_out_model(model, error)

    def _leave_out_model(self, model: str, error: PictoscopeError) -> None:
        self._leave_out(model, [vec_type for vec_type in self._vec_types if vec_type.model == model], error)

    def _leave_out(self, name: str, vec_types: Sequence[VecType], error: PictoscopeError) -> None:
        """Continue without vec types that cannot be computed, if others remain; the job still ends as failed.

        Raises:
            PictoscopeError: none remain.
        """
        self._left_out.append(error)
        self._vec_types = [vec_type for vec_type in self._vec_types if vec_type not in vec_types]
        for vec_type in vec_types:
            self._before.pop(vec_type.name, None)
        if not self._vec_types:
            raise error
        self._log(f"{name} is left out: {with_hint(error)}")

    def _summary(self, progress: Progress) -> str:
        verb = "stopped" if self._stop.is_set() else "finished"
        vectors = f" in {count(len(self._vec_types))} vec types" if len(self._vec_types) > 1 else ""
        done, failed = progress.done.total(), progress.failed.total()
        by_itself = ", ".join(f"{name} {rate(one.rate)}" for name, one in progress.own.items() if one.pictures)
        return (
            f"{verb}: {count(done)} done{vectors}, {count(failed)} failed in this run, {rate(progress.rate)}"
            f"{f' (by itself {by_itself})' if len(progress.own) > 1 and by_itself else ''}"
        )

    def _scan(self) -> None:
        self._log("looking for new and changed pictures")
        report = self._project.scan(self._report_scan, self._stop)
        for path, reason in report.unreadable:
            self._log(f"cannot read {printable(path)}: {reason}")
        for line in report.absences():
            self._log(f"{line}; {ABSENT_HINT}")
        self._keys = self._project.catalog.keys()
        self._log(f"{count(report.pictures, 'picture')} in {count(len(self._project.folders), 'folder')}")
        if 0 < self._sample < len(self._keys):
            self._keys = sample_keys(self._project.catalog, self._sample)
            self._log(f"a sample of {count(len(self._keys))}, spread over folders and dates")
        self._total = len(self._keys)

    def _report_scan(self, report: ScanReport) -> None:
        if time.monotonic() - self._reported_at >= _SAY_EVERY and report.new + report.changed:
            self._reported_at = time.monotonic()
            self._log(f"looking for new and changed pictures: {count(report.files)} files so far")

    def _is_complete(self, vec_type: VecType) -> bool:
        """Whether every wanted picture has a row, so that the model need not be loaded."""
        folder = self._project.vectors_folder / vec_type.name
        if not has_manifest(folder):
            return False
        snapshot = store.Reader(folder).snapshot()
        self._before[vec_type.name] = int(np.isin(self._keys, snapshot.done, assume_unique=True).sum())
        return self._before[vec_type.name] == self._total

    def _open_targets(self, vec_types: list[VecType], writers: ExitStack) -> list[Target]:
        """Load the models and open the stores. Each model is loaded once for all vec types with the same options."""
        wanted = {vec_type: (vec_type.model, self._options_for(vec_type)) for vec_type in vec_types}
        models: dict[tuple[str, LoadOptions], Model] = {}
        for key in dict.fromkeys(wanted.values()):  # vec types of one model may have different precisions
            same_key = [vec_type for vec_type in vec_types if wanted[vec_type] == key]
            self._log(f"loading the model {key[0]}")
            try:
                models[key] = load(same_key[0].spec, self._log, key[1], self._trial_pictures(same_key))
            except PictoscopeError as error:
                self._leave_out(key[0], same_key, error)
        at_least = read_at_least(models.values())
        targets = []
        for vec_type in (vec_type for vec_type in vec_types if wanted[vec_type] in models):
            try:
                targets.append(self._open_target(vec_type, models[wanted[vec_type]], at_least, writers))
            except ModelChanged as error:
                self._leave_out(vec_type.name, [vec_type], error)
        return targets

    def _trial_pictures(self, vec_types: Sequence[VecType]) -> TrialPictures:
        """Pictures that these vec types lack, for a trial of what computes them."""
        lacking = max(self._total - self._before.get(vec_type.name, 0) for vec_type in vec_types)
        return TrialPictures(lacking, self._read_some)

    def _read_some(self, number: int) -> list[Image.Image]:
        """So many pictures of all parts of the project; those that cannot be read are left out."""
        catalog = self._project.catalog
        ids = catalog.picture_ids()
        found = []
        for picture in catalog.pictures(ids[:: max(1, len(ids) // number)][:number]):
            with suppress(UnreadablePicture):
                found.append(read_picture(picture.path, at_least=_TRIAL_PIXELS))
        return found

    def _options_for(self, vec_type: VecType) -> LoadOptions:
        """The job's options, with the precision of existing rows unless one was requested."""
        folder = self._project.vectors_folder / vec_type.name
        if not has_manifest(folder):
            return self._options
        before, options = Manifest.load(folder), self._options
        return replace(
            options,
            precision=before.precision if options.precision == "auto" else options.precision,
        )

    def _open_target(self, vec_type: VecType, model: Model, at_least: int, writers: ExitStack) -> Target:
        folder = self._project.vectors_folder / vec_type.name
        consent = self._options.allow_remote_code
        wanted = Manifest.of(vec_type, model, read_at_least=at_least, remote_code=consent)
        if not folder_exists(folder, inside=DEEP - 1):
            raise StoreError(f"the vectors {vec_type} were deleted", "create them again")
        if not has_manifest(folder):
            store.create(folder, wanted)
        elif difference := Manifest.load(folder).differs_from(wanted):
            raise model_changed(vec_type, difference)
        writer = writers.enter_context(store.Writer(folder, f"job {self._job.id}, process {os.getpid()}"))
        for line in writer.healed:
            self._log(f"found after the last run: {line}")
        if text := older_reader(writer.manifest):
            self._log(text)
        done = SortedKeys(self._resume(vec_type, writer.snapshot()))
        return Target(writer, model, lambda key: key not in done)

    def _resume(self, vec_type: VecType, snapshot: Snapshot) -> np.ndarray:
        """The keys of the rows that are done. Also logs where the run resumes."""
        self._before[vec_type.name] = int(np.isin(self._keys, snapshot.done, assume_unique=True).sum())
        failed = int(np.isin(self._keys, snapshot.failed, assume_unique=True).sum())
        name = f"{vec_type}: " if len(self._vec_types) > 1 else ""
        if self._before[vec_type.name] or failed:
            again = f"; {count(failed)} failed before, tried again" if failed else ""
            self._log(f"{name}resumed at {count(self._before[vec_type.name])} of {count(self._total)}{again}")
        else:
            self._log(f"{name}computing {count(self._total, 'picture')}")
        self._report_progress(Progress())
        return snapshot.done

    def _compact(self, targets: list[Target]) -> None:
        """Compact stores with many dead rows. Optional: errors are logged, and the job still succeeds."""
        for folder in (target.writer.folder for target in targets):
            if self._stop.is_set() or not store.Reader(folder).snapshot().worth_compacting:
                continue
            try:
                compaction = store.compact(folder, f"job {self._job.id}, process {os.getpid()}")
            except (PictoscopeError, OSError) as error:
                self._log(f"{folder.name} was not compacted: {error}")
            else:
                self._log(f"{folder.name} was compacted: {byte_size(compaction.before - compaction.after)} saved")

    def _candidates(self) -> Iterator[Files]:
        """The wanted pictures ordered by path, so that neighbours on disk are read together."""
        catalog = self._project.catalog
        ids = catalog.picture_ids()
        if self._sample:
            facts = catalog.facts()
            ids = array("q", facts.ids[facts.with_keys(self._keys)].tobytes())
        for start in range(0, len(ids), _CHUNK):
            pictures = catalog.pictures(ids[start : start + _CHUNK])
            others = other_files(catalog, ((picture.key, picture.path) for picture in pictures))
            for picture in pictures:
                more = others.get(picture.key, ())
                yield (File(picture.key, picture.path, picture.size, picture.mtime_ns), *more)

    def _is_unmeasured(self) -> Callable[[bytes], bool]:
        measured = SortedKeys(appearances.measured_keys(self._project.catalog))
        return lambda key: key not in measured

    def _store_appearances(self, appearance_by_key: list[tuple[bytes, Appearance]]) -> None:
        """Store colours and sharpness. A catalog that cannot be written must not stop the job."""
        try:
            appearances.record(self._project.catalog, appearance_by_key)
        except PictoscopeError as error:
            if not self._reported_unmeasured:
                self._reported_unmeasured = True
                self._log(f"mean colour and sharpness were not saved: {error.message}; run `pictoscope measure` later")

    def _report_commit(self, progress: Progress, target: Target, failures: list[Failure]) -> None:
        for failure in failures:
            self._failures_logged += 1
            if self._failures_logged <= _FAILURES_LOGGED:
                self._log(f"{printable(failure.path)}: {failure.reason}")
            elif self._failures_logged == _FAILURES_LOGGED + 1:
                self._log("more pictures failed; all of them are in failures.jsonl")
        if time.monotonic() - self._reported_at >= _SAY_EVERY:
            self._report_progress(progress)

    def _report_progress(self, progress: Progress) -> None:
        """Write a progress event, counted in pictures: with several vec types, their mean."""
        vec_types = len(self._vec_types)
        done = (sum(self._before.values()) + progress.done.total()) // vec_types
        failed = progress.failed.total() // vec_types
        self._reported_at = time.monotonic()
        speed = self._rate.note(self._reported_at, (progress.done.total() + progress.failed.total()) / vec_types)
        self._events.write("progress", done=done, failed=failed, total=self._total, rate=round(speed, 2))

    def _report_speeds(self, progress: Progress, targets: Sequence[Target]) -> None:
        """Write how fast each vec type would be by itself, and remember it for its model."""
        self._events.write("speeds", rates={name: round(one.rate, 4) for name, one in progress.own.items()})
        for model in dict.fromkeys(target.model.spec.key for target in targets):
            own = [progress.own[target.name] for target in targets if target.model.spec.key == model]
            pictures, seconds = sum(one.pictures for one in own), sum(one.seconds for one in own)
            if pictures >= _MEASURED_FROM and seconds > 0:
                rates.remember(model, pictures / seconds, self._job.id)

    def _log(self, text: str) -> None:
        self._events.write("log", text=text)


def main(arguments: list[str]) -> int:
    """Run a job that fills vec types; see :func:`core.jobs.process.run_job`."""
    return run_job(arguments, lambda project, folder, events, stop: Worker(project, folder, events, stop).run())


if __name__ == "__main__":
    give_way()
    sys.exit(main(sys.argv[1:]))
