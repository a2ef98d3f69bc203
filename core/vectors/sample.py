"""Some pictures that stand for all: models are tried on them before hours are spent on the whole collection."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.catalog.catalog import Catalog


def sample_keys(catalog: Catalog, size: int) -> npt.NDArray[np.bytes_]:
    """Choose pictures that are spread over folders and dates, and over what was taken one after the other.

    Systematic sampling: all pictures are put in a line by folder, time and path, in which what is alike is often near,
    and are taken at distances that differ by a factor of two at most. So each folder has its share, and each that holds
    two n-ths of all has one of n. The same collection gives the same sample, whatever was computed meanwhile, and a
    larger sample holds the smaller one.

    Args:
        catalog: read only.
        size: pictures wanted, 1 or more; all pictures where there are no more.

    Returns:
        Keys, sorted, shape (min(size, pictures),), dtype S20.
    """
    facts = catalog.facts()
    line = np.lexsort((facts.moments, facts.file_folders[facts.first_files]))  # stable: facts are ordered by path
    return np.sort(facts.keys[line[spread(len(line))[:size]]])


def spread(count: int) -> npt.NDArray[np.int64]:
    """The numbers below ``count``, shape (count,), in an order of which every beginning is spread evenly.

    The order of the sequence of van der Corput (1935) in base two.
    """
    bits = max(1, (count - 1).bit_length())
    points = np.arange(1 << bits, dtype=np.int64)
    reversed_bits = np.zeros_like(points)
    for bit in range(bits):
        reversed_bits |= (points >> bit & 1) << (bits - 1 - bit)
    first = np.full(count, 1 << bits, np.int64)
    if count:
        np.minimum.at(first, points * count >> bits, reversed_bits)  # one or two points a number
    return np.argsort(first, kind="stable")
