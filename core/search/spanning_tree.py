"""Adds the edges that a nearest-neighbour graph lacks so that its minimum spanning tree is that of all pairs.

Neighbours alone are not enough: rows of two dense clusters side by side list rows of their own cluster only, and the
tree would connect them through a distant outlier that lists both.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from core.arrays import Rows
from core.search.assignment import Check, Numbers, no_check
from core.search.neighbours import AllDistances, Distances, Neighbours, on_all_cores

# Blocks of rows that are searched at once, on however many cores: so which rows are searched, and which of equal edges
# is found, is the same on every machine.
_AT_ONCE = 8


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
    search = _Search(rows, near, reach, check)
    starts: list[Numbers] = []
    ends: list[Numbers] = []
    components = np.arange(len(rows))
    while components.max(initial=0) > 0:
        check()
        far, to = search.shortest_edges(components)
        order = np.lexsort((far, components))
        first = order[np.r_[True, np.diff(components[order]) > 0]]
        starts.append(first)
        ends.append(to[first])
        components = _joined(components, first, to[first])
    return np.concatenate([*starts, components[:0]]), np.concatenate([*ends, components[:0]])


class _Search:
    """Finds the shortest edge out of each component, and remembers what it has found out about each row."""

    def __init__(self, rows: Rows, near: Neighbours, reach: Distances, check: Check) -> None:
        self._check = check
        self._near = near.numbers
        self._lengths = np.maximum(near.distances, np.maximum(reach[:, None], reach[near.numbers]))
        self._reach, self._squared_reach = reach, reach**2
        self._every = AllDistances(rows)
        # No edge of a row that is not listed is shorter than this.
        self._bound = near.distances[:, -1].copy()
        # The shortest edge out of the component that the row was in when it was searched, and its other end.
        self._exact, self._target = np.full(len(rows), np.inf, np.float32), np.zeros(len(rows), np.int64)

    def shortest_edges(self, components: Numbers) -> tuple[Distances, Numbers]:
        """An edge of each row out of its component, and its other end; of each component the shortest is among them."""
        far, to = _listed(self._near, self._lengths, components)
        better = (components[self._target] != components) & (self._exact < far)
        far[better], to[better] = self._exact[better], self._target[better]
        shortest = np.full(int(components.max()) + 1, np.inf, np.float32)
        np.minimum.at(shortest, components, far)
        doubtful = np.flatnonzero(self._bound < shortest[components])
        # The most promising first: they spare others.
        doubtful = doubtful[np.argsort(self._bound[doubtful], kind="stable")]
        each = self._every.rows_per_block
        with on_all_cores() as over:
            for start in range(0, len(doubtful), _AT_ONCE * each):
                self._check()
                some = doubtful[start : start + _AT_ONCE * each]
                some = some[self._bound[some] < shortest[components[some]]]
                blocks = [some[at : at + each] for at in range(0, len(some), each)]
                for block, lengths, ends in list(over(partial(self._nearest_outside, components), blocks)):
                    far[block], to[block] = lengths, ends
                    self._exact[block], self._target[block], self._bound[block] = lengths, ends, lengths
                    np.minimum.at(shortest, components[block], lengths)
        return far, to

    def _nearest_outside(self, components: Numbers, block: Numbers) -> tuple[Numbers, Distances, Numbers]:
        """The rows of a block, the shortest edge of each out of its component, and its other end."""
        found = self._every.of(block)
        np.maximum(found, self._squared_reach, out=found)
        found[components[block, None] == components] = np.inf
        index = found.argmin(axis=1)
        lengths = np.sqrt(found[np.arange(len(block)), index])
        return block, np.maximum(lengths, self._reach[block]), index


def _listed(numbers: Numbers, lengths: Distances, components: Numbers) -> tuple[Distances, Numbers]:
    """The shortest listed edge of each row out of its component, and its other end."""
    outside = np.where(components[numbers] != components[:, None], lengths, np.float32(np.inf))
    index = outside.argmin(axis=1)[:, None]
    return np.take_along_axis(outside, index, axis=1)[:, 0], np.take_along_axis(numbers, index, axis=1)[:, 0]


def _joined(components: Numbers, starts: Numbers, ends: Numbers) -> Numbers:
    """The components after these edges join them, numbered from 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = int(components.max()) + 1
    edges = coo_array((np.ones(len(starts)), (components[starts], components[ends])), shape=(count, count))
    return np.asarray(connected_components(edges, directed=False)[1], np.int64)[components]
