"""The pipeline that fills vec types: an engine computes rows of pictures, and this one writer commits them.

    pictures -> batches -> engine -> commits

An engine gets a bounded number of batches ahead, so memory does not grow with the number of pictures.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from core.arrays import Rows
from core.images.appearance import Appearance
from core.models.backend import Model
from core.vectors.engine import Batch, Computed, Engine, Files, Result, Wanted
from core.vectors.failures import Failure
from core.vectors.local_engine import LocalEngine, Stage
from core.vectors.own_time import OwnTime, with_waiting_time
from core.vectors.store import Writer

# A commit costs two fdatasync (milliseconds on an SSD, tens on a disk): negligible every two seconds. The clock is read
# after each batch, so a power cut costs at most two seconds and one batch of work.
_COMMIT_SECONDS = 2.0
_COMMIT_ROWS = 512


@dataclass
class Progress:
    """The progress of a run.

    Attributes:
        done: rows committed in this run, by vec type.
        failed: failures committed in this run, by vec type.
        own: where the time of each vec type goes, by its name.
        started: start time, monotonic seconds.
    """

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    own: dict[str, OwnTime] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Pictures per second since the start, through all models."""
        vec_types = max(1, len(self.done | self.failed))
        seen = self.done.total() + self.failed.total()
        return seen / vec_types / max(1e-6, time.monotonic() - self.started)


@dataclass(frozen=True)
class Target:
    """A vec type to fill.

    Attributes:
        writer: of its store.
        model: loaded; None where an engine computes on other machines.
        lacks: whether the picture with a key has no row yet.
    """

    writer: Writer
    model: Model | None
    lacks: Callable[[bytes], bool] = lambda key: True

    @property
    def name(self) -> str:
        """The name of the vec type."""
        return self.writer.manifest.vec_type.name

    @property
    def stage(self) -> Stage:
        """What computes its rows on this machine."""
        if self.model is None:
            raise ValueError(f"no model is loaded for {self.name}")
        manifest = self.writer.manifest
        return Stage(self.model, manifest.vec_type.greyscale, manifest.read_at_least)


OnCommit = Callable[[Progress, Target, list[Failure]], None]


@dataclass(frozen=True)
class MeasuringCallbacks:
    """Callbacks to measure pictures while they are decoded anyway.

    Attributes:
        lacks: whether the picture with a key is still to be measured.
        record: stores the measurements by key.
    """

    lacks: Callable[[bytes], bool]
    record: Callable[[list[tuple[bytes, Appearance]]], None]


NO_MEASURING = MeasuringCallbacks(lambda key: False, lambda measured: None)


def fill(
    targets: Sequence[Target],
    pictures: Iterable[Files],
    *,
    stop: threading.Event,
    on_commit: OnCommit,
    measuring: MeasuringCallbacks = NO_MEASURING,
    threads: int | None = None,
    engine: Engine | None = None,
) -> Progress:
    """Compute rows for ``pictures`` and commit them continuously. Each picture is read once for all targets.

    Args:
        targets: what to fill; their manifests decide how pictures are read.
        pictures: consumed lazily.
        stop: when set, the current batch is finished and committed, the rest is left.
        on_commit: called after every commit with the totals, the target and its new failures.
        measuring: what to measure besides.
        threads: decoding threads; by default the number of processors.
        engine: computes; by default this machine with the models of ``targets``. It is closed at the end.

    Returns:
        The totals of this run.

    Raises:
        StoreError: a commit failed. ModelError: a device failed. CannotDecode: no decoder can be started.
            PictoscopeError: the engine cannot go on. Everything committed before is kept.
    """
    threads = threads or os.cpu_count() or 1
    progress = Progress(own={target.name: OwnTime(threads) for target in targets})
    runs = [_Run(target, progress, on_commit) for target in targets]
    engine = engine or LocalEngine([target.stage for target in targets], stop, threads)
    try:
        for result, waited in with_waiting_time(results(engine, _batches(targets, pictures, measuring, engine), stop)):
            _take_result(runs, result, waited)
            measuring.record(result.looks)
            if stop.is_set():
                break
    finally:
        try:
            for run in runs:
                run.commit()
        finally:
            engine.close()
    return progress


