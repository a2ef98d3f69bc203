"""What a review of duplicates shows as pairs: each copy and the best one of its group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.catalog.catalog import Catalog
from tui.widgets.pairs import Pair, Pairs
from tui.widgets.side_by_side import pair_of

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.actions.copy_groups import CopyGroup


def copy_pairs(
    catalog: Catalog, groups: Sequence[CopyGroup], here: tuple[int, int], moved: Callable[[int, int], None]
) -> tuple[Pairs, int]:
    """The pairs of all groups, and the position to begin with.

    Args:
        catalog: has the pictures.
        groups: with their copies as they are now, the best one first.
        here: number of a group and of a copy in it; the best copy stands for the next one.
        moved: is told both numbers when another pair is shown.
    """
    places = [(number, copy) for number, group in enumerate(groups) for copy in range(1, len(group.copies))]

    def pair(position: int) -> Pair | None:
        group, copy = places[position]
        copies = groups[group].copies
        return pair_of(catalog, copies[0], copies[copy])

    return Pairs(len(places), pair, lambda position: moved(*places[position])), places.index((here[0], max(1, here[1])))
