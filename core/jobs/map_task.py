"""What a job makes that places pictures on a map. Other jobs fill vec types."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class MapTask:
    """A map to be made.

    Attributes:
        vec_type: name of its vectors.
        method: that places the pictures.
        seed: of its draws.
        again: make it even if a stored one holds.
    """

    vec_type: str
    method: str
    seed: int = 0
    again: bool = False

    @property
    def title(self) -> str:
        """What the job makes, for a line of text."""
        return f"map of {self.vec_type}"

    @property
    def command(self) -> str:
        """What makes the same map."""
        return f"pictoscope map {shlex.quote(self.vec_type)} --method {shlex.quote(self.method)} --out FILE"

    def is_same_map(self, other: MapTask) -> bool:
        """Whether both make the same map, even if one is made again."""
        return (self.vec_type, self.method, self.seed) == (other.vec_type, other.method, other.seed)

    def to_toml(self) -> dict[str, Any]:
        """As in ``job.toml``."""
        return asdict(self)

    @classmethod
    def from_toml(cls, content: Mapping[str, Any]) -> Self:
        """What :meth:`to_toml` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        return cls(
            str(content["vec_type"]),
            str(content["method"]),
            int(content.get("seed", 0)),
            bool(content.get("again", False)),
        )
