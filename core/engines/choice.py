"""Where rows are computed, as a person said it: the address of a cluster, and how its workers get the pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import UsageError
from core.paths import is_inside
from core.text import printable

_FORM = "give NAME://HOST:PORT, as in dask://localhost:8786"
ENGINE = "engine"  # in the file of a job


@dataclass(frozen=True)
class EngineChoice:
    """An engine on other machines.

    Attributes:
        address: as in ``dask://node1:8786``; what comes before ``://`` names the kind of engine.
        elsewhere: folders that have another path on the workers, by their path here.
        send_pictures: whether workers get the bytes of the pictures, because they do not see the files.
    """

    address: str
    elsewhere: Mapping[bytes, bytes] = field(default_factory=dict)
    send_pictures: bool = False

    def __post_init__(self) -> None:
        kind, separator, place = self.address.partition("://")
        if not (separator and kind.isidentifier() and place and self.address.isprintable() and " " not in place):
            raise UsageError(f"{printable(self.address)!r} is not the address of an engine", _FORM)
        if self.send_pictures and self.elsewhere:
            raise UsageError("--map: it does not apply with --send-pictures", "leave out one of them")

    @property
    def kind(self) -> str:
        """As in ``dask``."""
        return self.address.partition("://")[0]

    @property
    def place(self) -> str:
        """What follows: the rest is for the engine to understand."""
        return self.address.partition("://")[2]

    def there(self, path: bytes) -> bytes:
        """The path of a file or folder on the workers."""
        for here, there in self.elsewhere.items():
            if is_inside(path, here):
                return os.path.normpath(os.path.join(there, os.path.relpath(path, here)))
        return path

    def to_toml(self) -> dict[str, Any]:
        """For the file of a job. Paths are in hexadecimal: they may contain any bytes."""
        maps = [[here.hex(), there.hex()] for here, there in self.elsewhere.items()]
        content: dict[str, Any] = {"address": self.address}
        return {ENGINE: content | ({"map": maps} if maps else {}) | ({"send": True} if self.send_pictures else {})}

    @classmethod
    def from_toml(cls, options: Mapping[str, Any]) -> EngineChoice | None:
        """The inverse of :meth:`to_toml`; None where this machine computes.

        Raises:
            UsageError: it was changed to what cannot be.
        """
        content = options.get(ENGINE)
        if content is None:
            return None
        try:
            maps = {bytes.fromhex(here): bytes.fromhex(there) for here, there in content.get("map", [])}
            return cls(str(content["address"]), maps, content.get("send") is True)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UsageError("the engine of this job cannot be read", "start it again with --engine") from error
