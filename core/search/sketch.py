"""Short vectors whose products are upper bounds of the cosines of the full vectors.

A rotation splits a row into the part ``a`` along the first principal directions of the collection and a rest of length
``r``. For two rows cos = a.a' + rest.rest' <= a.a' + r r' (Cauchy-Schwarz), so the product of ``(a, r)`` and
``(a', r')`` is an upper bound: pairs whose bound is below a threshold are ruled out at a fraction of the cost, none
by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import Rows

# Rounding error of float32 products of a few hundred numbers is smaller; a bound this close to a limit decides nothing.
SLACK = 1e-5
_LENGTHS = (32, 64, 128, 256)
_RULED_OUT = 3e-4  # maximum share of the pairs that may remain: each costs about a microsecond


@dataclass(frozen=True)
class Sketch:
    """A projection that shortens rows.

    Attributes:
        directions: shape (dim, length), orthonormal columns.
    """

    directions: Rows

    def of(self, rows: Rows) -> Rows:
        """Shape (n, dim) to (n, length + 1), float32. The rows' lengths must be 1."""
        along = rows @ self.directions
        rest = np.sqrt(np.maximum(0.0, 1.0 - np.einsum("ij,ij->i", along, along, dtype=np.float64)))
        return np.concatenate([along, rest[:, None].astype(np.float32)], axis=1)


def sketch_for(rows: Rows, limit: float) -> Sketch | None:
    """The shortest sketch that rules out nearly all pairs below ``limit``, or None if none pays off.

    Directions are fitted on one half of the rows and evaluated on the other, to avoid overfitting.

    Args:
        rows: shape (n, dim), a random sample of the collection, normalised; some thousands.
        limit: cosine that pairs must reach.
    """
    fitted, sample = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    _, vectors = np.linalg.eigh(fitted.T @ fitted)
    directions = np.ascontiguousarray(vectors[:, ::-1], np.float32)
    above = np.triu(np.ones((len(sample), len(sample)), bool), 1)
    near = int(np.count_nonzero((sample @ sample.T >= limit) & above))
    for length in _LENGTHS:
        if length > sample.shape[1] // 2:
            break
        sketch = Sketch(np.ascontiguousarray(directions[:, :length]))
        short = sketch.of(sample)
        left = int(np.count_nonzero((short @ short.T >= limit - SLACK) & above)) - near
        if left <= _RULED_OUT * max(1, int(above.sum())):
            return sketch
    return None
