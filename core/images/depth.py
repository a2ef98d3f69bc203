"""Convert numbers of any type to the values 0..255 of a picture, by their type and not by the picture's brightness.

- Unsigned integers of n bits range from black at 0 to white at 2^n - 1.
- Signed integers of 8 and 16 bits range from black at 0 to white at the largest number; negative ones are black.
- Floating-point numbers range from 0 to 1, the convention of TIFF readers. If fewer than 99 in 100 of them are
  in it, from 0 to 255; else, like signed integers of 32 bits and more, which have no convention, from the 0.5th to
  the 99.5th percentile. No single pixel changes which of these ranges is used.
- A range in the file takes precedence over all of this.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]

_ROWS = 1 << 22  # numbers converted at a time, to limit memory
_MOST = 0.99  # the fraction of the numbers that must be in a range
_ENDS = (0.5, 99.5)  # percentiles between which numbers without a convention are stretched
_SAMPLE = 1 << 20  # minimum number of values for those percentiles


def to_bytes(numbers: Numbers, bits: int | None = None, stated: tuple[float, float] | None = None) -> Bytes:
    """Convert numbers of any shape to uint8, same shape, black at 0 and white at 255.

    Args:
        numbers: the first axis is the rows.
        bits: of unsigned integers, if fewer than their type has.
        stated: the smallest and the largest value, if the file states them.
    """
    if numbers.dtype == np.bool_:
        return numbers.astype(np.uint8) * np.uint8(255)
    low, high = stated or _range(numbers, bits)
    if numbers.dtype == np.uint8 and (low, high) == (0, 255):
        return numbers
    result = np.empty(numbers.shape, np.uint8)
    rows = max(1, _ROWS // max(1, numbers[:1].size))
    for top in range(0, len(numbers), rows):
        result[top : top + rows] = _scaled(numbers[top : top + rows], low, high)
    return result


def _scaled(numbers: Numbers, low: float, high: float) -> Bytes:
    exact = np.nan_to_num(numbers.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(np.rint((exact - low) * (255.0 / (high - low))), 0, 255).astype(np.uint8)


def _range(numbers: Numbers, bits: int | None) -> tuple[float, float]:
    kind, width = numbers.dtype.kind, numbers.dtype.itemsize * 8
    if kind == "u":
        return 0.0, float(2 ** (bits or width) - 1)
    if kind == "i" and width <= 16:
        return 0.0, float(2 ** (width - 1) - 1)
    sample = _sample(numbers)
    if kind == "f":
        for top in (1.0, 255.0):
            if not len(sample) or np.mean((sample >= 0) & (sample <= top)) >= _MOST:
                return 0.0, top
    low, high = (float(end) for end in np.percentile(sample, _ENDS))
    return (low, high) if high > low else (low, low + 1.0)


def _sample(numbers: Numbers) -> npt.NDArray[np.float64]:
    """The finite numbers, or an evenly spaced sample of very many."""
    every = numbers.reshape(-1)[:: max(1, numbers.size // _SAMPLE)].astype(np.float64)
    return every[np.isfinite(every)]