def _batches(
    targets: Sequence[Target], pictures: Iterable[Files], measuring: MeasuringCallbacks, engine: Engine
) -> Iterator[Batch]:
    """The pictures that a target lacks, in batches that the engine takes."""
    numbers = count()
    most = engine.batch_bytes
    waiting: list[Wanted] = []
    held = 0
    for files in pictures:
        key = files[0].key
        lacking = tuple(number for number, target in enumerate(targets) if target.lacks(key))
        if not lacking:
            continue
        if waiting and most and held + files[0].size > most:
            yield Batch(next(numbers), tuple(waiting))
            waiting, held = [], 0
        waiting.append(Wanted(files, lacking, measuring.lacks(key)))
        held += files[0].size
        if len(waiting) >= engine.batch_size:
            yield Batch(next(numbers), tuple(waiting))
            waiting, held = [], 0
    if waiting:
        yield Batch(next(numbers), tuple(waiting))


def results(engine: Engine, batches: Iterable[Batch], stop: threading.Event) -> Iterator[Result]:
    """What an engine makes of batches, with its window always full. Ends early when told to stop.

    Args:
        engine: which its caller closes.
        batches: consumed lazily.
        stop: looked at after each result.

    Raises:
        PictoscopeError: the engine cannot go on.
    """
    flying = 0
    for batch in batches:
        if stop.is_set():
            return
        engine.submit(batch)
        flying += 1
        if flying >= engine.window:
            if (result := engine.take()) is None:
                return
            flying -= 1
            yield result
    while flying and not stop.is_set():
        if (result := engine.take()) is None:
            return
        flying -= 1
        yield result


def _take_result(runs: Sequence[_Run], result: Result, waited: float) -> None:
    """Take a result, for which ``waited`` seconds were waited: the models' own time is no waiting."""
    waited = max(0.0, waited - sum(computed.encoding for computed in result.computed.values()))
    seen = {number: len(computed.keys) + len(computed.failures) for number, computed in result.computed.items()}
    most = max(seen.values(), default=0)
    for number, computed in result.computed.items():
        runs[number].take(computed, waited * seen[number] / most if most else 0.0)


class _Run:
    """Uncommitted rows and failures of one target."""

    def __init__(self, target: Target, progress: Progress, on_commit: OnCommit) -> None:
        self._target = target
        self._progress = progress
        self._own = progress.own[target.name]
        self._on_commit = on_commit
        self._keys: list[bytes] = []
        self._rows: list[Rows] = []
        self._failures: list[Failure] = []
        self._committed_at = float("-inf")  # the first batch is committed at once: rows are there to be seen

    def take(self, found: Computed, waited: float) -> None:
        """Keep the rows and failures of a batch, and commit them from time to time."""
        self._own.begin(found.reading, waited)
        self._own.encoding += found.encoding
        with self._own.encodes():
            self._keys += found.keys
            self._rows.append(found.rows)
            self._failures += found.failures
            waiting = len(self._keys) + len(self._failures)
            if waiting >= _COMMIT_ROWS or time.monotonic() - self._committed_at >= _COMMIT_SECONDS:
                self.commit()
        self._own.pictures += len(found.keys) + len(found.failures)

    def commit(self) -> None:
        """Make everything durable that was taken."""
        if self._keys or self._failures:
            rows = np.concatenate(self._rows)
            # Cleared before the attempt: after a failed one, the same rows must not be tried again.
            keys, failures = self._keys, self._failures
            self._keys, self._rows, self._failures = [], [], []
            self._target.writer.append(keys, rows, failures)
            self._progress.done[self._target.name] += len(keys)
            self._progress.failed[self._target.name] += len(failures)
            self._on_commit(self._progress, self._target, failures)
        self._committed_at = time.monotonic()
