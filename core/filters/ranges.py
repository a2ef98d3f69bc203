"""Ranges of numbers with round limits, for groups and charts of more different numbers than anybody reads."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

_MOST = 25  # ranges of equal length
_SKEWED = 500.0  # largest to smallest: ranges of equal length would put nearly everything into the first
_ROUND = (1, 2, 5)


def ranges(numbers: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Put numbers into ranges.

    The ranges are of equal length with limits that are multiples of 1, 2 or 5 times a power of ten. Where the largest
    number is 500 times the smallest or more, they run from one of these limits to the next: 1, 2, 5, 10, 20 ….

    Args:
        numbers: ascending, finite, shape (k,), k > 0.

    Returns:
        The place in the names of each number's range, ascending, shape (k,); and the names, such as ``200 to 299``
        for whole numbers and ``0.5 to 1`` (without 1) for others. Every name has a number.
    """
    low, high = float(numbers[0]), float(numbers[-1])
    whole = bool(np.all(numbers == np.floor(numbers)))
    limits = _growing(low, high) if low > 0 and high / low >= _SKEWED else _equal(low, high, 1.0 if whole else 0.0)
    places = np.clip(np.searchsorted(limits, numbers, side="right") - 1, 0, len(limits) - 2)
    whole = whole and bool(np.all(limits == np.floor(limits)))
    used, codes = np.unique(places, return_inverse=True)
    return codes.astype(np.int64), [_name(float(limits[one]), float(limits[one + 1]), whole) for one in used.tolist()]


def _equal(low: float, high: float, least: float) -> npt.NDArray[np.float64]:
    parts = _MOST - 1
    step = _rounded_up(max(high / parts - low / parts, least) or abs(low) or 1.0)
    first = math.floor(low / step)
    # From whole multiples, not by adding up: 3 * 0.1 is one rounding away from 0.3, a sum of three is two.
    return np.arange(first, math.floor(high / step) + 2, dtype=np.float64) * step


def _growing(low: float, high: float) -> npt.NDArray[np.float64]:
    exponents = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    series = np.array([factor * 10.0**exponent for exponent in exponents for factor in _ROUND])
    first, last = np.searchsorted(series, low, side="right") - 1, np.searchsorted(series, high, side="right")
    return series[first : last + 1]


def _rounded_up(step: float) -> float:
    """The next of 1, 2, 5, 10 … times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (*_ROUND, 10) if factor * power >= step * (1 - 1e-9))


def _name(low: float, high: float, whole: bool) -> str:
    if not whole:
        return f"{low:.6g} to {high:.6g}"
    return _whole(low) if high - low == 1 else f"{_whole(low)} to {_whole(high - 1)}"


def _whole(number: float) -> str:
    """With separators where it is no year."""
    return f"{number:,.0f}" if abs(number) >= 10_000 else f"{number:.0f}"
