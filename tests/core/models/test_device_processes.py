"""One model on several devices: the rows of one device, in order, whatever becomes of the devices."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ModelError
from core.models import backend, device_processes
from core.models.backend import Model
from core.models.catalogue import find
from core.models.device_processes import DeviceProcesses
from core.models.options import LoadOptions
from tests.filled_projects import draw
from tests.patience import until

sys.path.append(str(Path(__file__).parents[1] / "vectors"))
from stand_in_model import DIM, StandIn

JOBS = Path(__file__).parents[1] / "jobs"
EFFNET = find("effnet-lite0")


def pids_of(model: Model) -> list[int]:
    return [int(number) for number in re.search(r"processes ([\d, ]+)", model.runs_on)[1].split(", ")]  # type: ignore[index]


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


class Started:
    """Two devices with the stand-in for their model."""

    def __init__(self, options: LoadOptions | None = None, devices: str = "one,two") -> None:
        self.said: list[str] = []
        self.model = DeviceProcesses(EFFNET, self.said.append, options or LoadOptions(), devices.split(","))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Processes have the stand-in for their model. The gate behind which it waits once STAND_IN_GATE says so."""
    monkeypatch.setenv("PYTHONPATH", str(JOBS / "stand_in"))
    monkeypatch.setattr(backend, "load", lambda spec, log=None, options=None: StandIn())
    return tmp_path / "gate"


@pytest.fixture
def two(quick: Path) -> Iterator[Started]:
    started = Started()
    yield started
    started.model.close()


@pytest.fixture
def prepared() -> list[np.ndarray]:
    return [StandIn().prepare(Image.new("RGB", (4, 4), (number, 2 * number, 255 - number))) for number in range(61)]


def test_the_rows_are_those_of_one_device_in_their_order(effnet: Model) -> None:
    """The real model, as a person would call it."""
    model = device_processes.load(EFFNET, options=LoadOptions(device="cpu,cpu"))
    pictures = [model.prepare(draw(number)) for number in range(21)]
    rows = model.encode_pictures(pictures)
    assert (rows.shape, rows.dtype) == ((21, 1280), np.float32)
    alone = effnet.encode_pictures([effnet.prepare(draw(number)) for number in range(21)])
    np.testing.assert_allclose(rows, alone, atol=1e-6)
    assert (model.spec, model.provenance) == (effnet.spec, effnet.provenance)
    assert (model.precision, model.longest_text, model.batch_size) == ("float32", 0, 2 * effnet.batch_size)
    assert model.runs_on.startswith("cpu 1 and cpu 2, float32, processes ")
    with pytest.raises(ModelError, match="effnet-lite0 reads no text"):
        model.encode_texts(["a cat"])
    pids = pids_of(model)
    del model
    until(lambda: all(is_gone(pid) for pid in pids))  # nobody closed it


def test_what_prepares_only_has_no_weights(effnet: Model) -> None:
    here = backend.load(EFFNET, options=LoadOptions(prepares_only=True))
    assert {parameter.device.type for parameter in here.network.parameters()} == {"meta"}  # type: ignore[attr-defined]
    picture = draw(3)
    np.testing.assert_array_equal(here.prepare(picture).numpy(), effnet.prepare(picture).numpy())


def test_one_device_needs_no_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "load", lambda spec, log, options: StandIn())
    for options in (None, LoadOptions(device="cpu")):
        assert isinstance(device_processes.load(EFFNET, options=options), StandIn)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 61])
def test_batches_of_any_size_come_back_whole(two: Started, prepared: list[np.ndarray], count: int) -> None:
    rows = two.model.encode_pictures(prepared[:count])
    assert rows.shape == (count, DIM)
    if count:
        np.testing.assert_allclose(rows, StandIn().encode_pictures(prepared[:count]), atol=1e-6)
    assert two.model.batch_size == 8


def test_texts_are_encoded_too(two: Started) -> None:
    texts = ["a", "bcd", "ein Haus, Ünïcode 猫", "", "x" * 30]
    np.testing.assert_allclose(two.model.encode_texts(texts), StandIn().encode_texts(texts), atol=1e-6)
    assert two.model.count_tokens("four") == 4
    assert two.model.longest_text == 20


