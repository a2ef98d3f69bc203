"""The Gaussian error linear unit in NumPy."""

from __future__ import annotations

import numpy as np

from core.arrays import Rows

_ERROR_FUNCTION = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


def gelu(values: Rows) -> Rows:
    """x times the normal distribution's share below x (Hendrycks and Gimpel, 2016); float32, of any shape.

    The error function is Abramowitz and Stegun's 7.1.26, off by at most 1.5e-7, which is float32's own precision; SciPy
    has an exact one, and takes a quarter of a second to import.
    """
    size = np.abs(values)
    size *= np.float32(np.sqrt(0.5))
    inverse = np.float32(1) / (1 + np.float32(0.3275911) * size)
    beyond: Rows = inverse * np.float32(_ERROR_FUNCTION[0])
    for factor in _ERROR_FUNCTION[1:]:
        beyond += np.float32(factor)
        beyond *= inverse
    np.multiply(size, size, out=size)
    np.negative(size, out=size)
    beyond *= np.exp(size, out=size)
    beyond *= np.float32(0.5)  # the share of the distribution beyond |x|
    np.subtract(1, beyond, out=beyond, where=values >= 0)
    beyond *= values
    return beyond
