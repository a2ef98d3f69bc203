"""Fits a direction to a group's examples and refused pictures, by which the rest of a collection is ranked.

Ridge regression on whitened vectors: 1 for the examples, 0 for refused pictures, and 0 on average for the whole
collection, which comes in through its mean and covariance instead of a sample of negatives. With one example it is the
exemplar LDA of Hariharan, Malik and Ramanan (ECCV 2012); each further decision is one more equation. In its dual form
a solution costs one system with as many equations as examples, fast enough to run after every key press.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.search.whitening import Whitening

# The ridge penalty as a multiple of dim (about the squared length of a whitened vector). See `recommend_benchmark`.
RIDGE = 0.3
# More examples do not improve the ranking and take noticeable time: 800 equations take 30 ms.
MOST = 400


@dataclass(frozen=True)
class Direction:
    """The fitted direction. A row's score is ``row @ weights + offset``: 0 for the average picture, 1 for examples.

    Attributes:
        weights: shape (dim,), float32.
        offset: added to every product.
        held_out: leave-one-out score of each example that was used. Shape (n,), float64.
        used: indices of these examples, shape (n,), ascending.
    """

    weights: Rows
    offset: float
    held_out: npt.NDArray[np.float64]
    used: npt.NDArray[np.int64]


def fit_direction(background: Whitening, accepted: Rows, refused: Rows) -> Direction:
    """Fit the direction of a group.

    Args:
        background: of the collection.
        accepted: rows of the group's examples, shape (n, dim), n at least 1; 400 of them if there are more.
        refused: rows of counter-examples, shape (m, dim); likewise.
    """
    used, against = _evenly(len(accepted)), _evenly(len(refused))
    examples = np.concatenate([accepted[used], refused[against]]).astype(np.float64) - background.mean
    wanted = np.concatenate([np.ones(len(used)), np.zeros(len(against))])
    projected = examples @ background.precision
    system = projected @ examples.T
    system[np.diag_indices_from(system)] += RIDGE * len(background.mean)
    inverse = np.linalg.inv(system)
    shares = inverse @ wanted
    weights = shares @ projected
    # Leave-one-out scores need no second solution (Allen's PRESS, 1974).
    held_out = (wanted - shares / np.diag(inverse))[: len(used)]
    return Direction(weights.astype(np.float32), -float(weights @ background.mean), held_out, used)


def _evenly(count: int) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, MOST)).astype(np.int64)) if count else np.zeros(0, np.int64)
