"""Filling a vec type: decoder threads keep the model busy, the model keeps the disk busy, nothing piles up.

    paths -> decode and prepare (threads) -> batch -> model -> commit

At most a few batches are decoded ahead, so memory does not grow with the number of pictures.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from core.errors import UnreadablePicture
from core.images.read import read_picture
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
        done: rows committed in this run.
        failed: failures committed in this run.
        started: of the first picture, monotonic seconds.
    """

    done: int = 0
    failed: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Pictures a second since the start."""
        return (self.done + self.failed) / max(1e-6, time.monotonic() - self.started)


def fill(
    writer: Writer,
    model: Model,
    pictures: Iterable[ToCompute],
    *,
    stop: threading.Event,
    on_commit: Callable[[Progress, list[Failure]], None],
    threads: int | None = None,
) -> Progress:
    """Compute rows for ``pictures`` and commit them as they come.

    Args:
        writer: of the vec type; its ``greyscale`` decides how pictures are read.
        model: loaded.
        pictures: consumed lazily.
        stop: when set, what is in the model is finished and committed, the rest is left.
        on_commit: called after every commit with the totals and the new failures.
        threads: that decode; default the number of processors.

    Returns:
        The totals of this run.

    Raises:
        StoreError: a commit failed; everything committed before is kept.
    """
    run = _Run(writer, model, on_commit)
    for batch in _batches(
        _decoded(model, pictures, writer.manifest.vec_type.greyscale, stop, threads), model.batch_size
    ):
        run.take(batch)
        if stop.is_set():
            break
    run.commit()
    return run.progress


def encode(model: Model, prepared: list[Prepared]) -> Rows:
    """Prepared pictures to rows, shape (n, dim), in batches the model likes."""
    size = model.batch_size
    rows = [model.encode_pictures(prepared[start : start + size]) for start in range(0, len(prepared), size)]
    return np.concatenate(rows) if rows else np.zeros((0, model.spec.dim), np.float32)


def prepare(model: Model, path: str | bytes | os.PathLike[str], greyscale: bool) -> Prepared:
    """Read a picture as this model wants it: the one way for stored pictures and for queries.

    Raises:
        UnreadablePicture: with the reason in words.
    """
    return model.prepare(read_picture(path, greyscale=greyscale, at_least=_DRAFT_FACTOR * model.spec.input_size))


class _Run:
    """Rows and failures that wait for their commit."""

    def __init__(self, writer: Writer, model: Model, on_commit: Callable[[Progress, list[Failure]], None]) -> None:
        self.progress = Progress()
        self._writer = writer
        self._model = model
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
            rows = self._model.encode_pictures([prepared for _, prepared in good])
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
            rows = np.stack(self._rows) if self._rows else np.zeros((0, self._writer.manifest.dim), np.float32)
            self._writer.append(self._keys, rows, self._failures)
            self.progress.done += len(self._keys)
            self.progress.failed += len(self._failures)
            self._on_commit(self.progress, self._failures)
            self._keys, self._rows, self._failures = [], [], []
        self._committed_at = time.monotonic()


def _decoded(
    model: Model, pictures: Iterable[ToCompute], greyscale: bool, stop: threading.Event, threads: int | None
) -> Iterator[tuple[ToCompute, Prepared | UnreadablePicture]]:
    """Decode in threads, a bounded number ahead, in order."""
    ahead = _BATCHES_AHEAD * model.batch_size
    waiting: deque[tuple[ToCompute, Future[Prepared | UnreadablePicture]]] = deque()
    with ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="decode") as pool:
        try:
            for picture in pictures:
                waiting.append((picture, pool.submit(_try_prepare, model, picture, greyscale)))
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


def _try_prepare(model: Model, picture: ToCompute, greyscale: bool) -> Prepared | UnreadablePicture:
    try:
        prepared = prepare(model, picture.path, greyscale)
        status = os.stat(picture.path)
    except UnreadablePicture as error:
        return error
    except OSError:
        return UnreadablePicture("the file is not there any more")
    except MemoryError:
        return UnreadablePicture("not enough memory to prepare it")
    # A row must belong to the content its key names: a file rewritten since the scan is another picture.
    if (status.st_size, status.st_mtime_ns) != (picture.size, picture.mtime_ns):
        return UnreadablePicture("the file changed while the job ran; Restart looks at it again")
    return prepared


def _batches(
    items: Iterator[tuple[ToCompute, Prepared | UnreadablePicture]], size: int
) -> Iterator[list[tuple[ToCompute, Prepared | UnreadablePicture]]]:
    batch: list[tuple[ToCompute, Prepared | UnreadablePicture]] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
