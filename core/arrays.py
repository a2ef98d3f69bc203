"""The arrays of vectors shared by models and search."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]


def normalise(rows: npt.ArrayLike) -> Rows:
    """Rows of length 1, float32. Rows of zeros and non-finite rows are unchanged: they have no direction."""
    values = np.array(rows, dtype=np.float32)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    values /= np.where(lengths > 0, lengths, 1)
    return values
