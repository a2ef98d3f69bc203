"""How long each vec type would take by itself, although one pass over the pictures fills several."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

_Item = TypeVar("_Item")


def clock() -> float:
    """Seconds; only differences mean something."""
    return time.monotonic()


@dataclass
class OwnTime:
    """Where the time of one vec type goes.

    The first batch does not count where others follow it: models and readers warm up with it.

    Attributes:
        threads: that read pictures.
        pictures: that were taken.
        encoding: seconds of its model and of its commits.
        waiting: seconds in which its pictures were waited for: all models wait for the same.
        reading: seconds of the reading threads for its pictures: for several vec types each is read once, and
            prepared for each; what they share is counted for each, as each would read it by itself.
    """

    threads: int
    pictures: int = 0
    encoding: float = 0.0
    waiting: float = 0.0
    reading: float = 0.0
    _batches: int = 0

    def begin(self, reading: float, waiting: float) -> None:
        """Begin a batch: the seconds that were spent on its pictures before it could be taken."""
        self._batches += 1
        if self._batches == 2:
            self.pictures, self.encoding, self.waiting, self.reading = 0, 0.0, 0.0, 0.0
        self.reading += reading
        self.waiting += waiting

    @property
    def seconds(self) -> float:
        """That it would take by itself: without the others' models, but not faster than its pictures can be read."""
        return max(self.encoding + self.waiting, self.reading / self.threads)

    @property
    def rate(self) -> float:
        """Pictures per second by itself; 0 before the first."""
        return self.pictures / max(1e-6, self.seconds) if self.pictures else 0.0

    @contextmanager
    def encodes(self) -> Iterator[None]:
        """Count the time of a block as that of its model."""
        began = clock()
        try:
            yield
        finally:
            self.encoding += clock() - began


def with_waiting_time(items: Iterable[_Item]) -> Iterator[tuple[_Item, float]]:
    """Each item, and the seconds that were waited for it."""
    remaining = iter(items)
    while True:
        began = clock()
        try:
            item = next(remaining)
        except StopIteration:
            return
        yield item, clock() - began
