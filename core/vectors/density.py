"""HDBSCAN: groups where the rows lie densely, of any number and shape; what lies alone belongs to none.

Campello, Moulavi and Sander, "Density-Based Clustering Based on Hierarchical Density Estimates", PAKDD 2013. The
hierarchy is scikit-learn's, and of it the leaves: the groups are smaller and more alike than those of the excess of
mass, which on pictures calls half of a collection one group. Its input is ours: the graph of each row's nearest neighbours instead of all pairs. With
all pairs scikit-learn takes time in the square of the rows inside one call, which nobody can stop and which holds up
every other thread; the graph is made of blocked products and stopped between any two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.models.backend import Rows
from core.vectors.assignment import NOWHERE, Check, Labels, no_check
from core.vectors.neighbours import nearest_of_others, neighbours

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DIRECTIONS = 50  # distances in hundreds of dimensions are all alike; the first 50 directions hold what tells groups
_CORE = 5  # neighbours that make a place dense, the row itself counted; more of them call more rows noise
_EQUAL = 1e-5  # rows that differ by less are one place, which has no directions
_NEIGHBOURS = 32  # of the graph: nearly every edge of the minimum spanning tree is among the first few


def dense_groups(rows: Rows, least: int, check: Check = no_check) -> Labels:
    """The group of each row, shape (n,), int32, from 0; :data:`~core.vectors.assignment.NOWHERE` for noise.

    Nothing is drawn by chance: the same rows always give the same groups.

    Args:
        rows: shape (n, dim), float32, normalised. In memory: n squared products are made, block by block.
        least: rows that make a group, at least 2.
        check: called between steps, to give up by raising.
    """
    from sklearn.cluster import HDBSCAN

    if len(rows) < max(least, 3):
        return np.full(len(rows), NOWHERE, np.int32)
    if np.allclose(rows, rows[0], atol=_EQUAL):
        return np.zeros(len(rows), np.int32)
    reduced = principal_directions(rows, _DIRECTIONS)
    check()
    graph = _connected(reduced, _graph(reduced, check), check)
    check()
    # One less than _CORE: scikit-learn counts the row itself only where the matrix is not sparse.
    core = min(_CORE - 1, len(rows) - 1)
    labels = HDBSCAN(min_cluster_size=least, min_samples=core, metric="precomputed", cluster_selection_method="leaf", copy=False).fit_predict(graph)
    return np.asarray(labels, np.int32)


def principal_directions(rows: Rows, count: int) -> Rows:
    """The rows along their ``count`` directions of most variance (or as many as there are), float32."""
    from sklearn.decomposition import PCA

    count = min(count, *rows.shape)
    return np.asarray(PCA(count, svd_solver="covariance_eigh").fit_transform(rows), np.float32)


def _graph(rows: Rows, check: Check) -> csr_array:
    """Distances to the nearest neighbours, in both directions, shape (n, n)."""
    from scipy.sparse import csr_array

    found = neighbours(rows, _NEIGHBOURS, check)
    count, k = found.numbers.shape
    starts = np.arange(0, (count + 1) * k, k)
    graph = csr_array((found.distances.ravel().astype(np.float64), found.numbers.ravel(), starts), shape=(count, count))
    return graph.maximum(graph.T).tocsr()


def _connected(rows: Rows, graph: csr_array, check: Check) -> csr_array:
    """The graph with the shortest bridges between its parts, until it is one: Borůvka's algorithm.

    A bridge's length is the mutual reachability of its ends, as the hierarchy has it for every edge.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    reach = _core_distances(graph)
    while True:
        count, groups = connected_components(graph, directed=False)
        if count == 1:
            return graph
        largest = int(np.bincount(groups).argmax())
        ends = [
            nearest_of_others(rows, np.flatnonzero(groups == group), reach, groups, check)
            for group in range(count)
            if group != largest
        ]
        here, there, far = (np.array(column) for column in zip(*ends, strict=True))
        bridges = csr_array((far.astype(np.float64), (here, there)), shape=graph.shape)
        graph = graph.maximum(bridges.maximum(bridges.T)).tocsr()


def _core_distances(graph: csr_array) -> npt.NDArray[np.float32]:
    """How far each row's neighbours reach that make its place dense, shape (n,)."""
    core = min(_CORE - 1, graph.shape[0] - 1)
    return np.array(
        [
            np.partition(graph.data[start:end], core - 1)[core - 1]
            for start, end in zip(graph.indptr[:-1], graph.indptr[1:], strict=True)
        ],
        np.float32,
    )
