"""The one place that imports OpenVINO: without its reports, which it would send to its makers at every import."""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import ModelError
from core.models.weights import version

# Importing any of these fails then, and OpenVINO goes on without: the package that sends, and the tools that use it.
_NOT_LOADED = ("openvino_telemetry", "openvino.tools.ovc")
_HINTS = {"float32": "f32", "bfloat16": "bf16"}

Array = npt.NDArray[Any]


def is_installed() -> bool:
    """Whether the library is on this machine. Does not import it."""
    return importlib.util.find_spec("openvino") is not None


def openvino() -> Any:
    """The module ``openvino``.

    Raises:
        ModelError: it is not installed, or does not run on this machine.
    """
    for name in _NOT_LOADED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # so that importing it fails, as Python documents
    try:
        import openvino
    except (ImportError, OSError) as error:
        raise ModelError(f"OpenVINO cannot be loaded ({error})", "pip install openvino; or --runtime torch") from error
    return openvino


@cache
def precisions() -> tuple[str, ...]:
    """The precisions that this processor computes natively."""
    can = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("float32", "bfloat16") if "BF16" in can else ("float32",)


def threads() -> int:
    """Threads for one network: the user's setting, else the processors that this process may use."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given):
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Network:
    """A converted network, compiled for this processor. Not for several threads at a time."""

    def __init__(self, path: Path, precision: str = "float32") -> None:
        """
        Args:
            path: of the ``.xml``; its weights are mapped, not read.
            precision: in which it computes.

        Raises:
            ModelError: OpenVINO cannot read or compile it.
        """
        try:
            self._run = _core().compile_model(
                _core().read_model(path),
                "CPU",
                {
                    "INFERENCE_PRECISION_HINT": _HINTS[precision],
                    "PERFORMANCE_HINT": "LATENCY",
                    "INFERENCE_NUM_THREADS": threads(),
                    "ENABLE_CPU_PINNING": False,  # decoders share the processors
                },
            )
        except RuntimeError as error:
            raise failure(error) from error

    def __call__(self, **arrays: Array) -> Array:
        """The network's only output for arrays by the names of its inputs.

        Raises:
            ModelError: it failed, as where memory runs out.
        """
        try:
            return np.array(self._run(arrays)[0])
        except RuntimeError as error:
            raise failure(error) from error


def failure(error: BaseException) -> ModelError:
    """The error for one of OpenVINO's."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ModelError(f"OpenVINO failed ({first[:160]})", "--runtime torch does not need it")


def in_words() -> str:
    """Name and version of the library."""
    return f"OpenVINO {version('openvino')}"


@cache
def _core() -> Any:
    return openvino().Core()
