"""One pass over pictures that fills vec types: loads the models, opens the stores, runs the pipeline, reports.

A job (:mod:`core.jobs.worker`) and the computation of a shard (:mod:`core.shards.compute`) are such passes. They differ
in which pictures they want, where the vectors are, and who reads the reports.
"""

from __future__ import annotations

import os
import threading
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from core.catalog.catalog import Catalog
from core.catalog.copies import files_of
from core.catalog.root_folders import root_folders
from core.engines.choice import EngineChoice
from core.engines.cluster_engine import ClusterEngine
from core.engines.messages import StageTask
from core.engines.registry import connect
from core.errors import ModelChanged, PictoscopeError, StoreError, UnreadablePicture
from core.images.decoders import read_picture, start_ahead
from core.jobs.process import kept_stop_signals, with_hint
from core.jobs.recent_rate import RecentRate
from core.key_arrays import Keys, SortedKeys
from core.keys import KEY
from core.models.backend import Model, fetch
from core.models.options import LoadOptions
from core.models.runtime import TrialPictures, load
from core.project_files import DEEP, folder_exists
from core.text import count, printable, rate
from core.vectors import store
from core.vectors.engine import Files
from core.vectors.failures import Failure
from core.vectors.local_engine import read_at_least
from core.vectors.manifest import Manifest, has_manifest, model_changed, older_reader
from core.vectors.pipeline import NO_MEASURING, MeasuringCallbacks, Progress, Target, fill
from core.vectors.snapshot import Snapshot
from core.vectors.vec_type import VecType

_CHUNK = 1_000  # pictures per query of the catalog
_SAY_EVERY = 1.0  # seconds between progress events
_FAILURES_LOGGED = 200  # one line each; all failures are in failures.jsonl
_TRIAL_PIXELS = 512  # of the shorter side of a JPEG that a trial reads: twice what most models take


class Reports(Protocol):
    """Takes the reports of a pass."""

    def write(self, kind: str, **values: Any) -> None:
        """One event; see :class:`core.jobs.events.Event`."""
        ...


@dataclass(frozen=True)
class Pass:
    """What a pass is to do.

    Attributes:
        vec_types: to fill.
        vectors_folder: of their stores, whose folders are there.
        catalog: of the pictures; read only.
        options: how the models are run.
        holder: describes the writer in the locks of the stores.
        like: a folder of other vectors, which is only read: the rows must be such that they can be added to those.
        engine: computes on other machines; None to compute on this one.
    """

    vec_types: tuple[VecType, ...]
    vectors_folder: Path
    catalog: Catalog
    options: LoadOptions
    holder: str
    like: Path | None = None
    engine: EngineChoice | None = None


