"""The engine of this machine: decoders feed the models, with bounded queues.

    paths -> decode once, prepare for each model (threads) -> models

At most a few batches are decoded ahead, so memory does not grow with the number of pictures.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.arrays import Rows
from core.catalog.readable import CHANGED, read_any
from core.errors import CannotDecode, UnreadablePicture
from core.images.appearance import Appearance, appearance
from core.images.decoders import read_picture
from core.images.read import without_colour
from core.models.backend import Model, Prepared
from core.vectors.engine import Batch, Computed, Result, Wanted
from core.vectors.failures import Failure
from core.vectors.own_time import clock

_BATCHES_AHEAD = 4
# JPEGs are decoded at not less than this many times the model's input: cosine >= 0.999 to the full decode.
_DRAFT_FACTOR = 2


@dataclass(frozen=True, slots=True)
class Stage:
    """What computes the rows of one vec type.

    Attributes:
        model: loaded.
        greyscale: whether pictures are converted to greyscale.
        read_at_least: minimum pixels of a decoded JPEG's shorter side.
    """

    model: Model
    greyscale: bool
    read_at_least: int


class LocalEngine:
    """See :class:`core.vectors.engine.Engine`: results come in the order of the batches.

    Args:
        stages: of each vec type.
        stop: when set, the current batch is finished with the pictures that are decoded.
        threads: that decode.
        turn: held while a model is used, where several engines of this process have the same models.
    """

    batch_bytes = 0
    window = _BATCHES_AHEAD + 1  # one is in the models

    def __init__(
        self,
        stages: Sequence[Stage],
        stop: threading.Event,
        threads: int,
        turn: AbstractContextManager[object] = nullcontext(),  # noqa: B008  it holds nothing
    ) -> None:
        self._stages = stages
        self._stop = stop
        self._turn = turn
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._waiting: deque[tuple[Batch, list[Future[_Decoded]]]] = deque()

    @property
    def batch_size(self) -> int:
        """That of the model with the largest batches."""
        return max(stage.model.batch_size for stage in self._stages)

    def submit(self, batch: Batch) -> None:
        """Begin to decode."""
        futures = [self._pool.submit(_try_prepare, self._stages, picture) for picture in batch.pictures]
        self._waiting.append((batch, futures))

    def take(self) -> Result | None:
        """The result of the oldest batch.

        Raises:
            ModelError: a device failed. CannotDecode: no decoder can be started.
        """
        batch, futures = self._waiting.popleft()
        decoded = []
        for picture, future in zip(batch.pictures, futures, strict=True):
            if self._stop.is_set() and not future.done():
                future.cancel()
            else:
                decoded.append((picture, future.result()))
        if not decoded:
            return None
        wanted = sorted({number for picture, _ in decoded for number in picture.targets})
        looks = [(picture.key, found.looks) for picture, found in decoded if found.looks]
        return Result(batch.number, {number: self._computed(number, decoded) for number in wanted}, looks)

    def close(self) -> None:
        """End the threads."""
        for _, futures in self._waiting:
            for future in futures:
                future.cancel()
        self._waiting.clear()
        self._pool.shutdown()

    def _computed(self, number: int, decoded: Sequence[tuple[Wanted, _Decoded]]) -> Computed:
        """Encode the pictures of one vec type."""
        began = clock()
        own = [(picture, found) for picture, found in decoded if number in found.outcome]
        failures, good = [], []
        for picture, found in own:
            outcome = found.outcome[number]
            if isinstance(outcome, UnreadablePicture):
                failures.append(_failure(picture, outcome.message))
            else:
                good.append((picture, outcome))
        model = self._stages[number].model
        with self._turn:
            rows = encode(model, [prepared for _, prepared in good])
        finite = np.isfinite(rows.sum(axis=1))
        for (picture, _), usable in zip(good, finite.tolist(), strict=True):
            if not usable:
                failures.append(_failure(picture, "the model returned numbers that are not finite"))
        keys = [picture.key for (picture, _), usable in zip(good, finite.tolist(), strict=True) if usable]
        reading = sum(found.seconds[number] for _, found in own)
        return Computed(keys, rows if finite.all() else rows[finite], failures, reading, clock() - began)


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


def _failure(picture: Wanted, reason: str) -> Failure:
    return Failure(picture.key, picture.files[0].path, reason)


# By the number of the vec type.
_Outcome = dict[int, Prepared | UnreadablePicture]


@dataclass(frozen=True, slots=True)
class _Decoded:
    """The result of decoding a picture.

    Attributes:
        outcome: prepared input or failure per vec type.
        seconds: that reading it and preparing it took per vec type.
        looks: its measurements.
    """

    outcome: _Outcome
    seconds: dict[int, float]
    looks: Appearance | None = None


def _try_prepare(stages: Sequence[Stage], picture: Wanted) -> _Decoded:
    began = clock()
    try:
        # A row must belong to the content of its key: a file rewritten since the scan is another picture.
        return read_any(picture.files, lambda path: _prepare_all(stages, picture, path))
    except CannotDecode:
        raise
    except UnreadablePicture as error:
        if error.message == CHANGED:
            error = UnreadablePicture("the file changed while the job ran; Restart reads it again")
        return _failed(picture.targets, error, clock() - began)
    except MemoryError:
        return _failed(picture.targets, UnreadablePicture("not enough memory to prepare it"), clock() - began)


def _failed(wanted: Sequence[int], error: UnreadablePicture, seconds: float) -> _Decoded:
    return _Decoded(dict.fromkeys(wanted, error), dict.fromkeys(wanted, seconds))


def _prepare_all(stages: Sequence[Stage], wanted: Wanted, path: bytes) -> _Decoded:
    """Read the file once per required size: usually once."""
    found: _Outcome = {}
    seconds: dict[int, float] = {}
    measured: Appearance | None = None
    for at_least in {stages[number].read_at_least for number in wanted.targets}:
        began = clock()
        picture = read_picture(path, at_least=at_least)
        if wanted.measure and measured is None:
            measured = appearance(picture)
        read = clock() - began
        for number in wanted.targets:
            stage = stages[number]
            if stage.read_at_least == at_least:
                began = clock()
                found[number] = _model_input(stage.model, picture, stage.greyscale)
                seconds[number] = read + clock() - began
    return _Decoded(found, seconds, measured)
