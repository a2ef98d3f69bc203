"""How long each of several vec types would take by itself: by a clock that only models and reading move."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from stand_in_model import DIM, StandIn
from vector_helpers import manifest

from core.arrays import Rows
from core.catalog.copies import File
from core.images.identify import identify
from core.models.backend import Prepared
from core.vectors import local_engine, own_time, store
from core.vectors.engine import Files
from core.vectors.own_time import OwnTime, with_waiting_time
from core.vectors.pipeline import Progress, Target, fill
from core.vectors.vec_type import VecType

PICTURES, BATCH = 12, 4


class Clock:
    """Stands still until somebody moves it: each thread has its own time, as its processor would give it."""

    def __init__(self) -> None:
        self._own = threading.local()

    def __call__(self) -> float:
        return float(getattr(self._own, "now", 0.0))

    def move(self, seconds: float) -> None:
        self._own.now = self() + seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(own_time, "clock", made)
    monkeypatch.setattr(local_engine, "clock", made)
    return made


class Timed(StandIn):
    """Takes so many seconds to encode a picture, and to prepare one."""

    def __init__(self, clock: Clock, encoding: float, preparing: float = 0.0) -> None:
        super().__init__(batch_size=BATCH)
        self._clock, self._encoding, self._preparing = clock, encoding, preparing

    def prepare(self, picture: Image.Image) -> Prepared:
        self._clock.move(self._preparing)
        return super().prepare(picture)

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        self._clock.move(self._encoding * len(batch))
        return super().encode_pictures(batch)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Files]:
    found = []
    for number in range(PICTURES):
        path = tmp_path / f"{number}.png"
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)).save(path)
        identity = identify(path)
        found.append((File(identity.key, os.fsencode(path), identity.size, identity.mtime_ns),))
    return found


def filled(tmp_path: Path, models: dict[str, StandIn], pictures: Sequence[Files], lacks: int = PICTURES) -> Progress:
    """Fill a vec type with each model in one pass; the last one lacks the first ``lacks`` pictures only."""
    targets = []
    wanted = {picture[0].key for picture in pictures[:lacks]}
    for number, (name, model) in enumerate(models.items()):
        folder = tmp_path / name
        store.create(folder, manifest(DIM, VecType(name)))
        is_last = number == len(models) - 1
        targets.append(Target(store.Writer(folder), model, wanted.__contains__ if is_last else lambda key: True))
    try:
        return fill(targets, pictures, stop=threading.Event(), on_commit=lambda *_: None, threads=2)
    finally:
        for target in targets:
            target.writer.close()


def test_each_has_the_speed_of_its_own_model(tmp_path: Path, clock: Clock, pictures: list[Files]) -> None:
    found = filled(tmp_path, {"conse": Timed(clock, 0.5), "clip": Timed(clock, 2.0)}, pictures).own
    assert {name: one.pictures for name, one in found.items()} == dict.fromkeys(("conse", "clip"), PICTURES - BATCH)
    assert found["conse"].rate == pytest.approx(2.0)
    assert found["clip"].rate == pytest.approx(0.5)


def test_none_is_faster_than_its_pictures_can_be_prepared(tmp_path: Path, clock: Clock, pictures: list[Files]) -> None:
    slow = Timed(clock, 0.1, preparing=3.0)
    found = filled(tmp_path, {"conse": slow, "clip": Timed(clock, 2.0)}, pictures).own
    assert found["conse"].reading == pytest.approx(3.0 * (PICTURES - BATCH))
    assert found["conse"].rate == pytest.approx(2 / 3)  # two threads, three seconds each
    assert found["clip"].rate == pytest.approx(0.5)  # what the other prepares is not its own


def test_what_warms_up_with_the_first_batch_does_not_count_unless_it_is_the_only_one(
    tmp_path: Path, clock: Clock, pictures: list[Files]
) -> None:
    class Cold(Timed):
        def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
            self._clock.move(60.0 * (not self._warm))
            self._warm = True
            return super().encode_pictures(batch)

        _warm = False

    assert filled(tmp_path / "long", {"conse": Cold(clock, 0.5)}, pictures).own["conse"].rate == pytest.approx(2.0)
    short = filled(tmp_path / "short", {"conse": Cold(clock, 0.5)}, pictures[:2]).own["conse"]
    assert (short.pictures, short.rate) == (2, pytest.approx(2 / 61))


def test_only_pictures_that_it_lacked_count(tmp_path: Path, clock: Clock, pictures: list[Files]) -> None:
    found = filled(tmp_path, {"conse": Timed(clock, 0.5), "clip": Timed(clock, 2.0)}, pictures, lacks=3).own
    assert (found["clip"].pictures, found["clip"].encoding) == (3, pytest.approx(6.0))
    assert found["clip"].rate == pytest.approx(0.5)


def test_what_is_waited_for_is_counted(clock: Clock) -> None:
    def items() -> Iterator[int]:
        for number in range(3):
            clock.move(number)
            yield number

    found = []
    for number, waited in with_waiting_time(items()):
        clock.move(100)  # what is done with it is not waiting
        found.append((number, waited))
    assert found == [(0, 0), (1, 1), (2, 2)]


def test_without_pictures_there_is_no_speed() -> None:
    assert OwnTime(threads=2).rate == 0
