"""The engine: carries tasks to workers. Those of a real one are on other machines; these are threads of the job."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

from core.engines.cluster import Ended, EngineKind
from core.errors import UsageError

WORKER = "threads"


class Threads:
    """As ``core.engines.cluster.Cluster`` asks for: carries tasks there and answers back, and checks nothing."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._pool = ThreadPoolExecutor(number)
        self._ended: SimpleQueue[Ended] = SimpleQueue()

    def workers(self) -> Mapping[str, int]:
        """One worker, which computes several tasks at a time."""
        return {WORKER: self._number}

    def start(self, number: int, task: bytes, workers: Collection[str] | None) -> None:
        """A task is bytes, and so is its answer: ``compute`` is what runs on other machines. It never raises."""
        from core.engines.remote import compute  # imports NumPy: not before a job needs it

        def keep(future: Future[bytes]) -> None:
            if not future.cancelled():
                self._ended.put(Ended(number, WORKER, future.result()))

        self._pool.submit(compute, task, 1).add_done_callback(keep)

    def ended(self, seconds: float) -> Ended | None:
        """The next that ended."""
        try:
            return self._ended.get(timeout=seconds)
        except Empty:
            return None

    def where(self, number: int) -> str:
        """All tasks are at the one worker."""
        return WORKER

    def cancel(self, number: int) -> None:
        """An answer that nobody wants any more does no harm."""

    def close(self) -> None:
        """What has begun ends soon; the rest is not begun."""
        self._pool.shutdown(cancel_futures=True)


def connect(place: str, log: Callable[[str], None]) -> Threads:
    """For ``--engine threads://4``: four threads."""
    if not (place.isdecimal() and 1 <= int(place) <= 64):
        raise UsageError(f"--engine: {place!r} is no number of threads", "from 1 to 64, as in threads://4")
    log(f"computing in {place} threads")
    return Threads(int(place))


THREADS = EngineKind("threads", connect)
