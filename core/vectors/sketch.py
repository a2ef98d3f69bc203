"""Short rows whose products are never below the cosines of the rows they stand for.

A rotation splits a row into the part ``a`` along the directions where the collection lies most and a rest of length
``r``. For two rows cos = a.a' + rest.rest' <= a.a' + r r' (Cauchy-Schwarz), so the product of ``(a, r)`` and
``(a', r')`` is an upper bound: pairs whose bound misses a threshold are ruled out at a fraction of the arithmetic, none
by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.models.backend import Rows

# Float32 products of a few hundred numbers err by less; a bound that lies this near to a limit rules nothing out.
SLACK = 1e-5
_LENGTHS = (32, 64, 128, 256)
_RULED_OUT = 3e-4  # at most this part of the pairs may be left: each costs about a microsecond


@dataclass(frozen=True)
class Sketch:
    """How rows are shortened.

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
    """The shortest sketch that rules out nearly all pairs below ``limit``, or None where none is worth it.

    One half of the rows gives the directions, the other judges them: they fit the rows that made them too well.

    Args:
        rows: shape (n, dim), a sample of the collection in no order, normalised; some thousands.
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
