"""A cluster of Dask (``pictoscope[dask]``). Imported only where an address says ``dask://``: nothing else needs it.

This process is a client: it opens connections and listens to nothing. Dask unpickles what comes from its scheduler and
its workers, so that these are trusted with this account. What Pictoscope itself sends and takes are plain bytes.
"""

from __future__ import annotations

import asyncio
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
_PATIENCE = 300.0  # seconds that another scheduler is waited for: a service starts again within less
_AGAIN_SECONDS = 2.0  # between looks for it, and for a look: Cancel waits for that
_RUNNING = "running"  # of a client
_CLOSE_SECONDS = 5
_ANSWER_SECONDS = 30.0  # of a scheduler; one that does not answer for so long is lost
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
    address, _, query = place.partition("?")
    gpu = _gpu(query)
    client = _client(address)
    encrypted = client.scheduler.address.startswith("tls")
    log(f"connected to the scheduler {client.scheduler.address}{'' if encrypted else ', without encryption'}")
    return DaskCluster(client, address, gpu, log)


def _client(address: str) -> Any:
    """A client that is connected, as Dask's own configuration says.

    Raises:
        JobError: no scheduler answers.
    """
    from distributed import Client

    try:
        url, security = _as_configured(address)
        return Client(url, timeout=_CONNECT_SECONDS, set_as_default=False, security=security, name="pictoscope")
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        raise JobError(
            f"no scheduler of Dask answers at {printable(address)}: {printable(error_text(error))}",
            f"start one: dask scheduler; then {_RESTART}",
        ) from error


def _as_configured(address: str) -> tuple[str, Any]:
    """The address for Dask, and the certificates that its configuration names; None for none."""
    from distributed.security import Security

    security = Security()
    encrypted = security.get_connection_args("client").get("ssl_context") is not None
    return f"{'tls' if encrypted else 'tcp'}://{address}", security if encrypted else None


