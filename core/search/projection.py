"""Principal components: rows of many numbers as points in two dimensions (Pearson 1901), a block at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.search.assignment import Check, Numbers, blocks, no_check

Points = npt.NDArray[np.float32]  # shape (n, 2)
SAMPLE = 20_000  # rows that the axes are computed from: of more, the first two axes change by under a hundredth
_FEW = 2  # with so many times as many numbers in a row as rows, the rows are decomposed, not their covariance
# The mean, all spreads (variances), the largest first, their directions as rows, and the mean squared length of a row.
_Spreads = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64], float]
_FLAT = 1e-9  # share of the length of the rows: a spread below it is rounding


@dataclass(frozen=True)
class Axes:
    """What a projection needs to place any row.

    Attributes:
        mean: of the rows, shape (dim,), float64.
        axes: orthonormal directions, those of the largest spread first, shape (k, dim), float64; zeros where the rows
            have no spread in so many directions.
        share: of the whole spread (variance) that lies in these directions, 0 to 1.
    """

    mean: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]
    share: float


def fit_axes(rows: Rows, numbers: Numbers, *, count: int = 2, seed: int = 0, check: Check = no_check) -> Axes:
    """The directions in which the rows ``numbers`` differ most, exact for up to ``SAMPLE`` rows, else for a sample.

    Deterministic: the same rows and seed give the same axes, signs included (the largest component is positive).

    Args:
        rows: shape (total, dim), float32; usually mapped from a file.
        numbers: which rows, shape (n,), int64, ascending.
        count: of directions.
        seed: of the sample.
        check: called before each block; may raise to stop.
    """
    dim = rows.shape[1]
    if len(numbers) > SAMPLE:
        numbers = np.sort(np.random.default_rng(seed).choice(numbers, SAMPLE, replace=False))
    few = len(numbers) * _FEW <= dim
    mean, spreads, vectors, length = (_of_few if few else _of_many)(rows, numbers, check)
    whole = float(spreads.sum())
    spreads, vectors = spreads[:count], vectors[:count]
    axes = np.zeros((count, dim))
    real = spreads > _FLAT * max(length, np.finfo(np.float64).tiny)
    axes[: len(vectors)][real] = vectors[real]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    axes *= np.where(largest < 0, -1, 1)
    return Axes(mean, axes, min(float(spreads[real].sum()) / whole, 1.0) if real.any() else 0.0)


def _of_many(rows: Rows, numbers: Numbers, check: Check) -> _Spreads:
    """From the products of all components, which are summed block by block."""
    dim = rows.shape[1]
    total, products = np.zeros(dim), np.zeros((dim, dim))
    for _, block in blocks(rows, numbers, check):
        exact = _finite(block).astype(np.float64)
        total += exact.sum(axis=0)
        products += exact.T @ exact
    mean = total / len(numbers)
    spreads, vectors = np.linalg.eigh(products / len(numbers) - np.outer(mean, mean))
    return mean, np.maximum(spreads[::-1], 0), vectors.T[::-1], float(np.trace(products)) / len(numbers)


def _of_few(rows: Rows, numbers: Numbers, check: Check) -> _Spreads:
    """From the rows themselves: the products of all components would take seconds to take apart, however few rows."""
    exact = np.zeros((len(numbers), rows.shape[1]))
    for span, block in blocks(rows, numbers, check):
        exact[span] = _finite(block)
    size = max(len(numbers), 1)
    mean = exact.sum(axis=0) / size
    _, lengths, vectors = np.linalg.svd(exact - mean, full_matrices=False)
    return mean, lengths**2 / size, vectors, float((exact**2).sum()) / size


def project(rows: Rows, numbers: Numbers, axes: Axes, check: Check = no_check) -> npt.NDArray[np.float32]:
    """Where the rows ``numbers`` lie along the axes, shape (n, k), float32, finite.

    Args:
        rows: shape (total, dim), float32.
        numbers: which rows, shape (n,), int64; ascending reads a file from front to back.
        axes: of :func:`fit_axes`.
        check: called before each block; may raise to stop.
    """
    points = np.empty((len(numbers), len(axes.axes)), np.float32)
    turned = axes.axes.T.astype(np.float32)
    offset = axes.mean @ axes.axes.T
    for span, block in blocks(rows, numbers, check):
        points[span] = _finite(block) @ turned - offset
    return points


def _finite(block: Rows) -> Rows:
    """A damaged row must not carry its NaN to the others."""
    return block if np.isfinite(block).all() else np.nan_to_num(block, posinf=0.0, neginf=0.0)
