"""A cluster of Dask (``pictoscope[dask]``). Imported only where an address says ``dask://``: nothing else needs it.

This process is a client: it opens connections and listens to nothing. Dask unpickles what comes from its scheduler and
its workers, so that these are trusted with this account. What Pictoscope itself sends and takes are plain bytes.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import CancelledError
from typing import Any
from urllib.parse import parse_qsl

from core.engines import remote
from core.engines.cluster import Ended
from core.errors import JobError, UsageError
from core.text import error_text, printable

_CONNECT_SECONDS = 15
_CLOSE_SECONDS = 5
_POLL_SECONDS = 0.005
_GPU = "GPU"
# What Dask raises where its scheduler does not answer; its own errors of connections are of OSError.
_TROUBLE = (OSError, RuntimeError, TimeoutError, CancelledError)
_RESTART = "`pictoscope vectors restart` with the same --engine resumes the job"


def run(task: bytes, per_task: float) -> bytes:
    """Compute a task in a worker of Dask: its answer, after the name of the worker and a line break.

    Args:
        task: see :func:`core.engines.remote.compute`.
        per_task: of the resource ``GPU`` that a task takes; 0 if it takes none.
    """
    from distributed import get_worker

    worker = get_worker()
    threads = worker.state.nthreads
    at_once = worker.state.total_resources.get(_GPU, 0) / per_task if per_task else threads
    answer = remote.compute(task, max(1, threads // max(1, int(at_once))))
    return bytes(worker.address.encode("utf-8") + b"\n" + answer)


def connect(place: str, log: Callable[[str], None]) -> DaskCluster:
    """Connect to a scheduler.

    Args:
        place: ``HOST:PORT``, and perhaps ``?GPU=0``: how much of the resource ``GPU`` a task takes. Without, it is 1
            where a worker has been started with such a resource.
        log: takes a line that says how.

    Raises:
        UsageError: not such a place. JobError: no scheduler answers there.
    """
    from distributed import Client
    from distributed.security import Security

    address, _, query = place.partition("?")
    gpu = _gpu(query)
    try:
        security = Security()  # as Dask's own configuration says
        encrypted = security.get_connection_args("client").get("ssl_context") is not None
        protocol = "tls" if encrypted else "tcp"
        client = Client(
            f"{protocol}://{address}",
            timeout=_CONNECT_SECONDS,
            set_as_default=False,
            security=security if encrypted else None,
            name="pictoscope",
        )
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        raise JobError(
            f"no scheduler of Dask answers at {printable(address)}: {printable(error_text(error))}",
            f"start one: dask scheduler; then {_RESTART}",
        ) from error
    log(f"connected to the scheduler {protocol}://{address}{'' if encrypted else ', without encryption'}")
    return DaskCluster(client, address, gpu)


def _gpu(query: str) -> float | None:
    try:
        wanted = dict(parse_qsl(query, strict_parsing=True)) if query else {}
        if wanted.keys() - {_GPU}:
            raise ValueError(query)
        return float(wanted[_GPU]) if wanted else None
    except ValueError as error:
        raise UsageError(
            f"{printable(query)!r} names no resource of workers", "?GPU=1 or ?GPU=0 may follow HOST:PORT"
        ) from error


class DaskCluster:
    """See :class:`core.engines.cluster.Cluster`.

    Args:
        client: connected.
        address: of the scheduler, for messages.
        gpu: of the resource ``GPU`` that a task takes; None to see what the workers have.
    """

    def __init__(self, client: Any, address: str, gpu: float | None) -> None:
        from distributed import as_completed

        self._client = client
        self._address = address
        self._gpu = gpu
        self._run = secrets.token_hex(8)
        self._futures: dict[int, Any] = {}
        self._numbers: dict[str, int] = {}
        self._ready = as_completed(loop=client.loop, with_results=True, raise_errors=False)

    def workers(self) -> Mapping[str, int]:
        """How many tasks each takes; those that lack the resource are left out."""
        self._check()
        with self._answering():
            known = self._client.scheduler_info(n_workers=-1)["workers"]
        if self._gpu is None and any(worker["resources"].get(_GPU) for worker in known.values()):
            self._gpu = 1.0
        return {name: slots for name, worker in known.items() if (slots := self._slots(worker)) > 0}

    def start(self, number: int, task: bytes, workers: Collection[str] | None) -> None:
        """Submit it."""
        self._check()
        key = f"pictoscope-{self._run}-{number}"
        with self._answering():
            future = self._client.submit(
                run,
                task,
                self._gpu or 0.0,
                key=key,
                pure=False,
                workers=None if workers is None else list(workers),
                resources={_GPU: self._gpu} if self._gpu else None,
            )
        self._futures[number], self._numbers[key] = future, number
        self._ready.add(future)

    def ended(self, seconds: float) -> Ended | None:
        """The next that ended."""
        until = time.monotonic() + seconds
        while True:
            while self._ready.has_ready():
                future, result = next(self._ready)
                if (number := self._numbers.pop(future.key, None)) is not None:
                    del self._futures[number]
                    return self._ended(number, future, result)
            self._check()
            if time.monotonic() >= until:
                return None
            time.sleep(_POLL_SECONDS)

    def where(self, number: int) -> str:
        """Who is computing it, or has computed it and does not hand it over."""
        future = self._futures[number]
        with self._answering():
            processing: dict[str, list[str]] = self._client.processing()
            holding: list[str] = [*self._client.who_has([future]).get(future.key, ())]
        return next(
            (worker for worker, keys in processing.items() if future.key in keys), holding[0] if holding else ""
        )

    def cancel(self, number: int) -> None:
        """Nobody waits for it any more; the scheduler forgets it, unless a worker has begun."""
        future = self._futures.pop(number, None)
        if future is not None:
            self._numbers.pop(future.key, None)
            with contextlib.suppress(*_TROUBLE):  # whatever it is, nobody wants the answer
                self._client.cancel([future], force=True)

    def close(self) -> None:
        """Leave: the scheduler forgets all tasks of this client."""
        futures, self._futures = list(self._futures.values()), {}
        self._numbers.clear()
        with contextlib.suppress(*_TROUBLE):  # the scheduler may be gone
            if futures and self._client.status == "running":
                self._client.cancel(futures, force=True)
        with contextlib.suppress(*_TROUBLE):
            self._client.close(timeout=_CLOSE_SECONDS)

    def _slots(self, worker: Mapping[str, Any]) -> int:
        """How many tasks a worker takes at a time."""
        threads = int(worker["nthreads"])
        return min(threads, int(worker["resources"].get(_GPU, 0) / self._gpu)) if self._gpu else threads

    def _ended(self, number: int, future: Any, result: Any) -> Ended:
        if isinstance(result, bytes):
            name, _, answer = result.partition(b"\n")
            return Ended(number, name.decode("utf-8", "replace"), answer)
        if future.cancelled() or future.status in ("lost", "cancelled"):
            self._check(lost=True)
        error = result[1] if isinstance(result, tuple) and len(result) > 1 else result
        last = getattr(error, "last_worker", None)  # of the error that says that workers died with a task
        worker = str(getattr(last, "address", ""))
        said = f"{type(error).__name__}: {error_text(error)}" if isinstance(error, BaseException) else "no answer"
        return Ended(number, worker, problem=printable(said))

    def _check(self, *, lost: bool = False) -> None:
        """Look whether the scheduler is still there.

        Raises:
            JobError: it is not.
        """
        if lost or self._client.status != "running":
            raise self._gone()

    def _gone(self) -> JobError:
        return JobError(f"the scheduler {printable(self._address)} was lost", f"start it again; then {_RESTART}")

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        """What is asked of the scheduler inside is answered, or it was lost."""
        try:
            yield
        except _TROUBLE as error:
            raise self._gone() from error
