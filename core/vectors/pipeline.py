"""The pipeline that fills vec types: decoders feed the models, the models feed the disk, with bounded queues.

    paths -> decode once, prepare for each model (threads) -> batch -> models -> commits

At most a few batches are decoded ahead, so memory does not grow with the number of pictures.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from core.arrays import Rows
from core.catalog.copies import File
from core.catalog.readable import CHANGED, read_any
from core.errors import CannotDecode, UnreadablePicture
from core.images.appearance import Appearance, appearance
from core.images.decoders import read_picture
from core.images.read import without_colour
from core.models.backend import Model, Prepared
from core.vectors.failures import Failure
from core.vectors.own_time import OwnTime, clock, with_waiting
from core.vectors.store import Writer

# A commit costs two fdatasync (milliseconds on an SSD, tens on a disk): negligible every two seconds. The clock is read
# after each batch, so a power cut costs at most two seconds and one batch of work.
_COMMIT_SECONDS = 2.0
_COMMIT_ROWS = 512
_BATCHES_AHEAD = 4
# JPEGs are decoded at not less than this many times the model's input: cosine >= 0.999 to the full decode.
_DRAFT_FACTOR = 2


# All files of one picture, the one to read first in front.
Files = tuple[File, ...]


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
        model: loaded.
        lacks: whether the picture with a key has no row yet.
    """

    writer: Writer
    model: Model
    lacks: Callable[[bytes], bool] = lambda key: True

    @property
    def name(self) -> str:
        """Of the vec type."""
        return self.writer.manifest.vec_type.name

    @property
    def greyscale(self) -> bool:
        """Whether pictures are converted to greyscale."""
        return self.writer.manifest.vec_type.greyscale


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
) -> Progress:
    """Compute rows for ``pictures`` and commit them continuously. Each picture is read once for all targets.

    Args:
        targets: what to fill; their manifests decide how pictures are read.
        pictures: consumed lazily.
        stop: when set, the current batch is finished and committed, the rest is left.
        on_commit: called after every commit with the totals, the target and its new failures.
        measuring: what to measure besides.
        threads: decoding threads; by default the number of processors.

    Returns:
        The totals of this run.

    Raises:
        StoreError: a commit failed. ModelError: a device failed. CannotDecode: no decoder can be started.
            Everything committed before is kept.
    """
    threads = threads or os.cpu_count() or 1
    progress = Progress(own={target.name: OwnTime(threads) for target in targets})
    runs = [_Run(target, progress, on_commit) for target in targets]
    size = max(target.model.batch_size for target in targets)
    try:
        for batch, waited in with_waiting(_batches(_decoded(targets, pictures, stop, measuring, threads), size)):
            for number, run in enumerate(runs):
                own = [(picture, found) for picture, found in batch if number in found.outcome]
                if own:
                    spent = sum(found.seconds[number] for _, found in own)
                    progress.own[run.name].begin(spent, waited * len(own) / len(batch))
                run.take([(picture, found.outcome[number]) for picture, found in own])
            measuring.record([(picture[0].key, found.looks) for picture, found in batch if found.looks])
            if stop.is_set():
                break
    finally:
        for run in runs:
            run.commit()
    return progress


def encode(model: Model, prepared: list[Prepared]) -> Rows:
    """Encode prepared pictures in batches of the model's size: rows, shape (n, dim)."""
    size = model.batch_size
    rows = [model.encode_pictures(prepared[start : start + size]) for start in range(0, len(prepared), size)]
    return np.concatenate(rows) if rows else np.zeros((0, model.spec.dim), np.float32)


def read_at_least(models: Iterable[Model]) -> int:
    """Minimum pixels of a decoded JPEG's shorter side that suit all of these models."""
    return max(_DRAFT_FACTOR * model.spec.input_size for model in models)


def prepare(model: Model, path: str | bytes | os.PathLike[str], greyscale: bool, at_least: int) -> Prepared:
    """Read and preprocess a picture for this model, in the same way for stored pictures and for queries.

    Args:
        model: loaded.
        path: of the file.
        greyscale: convert to greyscale.
        at_least: pixels, from the manifest.

    Raises:
        UnreadablePicture: with the reason in words.
    """
    return _model_input(model, read_picture(path, at_least=at_least), greyscale)


