"""Do these models differ at all on this collection? Common neighbours, hubs, and where they differ most.

Nothing here says which model is better. Two figures that look as if they did are left out on purpose: the effective
rank of the rows (RankMe, Garrido et al. 2023) compares runs of one training method only, and CKA measures agreement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.comparison.common_rows import CommonRows
from core.metrics.hubs import Hubs, hubs
from core.metrics.overlap import mutual_neighbours
from core.search.assignment import Check, Numbers, no_check
from core.search.neighbours import neighbours

NEIGHBOURS = 10
FEW = 50  # pictures: of fewer, chance alone makes many of the ten nearest the same: of 50 two of ten, of 12 nine
MOST = 20_000  # pictures: 20,000 x 20,000 products of 512 take 4 s on 2 cores


@dataclass(frozen=True)
class Agreement:
    """How far vec types agree on who is near whom.

    Attributes:
        names: of the vec types, in the order of ``common``.
        keys: of the pictures that were looked at, sorted, dtype S20, shape (n,): a random part of a large collection.
        shares: mean share of the ten nearest that two vec types have in common, shape (types, types), 1 on the
            diagonal.
        hubs: of each vec type.
        changed: for each pair of vec types, the share of each picture's neighbours in common, shape (n,), float64.
    """

    names: tuple[str, ...]
    keys: npt.NDArray[np.bytes_]
    shares: npt.NDArray[np.float64]
    hubs: tuple[Hubs, ...]
    changed: dict[tuple[str, str], npt.NDArray[np.float64]]

    def share(self, one: str, other: str) -> float:
        """Mean share of the neighbours that two vec types have in common."""
        return float(self.shares[self.names.index(one), self.names.index(other)])

    @property
    def by_chance(self) -> float:
        """The mean share that two random orders of these pictures would have in common; 1 for up to eleven pictures."""
        others = len(self.keys) - 1
        return min(NEIGHBOURS, others) / others if others else 1.0

    @property
    def chance_note(self) -> str:
        """What chance alone would give, to be put beside a share; empty where it is little."""
        return f"by chance {self.by_chance:.0%}" if len(self.keys) < FEW else ""

    def beyond_chance(self, share: float) -> float:
        """How far a share goes from chance (0) to all (1); NaN where chance alone gives all of it."""
        return (share - self.by_chance) / (1 - self.by_chance) if self.by_chance < 1 else math.nan

    def most_changed(self, one: str, other: str, most: int = 20) -> Sequence[int]:
        """Indices of the pictures whose neighbours differ most between two vec types, the most different first."""
        changed = self.changed[(one, other)] if (one, other) in self.changed else self.changed[(other, one)]
        return [int(index) for index in np.argsort(changed, kind="stable")[:most]]


def agreement(common: CommonRows, *, seed: int = 0, check: Check = no_check) -> Agreement:
    """Compare the neighbours of all pictures, or of 20,000 drawn at random.

    Args:
        common: the compared pictures.
        seed: of the draw.
        check: called before each block of products; may raise to stop.
    """
    chosen = np.arange(len(common.keys))
    if len(chosen) > MOST:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, MOST, replace=False))
    near: list[Numbers] = []
    for one in common.of:
        near.append(neighbours(np.asarray(one.snapshot.rows[one.numbers[chosen]]), NEIGHBOURS, check).numbers)
    names = tuple(one.vec_type.name for one in common.of)
    shares = np.eye(len(names))
    changed = {}
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            common_share = mutual_neighbours(near[first], near[second])
            changed[(names[first], names[second])] = common_share
            shares[first, second] = shares[second, first] = common_share.mean()
    return Agreement(names, common.keys[chosen], shares, tuple(hubs(one) for one in near), changed)
