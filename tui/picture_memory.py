"""What the caches of pictures hold, and the most that they may hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from core.text import byte_size, count


class PictureCache(Protocol):
    """Keeps pictures that may be shown again.

    Attributes:
        kind: in words.
        most_bytes: that it keeps, apart from what is on the screen and the newest picture.
    """

    kind: str
    most_bytes: int

    @property
    def held_bytes(self) -> int:
        """What its pictures take now."""


@dataclass(frozen=True)
class Held:
    """What all caches of a kind hold together.

    Attributes:
        kind: in words.
        caches: their number.
        held_bytes: what their pictures take.
        most_bytes: that they may take.
    """

    kind: str
    caches: int
    held_bytes: int
    most_bytes: int

    def __str__(self) -> str:
        among = f" in {count(self.caches, 'list')}" if self.caches > 1 else ""
        return f"{self.kind} {byte_size(self.held_bytes)} of {byte_size(self.most_bytes)}{among}"


def held(caches: Iterable[PictureCache]) -> list[Held]:
    """What caches hold, by kind, in the order of the words."""
    by_kind: dict[str, list[PictureCache]] = {}
    for cache in caches:
        by_kind.setdefault(cache.kind, []).append(cache)
    return [
        Held(kind, len(found), sum(one.held_bytes for one in found), sum(one.most_bytes for one in found))
        for kind, found in sorted(by_kind.items())
    ]
