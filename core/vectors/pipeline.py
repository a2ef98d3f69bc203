"""Filling vec types: decoders keep the models busy, the models keep the disk busy, nothing piles up.

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

from core.errors import CannotDecode, UnreadablePicture
from core.files import modified_ns
from core.images.appearance import Appearance, appearance
from core.images.decoders import read_picture
from core.images.read import without_colour
from core.models.backend import Model, Prepared, Rows
from core.vectors.failures import Failure
from core.vectors.store import Writer

# A commit costs two fdatasync (milliseconds on an SSD, tens on a disk): every two seconds they do not matter, and a
# power cut costs at most two seconds of work.
_COMMIT_SECONDS = 2.0
_COMMIT_ROWS = 512
_BATCHES_AHEAD = 4
# JPEGs are decoded at not less than this many times the model's input: cosine >= 0.999 to the full decode.
_DRAFT_FACTOR = 2


@dataclass(frozen=True, slots=True)
class ToCompute:
    """A picture that has no row yet: its key, its file, and that file's size and time when it was hashed."""

    key: bytes
    path: bytes
    size: int
    mtime_ns: int


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        done: rows committed in this run, by vec type.
        failed: failures committed in this run, by vec type.
        started: of the first picture, monotonic seconds.
    """

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Pictures a second since the start, through all models."""
        vec_types = max(1, len(self.done | self.failed))
        seen = self.done.total() + self.failed.total()
        return seen / vec_types / max(1e-6, time.monotonic() - self.started)


@dataclass(frozen=True)
class Target:
    """A vec type to fill.

    Attributes:
        writer: of its store.
        model: loaded.
        lacks: whether it has no row of a picture yet.
    """

    writer: Writer
    model: Model
    lacks: Callable[[ToCompute], bool] = lambda picture: True

    @property
    def name(self) -> str:
        """Of the vec type."""
        return self.writer.manifest.vec_type.name

    @property
    def greyscale(self) -> bool:
        """Whether its pictures lose their colour."""
        return self.writer.manifest.vec_type.greyscale


OnCommit = Callable[[Progress, Target, list[Failure]], None]


@dataclass(frozen=True)
class Measuring:
    """What is measured of pictures on the way: they are decoded anyway.

    Attributes:
        lacks: whether a picture is to be measured.
        record: keeps what was measured, by key.
    """

    lacks: Callable[[ToCompute], bool]
    record: Callable[[list[tuple[bytes, Appearance]]], None]


NOTHING = Measuring(lambda picture: False, lambda measured: None)


def fill(
    targets: Sequence[Target],
    pictures: Iterable[ToCompute],
    *,
    stop: threading.Event,
    on_commit: OnCommit,
    measuring: Measuring = NOTHING,
    threads: int | None = None,
) -> Progress:
    """Compute rows for ``pictures`` and commit them as they come. Each picture is read once for all targets.

    Args:
        targets: what to fill; their manifests decide how pictures are read.
        pictures: consumed lazily.
        stop: when set, what is in the models is finished and committed, the rest is left.
        on_commit: called after every commit with the totals, the target and its new failures.
        measuring: what else to find out of the pictures.
        threads: that decode; default the number of processors.

    Returns:
        The totals of this run.

    Raises:
        StoreError: a commit failed. ModelError: a device cannot go on. CannotDecode: there are no decoders to be had.
            Everything committed before is kept.
    """
    progress = Progress()
    runs = [_Run(target, progress, on_commit) for target in targets]
    size = max(target.model.batch_size for target in targets)
    try:
        for batch in _batches(_decoded(targets, pictures, stop, measuring, threads), size):
            for number, run in enumerate(runs):
                run.take([(picture, found.outcome[number]) for picture, found in batch if number in found.outcome])
            measuring.record([(picture.key, found.looks) for picture, found in batch if found.looks])
            if stop.is_set():
                break
    finally:
        for run in runs:
            run.commit()
    return progress


def encode(model: Model, prepared: list[Prepared]) -> Rows:
    """Prepared pictures to rows, shape (n, dim), in batches the model likes."""
    size = model.batch_size
    rows = [model.encode_pictures(prepared[start : start + size]) for start in range(0, len(prepared), size)]
    return np.concatenate(rows) if rows else np.zeros((0, model.spec.dim), np.float32)


def read_at_least(models: Iterable[Model]) -> int:
    """Pixels that a JPEG's shorter side must keep for all of these models."""
    return max(_DRAFT_FACTOR * model.spec.input_size for model in models)


def prepare(model: Model, path: str | bytes | os.PathLike[str], greyscale: bool, at_least: int) -> Prepared:
    """Read a picture as this model wants it: the one way for stored pictures and for queries.

    Args:
        model: loaded.
        path: of the file.
        greyscale: whether colour is dropped.
        at_least: pixels, as the manifest says.

    Raises:
        UnreadablePicture: with the reason in words.
    """
    return model.prepare(read_picture(path, greyscale=greyscale, at_least=at_least))


