"""Keys of pictures as NumPy holds them: many in little room, membership in a fraction of the time of strings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

KEY_BYTES = 20

Keys = npt.NDArray[np.bytes_]
# A key is a SHA-1: its first 8 bytes tell a million apart (a collision has odds of 1 to 37 million), and compare as one
# number; the other 12 decide in the end.
_PARTS = np.dtype([("head", ">u8"), ("tail", "V12")])


def is_in(keys: Keys, among: Keys) -> npt.NDArray[np.bool_]:
    """Whether each of ``keys`` is one of ``among``.

    Args:
        keys: shape (n,), dtype S20.
        among: shape (m,), dtype S20, sorted (as the catalog gives them).

    Returns:
        Shape (n,), bool. A million among a million takes a third of the time of ``np.isin``.
    """
    if not len(keys) or not len(among):
        return np.zeros(len(keys), bool)
    heads = _heads(keys)
    known = _heads(among)
    if len(known) > 1 and bool((known[1:] == known[:-1]).any()):
        return np.isin(keys, among)
    order = np.argsort(heads)  # neighbours are looked up together: the search stays in the cache
    place = np.searchsorted(known, heads[order])
    place[place == len(known)] = 0
    found = np.zeros(len(keys), bool)
    found[order] = known[place] == heads[order]
    hits = np.flatnonzero(found)
    back = np.empty(len(keys), np.int64)
    back[order] = place
    found[hits] = keys[hits] == among[back[hits]]
    return found


def _heads(keys: Keys) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(keys).view(_PARTS)["head"].astype(np.uint64)


class SortedKeys:
    """Keys of which one is asked whether it is among them: 20 bytes each, where a set of a million takes 80 MB.

    Args:
        keys: shape (n,), dtype S20, in any order.
    """

    def __init__(self, keys: Keys) -> None:
        self._sorted = np.sort(keys)

    def __contains__(self, key: bytes) -> bool:
        stripped = key.rstrip(b"\0")  # as NumPy gives it back
        number = int(np.searchsorted(self._sorted, np.bytes_(stripped)))
        return number < len(self._sorted) and bool(self._sorted[number] == stripped)


def whole_key(key: bytes) -> bytes:
    """A key as its 20 bytes: NumPy drops zeros at the end when it hands out an element."""
    return bytes(key).ljust(KEY_BYTES, b"\0")


def whole_keys(keys: Keys) -> list[bytes]:
    """Each of ``keys`` (shape (n,), dtype S20) as its 20 bytes."""
    raw = np.ascontiguousarray(keys).tobytes()
    return [raw[start : start + KEY_BYTES] for start in range(0, len(raw), KEY_BYTES)]
