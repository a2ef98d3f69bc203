"""What a collection's vectors are like on the whole: their mean and covariance, computed once.

Directions in which all pictures of a collection differ anyway tell little about a group of them. Dividing by the
covariance (whitening) takes that out: of the pictures on white ground the white ground does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Rows that the statistics are computed from: 10 for each of 1,024 numbers, as much as the shrunk covariance can use.
_SAMPLE = 10_000
# How far the covariance is drawn towards a ball of the same size. Measured (`recommend_benchmark`): less trusts small
# directions too much, all of it is no whitening.
SHRINKAGE = 0.8


@dataclass(frozen=True)
class Background:
    """Mean and inverse covariance of a collection's vectors.

    Attributes:
        mean: shape (dim,), float64.
        precision: inverse of the shrunk covariance, shape (dim, dim), float64.
    """

    mean: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]


def background(rows: npt.NDArray[np.float32], numbers: npt.NDArray[np.int64], *, seed: int = 0) -> Background:
    """The statistics of some rows, from a sample of at most 10,000 of them.

    The covariance is shrunk towards the identity times its mean variance (Ledoit and Wolf, 2004, with a fixed share):
    it can be inverted, however few the rows. Where all rows are equal the precision is the identity.

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
        return Background(mean, np.eye(dim))
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * variance * np.eye(dim)
    return Background(mean, np.linalg.inv(shrunk))
