"""Which rows of a vec type belong to pictures that the project has now. Kept, so that a second question is quick."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.vectors.keys import Keys, is_in
from core.vectors.store import Reader, Snapshot
from core.vectors.vec_type import VecType


@dataclass(frozen=True)
class Covered:
    """A vec type against the pictures of the project.

    Attributes:
        snapshot: what is committed.
        present: whether each row counts and its picture is in the project, shape (rows,), bool.
        total: pictures of the project.
        failed: how many of them could not be read.
    """

    snapshot: Snapshot
    present: npt.NDArray[np.bool_]
    total: int
    failed: int

    @property
    def done(self) -> int:
        """Pictures of the project that have a row."""
        return int(np.count_nonzero(self.present))


class Coverage:
    """Readers of a project's vec types, each opened once, and what they cover. For several threads.

    Args:
        vectors_folder: of the project.
    """

    def __init__(self, vectors_folder: Path) -> None:
        self._folder = vectors_folder
        self._readers: dict[str, Reader] = {}
        self._known: dict[str, tuple[Keys, Covered]] = {}
        self._lock = threading.Lock()

    def of(self, vec_type: VecType, present: Keys) -> Covered:
        """What a vec type covers: the same object as before while neither its rows nor ``present`` are others.

        Args:
            vec_type: of the project.
            present: keys of the project's pictures, sorted, dtype S20, shape (m,); another object where they changed,
                as :meth:`core.catalog.catalog.Catalog.keys` gives them.

        Raises:
            StoreError: there is no such vec type, or not yet. StoreDamaged: it cannot be read.
        """
        name = vec_type.name
        with self._lock:
            reader = self._readers.setdefault(name, Reader(self._folder / name))
            snapshot = reader.snapshot()
            before = self._known.get(name)
            if before and before[0] is present and before[1].snapshot is snapshot:
                return before[1]
            rows = snapshot.live & is_in(snapshot.keys, present)
            failed = int(np.count_nonzero(is_in(snapshot.failed, present)))
            covered = Covered(snapshot, rows, len(present), failed)
            self._known[name] = (present, covered)
            return covered