def _model_input(model: Model, picture: Image.Image, greyscale: bool) -> Prepared:
    """Apply the options of a vec type to a picture, then the preprocessing of its model."""
    return model.prepare(without_colour(picture) if greyscale else picture)


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

    @property
    def name(self) -> str:
        """Of the vec type."""
        return self._target.name

    def take(self, batch: list[tuple[Files, Prepared | UnreadablePicture]]) -> None:
        with self._own.encodes():
            self._take(batch)
        self._own.pictures += len(batch)

    def _take(self, batch: list[tuple[Files, Prepared | UnreadablePicture]]) -> None:
        good = [(picture, prepared) for picture, prepared in batch if not isinstance(prepared, UnreadablePicture)]
        for picture, outcome in batch:
            if isinstance(outcome, UnreadablePicture):
                self._failures.append(Failure(picture[0].key, picture[0].path, outcome.message))
        if good:
            rows = encode(self._target.model, [prepared for _, prepared in good])
            finite = np.isfinite(rows.sum(axis=1)).tolist()
            for (picture, _), row, usable in zip(good, rows, finite, strict=True):
                if usable:
                    self._keys.append(picture[0].key)
                    self._rows.append(row)
                else:
                    self._failures.append(
                        Failure(picture[0].key, picture[0].path, "the model returned numbers that are not finite")
                    )
        waiting = len(self._keys) + len(self._failures)
        if waiting >= _COMMIT_ROWS or time.monotonic() - self._committed_at >= _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        if self._keys or self._failures:
            writer = self._target.writer
            rows = np.stack(self._rows) if self._rows else np.zeros((0, writer.manifest.dim), np.float32)
            # Cleared before the attempt: after a failed one, the same rows must not be tried again.
            keys, failures = self._keys, self._failures
            self._keys, self._rows, self._failures = [], [], []
            writer.append(keys, rows, failures)
            self._progress.done[self._target.name] += len(keys)
            self._progress.failed[self._target.name] += len(failures)
            self._on_commit(self._progress, self._target, failures)
        self._committed_at = time.monotonic()


# By the index of the target.
_Outcome = dict[int, Prepared | UnreadablePicture]


@dataclass(frozen=True, slots=True)
class _Decoded:
    """The result of decoding a picture.

    Attributes:
        outcome: prepared input or failure per target.
        seconds: that reading it and preparing it took per target.
        looks: its measurements.
    """

    outcome: _Outcome
    seconds: dict[int, float]
    looks: Appearance | None = None


def _decoded(
    targets: Sequence[Target],
    pictures: Iterable[Files],
    stop: threading.Event,
    measuring: MeasuringCallbacks,
    threads: int,
) -> Iterator[tuple[Files, _Decoded]]:
    """Decode in threads, a bounded number ahead, in order."""
    ahead = _BATCHES_AHEAD * max(target.model.batch_size for target in targets)
    waiting: deque[tuple[Files, Future[_Decoded]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        try:
            for picture in pictures:
                wanted = [number for number, target in enumerate(targets) if target.lacks(picture[0].key)]
                if not wanted:
                    continue
                waiting.append((picture, pool.submit(_try_prepare, targets, wanted, picture, measuring)))
                if len(waiting) >= ahead:
                    first, future = waiting.popleft()
                    yield first, future.result()
                if stop.is_set():
                    return
            while waiting and not stop.is_set():
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def _try_prepare(
    targets: Sequence[Target], wanted: Sequence[int], picture: Files, measuring: MeasuringCallbacks
) -> _Decoded:
    began = clock()
    try:
        # A row must belong to the content of its key: a file rewritten since the scan is another picture.
        looks = measuring.lacks(picture[0].key)
        return read_any(picture, lambda path: _prepare_all(targets, wanted, path, looks=looks))
    except CannotDecode:
        raise
    except UnreadablePicture as error:
        if error.message == CHANGED:
            error = UnreadablePicture("the file changed while the job ran; Restart reads it again")
        return _failed(wanted, error, clock() - began)
    except MemoryError:
        return _failed(wanted, UnreadablePicture("not enough memory to prepare it"), clock() - began)


def _failed(wanted: Sequence[int], error: UnreadablePicture, seconds: float) -> _Decoded:
    return _Decoded(dict.fromkeys(wanted, error), dict.fromkeys(wanted, seconds))


def _prepare_all(targets: Sequence[Target], wanted: Sequence[int], path: bytes, *, looks: bool) -> _Decoded:
    """Read the file once per required size: usually once."""
    found: _Outcome = {}
    seconds: dict[int, float] = {}
    measured: Appearance | None = None
    for at_least in {targets[number].writer.manifest.read_at_least for number in wanted}:
        began = clock()
        picture = read_picture(path, at_least=at_least)
        if looks and measured is None:
            measured = appearance(picture)
        read = clock() - began
        for number in wanted:
            target = targets[number]
            if target.writer.manifest.read_at_least == at_least:
                began = clock()
                found[number] = _model_input(target.model, picture, target.greyscale)
                seconds[number] = read + clock() - began
    return _Decoded(found, seconds, measured)


def _batches(items: Iterator[tuple[Files, _Decoded]], size: int) -> Iterator[list[tuple[Files, _Decoded]]]:
    batch: list[tuple[Files, _Decoded]] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
