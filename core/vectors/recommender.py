"""From a group's examples, and what was refused for it, to a direction in which the rest of a collection is ranked.

Ridge regression on whitened vectors: 1 for the examples, 0 for what was refused, and 0 on the average for the whole
collection, which comes in through its mean and covariance instead of a sample of negatives. With one example it is the
exemplar-LDA of Hariharan, Malik and Ramanan (ECCV 2012); each decision after it is one more equation. In its dual form
a solution costs one system of as many equations as there are examples, so that it is there before the key is released.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.models.backend import Rows
from core.vectors.background import Background

# The ridge, in parts of dim (about the squared length of a whitened vector). Measured (`recommend_benchmark`).
RIDGE = 0.3
# More examples than this teach nothing new, and their system would be felt: 800 equations take 30 ms.
MOST = 400


@dataclass(frozen=True)
class Direction:
    """What was learnt. A row's score is ``row @ weights + offset``: 0 as the average picture; examples are drawn to 1.

    Attributes:
        weights: shape (dim,), float32.
        offset: added to every product.
        held_out: for each example that was used, what its score would be if it were none. Shape (n,), float64.
        used: which examples these are, shape (n,), ascending.
    """

    weights: Rows
    offset: float
    held_out: npt.NDArray[np.float64]
    used: npt.NDArray[np.int64]


def learn(background: Background, accepted: Rows, refused: Rows) -> Direction:
    """The direction of a group.

    Args:
        background: of the collection.
        accepted: rows of the group's examples, shape (n, dim), n at least 1. Of more than 400 that many are taken.
        refused: rows that do not belong to it, shape (m, dim); likewise.
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
    # Leaving one example out needs no second solution (Allen's PRESS, 1974).
    held_out = (wanted - shares / np.diag(inverse))[: len(used)]
    return Direction(weights.astype(np.float32), -float(weights @ background.mean), held_out, used)


def _evenly(count: int) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, MOST)).astype(np.int64)) if count else np.zeros(0, np.int64)
