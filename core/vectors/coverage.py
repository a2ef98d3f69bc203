"""Which rows of a vec type belong to pictures that the project has now. Cached between queries."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import StoreDamaged
from core.key_arrays import Keys, is_in
from core.vectors.known_rows import check_rows
from core.vectors.snapshot import Snapshot
from core.vectors.store import Reader
from core.vectors.vec_type import VecType


@dataclass(frozen=True)
class Covered:
    """The rows of a vec type, matched with the pictures of the project.

    Attributes:
        snapshot: of the committed rows.
        present: whether each row is live and its picture is in the project, shape (rows,), bool.
        total: pictures of the project.
        done: how many of them have a row.
        failed_keys: keys of pictures that could not be read, dtype S20, shape (k,).
    """

    snapshot: Snapshot
    present: npt.NDArray[np.bool_]
    total: int
    done: int
    failed_keys: Keys

    @property
    def failed(self) -> int:
        """How many pictures of the project could not be read."""
        return len(self.failed_keys)


class Coverage:
    """Caches the readers of a project's vec types and what they cover. Thread-safe.

    Args:
        vectors_folder: of the project.
    """

    def __init__(self, vectors_folder: Path) -> None:
        self._folder = vectors_folder
        self._readers: dict[str, Reader] = {}
        self._known: dict[str, tuple[Keys, Covered]] = {}
        self._checked: dict[str, Snapshot] = {}
        self._lock = threading.Lock()

    def of(self, vec_type: VecType, present: Keys) -> Covered:
        """What a vec type covers: the same object as before while neither its rows nor ``present`` changed.

        Args:
            vec_type: of the project.
            present: keys of the project's pictures, sorted, dtype S20, shape (m,); a new object if they changed,
                as :meth:`core.catalog.catalog.Catalog.keys` gives them.

        Raises:
            StoreError: there is no such vec type, or not yet. StoreDamaged: it cannot be read.
        """
        name = vec_type.name
        with self._lock:
            reader = self._readers.setdefault(name, Reader(self._folder / name))
            snapshot = reader.snapshot()
            if snapshot.manifest.vec_type != vec_type:  # a query would load a model that the user did not choose
                raise StoreDamaged(
                    f"the manifest of the vectors {name} says that they are {snapshot.manifest.vec_type}",
                    "rename their folder to the name in its manifest.toml, or delete it",
                )
            before = self._known.get(name)
            if before and before[0] is present and before[1].snapshot is snapshot:
                return before[1]
            rows = snapshot.live & is_in(snapshot.keys, present)
            failed = snapshot.failed[is_in(snapshot.failed, present)]
            covered = Covered(snapshot, rows, len(present), int(np.count_nonzero(rows)), failed)
            self._known[name] = (present, covered)
            return covered

    def checked(self, covered: Covered) -> Covered:
        """What :meth:`of` has found, once its rows are known to be such as a model computes.

        Raises:
            StoreDamaged: they are not.
        """
        snapshot = covered.snapshot
        name = snapshot.manifest.vec_type.name
        if self._checked.get(name) is not snapshot:
            check_rows(self._folder / name, snapshot)
            self._checked[name] = snapshot
        return covered
