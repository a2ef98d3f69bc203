"""A store of vectors against a dictionary, through any order of what can happen to it.

Another store is tested by the same machine: write a :class:`StoreUnderTest` for it, then::

    class Machine(StoreMachine):
        def make(self, home: Path) -> StoreUnderTest:
            return MyStore(home)

    TestMyStore = Machine.TestCase

After the idea of zarr-python's ``zarr.testing.stateful``.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from vector_helpers import failure, key, row, rows

from core.arrays import Rows
from core.vectors.failures import Failure

NUMBERS = st.integers(0, 11)  # few, so that keys come again
ROWS = st.lists(st.tuples(NUMBERS, st.integers(0, 999)), max_size=6)
FAILURES = st.lists(NUMBERS, max_size=3)
STEPS = st.integers(0, 9)
Batch = list[tuple[int, int]]


class StoreUnderTest(ABC):
    """What the machine does with a store: one writer, which is open between :meth:`open` and :meth:`close`."""

    @abstractmethod
    def create(self) -> None:
        """Make it, empty."""

    @abstractmethod
    def open(self) -> None:
        """Begin to write. Whatever a crash left is mended here."""

    @abstractmethod
    def close(self) -> None:
        """End writing."""

    @abstractmethod
    def append(self, keys: Sequence[bytes], vectors: Rows, failures: Sequence[Failure]) -> None:
        """Commit rows and failures."""

    @abstractmethod
    def void(self, keys: Sequence[bytes]) -> None:
        """Take rows (and failures) back."""

    @abstractmethod
    def compact(self) -> None:
        """Give back the room of what does not count. The writer is closed meanwhile."""

    @abstractmethod
    def delete(self) -> None:
        """Remove it. The writer is closed."""

    @abstractmethod
    def content(self) -> dict[bytes, bytes]:
        """The bytes of each row that counts, as a reader sees them that is not the writer."""

    @abstractmethod
    def failed(self) -> set[bytes]:
        """Keys that failed."""

    @abstractmethod
    def damage(self, name: bytes) -> None:
        """Change a bit of this key's row behind the store's back. The writer is closed."""

    @abstractmethod
    def repair(self) -> list[bytes]:
        """Find damaged rows and take them back; their keys. The writer is closed."""

    @abstractmethod
    def interrupt(self, action: Callable[[], None], step: int, part: float) -> bool:
        """Die in the midst of ``action``: at its write number ``step``, of which ``part`` (0 to 1) is done, then close.

        Returns:
            Whether it came that far; else the action is done.
        """


class StoreMachine(RuleBasedStateMachine):
    """``self.done`` and ``self.failed`` say what the store must hold."""

    def __init__(self) -> None:
        super().__init__()
        self._home = tempfile.TemporaryDirectory()
        self.store = self.make(Path(self._home.name))
        self.done: dict[bytes, bytes] = {}
        self.failed: set[bytes] = set()

    def make(self, home: Path) -> StoreUnderTest:
        """The store that is tested, in an empty folder."""
        raise NotImplementedError

    def before_damage(self) -> None:
        """For machines that watch more: rows are about to change behind the store's back."""

    @initialize()
    def create(self) -> None:
        self.store.create()
        self.store.open()

    @rule(batch=ROWS, failures=FAILURES)
    def append(self, batch: Batch, failures: list[int]) -> None:
        self._append(batch, failures)
        self.done, self.failed = self._after(batch, failures)

    @rule(numbers=FAILURES)
    def void(self, numbers: list[int]) -> None:
        self.store.void([key(number) for number in numbers])
        for number in numbers:
            self.done.pop(key(number), None)
            self.failed.discard(key(number))

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store.open()

    @rule()
    def compact(self) -> None:
        self.store.close()
        self.store.compact()
        self.store.open()

    @rule(step=STEPS, part=st.floats(0, 1))
    def crash_in_compaction(self, step: int, part: float) -> None:
        self.store.close()
        self.store.interrupt(self.store.compact, step, part)
        assert self.store.content() == self.done  # before anybody mends anything
        self.store.open()

    @rule(batch=ROWS, failures=FAILURES, step=STEPS, part=st.floats(0, 1))
    def crash_in_append(self, batch: Batch, failures: list[int], step: int, part: float) -> None:
        """What was committed before is there; of the batch nothing, or what comes first in it."""
        self.store.interrupt(lambda: self._append(batch, failures), step, part)
        self.store.open()
        found = self.store.content(), self.store.failed()
        every = len(batch) + len(failures)
        possible = [self._after(batch[:number], failures[: max(0, number - len(batch))]) for number in range(every + 1)]
        assert found in possible
        self.done, self.failed = found

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def damage_and_repair(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.done)))
        self.store.close()
        self.before_damage()
        self.store.damage(name)
        assert self.store.repair() == [name]
        del self.done[name]
        self.store.open()

    @rule()
    def repair_what_is_sound(self) -> None:
        self.store.close()
        assert self.store.repair() == []
        self.store.open()

    @rule()
    def delete_and_create(self) -> None:
        self.store.close()
        self.store.delete()
        self.done, self.failed = {}, set()
        self.create()

    @invariant()
    def holds_what_was_committed(self) -> None:
        assert self.store.content() == self.done
        assert self.store.failed() == self.failed

    def teardown(self) -> None:
        self.store.close()
        self._home.cleanup()

    def _append(self, batch: Batch, failures: list[int]) -> None:
        self.store.append(
            [key(number) for number, _ in batch],
            rows(*(seed for _, seed in batch)),
            [failure(number) for number in failures],
        )

    def _after(self, batch: Batch, failures: list[int]) -> tuple[dict[bytes, bytes], set[bytes]]:
        """What the store holds once this is committed."""
        done, failed = dict(self.done), set(self.failed)
        for number, seed in batch:
            done[key(number)] = row(seed).tobytes()
            failed.discard(key(number))
        for number in failures:
            done.pop(key(number), None)
            failed.add(key(number))
        return done, failed
