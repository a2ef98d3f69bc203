"""Keys of pictures as NumPy holds them: many in little room, looked up one by one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

KEY_BYTES = 20

Keys = npt.NDArray[np.bytes_]


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


def whole_keys(keys: Keys) -> list[bytes]:
    """Each of ``keys`` (shape (n,), dtype S20) as its 20 bytes: NumPy drops zeros at the end of an element."""
    raw = np.ascontiguousarray(keys).tobytes()
    return [raw[start : start + KEY_BYTES] for start in range(0, len(raw), KEY_BYTES)]
