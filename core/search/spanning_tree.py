"""Adds the edges that a nearest-neighbour graph lacks so that its minimum spanning tree is that of all pairs.

Neighbours alone are not enough: rows of two dense clusters side by side list rows of their own cluster only, and the
tree would connect them through a distant outlier that lists both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.search.assignment import Check, Numbers, no_check
from core.search.neighbours import Neighbours, rows_per_block, squared_distances

Distances = npt.NDArray[np.float32]


def spanning_edges(rows: Rows, near: Neighbours, reach: Distances, check: Check = no_check) -> tuple[Numbers, Numbers]:
    """The two ends of edges that contain a minimum spanning tree by mutual reachability, shape (edges,) each.

    Borůvka's algorithm: the shortest edge out of each component joins it to another, until one is left. An edge that is
    not listed is at least as long as those that are, so only rows that could have a shorter edge than their component's
    shortest known are searched in full; a row's former shortest edge remains a bound, as components only grow.

    Args:
        rows: shape (n, dim), float32.
        near: their nearest neighbours.
        reach: the core distance of each row, shape (n,): an edge is at least as long as the reach of either end.
        check: called between blocks.
    """
    lengths = np.maximum(near.distances, np.maximum(reach[:, None], reach[near.numbers]))
    bound = near.distances[:, -1].copy()
    exact, target = np.full(len(rows), np.inf, np.float32), np.zeros(len(rows), np.int64)
    components = np.arange(len(rows))
    starts: list[Numbers] = []
    ends: list[Numbers] = []
    while components.max(initial=0) > 0:
        check()
        far, to = _listed(near.numbers, lengths, components)
        better = (components[target] != components) & (exact < far)
        far[better], to[better] = exact[better], target[better]
        shortest = np.full(int(components.max()) + 1, np.inf, np.float32)
        np.minimum.at(shortest, components, far)
        doubtful = np.flatnonzero(bound < shortest[components])
        doubtful = doubtful[np.argsort(bound[doubtful], kind="stable")]  # the most promising first: they spare others
        for start in range(0, len(doubtful), rows_per_block(rows)):
            check()
            block = doubtful[start : start + rows_per_block(rows)]
            block = block[bound[block] < shortest[components[block]]]
            if block.size:
                far[block], to[block] = _nearest_outside(rows, block, reach, components)
                exact[block], target[block], bound[block] = far[block], to[block], far[block]
                np.minimum.at(shortest, components[block], far[block])
        order = np.lexsort((far, components))
        first = order[np.r_[True, np.diff(components[order]) > 0]]
        starts.append(first)
        ends.append(to[first])
        components = _joined(components, first, to[first])
    return np.concatenate([*starts, components[:0]]), np.concatenate([*ends, components[:0]])


def _listed(numbers: Numbers, lengths: Distances, components: Numbers) -> tuple[Distances, Numbers]:
    """The shortest listed edge of each row out of its component, and its other end."""
    outside = np.where(components[numbers] != components[:, None], lengths, np.float32(np.inf))
    index = outside.argmin(axis=1)[:, None]
    return np.take_along_axis(outside, index, axis=1)[:, 0], np.take_along_axis(numbers, index, axis=1)[:, 0]


def _nearest_outside(rows: Rows, block: Numbers, reach: Distances, components: Numbers) -> tuple[Distances, Numbers]:
    """The shortest edge of each row of a block out of its component, among all rows, and its other end."""
    found = np.sqrt(squared_distances(rows, block))
    np.maximum(found, reach, out=found)
    np.maximum(found, reach[block, None], out=found)
    found[components[block, None] == components] = np.inf
    index = found.argmin(axis=1)
    return found[np.arange(len(block)), index], index


def _joined(components: Numbers, starts: Numbers, ends: Numbers) -> Numbers:
    """The components after these edges join them, numbered from 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = int(components.max()) + 1
    edges = coo_array((np.ones(len(starts)), (components[starts], components[ends])), shape=(count, count))
    return np.asarray(connected_components(edges, directed=False)[1], np.int64)[components]
