"""A model that costs nothing: its rows are averages of pixels, so equal pictures have equal rows in any batch."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core.arrays import Rows, normalise
from core.errors import ModelError
from core.models.backend import Prepared, Provenance
from core.models.catalogue import find
from core.models.options import LoadOptions
from core.vectors.engine import Result

DIM = 12


class StandIn:
    """Twelve numbers: the mean colours of the four quarters."""

    precision = "float32"
    runs_on = "nothing"
    longest_text = 20

    def __init__(self, batch_size: int = 4) -> None:
        self.spec = dataclasses.replace(find("effnet-lite0"), dim=DIM, input_size=8)
        self.provenance = Provenance("1", {"weights": "none"}, "mean colours of the quarters", {"stand-in": "1"})
        self.batch_size = batch_size

    def prepare(self, picture: Image.Image) -> Prepared:
        return np.asarray(picture.resize((2, 2), Image.Resampling.BOX), np.float32).reshape(DIM) + 1

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        return normalise(np.stack(list(batch)))

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        return normalise(np.array([[len(text) + number for number in range(DIM)] for text in texts]))

    def count_tokens(self, text: str) -> int:
        return len(text)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        return ()


class Gated(StandIn):
    """Goes on beyond its first batches (two, or STAND_IN_FREE) only when the file named by STAND_IN_GATE is there; says
    that it waits, and on which device.

    Takes STAND_IN_SECONDS for each picture. Its weights are called STAND_IN_WEIGHTS. Tasks of a cluster are of four
    pictures, unless STAND_IN_TASKS is set.

    On the devices that STAND_IN_FULL names there is no room for a second batch, on those of STAND_IN_ABSENT for none.
    """

    def __init__(self, options: LoadOptions | None = None) -> None:
        super().__init__()
        self._batches = 0
        self.provenance = dataclasses.replace(
            self.provenance, sha256={"weights": os.environ.get("STAND_IN_WEIGHTS", "none")}
        )
        self._device = options.device if options else "auto"
        if self._device in os.environ.get("STAND_IN_ABSENT", "").split(","):
            raise ModelError(f"the device {self._device} is not on this machine", "here are others")

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        self._batches += 1
        if self._batches > 1 and self._device in os.environ.get("STAND_IN_FULL", "").split(","):
            raise ModelError(f"{self._device} has no room for one picture", "free its memory")
        gate, free = os.environ.get("STAND_IN_GATE", ""), int(os.environ.get("STAND_IN_FREE", "2"))
        time.sleep(len(batch) * float(os.environ.get("STAND_IN_SECONDS", "0")))
        while gate and self._batches > free and not Path(gate).exists():
            Path(f"{gate}.waiting-{self._device}").touch()
            Path(f"{gate}.waiting").touch()
            time.sleep(0.01)
        return super().encode_pictures(batch)


def install() -> None:
    """Let this process load it instead of any real model (unless STAND_IN_REAL is set), and commit every batch."""
    from core.engines import cluster_engine, remote
    from core.models import backend, device_processes, runtime
    from core.vectors import pipeline

    if not os.environ.get("STAND_IN_REAL"):
        backend.load = lambda spec, log=None, options=None: Gated(options)  # type: ignore[assignment]
        runtime.for_questions = lambda spec, options: backend.load(spec, options=options)
        device_processes.chosen_devices = lambda wanted: wanted.split(",")  # whatever they are called: no torch
    pipeline._COMMIT_ROWS = 4
    if not os.environ.get("STAND_IN_TASKS"):
        cluster_engine._FEWEST = cluster_engine._MOST = 4
    cluster_engine._PATIENCE = float(os.environ.get("STAND_IN_PATIENCE", "60"))
    for name, variable in (
        ("_PATIENCE", "STAND_IN_SCHEDULER_PATIENCE"),
        ("_ANSWER_SECONDS", "STAND_IN_ANSWER_SECONDS"),
    ):
        if seconds := os.environ.get(variable):
            from core.engines import dask_cluster

            setattr(dask_cluster, name, float(seconds))
    if os.environ.get("STAND_IN_LIES"):
        remote._computed = _of_a_liar(remote._computed)


def _of_a_liar(real: Callable[..., list[Result]]) -> Callable[..., list[Result]]:
    """A worker of a cluster whose rows have a number that is none."""

    def lie(*words: object) -> list[Result]:
        found = real(*words)
        for result in found:
            for computed in result.computed.values():
                computed.rows[:1, 0] = np.nan
        return found

    return lie
