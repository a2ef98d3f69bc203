"""The worker process of a job that fills vec types: ``python -m core.jobs.worker PROJECT JOB LOCK``.

:mod:`core.jobs.launch` starts it. It writes only the vec types of its job, and reports through events; no process waits
for it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from core.catalog import appearances
from core.catalog.scan_report import ABSENT_HINT, ScanReport
from core.engines.choice import EngineChoice
from core.errors import PictoscopeError
from core.images.appearance import Appearance
from core.jobs.events import TAKEN_BACK, EventLog
from core.jobs.job import Job
from core.jobs.launch import take_back
from core.jobs.process import run_job
from core.jobs.vectors_run import Pass, VectorsRun, process_holder
from core.key_arrays import SortedKeys
from core.models import rates
from core.models.options import LoadOptions
from core.mounts import warning
from core.priority import give_way
from core.project import Project
from core.text import byte_size, count, printable
from core.vectors import indexing, store
from core.vectors.pipeline import MeasuringCallbacks, Progress, Target
from core.vectors.sample import sample_keys
from core.vectors.vec_type import VecType

_SAY_EVERY = 1.0  # seconds between progress events
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
        self._holder = process_holder(f"job {self._job.id}")
        task = Pass(
            tuple(VecType.parse(name) for name in self._job.vec_types),
            project.vectors_folder,
            project.catalog,
            LoadOptions.from_toml(self._job.options()),
            self._holder,
            engine=EngineChoice.from_toml(self._job.options()),
        )
        self._is_here = task.engine is None
        self._run = VectorsRun(task, events, stop)
        self._events = events
        self._stop = stop
        self._reported_at = 0.0
        self._reported_unmeasured = False

    def run(self) -> str:
        """Run the job. Returns the last log message.

        Raises:
            PictoscopeError: it cannot continue; committed rows are kept.
        """
        if text := warning(self._project.path):
            self._run.log(text)
        store.remove_deleted(self._project.vectors_folder)
        try:
            self._run.fetch()
        finally:
            self._take_back([name for name in self._job.vec_types if VecType.parse(name) not in self._run.vec_types])
        self._scan()
        if self._stop.is_set():
            return "stopped before the first picture"
        progress, targets = self._run.fill(MeasuringCallbacks(self._is_unmeasured(), self._store_appearances))
        if not targets and self._stop.is_set():  # while the workers of a cluster were asked
            return "stopped before the first picture"
        if not targets and not self._run.left_out:
            return f"nothing to compute: all {count(self._run.total)} are done"
        self._report_speeds(progress, targets)
        self._compact(targets)
        self._index(targets)
        if self._run.left_out:
            self._run.log(self._run.summary(progress))
            raise self._run.left_out[0]
        return self._run.summary(progress)

    def _take_back(self, names: Sequence[str]) -> None:
        """Take vec types away of which there is nothing, as their model could not be downloaded."""
        taken = [name for name in names if take_back(self._project, name)]
        if taken:
            self._events.write(TAKEN_BACK, names=taken)  # Restart tells them from those that somebody deletes
        for name in taken:
            self._run.log(f"nothing is left of {name}: restart this job, or create it again")

    def _scan(self) -> None:
        self._run.log("looking for new and changed pictures")
        report = self._project.scan(self._report_scan, self._stop)
        for path, reason in report.unreadable:
            self._run.log(f"cannot read {printable(path)}: {reason}")
        for line in report.absences():
            self._run.log(f"{line}; {ABSENT_HINT}")
        keys, sample = self._project.catalog.keys(), self._job.sample
        self._run.log(f"{count(report.pictures, 'picture')} in {count(len(self._project.folders), 'folder')}")
        if 0 < sample < len(keys):
            keys = sample_keys(self._project.catalog, sample)
            self._run.log(f"a sample of {count(len(keys))}, spread over folders and dates")
        self._run.want(keys, is_part=sample > 0)

    def _report_scan(self, report: ScanReport) -> None:
        if time.monotonic() - self._reported_at >= _SAY_EVERY and report.new + report.changed:
            self._reported_at = time.monotonic()
            self._run.log(f"looking for new and changed pictures: {count(report.files)} files so far")

    def _compact(self, targets: list[Target]) -> None:
        """Compact stores with many dead rows. Optional: errors are logged, and the job still succeeds."""
        for folder in (target.writer.folder for target in targets):
            if self._stop.is_set() or not store.Reader(folder).snapshot().worth_compacting:
                continue
            try:
                compaction = store.compact(folder, self._holder)
            except (PictoscopeError, OSError) as error:
                self._run.log(f"{folder.name} was not compacted: {error}")
            else:
                self._run.log(f"{folder.name} was compacted: {byte_size(compaction.before - compaction.after)} saved")

    def _index(self, targets: list[Target]) -> None:
        """Write codes for large stores. Optional: errors are logged, and the job still succeeds."""
        for folder in (target.writer.folder for target in targets):
            try:
                if self._stop.is_set() or not indexing.is_due(store.Reader(folder).snapshot()):
                    continue
                self._run.log(f"{folder.name}: writing codes of its rows, for search where rows exceed memory")
                coded = indexing.index(folder, self._holder, stop=self._stop)
            except (PictoscopeError, OSError) as error:
                self._run.log(f"{folder.name} was not indexed: {error}")
            else:
                self._run.log(f"{folder.name}: {count(coded, 'row')} have codes now")

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
                self._run.log(
                    f"mean colour and sharpness were not saved: {error.message}; run `pictoscope measure` later"
                )

    def _report_speeds(self, progress: Progress, targets: Sequence[Target]) -> None:
        """Write how fast each vec type would be by itself, and remember it for its model."""
        if not self._is_here:  # how fast a cluster is does not say how fast this machine is
            return
        self._events.write("speeds", rates={name: round(one.rate, 4) for name, one in progress.own.items()})
        model_of = {target.name: target.writer.manifest.vec_type.model for target in targets}
        for model in dict.fromkeys(model_of.values()):
            own = [progress.own[name] for name in model_of if model_of[name] == model]
            pictures, seconds = sum(one.pictures for one in own), sum(one.seconds for one in own)
            if pictures >= _MEASURED_FROM and seconds > 0:
                rates.remember(model, pictures / seconds, self._job.id)


def main(arguments: list[str]) -> int:
    """Run a job that fills vec types; see :func:`core.jobs.process.run_job`."""
    return run_job(arguments, lambda project, folder, events, stop: Worker(project, folder, events, stop).run())


if __name__ == "__main__":
    give_way()
    sys.exit(main(sys.argv[1:]))
