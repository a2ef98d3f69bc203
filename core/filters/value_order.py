"""Sorting by a value, and where it is equal by a place: both as one number, which NumPy sorts several times as fast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_BITS = 62  # of a value and a place together


def by_value_then_place(values: Floats, places: Integers) -> tuple[Floats, Integers]:
    """Values and places sorted by value, where that is equal by place; NaN comes last. Shapes (k,), as those given.

    Args:
        values: shape (k,).
        places: not negative, shape (k,).
    """
    bits = int(places.max(initial=0)).bit_length()
    codes = _whole_numbers(values, _BITS - bits)
    if codes is None:
        order = np.lexsort((places, values))
        return values[order], places[order]
    numbers, first, missing = codes
    keys = numbers << bits | places
    keys.sort()
    ordered = (keys >> bits).astype(np.float64)
    ordered[len(ordered) - missing :] = np.nan
    return ordered + first, keys & ((1 << bits) - 1)


def _whole_numbers(values: Floats, bits: int) -> tuple[Integers, float, int] | None:
    """Ranks and counts as integers from 0: with what to add to get the values again, and the number of NaN.

    NaN becomes the largest. None if the values have fractions, or span more than ``bits``.
    """
    there = ~np.isnan(values)
    missing = len(values) - int(np.count_nonzero(there))
    known = values[there] if missing else values
    if not len(known):
        return np.zeros(len(values), np.int64), 0.0, missing
    first, last = float(known.min()), float(known.max())
    # Up to 2^53 a float holds every integer: nothing is lost when the first is taken off and added again.
    if max(abs(first), abs(last)) >= 1 << 53 or last - first + 1 >= 1 << bits or (known != np.floor(known)).any():
        return None
    numbers = np.where(there, values - first, last - first + 1) if missing else values - first
    return numbers.astype(np.int64), first, missing
