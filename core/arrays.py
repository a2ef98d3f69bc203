"""The arrays of vectors shared by models and search."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
_AT_ONCE = 4096  # rows: some 10 MB


def normalise(rows: npt.ArrayLike) -> Rows:
    """Rows of length 1, float32. Rows of zeros and non-finite rows are unchanged: they have no direction."""
    values = np.array(rows, dtype=np.float32)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    values /= np.where(lengths > 0, lengths, 1)
    return values


def all_alike(rows: npt.NDArray[Any], numbers: npt.NDArray[np.int64]) -> bool:
    """Whether several rows are the same numbers, so that none is nearer than another. False for fewer than two.

    Args:
        rows: shape (n, dim), perhaps of a file: they are read only until one differs.
        numbers: of the rows to look at, shape (m,).
    """
    if len(numbers) < 2 or not np.array_equal(rows[numbers[0]], rows[numbers[1]]):
        return False
    blocks = range(0, len(numbers), _AT_ONCE)
    return all(bool((rows[numbers[start : start + _AT_ONCE]] == rows[numbers[0]]).all()) for start in blocks)
