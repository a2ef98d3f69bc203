"""The workers of a cluster: who is there, and who is not used again, with the reason."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from core.engines.cluster import Cluster
from core.errors import JobError, PictoscopeError
from core.text import count, printable

_LOOK_SECONDS = 1.0
_PAUSE = 0.2
_FIRST_SECONDS = 30.0  # until the first worker must be there
_STRIKES = 3  # problems of one worker, until it is not used any more
_START_SOME = "start some (dask worker SCHEDULER); then restart these vectors with the same --engine"


class Crew:
    """The workers.

    Args:
        cluster: of the workers.
        log: takes a line for each worker that is not used any more.
        patience: seconds without any worker, until the job ends.
    """

    def __init__(self, cluster: Cluster, log: Callable[[str], None], patience: float) -> None:
        self._cluster = cluster
        self._log = log
        self._patience = patience
        self._present: Mapping[str, int] = {}
        self._looked_at = float("-inf")
        self._seen_at = time.monotonic()
        self._refused: dict[str, PictoscopeError] = {}
        self._strikes: Counter[str] = Counter()
        self._told_of_none = False

    def present(self) -> Mapping[str, int]:
        """How many tasks each worker takes that is there and may be used."""
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            self.look()
        return {name: slots for name, slots in self._present.items() if name not in self._refused}

    def look(self) -> None:
        """Ask the cluster who is there.

        Raises:
            JobError: nobody for too long.
        """
        self._looked_at = time.monotonic()
        self._present = self._cluster.workers()
        if self._present:
            self._seen_at, self._told_of_none = self._looked_at, False
        elif self._looked_at - self._seen_at > self._patience:
            raise JobError("all workers of the cluster are gone", _START_SOME)

    def watch(self) -> None:
        """Look, and say so where nobody is left."""
        self.look()
        if not self._present and not self._told_of_none:
            self._told_of_none = True
            self._log(f"no workers are left: waiting {count(round(self._patience))} s for others")

    @property
    def slots(self) -> int:
        """Tasks that all of them take at a time."""
        return sum(self.present().values())

    def await_some(self, stop: threading.Event) -> None:
        """Wait until a worker is there.

        Raises:
            JobError: none comes.
        """
        began = time.monotonic()
        self._seen_at = began
        self.look()
        while not self._present and not stop.is_set():
            if time.monotonic() - began > min(_FIRST_SECONDS, self._patience):
                raise JobError("the cluster has no workers", _START_SOME)
            time.sleep(_PAUSE)
            self.look()

    def allowed(self, besides: Collection[str] = ()) -> list[str] | None:
        """Who may get a task; None for anybody, also those that come later.

        Args:
            besides: who must not.

        Raises:
            JobError: workers are there, but none that may be used.
        """
        present = self.present()
        if not besides and len(present) == len(self._present):
            return None
        if not present:
            raise self.nobody()
        return [name for name in present if name not in besides]

    def is_refused(self, worker: str) -> bool:
        """Whether nothing of a worker is used."""
        return worker in self._refused

    def refuse(self, worker: str, why: PictoscopeError) -> None:
        """Do not use a worker any more."""
        if worker not in self._refused:
            self._refused[worker] = why
            self._log(f"worker {printable(worker) or 'unknown'} is not used: {why.message}")

    def strike(self, worker: str, why: PictoscopeError) -> None:
        """A worker had a problem; not used any more after some."""
        self._log(f"worker {printable(worker) or 'unknown'}: {why.message}; its pictures go to another")
        self._strikes[worker] += 1
        if worker and self._strikes[worker] >= _STRIKES:
            self.refuse(worker, why)

    def nobody(self) -> JobError:
        """The error for workers of which none can be used."""
        last = next(reversed(self._refused.values()), None)
        if last is None:
            return JobError("no worker of the cluster answered", _START_SOME)
        return JobError(f"no worker of the cluster can be used: {last.message}", last.hint or _START_SOME)