def _look(address: str) -> None:
    """Look for a scheduler: a client that finds none leaves a thread and sockets behind.

    Raises:
        OSError: none answers.
    """
    from distributed.comm import connect as reach

    async def look() -> None:
        url, security = _as_configured(address)
        comm = await reach(url, timeout=_AGAIN_SECONDS, **(security.get_connection_args("client") if security else {}))
        comm.abort()

    asyncio.run(look())


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

    Where the scheduler is lost there are no workers for as long as another one at the same address is waited for. That
    one is sent all tasks that have not ended: what workers of the old one still answer, nobody hears.

    Args:
        client: connected.
        address: of the scheduler.
        gpu: of the resource ``GPU`` that a task takes; None to see what the workers have.
        log: takes a line when the scheduler is lost, and when there is another.
    """

    def __init__(self, client: Any, address: str, gpu: float | None, log: Callable[[str], None]) -> None:
        self._address = address
        self._gpu = gpu
        self._log = log
        self._tasks: dict[int, tuple[bytes, Collection[str] | None]] = {}
        self._futures: dict[int, Any] = {}
        self._numbers: dict[str, int] = {}
        self._client: Any = None  # None while there is no scheduler
        self._lost_at: float | None = None  # until there are workers again
        self._tried_at = 0.0
        self._begin(client)

    def workers(self) -> Mapping[str, int]:
        """How many tasks each takes; those that lack the resource are left out. None while there is no scheduler."""
        if not self._is_there():
            return {}
        with self._answering():
            known = self._asked("identity", n_workers=-1)["workers"]
            if self._gpu is None and any(worker["resources"].get(_GPU) for worker in known.values()):
                self._gpu = 1.0
            if known:
                self._lost_at = None
            return {name: slots for name, worker in known.items() if (slots := self._slots(worker)) > 0}
        return {}

    def start(self, number: int, task: bytes, workers: Collection[str] | None) -> None:
        """Submit it, now or when there is a scheduler again."""
        self._tasks[number] = task, workers
        if self._is_there():
            with self._answering():
                self._submit(number)

    def ended(self, seconds: float) -> Ended | None:
        """The next that ended."""
        until = time.monotonic() + seconds
        while True:
            while self._is_there() and self._ready.has_ready():
                future, result = next(self._ready)
                number = self._numbers.get(future.key)
                if number is not None and (ended := self._ended(number, future, result)):
                    self._forget(number)
                    return ended
            if time.monotonic() >= until:
                return None
            time.sleep(_POLL_SECONDS)

    def where(self, number: int) -> str:
        """Who is computing it, or has computed it and does not hand it over."""
        if not self._is_there() or number not in self._futures:
            return ""
        future = self._futures[number]
        with self._answering():
            processing = self._asked("processing", workers=None)
            holding = self._asked("who_has", keys=[future.key]).get(future.key, ())
            return next(
                (worker for worker, keys in processing.items() if future.key in keys), holding[0] if holding else ""
            )
        return ""

    def cancel(self, number: int) -> None:
        """Nobody waits for it any more; the scheduler forgets it, unless a worker has begun."""
        future = self._forget(number)
        if future is not None:
            with contextlib.suppress(*_TROUBLE):  # whatever it is, nobody wants the answer
                self._withdraw([future])

    def close(self) -> None:
        """Leave: the scheduler forgets all tasks of this client."""
        futures = list(self._futures.values())
        self._tasks.clear()
        with contextlib.suppress(*_TROUBLE):  # the scheduler may be gone
            if futures and self._client is not None and self._client.status == _RUNNING:
                self._withdraw(futures)
        self._leave()

    def _begin(self, client: Any) -> None:
        """Send all tasks that have not ended by a client."""
        from distributed import as_completed

        self._client = client
        self._run = secrets.token_hex(8)
        self._ready = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        with self._answering():
            for number in self._tasks:
                self._submit(number)

    def _submit(self, number: int) -> None:
        task, workers = self._tasks[number]
        key = f"pictoscope-{self._run}-{number}"
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

    def _forget(self, number: int) -> Any:
        """A task is not waited for any more. Returns its future, if it was submitted."""
        self._tasks.pop(number, None)
        future = self._futures.pop(number, None)
        if future is not None:
            self._numbers.pop(future.key, None)
        return future

    def _asked(self, question: str, **words: Any) -> Any:
        """What the scheduler answers. Dask's own functions wait for ever where it hangs."""
        return self._client.sync(getattr(self._client.scheduler, question), callback_timeout=_ANSWER_SECONDS, **words)

    def _withdraw(self, futures: list[Any]) -> None:
        client = self._client
        client.sync(lambda: client.cancel(futures, asynchronous=True, force=True), callback_timeout=_ANSWER_SECONDS)

    def _slots(self, worker: Mapping[str, Any]) -> int:
        """How many tasks a worker takes at a time."""
        threads = int(worker["nthreads"])
        return min(threads, int(worker["resources"].get(_GPU, 0) / self._gpu)) if self._gpu else threads

    def _ended(self, number: int, future: Any, result: Any) -> Ended | None:
        """How a task ended; None if it was lost with the scheduler."""
        if isinstance(result, bytes):
            name, _, answer = result.partition(b"\n")
            return Ended(number, name.decode("utf-8", "replace"), answer)
        if future.cancelled() or future.status in ("lost", "cancelled"):
            self._lose()
            return None
        error = result[1] if isinstance(result, tuple) and len(result) > 1 else result
        last = getattr(error, "last_worker", None)  # of the error that says that workers died with a task
        worker = str(getattr(last, "address", ""))
        said = f"{type(error).__name__}: {error_text(error)}" if isinstance(error, BaseException) else "no answer"
        return Ended(number, worker, problem=printable(said))

    # -- a scheduler that is lost ---------------------------------------------------------------------------------

    def _is_there(self) -> bool:
        """Whether there is a scheduler; looks for another one every few seconds.

        Raises:
            JobError: there has been none for too long.
        """
        if self._client is not None and self._client.status != _RUNNING:
            self._lose()
        now = time.monotonic()
        if self._client is None and now - self._tried_at >= _AGAIN_SECONDS:
            if self._lost_at is not None and now - self._lost_at > _PATIENCE:
                raise JobError(f"the scheduler {printable(self._address)} was lost", f"start it again; then {_RESTART}")
            with contextlib.suppress(OSError, JobError):  # not yet
                _look(self._address)
                client = _client(self._address)
                self._log(f"there is a scheduler at {printable(self._address)} again")
                self._begin(client)
            self._tried_at = time.monotonic()
        return self._client is not None

    def _lose(self) -> None:
        """The scheduler is gone, and with it all that was submitted."""
        if self._lost_at is None:
            self._lost_at = time.monotonic()
            self._log(
                f"the scheduler {printable(self._address)} was lost: waiting {round(_PATIENCE)} s for another there"
            )
        self._leave()

    def _leave(self) -> None:
        client, self._client = self._client, None
        self._futures, self._numbers = {}, {}
        if client is not None:
            with contextlib.suppress(*_TROUBLE):
                client.close(timeout=_CLOSE_SECONDS)

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        """What is asked of the scheduler inside is answered, or it was lost: then the block ends at once."""
        try:
            yield
        except _TROUBLE:
            self._lose()
