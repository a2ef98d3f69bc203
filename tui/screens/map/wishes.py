"""Which map is to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.maps.methods import METHODS, pacmap_is_installed

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.maps.layout import Layout


@dataclass(frozen=True)
class Wish:
    """A map that is asked for.

    Attributes:
        vec_type: name of its vectors; empty for the default.
        method: that places the pictures.
        starts_job: whether a job is started to make it, if it takes long and is not there.
        shown: what stands in its place until then.
    """

    vec_type: str
    method: str = METHODS[0]
    starts_job: bool = False
    shown: Layout | None = None


def beside(vec_type: str, method: str, there: Sequence[str]) -> Wish | None:
    """What is shown beside a map: the next vec type, of a single one the other method; None if that is not installed.

    Args:
        vec_type: of the map.
        method: of the map.
        there: names of all vec types.
    """
    if len(there) > 1:
        return Wish(after(there, vec_type), method)
    other = after(METHODS, method)
    return Wish(vec_type, other, starts_job=True) if other != "pacmap" or pacmap_is_installed() else None


def after(listed: Sequence[str], current: str) -> str:
    """The one that follows ``current``; the first after the last, or where it is not listed."""
    place = listed.index(current) + 1 if current in listed else 0
    return listed[place % len(listed)]
