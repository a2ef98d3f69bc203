"""What is made of pixels, as bytes: it may come from another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the first paint has no pictures yet
    from PIL import Image

Options = Mapping[str, int | str]
NO_OPTIONS: Options = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture in one of the ways of :mod:`tui.graphics.painters`.

    Attributes:
        data: such as an escape sequence, a file, or the colours of cells.
        texts: lines of characters, where it has any.
    """

    data: bytes
    texts: tuple[str, ...] = ()


class Paint(Protocol):
    """Paints elsewhere, if it can."""

    def __call__(self, way: str, picture: Image.Image, options: Options = NO_OPTIONS) -> Painted | None:
        """An RGB picture painted in a way; None where that must be done here."""
        ...
