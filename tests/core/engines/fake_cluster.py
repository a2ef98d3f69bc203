"""A cluster in this process: what its workers do is a function from tasks to answers, and nothing depends on time."""

from __future__ import annotations

import zlib
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from core.engines import remote
from core.engines.cluster import Ended
from core.engines.messages import Answer, Task

Work = Callable[[bytes], bytes | None]


class Gone(Exception):
    """A worker dies."""


class FakeCluster:
    """As :class:`core.engines.cluster.Cluster` asks for. Workers take turns.

    Args:
        works: what each worker does with a task, by its name; None where it never answers.

    Attributes:
        did: tasks with pictures that each worker got.
        most: tasks that were away at the same time.
    """

    def __init__(self, works: Mapping[str, Work]) -> None:
        self.works = dict(works)
        self.did: Counter[str] = Counter()
        self.hung: dict[int, str] = {}
        self.cancelled: list[int] = []
        self.most = 0
        self.closed = 0
        self.on_task: Callable[[], object] = lambda: None
        self.on_look: Callable[[], None] = lambda: None
        self._waiting: deque[tuple[int, bytes, frozenset[str] | None]] = deque()
        self._turn = 0

    def workers(self) -> Mapping[str, int]:
        self.on_look()
        return dict.fromkeys(self.works, 1)

    def start(self, number: int, task: bytes, workers: Collection[str] | None) -> None:
        self._waiting.append((number, task, None if workers is None else frozenset(workers)))
        self.most = max(self.most, len(self._waiting))

    def ended(self, seconds: float) -> Ended | None:
        for _ in range(len(self._waiting)):
            number, task, allowed = self._waiting.popleft()
            names = [name for name in self.works if allowed is None or name in allowed]
            if not names:
                self._waiting.append((number, task, allowed))
                continue
            self._turn += 1
            return self._done(number, task, allowed, names[self._turn % len(names)])
        return None

    def where(self, number: int) -> str:
        return self.hung.get(number, "")

    def cancel(self, number: int) -> None:
        self.cancelled.append(number)
        self._waiting = deque(entry for entry in self._waiting if entry[0] != number)

    def close(self) -> None:
        self.closed += 1

    def _done(self, number: int, task: bytes, allowed: frozenset[str] | None, name: str) -> Ended | None:
        if Task.from_bytes(task).pictures:
            self.did[name] += 1
            self.on_task()
        try:
            answer = self.works[name](task)
        except Gone:  # as real clusters do: others get its tasks, if they may
            del self.works[name]
            self._waiting.append((number, task, allowed))
            return None
        if answer is None:
            self.hung[number] = name
            return None
        return Ended(number, name, answer)


def honest(task: bytes) -> bytes:
    """What a worker does."""
    return remote.compute(task, 2)


def dying(after: int) -> Work:
    """A worker that dies with the task that follows so many."""
    left = after

    def work(task: bytes) -> bytes:
        nonlocal left
        if Task.from_bytes(task).pictures:
            left -= 1
        if left < 0:
            raise Gone
        return honest(task)

    return work


def hangs(task: bytes) -> bytes | None:
    """Says which models it has, and then nothing more."""
    return None if Task.from_bytes(task).pictures else honest(task)


def changing(change: Callable[[Answer], Answer]) -> Work:
    """A worker whose answers to pictures are changed."""

    def work(task: bytes) -> bytes:
        answer = Answer.from_bytes(honest(task))
        return (change(answer) if answer.computed else answer).to_bytes()

    return work


def with_rows(change: Callable[[Any], Any]) -> Work:
    """A worker that computes other rows, with a checksum that suits them."""

    def changed(answer: Answer) -> Answer:
        rows = change(np.frombuffer(answer.rows, "<f4").copy()).tobytes()
        (stage,) = answer.computed
        return replace(answer, rows=rows, computed=[replace(stage, crc=zlib.crc32(rows))])

    return changing(changed)


def of_another_model(task: bytes) -> bytes:
    """A worker with other weights."""
    answer = Answer.from_bytes(honest(task))
    return replace(
        answer, manifests=[entry | {"sha256": {"weights": "other"}} for entry in answer.manifests]
    ).to_bytes()
