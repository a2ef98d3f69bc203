"""The edges that a graph of nearest neighbours lacks for its minimum spanning tree to be that of all pairs.

Neighbours alone do not do: rows of two dense groups side by side list rows of their own group only, and the tree would
lead from one to the other through some far outsider that lists both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.models.backend import Rows
from core.vectors.assignment import Check, Numbers, no_check
from core.vectors.neighbours import Neighbours, height_of, squared_distances

Distances = npt.NDArray[np.float32]


def spanning_edges(rows: Rows, near: Neighbours, reach: Distances, check: Check = no_check) -> tuple[Numbers, Numbers]:
    """The two ends of edges among which is a minimum spanning tree by mutual reachability, shape (edges,) each.

    Borůvka's algorithm: the shortest way out of each part joins it to another, until there is one part. A way that is
    not listed is at least as long as those that are, so only rows that could have a shorter one than their part's
    shortest known are looked at in full; and what a row's shortest was stays a bound, as parts only grow.

    Args:
        rows: shape (n, dim), float32.
        near: their nearest neighbours.
        reach: the core distance of each row, shape (n,): a way is at least as long as the reach of either end.
        check: called between blocks.
    """
    ways = np.maximum(near.distances, np.maximum(reach[:, None], reach[near.numbers]))
    bound = near.distances[:, -1].copy()
    exact, target = np.full(len(rows), np.inf, np.float32), np.zeros(len(rows), np.int64)
    parts = np.arange(len(rows))
    starts: list[Numbers] = []
    ends: list[Numbers] = []
    while parts.max(initial=0) > 0:
        check()
        far, to = _listed(near.numbers, ways, parts)
        better = (parts[target] != parts) & (exact < far)
        far[better], to[better] = exact[better], target[better]
        shortest = np.full(int(parts.max()) + 1, np.inf, np.float32)
        np.minimum.at(shortest, parts, far)
        doubtful = np.flatnonzero(bound < shortest[parts])
        doubtful = doubtful[np.argsort(bound[doubtful], kind="stable")]  # the most promising first: they spare others
        for start in range(0, len(doubtful), height_of(rows)):
            check()
            block = doubtful[start : start + height_of(rows)]
            block = block[bound[block] < shortest[parts[block]]]
            if block.size:
                far[block], to[block] = _nearest_outside(rows, block, reach, parts)
                exact[block], target[block], bound[block] = far[block], to[block], far[block]
                np.minimum.at(shortest, parts[block], far[block])
        order = np.lexsort((far, parts))
        first = order[np.r_[True, np.diff(parts[order]) > 0]]
        starts.append(first)
        ends.append(to[first])
        parts = _joined(parts, first, to[first])
    return np.concatenate([*starts, parts[:0]]), np.concatenate([*ends, parts[:0]])


def _listed(numbers: Numbers, ways: Distances, parts: Numbers) -> tuple[Distances, Numbers]:
    """The shortest listed way of each row out of its part, and where it leads."""
    outside = np.where(parts[numbers] != parts[:, None], ways, np.float32(np.inf))
    place = outside.argmin(axis=1)[:, None]
    return np.take_along_axis(outside, place, axis=1)[:, 0], np.take_along_axis(numbers, place, axis=1)[:, 0]


def _nearest_outside(rows: Rows, block: Numbers, reach: Distances, parts: Numbers) -> tuple[Distances, Numbers]:
    """The shortest way of each row of a block out of its part, among all, and where it leads."""
    found = np.sqrt(squared_distances(rows, block))
    np.maximum(found, reach, out=found)
    np.maximum(found, reach[block, None], out=found)
    found[parts[block, None] == parts] = np.inf
    place = found.argmin(axis=1)
    return found[np.arange(len(block)), place], place


def _joined(parts: Numbers, starts: Numbers, ends: Numbers) -> Numbers:
    """The parts once these edges join them, numbered from 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = int(parts.max()) + 1
    edges = coo_array((np.ones(len(starts)), (parts[starts], parts[ends])), shape=(count, count))
    return np.asarray(connected_components(edges, directed=False)[1], np.int64)[parts]
