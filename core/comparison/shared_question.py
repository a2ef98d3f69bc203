"""One question that several vec types answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class SharedQuestion:
    """Pictures, or a text.

    Attributes:
        pictures: paths, or keys of 40 digits; their mean direction is asked for. Empty for a text.
        text: as a text search takes it; empty for pictures.
        names: of the vec types that answer; empty for all, six at most.
    """

    pictures: tuple[str, ...] = ()
    text: str = ""
    names: tuple[str, ...] = ()

    @classmethod
    def of_keys(cls, keys: Iterable[bytes], names: tuple[str, ...] = ()) -> SharedQuestion | None:
        """About pictures of the project; None for none."""
        pictures = tuple(key.hex() for key in keys)
        return cls(pictures, names=names) if pictures else None
