"""The tasks that are at a cluster: which batch each is of, who may compute it, and since when it is away."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from core.vectors.engine import Batch

_TYPICAL_OF = 50  # batches


@dataclass
class Flight:
    """A batch that was submitted and not yet answered.

    Attributes:
        batch: of pictures; None for a question which models a worker has.
        tasks: their numbers, and which workers may compute them: None for any.
        since: when its newest task was started, monotonic seconds.
        troubles: how often it was answered by a problem.
        unsent: why pictures could not be sent, by key.
    """

    batch: Batch | None
    tasks: dict[int, frozenset[str] | None] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)
    troubles: int = 0
    unsent: dict[bytes, str] = field(default_factory=dict)


class Flights:
    """All of them, and how long they typically take.

    Args:
        patience: seconds that a task may be away before another worker gets the batch too, at least.
        factor: it must also be away this many times as long as is typical.
    """

    def __init__(self, patience: float, factor: float) -> None:
        self._patience, self._factor = patience, factor
        self._by_task: dict[int, Flight] = {}
        self._took: deque[float] = deque(maxlen=_TYPICAL_OF)
        self._next = 0

    def begin(self, flight: Flight, workers: Collection[str] | None) -> int:
        """Number a new task of a batch."""
        number, self._next = self._next, self._next + 1
        flight.tasks[number] = None if workers is None else frozenset(workers)
        flight.since = time.monotonic()
        self._by_task[number] = flight
        return number

    def of(self, number: int) -> Flight | None:
        """The batch of a task; None if it was answered already, or given up."""
        return self._by_task.get(number)

    def drop(self, number: int) -> None:
        """A task is away no more."""
        flight = self._by_task.pop(number)
        del flight.tasks[number]

    def land(self, flight: Flight) -> list[int]:
        """A batch was answered: the numbers of the tasks that are not needed any more."""
        self._took.append(time.monotonic() - flight.since)
        left = list(flight.tasks)
        for number in left:
            self.drop(number)
        return left

    def all(self) -> Iterator[tuple[int, Flight]]:
        """Each task that is away; some may be dropped meanwhile."""
        yield from list(self._by_task.items())

    def is_late(self, flight: Flight) -> bool:
        """Whether a batch is away for so long that another worker should try."""
        if not self._took:
            return False
        away = time.monotonic() - flight.since
        return away > max(self._patience, self._factor * statistics.median(self._took))
