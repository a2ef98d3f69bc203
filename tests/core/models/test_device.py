"""Where a network runs and in which precision; batches that halve when memory runs out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import ModelError
from core.models import device
from core.models.backend import Prepared, Provenance
from core.models.catalogue import ModelSpec
from core.models.device import Placement, choose_device, choose_devices, choose_placement
from core.models.options import LoadOptions
from core.models.torch_model import TorchModel, is_convolutional
from core.text import count
from tests.filled_projects import draw

CPU = torch.device("cpu")
ROOT = Path(__file__).parents[3]
SPEC = ModelSpec("toy", "Toy", "nowhere", "none", text=True)
Fault = Callable[[torch.Tensor], None]


class Toy(TorchModel):
    """A small convolutional network whose device can be made to fail."""

    def __init__(self, options: LoadOptions | None = None, fault: Fault = lambda pixels: None) -> None:
        self.fault = fault
        self.lines: list[str] = []
        torch.manual_seed(0)
        network = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten()
        )
        super().__init__(SPEC, network, Provenance("", {}, ""), options or LoadOptions(), self.lines.append)

    def prepare(self, picture: Image.Image) -> Prepared:
        return torch.from_numpy(np.asarray(picture.resize((16, 16)), np.float32) / 255).permute(2, 0, 1)

    def collate(self, batch: Sequence[Prepared]) -> dict[str, torch.Tensor]:
        return {"pixels": torch.stack(list(batch))}

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        self.fault(batch["pixels"])
        rows: torch.Tensor = self.network(batch["pixels"])
        return rows

    def forward_texts(self, texts: Sequence[str]) -> torch.Tensor:
        pixels = torch.ones(len(texts), 3, 16, 16)
        return self.forward({"pixels": pixels})


def room_for(count: int) -> Fault:
    """A device that holds so many pictures."""

    def fault(pixels: torch.Tensor) -> None:
        if len(pixels) > count:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    return fault


def broken(pixels: torch.Tensor) -> None:
    raise RuntimeError("CUDA error: device-side assert triggered\nmore of it")


@pytest.fixture
def prepared() -> list[Prepared]:
    toy = Toy()
    return [toy.prepare(draw(number).convert("RGB")) for number in range(13)]


# Batches


def test_a_batch_halves_when_memory_runs_out_and_goes_on_with_the_same_rows(prepared: list[Prepared]) -> None:
    toy = Toy(LoadOptions(batch_size=8))
    expected = toy.encode_pictures(prepared)
    toy.fault = room_for(3)
    rows = toy.encode_pictures(prepared)
    assert rows.shape == (13, 32)
    np.testing.assert_allclose(rows, expected, atol=1e-6)
    assert toy.batch_size == 2
    assert [line for line in toy.lines if "memory" in line] == [
        "out of memory: the batch size is now 4",
        "out of memory: the batch size is now 2",
    ]
    toy.encode_pictures(prepared)
    assert toy.batch_size == 2


def test_the_message_of_other_devices_is_known_too(prepared: list[Prepared]) -> None:
    def fault(pixels: torch.Tensor) -> None:
        if len(pixels) > 4:
            raise RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)")

    toy = Toy(LoadOptions(batch_size=8))
    toy.fault = fault
    assert toy.encode_pictures(prepared).shape == (13, 32)
    assert toy.batch_size == 4


def test_no_room_for_one_picture_is_an_error(prepared: list[Prepared]) -> None:
    toy = Toy()
    toy.fault = room_for(0)
    with pytest.raises(ModelError, match="toy: cpu has too little memory for one picture") as caught:
        toy.encode_pictures(prepared)
    assert "--device cpu" in caught.value.hint


def test_a_device_that_fails_is_an_error_of_one_line(prepared: list[Prepared]) -> None:
    toy = Toy(LoadOptions(batch_size=8))
    toy.fault = broken
    with pytest.raises(ModelError, match=r"toy: cpu failed \(CUDA error: device-side assert triggered\)$") as caught:
        toy.encode_pictures(prepared)
    assert "Restart" in caught.value.hint
    assert toy.batch_size == 8


def test_texts_and_loading_say_what_had_no_room() -> None:
    toy = Toy()
    toy.fault = room_for(1)
    assert toy.encode_texts(["one"]).shape == (1, 32)
    with pytest.raises(ModelError, match="cpu has too little memory for the texts"):
        toy.encode_texts(["one", "two"])
    with pytest.raises(ModelError, match="cpu has too little memory for the network"):
        Toy(fault=room_for(1))
    with pytest.raises(ModelError, match="cpu failed"):
        Toy(fault=broken)


def test_any_number_of_pictures_and_texts_is_taken(prepared: list[Prepared]) -> None:
    toy = Toy(LoadOptions(batch_size=5))
    assert toy.encode_pictures([]).shape == (0, 32)
    assert toy.encode_texts([]).shape == (0, 32)
    assert toy.encode_texts(["x"] * 130).shape == (130, 32)
    rows = toy.encode_pictures(prepared)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(rows[7:8], toy.encode_pictures(prepared[7:8]), atol=1e-6)


# Placement


def test_a_network_knows_its_place_and_its_rows() -> None:
    toy = Toy(LoadOptions(device="cpu", precision="float32"))
    assert toy.spec.dim == 32
    assert toy.batch_size == 8
    assert toy.runs_on == f"cpu, float32, {count(torch.get_num_threads(), 'thread')}"
    assert toy.lines == [f"toy runs on {toy.runs_on}"]
    assert not any(parameter.requires_grad for parameter in toy.network.parameters())
    assert not toy.network.training


def test_channels_come_last_in_convolutional_networks_only() -> None:
    assert Toy().network[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert is_convolutional(torch.nn.Sequential(torch.nn.Conv2d(3, 64, 3), torch.nn.Linear(8, 8)))
    assert not is_convolutional(torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Linear(64, 64)))
    assert not is_convolutional(torch.nn.Flatten())


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_precision_that_is_asked_for_is_taken(prepared: list[Prepared], precision: str) -> None:
    toy = Toy(LoadOptions(precision=precision))
    assert precision in toy.runs_on
    rows = toy.encode_pictures(prepared)
    assert rows.dtype == np.float32
    full = Toy(LoadOptions(precision="float32")).encode_pictures(prepared)
    assert 0.999 <= (rows * full).sum(axis=1).min() < 1
    assert np.abs(rows - full).max() > 0
    assert next(toy.network.parameters()).dtype == torch.float32


def test_a_precision_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ModelError, match="there is no precision 'int3'") as caught:
        Toy(LoadOptions(precision="int3"))
    assert caught.value.hint == "available: auto, float32, bfloat16, float16"


@pytest.mark.parametrize("wanted", ["potato", "", "cuda:x"])
def test_a_device_that_does_not_exist_is_refused(wanted: str) -> None:
    with pytest.raises(ModelError, match=f"no kind of device '{wanted}'") as caught:
        choose_device(wanted)
    assert "cpu" in caught.value.hint


@pytest.mark.parametrize("wanted", ["cuda:99", "xpu", "cpu:1", "meta"])
def test_a_device_that_is_not_here_is_refused(wanted: str) -> None:
    with pytest.raises(ModelError, match=f"the device {wanted} is not on this machine") as caught:
        choose_device(wanted)
    assert caught.value.hint.startswith("available: ")
    assert "cpu" in caught.value.hint


def test_the_best_device_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device() == choose_device("cpu") == CPU
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device() == choose_device("mps") == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device() == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ModelError, match="the device cuda:2 is not on this machine") as caught:
        choose_device("cuda:2")
    assert caught.value.hint == "available: cuda, mps, cpu"


def test_several_devices_are_named_with_commas_and_auto_is_every_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_devices() == [CPU]
    assert choose_devices("cpu, cpu") == [CPU, CPU]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    gpus = [torch.device("cuda", number) for number in range(3)]
    assert choose_devices() == gpus
    assert choose_devices("cuda:2,cuda:0") == [gpus[2], gpus[0]]
    assert choose_devices("cuda") == [torch.device("cuda")]
    for wanted, why in (
        ("cuda:0,cuda:3", "the device cuda:3 is not on this machine"),
        ("cuda:0,cpu", "cuda:0,cpu are devices of different kinds"),
        ("cpu,", "no kind of device ''"),
    ):
        with pytest.raises(ModelError, match=why):
            choose_devices(wanted)


def test_torch_is_not_imported_to_learn_that_the_processor_is_meant() -> None:
    code = """
