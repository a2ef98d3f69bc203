"""Commit the rows and failures of parts that a vec type does not have yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from core.catalog.catalog import Catalog
from core.key_arrays import Keys, is_in, whole_keys
from core.shards.part_vectors import PartVectors
from core.vectors.failures import Failure
from core.vectors.ledger import NOT_RECORDED
from core.vectors.store import Writer

_COMMIT_ROWS = 1_000  # fewer than the records of a batch that a crash may damage, see core.vectors.journal
_LONGEST_REASON = 1_000  # characters: a part may come from a stranger


class MergedRows:
    """Adds rows of parts to a vec type.

    Args:
        writer: of the vec type.
        catalog: of the project.

    Attributes:
        added: rows that are new.
        known: rows of pictures that had one.
        failed: failures that are new.
        foreign: rows of pictures that the project does not have.
    """

    def __init__(self, writer: Writer, catalog: Catalog) -> None:
        self._writer = writer
        self._catalog = catalog
        self._present = catalog.keys()
        snapshot = writer.snapshot()
        self._done = np.sort(snapshot.done)
        self._failed = np.sort(snapshot.failed)
        self.added = self.known = self.failed = self.foreign = 0

    def take(self, part: PartVectors, progress: Callable[[int], None]) -> None:
        """Commit what is new in a part.

        Args:
            part: checked.
            progress: is told how many rows were taken.

        Raises:
            StoreDamaged: the part changed since it was checked; what was committed had not. StoreError, DiskFull: the
                vectors cannot be written.
        """
        live, keys = part.snapshot.live, part.keys
        ours = live & is_in(keys, self._present)
        new = ours & ~is_in(keys, self._done)
        self.foreign += int(np.count_nonzero(live & ~ours))
        self.known += int(np.count_nonzero(ours & ~new))
        for block in part.blocks(new):
            for start in range(0, len(block.rows), _COMMIT_ROWS):
                chosen = slice(start, start + _COMMIT_ROWS)
                self._writer.append(whole_keys(keys[block.numbers[chosen]]), block.rows[chosen])
            self.added += len(block.rows)
            progress(len(block.rows))
        progress(int(np.count_nonzero(live & ~new)))
        self._done = np.sort(np.concatenate([self._done, keys[new]]))
        self._take_failures(part)

    def _take_failures(self, part: PartVectors) -> None:
        failed = part.snapshot.failed
        new = failed[is_in(failed, self._present) & ~is_in(failed, self._done) & ~is_in(failed, self._failed)]
        recorded = part.failures()
        for keys in _batches(new):
            wanted = whole_keys(keys)
            pictures = self._catalog.by_keys(wanted)
            failures = [_failure(key, pictures[key].path, recorded.get(key)) for key in wanted if key in pictures]
            self._writer.append([], np.zeros((0, self._writer.manifest.dim), np.float32), failures)
            self.failed += len(failures)
        self._failed = np.sort(np.concatenate([self._failed, new]))


def _failure(key: bytes, path: bytes, recorded: Failure | None) -> Failure:
    """A failure with the path that the picture has here: the machine of the part may see it elsewhere."""
    reason = recorded.reason[:_LONGEST_REASON] if recorded else ""
    return Failure(key, path, reason or NOT_RECORDED)


def _batches(keys: Keys) -> Iterator[Keys]:
    for start in range(0, len(keys), _COMMIT_ROWS):
        yield keys[start : start + _COMMIT_ROWS]
