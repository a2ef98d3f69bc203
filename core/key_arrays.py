"""Arrays of picture keys: compact, with membership tests much faster than for strings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.keys import KEY_BYTES

Keys = npt.NDArray[np.bytes_]
# A key is a SHA-1: its first 8 bytes distinguish a million keys (odds of a collision 1 in 37 million), and compare as
# one number; the other 12 bytes are compared for hits only.
_PARTS = np.dtype([("head", ">u8"), ("tail", "V12")])


def is_in(keys: Keys, among: Keys) -> npt.NDArray[np.bool_]:
    """Whether each of ``keys`` is one of ``among``.

    Args:
        keys: shape (n,), dtype S20.
        among: shape (m,), dtype S20, sorted (as the catalog gives them).

    Returns:
        Shape (n,), bool. A million among a million takes a third of the time of ``np.isin``.
    """
    return index_in(keys, among) >= 0


def index_in(keys: Keys, among: Keys) -> npt.NDArray[np.int64]:
    """Where each of ``keys`` is in ``among``, -1 for one that is not; the arguments are those of :func:`is_in`.

    Returns:
        Shape (n,), int64.
    """
    if not len(keys) or not len(among):
        return np.full(len(keys), -1, np.int64)
    heads = _heads(keys)
    known = _heads(among)
    if len(known) > 1 and bool((known[1:] == known[:-1]).any()):
        index = np.minimum(np.searchsorted(among, keys), len(among) - 1)
        return np.where(among[index] == keys, index, -1).astype(np.int64)
    order = np.argsort(heads)  # sorted lookups are cache-friendly
    index = np.searchsorted(known, heads[order])
    index[index == len(known)] = 0
    found = np.zeros(len(keys), bool)
    found[order] = known[index] == heads[order]
    hits = np.flatnonzero(found)
    back = np.empty(len(keys), np.int64)
    back[order] = index
    found[hits] = keys[hits] == among[back[hits]]
    return np.where(found, back, -1)


def _heads(keys: Keys) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(keys).view(_PARTS)["head"].astype(np.uint64)


class SortedKeys:
    """A set of keys with 20 bytes each; a Python set of a million takes 80 MB.

    Args:
        keys: shape (n,), dtype S20, in any order.
    """

    def __init__(self, keys: Keys) -> None:
        self._sorted = np.sort(keys)

    def __contains__(self, key: bytes) -> bool:
        stripped = key.rstrip(b"\0")  # NumPy strips elements too
        number = int(np.searchsorted(self._sorted, np.bytes_(stripped)))
        return number < len(self._sorted) and bool(self._sorted[number] == stripped)


def whole_keys(keys: Keys) -> list[bytes]:
    """Each of ``keys`` (shape (n,), dtype S20) as its 20 bytes."""
    raw = np.ascontiguousarray(keys).tobytes()
    return [raw[start : start + KEY_BYTES] for start in range(0, len(raw), KEY_BYTES)]
