"""Rows of any length as rows of length 1, which is what a vec type holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Rows

# Rows that are this close to length 1 stay as they are, bit by bit: what Pictoscope exported comes back unchanged.
# Rounding to float32 moves the length of a normalised row by less than 1e-6.
_UNIT = 1e-5


def bad_rows(numbers: npt.NDArray[Any]) -> list[tuple[int, str]]:
    """Rows without a direction, and why.

    Args:
        numbers: shape (n, dim), real.
    """
    finite = np.isfinite(numbers).all(axis=1)
    some = (numbers != 0).any(axis=1)
    reasons = [(int(row), "it has NaN or infinite numbers") for row in np.flatnonzero(~finite)]
    reasons += [(int(row), "all its numbers are 0") for row in np.flatnonzero(~some)]
    return sorted(reasons)


def unit_rows(numbers: npt.NDArray[Any]) -> tuple[Rows, int]:
    """The rows with length 1, float32, and how many had another length.

    Args:
        numbers: shape (n, dim), finite; no row is all zeros.
    """
    values = numbers.astype(np.float64)
    largest = np.abs(values).max(axis=1, keepdims=True)
    scaled = values / largest  # squares of very large or very small numbers would not be numbers
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    with np.errstate(over="ignore"):
        is_unit = np.abs(largest * lengths - 1) <= _UNIT
    return np.where(is_unit, values, scaled / lengths).astype(np.float32), int(np.count_nonzero(~is_unit))