class VectorsRun:
    """A pass over pictures.

    Args:
        task: what to do.
        events: where it reports.
        stop: set by a signal to stop early.

    Attributes:
        left_out: why vec types were left out.
        total: pictures that are wanted.
    """

    def __init__(self, task: Pass, events: Reports, stop: threading.Event) -> None:
        self._task = task
        self._vec_types = list(task.vec_types)
        self._events = events
        self._stop = stop
        self._keys: Keys = np.zeros(0, KEY)
        self._is_part = False
        self._rate = RecentRate()
        self._reported_at = 0.0
        self._failures_logged = 0
        self._before: dict[str, int] = {}
        self._cluster: ClusterEngine | None = None
        self.left_out: list[PictoscopeError] = []
        self.total = 0

    def fetch(self) -> None:
        """Download missing weights before a picture is read: a missing network is reported within seconds.

        Workers of a cluster have their own, and download what they lack.

        Raises:
            PictoscopeError: no vec type remains.
        """
        here = self._vec_types if self._task.engine is None else []
        for model in dict.fromkeys(vec_type.model for vec_type in here):
            try:
                fetch(VecType(model).spec, self.log)
            except PictoscopeError as error:
                self._leave_out(model, [vec_type for vec_type in self._vec_types if vec_type.model == model], error)

    @property
    def vec_types(self) -> Sequence[VecType]:
        """Those that are still to be filled."""
        return tuple(self._vec_types)

    def want(self, keys: Keys, *, is_part: bool) -> None:
        """Choose the pictures.

        Args:
            keys: of the wanted pictures, sorted, dtype S20.
            is_part: whether the catalog has others.
        """
        self._keys, self._is_part, self.total = keys, is_part, len(keys)

    def fill(self, measuring: MeasuringCallbacks = NO_MEASURING) -> tuple[Progress, list[Target]]:
        """Compute the missing rows of the wanted pictures. No targets are returned if none can be or need be filled.

        Raises:
            PictoscopeError: it cannot continue; committed rows are kept.
        """
        incomplete = [vec_type for vec_type in self._vec_types if not self._is_complete(vec_type)]
        if not incomplete:
            self._report_progress(Progress())
            return Progress(), []
        if self._task.engine is None:
            start_ahead(min(os.cpu_count() or 1, self._lacking(incomplete)))  # while models are loaded
        with ExitStack() as writers:
            targets = self._open_targets(incomplete, writers)
            if not targets:
                return Progress(), []
            progress = fill(
                targets,
                self._candidates(),
                stop=self._stop,
                on_commit=self._report_commit,
                measuring=measuring,
                engine=self._cluster,
            )
            for target in targets:
                target.writer.compact_failures()
        self._report_progress(progress)
        for name, tally in self._cluster.tallies.items() if self._cluster else ():
            self.log(f"worker {printable(name)}: {count(tally.pictures, 'picture')}, {count(tally.failed)} failed")
        return progress, targets

    def summary(self, progress: Progress) -> str:
        """The last line of the job's log: what was done."""
        verb = "stopped" if self._stop.is_set() else "finished"
        vectors = f" in {count(len(self._vec_types))} vec types" if len(self._vec_types) > 1 else ""
        done, failed = progress.done.total(), progress.failed.total()
        by_itself = ", ".join(f"{name} {rate(one.rate)}" for name, one in progress.own.items() if one.pictures)
        return (
            f"{verb}: {count(done)} done{vectors}, {count(failed)} failed in this run, {rate(progress.rate)}"
            f"{f' (by itself {by_itself})' if len(progress.own) > 1 and by_itself else ''}"
        )

    def log(self, text: str) -> None:
        """Write a line to the job's log."""
        self._events.write("log", text=text)

    def _leave_out(self, name: str, vec_types: Sequence[VecType], error: PictoscopeError) -> None:
        """Continue without vec types that cannot be computed, if others remain; the run still ends as failed.

        Raises:
            PictoscopeError: none remain.
        """
        self.left_out.append(error)
        self._vec_types = [vec_type for vec_type in self._vec_types if vec_type not in vec_types]
        for vec_type in vec_types:
            self._before.pop(vec_type.name, None)
        if not self._vec_types:
            raise error
        self.log(f"{name} is left out: {with_hint(error)}")

    def _folder(self, vec_type: VecType) -> Path:
        return self._task.vectors_folder / vec_type.name

    def _is_complete(self, vec_type: VecType) -> bool:
        """Whether every wanted picture has a row, so that the model need not be loaded."""
        folder = self._folder(vec_type)
        if not has_manifest(folder):
            return False
        snapshot = store.Reader(folder).snapshot()
        self._before[vec_type.name] = int(np.isin(self._keys, snapshot.done, assume_unique=True).sum())
        return self._before[vec_type.name] == self.total

    def _open_targets(self, vec_types: list[VecType], writers: ExitStack) -> list[Target]:
        """Open the stores, for models that are loaded here or on a cluster."""
        if self._task.engine is not None:
            return self._open_on_cluster(self._task.engine, vec_types, writers)
        return self._open_here(vec_types, writers)

    def _open_on_cluster(self, choice: EngineChoice, vec_types: list[VecType], writers: ExitStack) -> list[Target]:
        """Ask the workers what their rows are, and open the stores."""
        with kept_stop_signals():
            cluster = connect(choice, self.log)
        folders = root_folders(self._task.catalog)
        engine = self._cluster = ClusterEngine(cluster, choice, folders, self.log, self._stop)
        writers.callback(engine.close)
        stages = [StageTask(vec_type.name, self._options_for(vec_type).to_toml()) for vec_type in vec_types]
        self.log("asking the workers of the cluster for their models")
        said = engine.ask(stages, self._all_fit)
        targets, tasks = [], []
        for vec_type, stage, manifest in zip(vec_types, stages, said, strict=bool(said)):
            try:
                target = self._open_target(vec_type, None, manifest, writers)
            except ModelChanged as error:
                self._leave_out(vec_type.name, [vec_type], error)
            else:
                targets.append(target)
                tasks.append(replace(stage, read_at_least=target.writer.manifest.read_at_least))
        engine.begin(tasks, [target.writer.manifest for target in targets])
        return targets

    def _all_fit(self, said: list[Manifest]) -> bool:
        """Whether rows of these kinds may be added to those that are there."""
        return not any(existing.differs_from(one) for one in said for existing in self._existing(one.vec_type))

    def _open_here(self, vec_types: list[VecType], writers: ExitStack) -> list[Target]:
        """Load the models and open the stores. Each model is loaded once for all vec types with the same options."""
        wanted = {vec_type: (vec_type.model, self._options_for(vec_type)) for vec_type in vec_types}
        models: dict[tuple[str, LoadOptions], Model] = {}
        for key in dict.fromkeys(wanted.values()):  # vec types of one model may have different precisions
            same_key = [vec_type for vec_type in vec_types if wanted[vec_type] == key]
            self.log(f"loading the model {key[0]}")
            try:
                models[key] = load(same_key[0].spec, self.log, key[1], self._trial_pictures(same_key))
            except PictoscopeError as error:
                self._leave_out(key[0], same_key, error)
        if not models:
            return []
        at_least = read_at_least(models.values())
        targets = []
        for vec_type in (vec_type for vec_type in vec_types if wanted[vec_type] in models):
            model = models[wanted[vec_type]]
            try:
                manifest = Manifest.of(vec_type, model, read_at_least=at_least)
                targets.append(self._open_target(vec_type, model, manifest, writers))
            except ModelChanged as error:
                self._leave_out(vec_type.name, [vec_type], error)
        return targets

    def _trial_pictures(self, vec_types: Sequence[VecType]) -> TrialPictures:
        """Pictures that these vec types lack, for a trial of what computes them."""
        return TrialPictures(self._lacking(vec_types), self._read_some)

    def _lacking(self, vec_types: Sequence[VecType]) -> int:
        """How many pictures the least complete of these vec types lacks."""
        return max(self.total - self._before.get(vec_type.name, 0) for vec_type in vec_types)

    def _read_some(self, number: int) -> list[Image.Image]:
        """So many pictures of all parts of the project; those that cannot be read are left out."""
        catalog = self._task.catalog
        ids = catalog.picture_ids()
        pictures = []
        for picture in catalog.pictures(ids[:: max(1, len(ids) // number)][:number]):
            with suppress(UnreadablePicture):
                pictures.append(read_picture(picture.path, at_least=_TRIAL_PIXELS))
        return pictures

    def _existing(self, vec_type: VecType) -> list[Manifest]:
        """The manifests of the rows that are there, and of those that these are to be like."""
        places = (self._task.vectors_folder, self._task.like)
        folders = [place / vec_type.name for place in places if place is not None]
        return [Manifest.load(folder) for folder in folders if has_manifest(folder)]

    def _options_for(self, vec_type: VecType) -> LoadOptions:
        """The options of this run, with the precision of existing rows unless one was requested."""
        options = self._task.options
        if options.precision != "auto":
            return options
        precisions = [manifest.precision for manifest in self._existing(vec_type)]
        return replace(options, precision=precisions[0]) if precisions else options

    def _open_target(self, vec_type: VecType, model: Model | None, rows: Manifest, writers: ExitStack) -> Target:
        """Open the store of a vec type, whose rows will be as ``rows`` says."""
        folder = self._folder(vec_type)
        wanted = replace(rows, remote_code=self._task.options.allow_remote_code)
        if not folder_exists(folder, inside=DEEP - 1):
            raise StoreError(f"the vectors {vec_type} were deleted", "create them again")
        existing = self._existing(vec_type)
        for manifest in existing:
            if difference := manifest.differs_from(wanted):
                raise model_changed(vec_type, difference)
        if not has_manifest(folder):
            store.create(folder, replace(wanted, read_at_least=existing[0].read_at_least) if existing else wanted)
        writer = writers.enter_context(store.Writer(folder, self._task.holder))
        for line in writer.healed:
            self.log(f"found after the last run: {line}")
        if text := older_reader(writer.manifest):
            self.log(text)
        done = SortedKeys(self._resume(vec_type, writer.snapshot()))
        return Target(writer, model, lambda key: key not in done)

    def _resume(self, vec_type: VecType, snapshot: Snapshot) -> np.ndarray:
        """The keys of the rows that are done. Also logs where the run resumes."""
        self._before[vec_type.name] = int(np.isin(self._keys, snapshot.done, assume_unique=True).sum())
        failed = int(np.isin(self._keys, snapshot.failed, assume_unique=True).sum())
        name = f"{vec_type}: " if len(self._vec_types) > 1 else ""
        if self._before[vec_type.name] or failed:
            again = f"; {count(failed)} failed before, tried again" if failed else ""
            self.log(f"{name}resumed at {count(self._before[vec_type.name])} of {count(self.total)}{again}")
        else:
            self.log(f"{name}computing {count(self.total, 'picture')}")
        self._report_progress(Progress())
        return snapshot.done

    def _candidates(self) -> Iterator[Files]:
        """The wanted pictures ordered by path, so that neighbours on disk are read together."""
        catalog = self._task.catalog
        if self._is_part:
            facts = catalog.facts()
            ids = array("q", facts.ids[facts.with_keys(self._keys)].tobytes())
        else:
            ids = catalog.picture_ids()
        for start in range(0, len(ids), _CHUNK):
            keys = [picture.key for picture in catalog.pictures(ids[start : start + _CHUNK])]
            files = files_of(catalog, keys)
            yield from (tuple(files[key]) for key in keys if key in files)

    def _report_commit(self, progress: Progress, target: Target, failures: list[Failure]) -> None:
        for failure in failures:
            self._failures_logged += 1
            if self._failures_logged <= _FAILURES_LOGGED:
                self.log(f"{printable(failure.path)}: {failure.reason}")
            elif self._failures_logged == _FAILURES_LOGGED + 1:
                self.log("more pictures failed; all of them are in failures.jsonl")
        if time.monotonic() - self._reported_at >= _SAY_EVERY:
            self._report_progress(progress)

    def _report_progress(self, progress: Progress) -> None:
        """Write a progress event, counted in pictures: with several vec types, their mean."""
        vec_types = len(self._vec_types)
        done = (sum(self._before.values()) + progress.done.total()) // vec_types
        failed = progress.failed.total() // vec_types
        self._reported_at = time.monotonic()
        speed = self._rate.note(self._reported_at, (progress.done.total() + progress.failed.total()) / vec_types)
        self._events.write("progress", done=done, failed=failed, total=self.total, rate=round(speed, 2))
        if self._cluster is not None and self._cluster.tallies:
            workers = {name: tally.to_json() for name, tally in self._cluster.tallies.items()}
            self._events.write("workers", workers=workers)


def process_holder(what: str) -> str:
    """A line for the lock of a store that names this process."""
    return f"{what}, process {os.getpid()}"