import sys
from core.models import accelerators, device_processes
accelerators.may_be_here = lambda: False
assert device_processes.chosen_devices("auto") == device_processes.chosen_devices("cpu") == ["cpu"]
assert "torch" not in sys.modules
accelerators.may_be_here = lambda: True
device_processes.chosen_devices("auto")
assert "torch" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


# Precision that is found by trial


@pytest.fixture
def bfloat16_is_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardware that has bfloat16 and needs half the time with it, whatever runs beside."""
    monkeypatch.setattr(device, "_candidates", lambda device: [torch.bfloat16])
    monkeypatch.setattr(device, "_seconds", lambda placement, forward: 1.0 if placement == Placement(CPU) else 0.5)


def rows_under(half: torch.Tensor | RuntimeError) -> Callable[[Placement], torch.Tensor]:
    """A network of four rows in float32, whose rows in half precision are these."""
    full = torch.nn.functional.normalize(torch.randn(4, 64, generator=torch.Generator().manual_seed(0)))

    def forward(placement: Placement) -> torch.Tensor:
        if placement.dtype == torch.float32:
            return full
        if isinstance(half, RuntimeError):
            raise half
        return full + half

    return forward


@pytest.mark.usefixtures("bfloat16_is_fast")
def test_a_faster_precision_that_is_as_good_is_chosen() -> None:
    chosen = choose_placement(CPU, "auto", rows_under(torch.full((4, 64), 1e-4)))
    assert chosen == Placement(CPU, torch.bfloat16)
    assert "bfloat16" in str(chosen)


@pytest.mark.usefixtures("bfloat16_is_fast")
@pytest.mark.parametrize("kind", ["off", "one row off", "not finite", "impossible"])
def test_a_precision_that_is_not_as_good_is_rejected(kind: str) -> None:
    error = torch.zeros(4, 64)
    error[-1 if kind == "one row off" else slice(None), :8] = float("nan") if kind == "not finite" else 0.05
    half = RuntimeError("not implemented for 'BFloat16'") if kind == "impossible" else error
    assert choose_placement(CPU, "auto", rows_under(half)) == Placement(CPU)


def test_a_precision_that_is_not_faster_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_candidates", lambda device: [torch.bfloat16])
    monkeypatch.setattr(device, "_seconds", lambda placement, forward: 1.0 if placement == Placement(CPU) else 0.95)
    assert choose_placement(CPU, "auto", rows_under(torch.zeros(4, 64))) == Placement(CPU)


def test_hardware_without_half_precision_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert choose_placement(CPU, "auto", rows_under(RuntimeError("must not be called"))) == Placement(CPU)


def test_autocast_computes_in_the_chosen_type_and_leaves_the_weights() -> None:
    layer = torch.nn.Linear(4, 4)
    with Placement(CPU, torch.bfloat16).autocast():
        assert layer(torch.ones(1, 4)).dtype == torch.bfloat16
    with Placement(CPU).autocast():
        assert layer(torch.ones(1, 4)).dtype == torch.float32
    assert layer.weight.dtype == torch.float32