@pytest.fixture
def computing(
    quick: Path, prepared: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Started, Future[np.ndarray]]]:
    """A batch of 16 parts, and both devices waiting with their third until the gate is there."""
    monkeypatch.setenv("STAND_IN_GATE", str(quick))
    started = Started()
    with ThreadPoolExecutor(1) as pool:
        rows = pool.submit(started.model.encode_pictures, prepared)
        for device in ("one", "two"):
            until(quick.with_name(f"gate.waiting-{device}").exists)
        yield started, rows
        quick.touch()
    started.model.close()


def test_all_devices_work_on_a_batch(
    computing: tuple[Started, Future[np.ndarray]], quick: Path, prepared: list[np.ndarray]
) -> None:
    _, rows = computing
    assert not rows.done()
    quick.touch()
    np.testing.assert_allclose(rows.result(30), StandIn().encode_pictures(prepared), atol=1e-6)


def test_a_process_killed_in_mid_batch_costs_nothing(
    computing: tuple[Started, Future[np.ndarray]], quick: Path, prepared: list[np.ndarray]
) -> None:
    started, rows = computing
    os.kill(pids_of(started.model)[0], signal.SIGKILL)
    quick.touch()
    np.testing.assert_allclose(rows.result(30), StandIn().encode_pictures(prepared), atol=1e-6)
    assert started.said[-1] == (
        "one is lost: the process of one was killed (signal 9; perhaps memory ran out). The job continues on two"
    )
    assert started.model.batch_size == 4
    assert started.model.encode_pictures(prepared[:3]).shape == (3, DIM)


def test_a_device_that_is_full_leaves_its_part_to_the_others(
    quick: Path, prepared: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_FULL", "two")
    started = Started(devices="one,two,three")
    while len(started.said) < 2:  # until two got its second part
        np.testing.assert_allclose(
            started.model.encode_pictures(prepared), StandIn().encode_pictures(prepared), atol=1e-6
        )
    assert started.model.encode_pictures(prepared).shape == (61, DIM)
    assert started.said[1:] == ["two is lost: two has no room for one picture. The job continues on one and three"]
    started.model.close()


def test_when_no_device_is_left_it_is_an_error_that_says_why(
    quick: Path, prepared: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_FULL", "one,two")
    started = Started()
    pids = pids_of(started.model)
    with pytest.raises(ModelError, match="no device is left: ") as caught:
        started.model.encode_pictures(prepared)
    assert "one has no room for one picture" in caught.value.message
    assert "two has no room for one picture" in caught.value.message
    assert caught.value.hint == "free its memory"
    assert all(is_gone(pid) for pid in pids)
    with pytest.raises(ModelError, match="no device is left"):
        started.model.encode_pictures(prepared)


def test_pictures_that_cannot_be_sent_are_an_error_and_no_lost_device(two: Started) -> None:
    with pytest.raises(ModelError, match="cannot be handed to another process"):
        two.model.encode_pictures([object()])
    assert not any("is lost" in line for line in two.said)


def test_the_precision_is_found_once_and_is_that_of_all(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str, int]] = []

    class Seen(device_processes._Child):
        def __init__(self, name: str, spec: object, options: LoadOptions, threads: int) -> None:
            seen.append((name, options.precision, threads))
            super().__init__(name, spec, options, threads)  # type: ignore[arg-type]

    monkeypatch.setattr(device_processes, "_Child", Seen)
    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    Started(devices="one,two,three").model.close()
    Started(LoadOptions(precision="float16"), "one,two").model.close()
    assert seen[:3] == [("one", "auto", 2), ("two", "float32", 2), ("three", "float32", 2)]
    assert seen[3:] == [("one", "float16", 3), ("two", "float16", 3)]


def test_a_device_that_cannot_load_the_model_is_left_out(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_ABSENT", "one,three")
    started = Started(devices="one,two,three")
    assert started.said[0] == "one is lost: the device one is not on this machine"
    assert started.said[1] == "three is lost: the device three is not on this machine. The job continues on two"
    assert started.model.batch_size == 4
    started.model.close()
    with pytest.raises(
        ModelError, match=r"no device is left: the device one is not .*; the device three is not"
    ) as why:
        Started(devices="one,three")
    assert why.value.hint == "here are others"


def test_a_stop_signal_is_for_the_worker(two: Started, prepared: list[np.ndarray]) -> None:
    """Who stops a whole machine sends it to every process: the batch is finished all the same."""
    for pid in pids_of(two.model):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            os.kill(pid, number)
    assert two.model.encode_pictures(prepared).shape == (61, DIM)
    assert len(pids_of(two.model)) == 2
