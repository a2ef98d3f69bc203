"""The store against a dictionary: :mod:`store_machine` with our store in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, rule
from store_machine import StoreMachine, StoreUnderTest
from vector_helpers import ROW_BYTES, content, failed, make

from core.arrays import Rows
from core.vectors import store
from core.vectors.failures import Failure
from core.vectors.manifest import Manifest
from core.vectors.verification import Verification, repair, verify

_CHANGES = ("pwrite", "fdatasync", "fsync", "replace", "unlink", "ftruncate")


class Crash(BaseException):
    """The process dies here: nothing catches this."""


class OurStore(StoreUnderTest):
    """A folder of ``core.vectors.store``."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "effnet-lite0"
        self.reader = store.Reader(self.folder)
        self._writer: store.Writer | None = None

    def create(self) -> None:
        make(self.folder)

    def open(self) -> None:
        self._writer = store.Writer(self.folder)
        assert self._writer.voided == []

    def close(self) -> None:
        if self._writer:
            self._writer.close()
        self._writer = None

    def append(self, keys: Sequence[bytes], vectors: Rows, failures: Sequence[Failure]) -> None:
        assert self._writer
        self._writer.append(keys, vectors, failures)

    def void(self, keys: Sequence[bytes]) -> None:
        assert self._writer
        self._writer.void(keys)

    def compact(self) -> None:
        store.compact(self.folder)

    def delete(self) -> None:
        store.delete(self.folder)

    def content(self) -> dict[bytes, bytes]:
        found = content(self.folder)
        snapshot = self.reader.snapshot()  # one that was opened long ago sees the same
        assert {bytes(name).ljust(20, b"\0") for name in snapshot.done} == found.keys()
        assert verify(self.folder) == Verification(len(found), [])
        return found

    def failed(self) -> set[bytes]:
        return failed(self.folder)

    def damage(self, name: bytes) -> None:
        number = store.Reader(self.folder).snapshot().row_of(name)
        assert number is not None
        with (self.folder / Manifest.load(self.folder).rows_name).open("r+b") as stream:
            stream.seek(number * ROW_BYTES + 5)
            (byte,) = stream.read(1)
            stream.seek(number * ROW_BYTES + 5)
            stream.write(bytes([byte ^ 4]))

    def repair(self) -> list[bytes]:
        return repair(self.folder).bad

    def interrupt(self, action: Callable[[], None], step: int, part: float) -> bool:
        with pytest.MonkeyPatch.context() as patch, (self.folder / store.LOCK_NAME).open() as stream:
            seen, lock = 0, stream.fileno()

            def dying(real: Callable[..., Any]) -> Callable[..., Any]:
                def call(*arguments: Any, **options: Any) -> Any:
                    nonlocal seen
                    # A real death lets go of the lock; here it must still be let go of.
                    if isinstance(arguments[0], int) and os.path.sameopenfile(arguments[0], lock):
                        return real(*arguments, **options)
                    seen += 1
                    if seen != step + 1:
                        return real(*arguments, **options)
                    if real.__name__ == "pwrite":
                        descriptor, text, offset = arguments
                        real(descriptor, bytes(text)[: round(part * len(text))], offset)
                    elif part > 0.5:  # the call is done, what follows it is not
                        real(*arguments, **options)
                    raise Crash

                return call

            for name in _CHANGES:
                patch.setattr(os, name, dying(getattr(os, name)))
            try:
                action()
            except Crash:
                return True
            finally:
                patch.undo()
                self.close()
        return False


class OurMachine(StoreMachine):
    """And a reader that keeps what it has mapped, through everything but damage from outside."""

    def make(self, home: Path) -> StoreUnderTest:
        self.mapped: list[tuple[Rows, bytes]] = []
        return OurStore(home)

    @rule()
    def keep_mapped(self) -> None:
        assert isinstance(self.store, OurStore)
        rows = self.store.reader.snapshot().rows
        self.mapped = [*self.mapped[-3:], (rows, rows.tobytes())]

    @invariant()
    def mapped_rows_do_not_change(self) -> None:
        assert all(rows.tobytes() == before for rows, before in self.mapped)

    def before_damage(self) -> None:
        self.mapped = []


TestStoreMachine = OurMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
