"""Merges clusters around directions, each time the two whose union loses the least.

What spherical k-means maximises, the sum of the rows' cosines to their centres, is the sum of the lengths of the
clusters' sums. So a union of two clusters with the sums a and b loses |a| + |b| - |a + b|: the counterpart of Ward's
criterion (Ward, "Hierarchical Grouping to Optimize an Objective Function", 1963) for directions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.arrays import Rows, normalise
from core.search.assignment import Check, Numbers, Sums, no_check

_AT_ONCE = 256  # clusters compared with all others


def merged(sums: Sums, k: int, check: Check = no_check) -> Rows:
    """The directions of at most ``k`` clusters, shape (at most k, dim), float32, normalised.

    Takes memory for the losses of all pairs: 64 MB for 4,000 clusters.

    Args:
        sums: of the rows of each cluster, shape (n, dim), float64; zeros for an empty one, which is left out.
        k: at least 1.
        check: called now and then; may raise to stop.
    """
    sums = sums[np.sqrt(np.einsum("ij,ij->i", sums, sums)) > 0]
    lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))
    alive = np.ones(len(sums), bool)
    losses = _all_losses(sums, lengths, check)
    nearest, least = _least(losses)
    for _ in range(len(sums) - k):
        check()
        one = int(least.argmin())
        other = int(nearest[one])
        sums[one] += sums[other]
        lengths[one] = np.linalg.norm(sums[one])
        alive[other] = False
        losses[other], losses[:, other], least[other] = np.inf, np.inf, np.inf
        mine = _losses(sums[one : one + 1], lengths[one : one + 1], sums, lengths)[0]
        mine[one] = np.inf
        mine[~alive] = np.inf
        losses[one], losses[:, one] = mine, mine
        stale = alive & ((nearest == one) | (nearest == other))
        stale[one] = True
        nearest[stale], least[stale] = _least(losses[stale])
        nearer = alive & (mine < least)
        nearest[nearer], least[nearer] = one, mine[nearer]
    return normalise(sums[alive].astype(np.float32))


def _all_losses(sums: Sums, lengths: npt.NDArray[np.float64], check: Check) -> npt.NDArray[np.float32]:
    """Of each pair, shape (n, n); infinite for a cluster with itself."""
    losses = np.empty((len(sums), len(sums)), np.float32)
    for start in range(0, len(sums), _AT_ONCE):
        check()
        part = slice(start, start + _AT_ONCE)
        losses[part] = _losses(sums[part], lengths[part], sums, lengths)
    np.fill_diagonal(losses, np.inf)
    return losses


def _losses(
    some: Sums, their_lengths: npt.NDArray[np.float64], sums: Sums, lengths: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    together = their_lengths[:, None] ** 2 + lengths**2 + 2 * (some @ sums.T)
    found = their_lengths[:, None] + lengths - np.sqrt(np.maximum(together, 0))
    return found.astype(np.float32)


def _least(losses: npt.NDArray[np.float32]) -> tuple[Numbers, npt.NDArray[np.float32]]:
    """The cluster with which each of some loses the least, the first of equals, and how much."""
    nearest = losses.argmin(axis=1)
    return nearest, losses[np.arange(len(losses)), nearest]
