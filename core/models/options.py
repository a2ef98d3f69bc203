"""How a model is run: device, precision, batch size, consent. Imported by what must start fast."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class LoadOptions:
    """How a model is run; nothing of it changes what the rows mean.

    Attributes:
        device: one of ``DEVICES``, ``cuda:N``, or several with commas between them, as in ``cuda:0,cuda:1``; ``auto``
            is every GPU of CUDA where a job runs, and the first where a query is answered.
        precision: one of ``PRECISIONS``.
        batch_size: pictures a forward pass; 0 for what suits the model and the machine.
        allow_remote_code: consent to running Python code out of the model's repository.
        prepares_only: let go of the weights: for a process that prepares pictures which others encode. A backend need
            not heed it.
    """

    device: str = "auto"
    precision: str = "auto"
    batch_size: int = 0
    allow_remote_code: bool = False
    prepares_only: bool = False

    def to_toml(self) -> dict[str, Any]:
        """What differs from the defaults."""
        return {name: value for name, value in asdict(self).items() if value != getattr(LoadOptions, name)}

    @classmethod
    def from_toml(cls, content: dict[str, Any]) -> LoadOptions:
        """What :meth:`to_toml` gave; unknown names are passed over."""
        return cls(**{name: value for name, value in content.items() if name in cls.__dataclass_fields__})