class _Run:
    """Rows and failures of one target that wait for their commit."""

    def __init__(self, target: Target, progress: Progress, on_commit: OnCommit) -> None:
        self._target = target
        self._progress = progress
        self._on_commit = on_commit
        self._keys: list[bytes] = []
        self._rows: list[Rows] = []
        self._failures: list[Failure] = []
        self._committed_at = time.monotonic()

    def take(self, batch: list[tuple[ToCompute, Prepared | UnreadablePicture]]) -> None:
        good = [(picture, prepared) for picture, prepared in batch if not isinstance(prepared, UnreadablePicture)]
        for picture, outcome in batch:
            if isinstance(outcome, UnreadablePicture):
                self._failures.append(Failure(picture.key, picture.path, outcome.message))
        if good:
            rows = encode(self._target.model, [prepared for _, prepared in good])
            finite = np.isfinite(rows.sum(axis=1)).tolist()
            for (picture, _), row, usable in zip(good, rows, finite, strict=True):
                if usable:
                    self._keys.append(picture.key)
                    self._rows.append(row)
                else:
                    self._failures.append(
                        Failure(picture.key, picture.path, "the model gave numbers that are not finite")
                    )
        waiting = len(self._keys) + len(self._failures)
        if waiting >= _COMMIT_ROWS or time.monotonic() - self._committed_at >= _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        if self._keys or self._failures:
            writer = self._target.writer
            rows = np.stack(self._rows) if self._rows else np.zeros((0, writer.manifest.dim), np.float32)
            # Handed over before the attempt: after a failed one, the same rows must not be tried again.
            keys, failures = self._keys, self._failures
            self._keys, self._rows, self._failures = [], [], []
            writer.append(keys, rows, failures)
            self._progress.done[self._target.name] += len(keys)
            self._progress.failed[self._target.name] += len(failures)
            self._on_commit(self._progress, self._target, failures)
        self._committed_at = time.monotonic()


# By the number of the target that wanted a picture.
_Outcome = dict[int, Prepared | UnreadablePicture]


@dataclass(frozen=True, slots=True)
class _Decoded:
    """What became of a picture."""

    outcome: _Outcome
    looks: Appearance | None = None


def _decoded(
    targets: Sequence[Target],
    pictures: Iterable[ToCompute],
    stop: threading.Event,
    measuring: Measuring,
    threads: int | None,
) -> Iterator[tuple[ToCompute, _Decoded]]:
    """Decode in threads, a bounded number ahead, in order."""
    ahead = _BATCHES_AHEAD * max(target.model.batch_size for target in targets)
    waiting: deque[tuple[ToCompute, Future[_Decoded]]] = deque()
    with ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="decode") as pool:
        try:
            for picture in pictures:
                wanted = [number for number, target in enumerate(targets) if target.lacks(picture)]
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
    targets: Sequence[Target], wanted: Sequence[int], picture: ToCompute, measuring: Measuring
) -> _Decoded:
    try:
        prepared = _prepare_all(targets, wanted, picture.path, looks=measuring.lacks(picture))
        status = os.stat(picture.path)
    except CannotDecode:
        raise
    except UnreadablePicture as error:
        return _Decoded(dict.fromkeys(wanted, error))
    except OSError:
        return _failed(wanted, "the file is not there any more")
    except MemoryError:
        return _failed(wanted, "not enough memory to prepare it")
    # A row must belong to the content its key names: a file rewritten since the scan is another picture.
    if (status.st_size, modified_ns(status)) != (picture.size, picture.mtime_ns):
        return _failed(wanted, "the file changed while the job ran; Restart looks at it again")
    return prepared


def _failed(wanted: Sequence[int], reason: str) -> _Decoded:
    return _Decoded(dict.fromkeys(wanted, UnreadablePicture(reason)))


def _prepare_all(targets: Sequence[Target], wanted: Sequence[int], path: bytes, *, looks: bool) -> _Decoded:
    """Read the file once for each size and colour that is wanted: usually once."""
    found: _Outcome = {}
    measured: Appearance | None = None
    for at_least in {targets[number].writer.manifest.read_at_least for number in wanted}:
        picture = read_picture(path, at_least=at_least)
        if looks and measured is None:
            measured = appearance(picture)
        for number in wanted:
            target = targets[number]
            if target.writer.manifest.read_at_least == at_least:
                found[number] = target.model.prepare(without_colour(picture) if target.greyscale else picture)
    return _Decoded(found, measured)


def _batches(items: Iterator[tuple[ToCompute, _Decoded]], size: int) -> Iterator[list[tuple[ToCompute, _Decoded]]]:
    batch: list[tuple[ToCompute, _Decoded]] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
