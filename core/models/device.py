"""Choice of device and precision for a network: by the available hardware and a short trial, or as requested."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from core.errors import ModelError
from core.text import count

_AS_GOOD = 0.999  # cosine to float32
_FASTER = 1.1  # minimum speed-up that justifies a lower precision
_REPEATS = 3
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
Forward = Callable[["Placement"], torch.Tensor]


@dataclass(frozen=True)
class Placement:
    """A device and the computing precision on it."""

    device: torch.device
    dtype: torch.dtype = torch.float32

    def autocast(self) -> torch.autocast:
        """A context in which float32 weights compute in ``dtype`` where that is safe."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)

    def __str__(self) -> str:
        threads = f", {count(torch.get_num_threads(), 'thread')}" if self.device.type == "cpu" else ""
        return f"{self.device}, {str(self.dtype).removeprefix('torch.')}{threads}"


def choose_device(wanted: str = "auto") -> torch.device:
    """CUDA, else MPS, else the CPU; or the requested device.

    Raises:
        ModelError: the requested device is not available.
    """
    here = _devices()
    if wanted == "auto":
        return torch.device(here[0])
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise ModelError(f"there is no kind of device {wanted!r}", f"available: {', '.join(here)}") from error
    number = torch.cuda.device_count() if device.type == "cuda" else 1
    if device.type not in here or (device.index or 0) >= number:
        raise ModelError(f"the device {wanted} is not on this machine", f"available: {', '.join(here)}")
    return device


def choose_devices(wanted: str = "auto") -> list[torch.device]:
    """All devices that a model runs on: those named, separated by commas; with ``auto`` every CUDA GPU.

    Raises:
        ModelError: one is not available, or they are of different kinds, whose rows would differ.
    """
    if wanted == "auto" and torch.cuda.is_available():
        return [torch.device("cuda", number) for number in range(torch.cuda.device_count())]
    devices = [choose_device(name.strip()) for name in wanted.split(",")]
    if len({device.type for device in devices}) > 1:
        raise ModelError(f"{wanted} are devices of different kinds", "give devices of one kind, or a single one")
    return devices


def choose_placement(device: torch.device, precision: str, forward: Forward) -> Placement:
    """The precision for a network on a device.

    Args:
        device: where it runs.
        precision: ``auto``, or the name of a type.
        forward: runs a small batch under a placement: rows (n, dim).

    Returns:
        With ``auto``: half precision if the hardware supports it and a trial shows it a tenth faster with equal rows
        (cosine to float32 at least 0.999 for each); else float32.

    Raises:
        ModelError: there is no such precision.
    """
    full = Placement(device)
    if precision not in ("auto", *_DTYPES):
        raise ModelError(f"there is no precision {precision!r}", f"available: auto, {', '.join(_DTYPES)}")
    if precision != "auto":
        return Placement(device, _DTYPES[precision])
    for dtype in _candidates(device):
        half = Placement(device, dtype)
        try:
            good = _is_close_enough(forward(full), forward(half))
            if good and _seconds(half, forward) * _FASTER < _seconds(full, forward):
                return half
        except RuntimeError:  # an operation that this hardware does not support in this type
            continue
    return full


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a device ran out of memory. Only CUDA has an exception type for it."""
    return isinstance(error, torch.cuda.OutOfMemoryError) or "out of memory" in str(error).lower()


def _devices() -> list[str]:
    mps = getattr(torch.backends, "mps", None)
    devices = ["cuda"] if torch.cuda.is_available() else []
    return [*devices, *(["mps"] if mps and mps.is_available() else []), "cpu"]


def _candidates(device: torch.device) -> list[torch.dtype]:
    if device.type == "cuda":
        return [torch.bfloat16, torch.float16] if torch.cuda.is_bf16_supported() else [torch.float16]
    if device.type == "mps":
        return [torch.float16]
    # Without matrix instructions for it, bfloat16 is emulated on a CPU, many times slower.
    return [torch.bfloat16] if torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported() else []


def _is_close_enough(full: torch.Tensor, half: torch.Tensor) -> bool:
    cosines = torch.nn.functional.cosine_similarity(full.float(), half.float(), dim=-1)
    return bool(torch.isfinite(half).all()) and float(cosines.min()) >= _AS_GOOD


def _seconds(placement: Placement, forward: Forward) -> float:
    """The best time of a few runs after a warm-up."""
    best = float("inf")
    for run in range(_REPEATS + 1):
        start = time.perf_counter()
        forward(placement)
        if placement.device.type == "cuda":
            torch.cuda.synchronize(placement.device)
        elif placement.device.type == "mps":
            torch.mps.synchronize()
        if run:
            best = min(best, time.perf_counter() - start)
    return best
