"""The store against a dictionary, through any order of what can happen to it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from vector_helpers import content, failed, failure, key, make, row, rows

from core.vectors import store

NUMBERS = st.integers(0, 11)  # few, so that keys come again
BATCHES = st.lists(st.tuples(NUMBERS, st.integers(0, 999)), max_size=6)


class StoreMachine(RuleBasedStateMachine):
    """``self.done`` and ``self.failed`` say what the store must hold."""

    def __init__(self) -> None:
        super().__init__()
        self._home = tempfile.TemporaryDirectory()
        self.folder = Path(self._home.name) / "effnet-lite0"
        self.done: dict[bytes, bytes] = {}
        self.failed: set[bytes] = set()

    @initialize()
    def create(self) -> None:
        make(self.folder)
        self.writer = store.Writer(self.folder)
        self.reader = store.Reader(self.folder)

    @rule(batch=BATCHES, failures=st.lists(NUMBERS, max_size=3))
    def append(self, batch: list[tuple[int, int]], failures: list[int]) -> None:
        self._append(batch, failures)
        self._apply(batch, failures)

    @rule(numbers=st.lists(NUMBERS, max_size=3))
    def void(self, numbers: list[int]) -> None:
        self.writer.void([key(number) for number in numbers])
        for number in numbers:
            self.done.pop(key(number), None)
            self.failed.discard(key(number))

    @rule()
    def reopen(self) -> None:
        self.writer.close()
        self.writer = store.Writer(self.folder)
        assert self.writer.healed == []

    @rule(batch=BATCHES, failures=st.lists(NUMBERS, max_size=3), where=st.floats(0, 1), rows_are_whole=st.booleans())
    def crash(self, batch: list[tuple[int, int]], failures: list[int], where: float, rows_are_whole: bool) -> None:
        """The writer dies in the midst of a commit: rows first, then the journal, each up to any byte."""
        journal, stored = self.folder / "journal.bin", self.folder / "rows.f32"
        journal_before, rows_before = journal.stat().st_size, stored.stat().st_size
        self._append(batch, failures)
        self.writer.close()
        if rows_are_whole:
            kept = round(where * (journal.stat().st_size - journal_before))
            os.truncate(journal, journal_before + kept)
            records = kept // 32
            self._apply(batch[:records], failures[: max(0, records - len(batch))])
        else:
            os.truncate(journal, journal_before)
            os.truncate(stored, rows_before + round(where * (stored.stat().st_size - rows_before)))
        self.writer = store.Writer(self.folder)
        assert self.writer.voided == []

    @rule()
    def delete_and_create(self) -> None:
        self.writer.close()
        store.delete(self.folder)
        self.done, self.failed = {}, set()
        self.create()

    @invariant()
    def holds_what_was_committed(self) -> None:
        assert content(self.folder) == self.done
        assert failed(self.folder) == self.failed
        snapshot = self.reader.snapshot()
        assert len(snapshot.done) == len(self.done)
        assert snapshot.missing.size == 0
        assert store.verify(self.folder) == store.Verification(len(self.done), [])

    def teardown(self) -> None:
        self.writer.close()
        self._home.cleanup()

    def _append(self, batch: list[tuple[int, int]], failures: list[int]) -> None:
        self.writer.append(
            [key(number) for number, _ in batch],
            rows(*(seed for _, seed in batch)),
            [failure(number) for number in failures],
        )

    def _apply(self, batch: list[tuple[int, int]], failures: list[int]) -> None:
        for number, seed in batch:
            self.done[key(number)] = row(seed).tobytes()
            self.failed.discard(key(number))
        for number in failures:
            self.done.pop(key(number), None)
            self.failed.add(key(number))


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
