"""What rows of a model can be: checks of rows that were computed elsewhere, or came with a project of somebody else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.arrays import Rows

# Rows are of length 1, or all zeros where a model finds nothing. Rounding changes less.
_LENGTH_TOLERANCE = 1e-3
# The square of a length beyond which sums of products overflow soon. The limit is generous: rows of some other length
# only make an answer meaningless, those beyond it end a computation.
_MOST_SQUARED = 1e12


def finite_and_unit(rows: Rows) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which rows have only finite numbers, and which are of length 1 or all zeros: both of shape (n,)."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("ij,ij->i", rows, rows)
        finite = np.isfinite(squares)
        is_unit = np.abs(np.sqrt(squares) - 1) <= _LENGTH_TOLERANCE
    small = np.flatnonzero(squares == 0)  # all zeros, or squares that are too small for float32
    is_unit[small] = ~rows[small].any(axis=1)
    return finite, is_unit


def can_be_computed_with(rows: Rows) -> npt.NDArray[np.bool_]:
    """Which rows have only finite numbers, none of them far beyond a length of 1: shape (n,)."""
    with np.errstate(over="ignore", invalid="ignore"):
        found: npt.NDArray[np.bool_] = np.einsum("ij,ij->i", rows, rows) <= _MOST_SQUARED
        return found
