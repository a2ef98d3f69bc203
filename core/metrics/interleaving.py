"""One list from several rankings, fair to each of them.

Source: team-draft interleaving, Radlinski, Kurup and Joachims 2008, "How Does Clickthrough Data Reflect Retrieval
Quality?", for any number of rankings.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def team_draft(rankings: Sequence[Sequence[T]], random: Random) -> list[T]:
    """Everything in the rankings once; in each round every ranking gives its best that is not yet taken.

    Args:
        rankings: best first, each without repetition.
        random: shuffles who goes first in each round.
    """
    taken: dict[T, None] = {}
    rest = [iter(ranking) for ranking in rankings]
    order = list(range(len(rankings)))
    while order:
        random.shuffle(order)
        for ranking in tuple(order):
            picked = next((item for item in rest[ranking] if item not in taken), None)
            if picked is None:
                order.remove(ranking)
            else:
                taken[picked] = None
    return list(taken)


def contested(rankings: Sequence[Sequence[T]]) -> list[list[T]]:
    """Of each ranking, what does not stand in all of them: the rest cancels in a difference of precision.

    Source: Carterette, Allan and Sitaraman 2006, "Minimal Test Collections for Retrieval Evaluation".
    """
    common = set(rankings[0]).intersection(*rankings[1:]) if rankings else set()
    return [[item for item in ranking if item not in common] for ranking in rankings]
