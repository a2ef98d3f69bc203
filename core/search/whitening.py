"""Whitening: mean and covariance of a collection's vectors, computed once.

Directions in which all pictures of a collection vary tell little about a group of them. Multiplying by the inverse
covariance (whitening) removes them: if all pictures have a white background, the background does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Rows that the statistics are computed from: 10 for each of 1,024 numbers, as much as the shrunk covariance can use.
_SAMPLE = 10_000
# Shrinkage of the covariance towards a multiple of the identity, measured (`recommend_benchmark`): less overweights
# directions of small variance, 1 is no whitening.
SHRINKAGE = 0.8


@dataclass(frozen=True)
class Whitening:
    """Mean and inverse covariance of a collection's vectors.

    Attributes:
        mean: shape (dim,), float64.
        precision: inverse of the shrunk covariance, shape (dim, dim), float64.
    """

    mean: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]


def fit_whitening(rows: npt.NDArray[np.float32], numbers: npt.NDArray[np.int64], *, seed: int = 0) -> Whitening:
    """The statistics of some rows, from a sample of at most 10,000 of them.

    The covariance is shrunk towards the identity times its mean variance (Ledoit and Wolf, 2004, with a fixed share):
    it is always invertible, even for few rows. If all rows are equal, the precision is the identity.

    Args:
        rows: shape (n, dim), float32; usually mapped from a file.
        numbers: which rows, ascending; at least one.
        seed: of the sample.
    """
    if len(numbers) > _SAMPLE:
        numbers = np.sort(np.random.default_rng(seed).choice(numbers, _SAMPLE, replace=False))
    sample = np.asarray(rows[numbers])
    mean = sample.mean(axis=0, dtype=np.float64)
    centred = sample - mean.astype(np.float32)
    covariance = (centred.T @ centred).astype(np.float64) / len(sample)
    dim = len(mean)
    variance = float(np.trace(covariance)) / dim
    if variance <= np.finfo(np.float32).eps ** 2:  # no larger than what rounding leaves
        return Whitening(mean, np.eye(dim))
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * variance * np.eye(dim)
    return Whitening(mean, np.linalg.inv(shrunk))
