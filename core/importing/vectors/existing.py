"""What a vec type has already of the rows that are imported into it."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.key_arrays import Keys
from core.vectors.snapshot import Snapshot


class Standing(IntEnum):
    """How a row stands to what is there."""

    NEW = 0
    SAME = 1
    OTHER = 2


class Existing:
    """The live rows of a vec type, found by key.

    Args:
        snapshot: of the vec type; None if it does not exist yet.
    """

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._rows = snapshot.rows if snapshot else np.zeros((0, 0), np.float32)
        live = np.flatnonzero(snapshot.live) if snapshot else np.zeros(0, np.int64)
        keys = snapshot.keys[live] if snapshot else np.zeros(0, "S20")
        order = np.argsort(keys, kind="stable")
        self.keys: Keys = keys[order]
        self._numbers = live[order]

    def standings(self, keys: Keys, rows: Rows) -> npt.NDArray[np.int8]:
        """A :class:`Standing` for each row.

        Args:
            keys: of the rows, shape (n,).
            rows: shape (n, dim).
        """
        found = np.full(len(keys), Standing.NEW, np.int8)
        if not len(self.keys) or not len(keys):
            return found
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        there = np.flatnonzero(self.keys[places] == keys)
        before = np.asarray(self._rows[self._numbers[places[there]]])
        found[there] = np.where((before == rows[there]).all(axis=1), Standing.SAME, Standing.OTHER)
        return found
