"""What a worker of a cluster runs: a task in, an answer out. The models stay loaded in its process.

It computes with the engine that a job on one machine uses, :mod:`core.vectors.local_engine`.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
import traceback
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.catalog.copies import File
from core.engines.messages import Answer, StageAnswer, StageTask, Task
from core.errors import PictoscopeError, UnreadablePicture
from core.models import backend, runtime
from core.models.backend import Model
from core.models.options import LoadOptions
from core.text import error_text, printable
from core.vectors.engine import Batch, Result, Wanted
from core.vectors.local_engine import LocalEngine, Stage, read_at_least
from core.vectors.manifest import Manifest
from core.vectors.pipeline import results
from core.vectors.vec_type import VecType

_MOST_MODELS = 4  # that stay loaded: jobs may take turns
_loaded: dict[str, Model] = {}  # the least recently used first
_loading = threading.Lock()
_encoding = threading.Lock()  # models are used by one thread at a time; others read pictures meanwhile


def compute(task: bytes, threads: int = 0) -> bytes:
    """Compute a batch. Never raises: what goes wrong is in the answer. May be called by several threads.

    Args:
        task: of :meth:`core.engines.messages.Task.to_bytes`.
        threads: that read pictures; 0 for as many as there are processors.

    Returns:
        See :meth:`core.engines.messages.Answer.from_bytes`.
    """
    try:
        return _answer(Task.from_bytes(task), threads or os.cpu_count() or 1).to_bytes()
    except PictoscopeError as error:
        return Answer(trouble=(error.message, error.hint)).to_bytes()
    except Exception as error:  # noqa: BLE001  of a library: the one who asked must know of it
        traceback.print_exc()  # the worker's own log
        said = f"unexpected {type(error).__name__}: {error_text(error)}"
        return Answer(trouble=(said, "its details are in the log of that worker")).to_bytes()


def _answer(task: Task, threads: int) -> Answer:
    began = time.monotonic()
    _check_folders(task.folders)
    models = [_model(stage) for stage in task.stages]
    suits = read_at_least(models)
    vec_types = [VecType.parse(stage.vec_type) for stage in task.stages]
    at_least = [stage.read_at_least or suits for stage in task.stages]
    manifests = [
        Manifest.of(vec_type, model, read_at_least=pixels).content()
        for vec_type, model, pixels in zip(vec_types, models, at_least, strict=True)
    ]
    if not task.pictures:
        return Answer(manifests=manifests)
    stages = [
        Stage(model, vec_type.greyscale, pixels)
        for model, vec_type, pixels in zip(models, vec_types, at_least, strict=True)
    ]
    with _pictures(task) as pictures:
        answer = _packed(pictures, _computed(stages, pictures, threads), models)
    return replace(answer, manifests=manifests, seconds=time.monotonic() - began)


def _check_folders(folders: Sequence[bytes]) -> None:
    """Where a picture folder is missing or empty, all its pictures would count as unreadable.

    Raises:
        UnreadablePicture: one is.
    """
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                there = next(entries, None) is not None
        except OSError:
            there = False
        if not there:
            raise UnreadablePicture(
                f"the picture folder {printable(folder)} is not on that machine, or is empty",
                f"mount it there; or, if it has another path there: --map FOLDER={printable(folder)}"
                "; or --send-pictures",
            )


def _model(stage: StageTask) -> Model:
    """The model of a vec type, loaded once for this process."""
    vec_type = VecType.parse(stage.vec_type)
    name = json.dumps([vec_type.model, sorted(stage.options.items())])
    with _loading:
        model = _loaded.pop(name, None)
        if model is None:
            backend.fetch(vec_type.spec)
            model = runtime.load(vec_type.spec, options=LoadOptions.from_toml(stage.options))
        _loaded[name] = model
        while len(_loaded) > _MOST_MODELS:
            del _loaded[next(iter(_loaded))]
    return model


@contextmanager
def _pictures(task: Task) -> Iterator[tuple[Wanted, ...]]:
    """The pictures of a task, in files that can be read here. What was sent is written to files for as long."""
    if task.contents is None:
        yield task.pictures
        return
    with tempfile.TemporaryDirectory(prefix="pictoscope-") as folder:
        found = []
        for number, (picture, content) in enumerate(zip(task.pictures, task.contents, strict=True)):
            path = Path(folder, str(number))
            path.write_bytes(content)
            # The time is no file's, so that the content is compared with the key.
            found.append(replace(picture, files=(File(picture.key, os.fsencode(path), len(content), 0),)))
        yield tuple(found)


def _computed(stages: Sequence[Stage], pictures: Sequence[Wanted], threads: int) -> list[Result]:
    stop = threading.Event()  # a task is short: nobody stops it
    engine = LocalEngine(stages, stop, threads, _encoding)
    try:
        size = engine.batch_size
        batches = (
            Batch(number, tuple(pictures[start : start + size]))
            for number, start in enumerate(range(0, len(pictures), size))
        )
        return list(results(engine, batches, stop))
    finally:
        engine.close()


def _packed(pictures: Sequence[Wanted], found: Sequence[Result], models: Sequence[Model]) -> Answer:
    places = {picture.key: place for place, picture in enumerate(pictures)}
    computed, blocks = [], []
    for number, model in enumerate(models):
        own = [result.computed[number] for result in found if number in result.computed]
        empty = np.zeros((0, model.spec.dim), "<f4")
        rows = np.concatenate([empty, *(one.rows for one in own)]).astype("<f4", copy=False).tobytes()
        computed.append(
            StageAnswer(
                [places[key] for one in own for key in one.keys],
                zlib.crc32(rows),
                [(places[failure.key], failure.reason) for one in own for failure in one.failures],
            )
        )
        blocks.append(rows)
    looks = [(places[key], look.colour, look.sharpness) for result in found for key, look in result.looks]
    return Answer(computed=computed, looks=looks, rows=b"".join(blocks))
