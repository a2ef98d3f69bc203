"""How a model is run: device, precision, batch size, consent, runtime. Free of slow imports."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

DEVICES = ("auto", "cpu", "cuda", "mps")
_DEVICE = re.compile(r"cpu|mps|cuda(:\d{1,4})?")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
# What computes the rows on a processor. They may be mixed: a runtime is used only if its rows are those of torch.
RUNTIMES = ("auto", "openvino", "torch")


def is_device(text: str) -> bool:
    """Whether a text can name a device, or several, on any machine: PyTorch alone knows those of this one."""
    return text == "auto" or all(_DEVICE.fullmatch(name.strip()) for name in text.split(","))


@dataclass(frozen=True)
class LoadOptions:
    """How a model is run; does not change the meaning of the rows.

    Attributes:
        device: one of ``DEVICES``, ``cuda:N``, or several separated by commas, as in ``cuda:0,cuda:1``; ``auto``
            is every CUDA GPU for jobs, and the first for queries.
        precision: one of ``PRECISIONS``.
        batch_size: pictures per forward pass; 0 to choose by the model and the machine.
        allow_remote_code: the user consents to running Python code from the model's repository; stored, see
            :mod:`core.models.consent`.
        prepares_only: release the weights: for a process that preprocesses pictures which others encode. A backend may
            ignore it.
        runtime: one of ``RUNTIMES``; ``auto`` is OpenVINO where a trial showed it to be faster, with equal rows.
    """

    device: str = "auto"
    precision: str = "auto"
    batch_size: int = 0
    allow_remote_code: bool = False
    prepares_only: bool = False
    runtime: str = "auto"

    def to_toml(self) -> dict[str, Any]:
        """What differs from the defaults."""
        return {name: value for name, value in asdict(self).items() if value != getattr(LoadOptions, name)}

    @classmethod
    def from_toml(cls, content: dict[str, Any]) -> LoadOptions:
        """The inverse of :meth:`to_toml`; unknown names are ignored."""
        return cls(**{name: value for name, value in content.items() if name in cls.__dataclass_fields__})
