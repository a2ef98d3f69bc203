"""HDBSCAN: groups where the rows lie densely, of any number and shape; what lies alone belongs to none.

Campello, Moulavi and Sander, "Density-Based Clustering Based on Hierarchical Density Estimates", PAKDD 2013. The
hierarchy is scikit-learn's, and of it the leaves: their rows are more alike than those of the excess of mass, which on
pictures calls half of a collection one group. Its input is ours: a sparse graph that holds the minimum spanning
tree, which is all that HDBSCAN needs of all pairs. With all pairs scikit-learn takes time in the square of the rows
inside one call, which nobody can stop and which holds up every other thread; the graph is made of blocked products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.models.backend import Rows
from core.vectors.assignment import NOWHERE, Check, Labels, no_check
from core.vectors.neighbours import LEAST, neighbours
from core.vectors.spanning import spanning_edges

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DIRECTIONS = 50  # distances in hundreds of dimensions are all alike; the first 50 directions hold what tells groups
_CORE = 5  # neighbours that make a place dense, the row itself counted; more of them call more rows noise
_EQUAL = 1e-5  # rows that differ by less are one place, which has no directions
_NEIGHBOURS = 32  # of the graph: most edges of the minimum spanning tree are among them, the others are looked for


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
    # One less than _CORE: scikit-learn counts the row itself only where the matrix is not sparse.
    core = min(_CORE - 1, len(rows) - 1)
    graph = _graph(reduced, core, check)
    check()
    labels = HDBSCAN(
        min_cluster_size=least, min_samples=core, metric="precomputed", cluster_selection_method="leaf", copy=False
    ).fit_predict(graph)
    return np.asarray(labels, np.int32)


def principal_directions(rows: Rows, count: int) -> Rows:
    """The rows along their ``count`` directions of most variance (or as many as there are), float32."""
    from sklearn.decomposition import PCA

    count = min(count, *rows.shape)
    return np.asarray(PCA(count, svd_solver="covariance_eigh").fit_transform(rows), np.float32)


def _graph(rows: Rows, core: int, check: Check) -> csr_array:
    """Distances to the nearest neighbours and along a minimum spanning tree, in both directions, shape (n, n)."""
    from scipy.sparse import csr_array

    near = neighbours(rows, _NEIGHBOURS, check)
    count, k = near.numbers.shape
    here, there = spanning_edges(rows, near, near.distances[:, core - 1], check)
    far = np.maximum(np.linalg.norm(rows[here] - rows[there], axis=1), LEAST)
    starts = np.arange(0, (count + 1) * k, k)
    graph = csr_array((near.distances.ravel().astype(np.float64), near.numbers.ravel(), starts), shape=(count, count))
    # An edge is often found from both ends, or is a neighbour too: a maximum of matrices counts it once.
    for one, other in ((here, there), (there, here)):
        _, first = np.unique(one * count + other, return_index=True)
        edges = (far[first].astype(np.float64), (one[first], other[first]))
        graph = graph.maximum(csr_array(edges, shape=graph.shape))
    return graph.maximum(graph.T).tocsr()
