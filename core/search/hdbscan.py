"""HDBSCAN: clusters in dense regions, of any number and shape; isolated rows belong to none.

Campello, Moulavi and Sander, "Density-Based Clustering Based on Hierarchical Density Estimates", PAKDD 2013. The
hierarchy is scikit-learn's, with leaf selection: its clusters are more uniform than those of excess of mass, which on
pictures makes half of a collection one cluster. The input is our own: a sparse graph with the minimum spanning
tree, which is all that HDBSCAN needs of all pairs. With all pairs scikit-learn takes quadratic time
inside one call that cannot be cancelled and that blocks every other thread; the graph is made of blocked products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Rows
from core.search.assignment import UNASSIGNED, Check, Labels, no_check
from core.search.neighbours import LEAST, neighbours
from core.search.spanning_tree import spanning_edges

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DIRECTIONS = 50  # principal components: distances in hundreds of dimensions concentrate and hide clusters
_CORE = 5  # min_samples, including the row itself; higher values label more rows as noise
_EQUAL = 1e-5  # rows that differ by less are equal and have no principal components
_NEIGHBOURS = 32  # per row of the graph: they hold most edges of the minimum spanning tree; the others are searched


def dense_clusters(rows: Rows, least: int, check: Check = no_check) -> Labels:
    """The cluster of each row, shape (n,), int32, from 0; :data:`~core.search.assignment.UNASSIGNED` for noise.

    Deterministic: the same rows always give the same clusters.

    Args:
        rows: shape (n, dim), float32, normalised, in memory; n² products are computed block by block.
        least: minimum cluster size, at least 2.
        check: called between steps; may raise to stop.
    """
    from sklearn.cluster import HDBSCAN

    if len(rows) < max(least, 3):
        return np.full(len(rows), UNASSIGNED, np.int32)
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
    """The rows projected on their first ``count`` principal components (or as many as there are), float32."""
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
    # An edge may be found from both ends, or also be a neighbour: the element-wise maximum counts it once.
    for one, other in ((here, there), (there, here)):
        _, first = np.unique(one * count + other, return_index=True)
        edges = (far[first].astype(np.float64), (one[first], other[first]))
        graph = graph.maximum(csr_array(edges, shape=graph.shape))
    return graph.maximum(graph.T).tocsr()
