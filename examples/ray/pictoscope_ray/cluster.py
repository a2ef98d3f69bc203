"""A cluster of Ray. Ray unpickles what comes from it, as Dask does: connect only to one that you trust.

This process is a client of Ray and listens to nothing. A worker is a node of the cluster. Each task is bound to one,
so that it is known which node has a task; a node takes a task for each CPU, or for each GPU where there are any.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any

from core.engines.cluster import Ended, EngineKind
from core.errors import JobError
from core.text import error_text, printable

_START = "start one: ray start --head; then `pictoscope vectors restart` with the same --engine"


class RayCluster:
    """As ``core.engines.cluster.Cluster`` asks for: carries tasks there and answers back, and checks nothing."""

    def __init__(self, ray: Any) -> None:
        from grpc import RpcError

        from core.engines.remote import compute  # imports NumPy: not before a job needs it

        self._ray = ray
        self._trouble = (OSError, RuntimeError, ValueError, RpcError, ray.exceptions.RayError)
        self._compute = ray.remote(compute)
        self._nodes: dict[str, dict[str, Any]] = {}
        self._slots: dict[str, int] = {}
        self._waiting: list[tuple[int, bytes, Collection[str] | None]] = []  # for a node
        self._tasks: dict[int, tuple[str, Any]] = {}  # the worker of each, and Ray's reference
        self._ended: SimpleQueue[Ended] = SimpleQueue()

    def workers(self) -> Mapping[str, int]:
        """The nodes that are alive, by address and port: a node that was started again is another worker."""
        with self._answering():
            alive = [node for node in self._ray.nodes() if node["Alive"]]
        unit = "GPU" if any(node["Resources"].get("GPU") for node in alive) else "CPU"
        self._nodes = {f"{node['NodeManagerAddress']}:{node['NodeManagerPort']}": node for node in alive}
        slots = {name: int(node["Resources"].get(unit, 0)) for name, node in self._nodes.items()}
        self._slots = {name: number for name, number in slots.items() if number}
        waiting, self._waiting = self._waiting, []
        for task in waiting:
            self.start(*task)
        return dict(self._slots)

    def start(self, number: int, task: bytes, workers: Collection[str] | None) -> None:
        """Bind the task to the node that has the fewest for what it takes."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        able = [name for name in self._slots if workers is None or name in workers]
        if not able:
            self._waiting.append((number, task, workers))
            return
        busy = Counter(worker for worker, _ in self._tasks.values())
        worker = min(able, key=lambda name: busy[name] / self._slots[name])
        resources = self._nodes[worker]["Resources"]
        threads = max(1, int(resources.get("CPU", 0)) // self._slots[worker])
        with self._answering():
            reference = self._compute.options(
                num_cpus=min(threads, resources.get("CPU", 0)),
                num_gpus=1 if resources.get("GPU") else 0,
                max_retries=0,  # whoever asked sends it elsewhere
                scheduling_strategy=NodeAffinitySchedulingStrategy(self._nodes[worker]["NodeID"], soft=False),
            ).remote(task, threads)
            self._tasks[number] = worker, reference
            reference.future().add_done_callback(lambda future: self._ended.put(_ended(number, worker, future)))

    def ended(self, seconds: float) -> Ended | None:
        """The next that ended."""
        try:
            ended = self._ended.get(timeout=seconds)
        except Empty:
            return None
        self._tasks.pop(ended.number, None)
        if ended.problem:  # the node may be gone: no other task for it before workers() has looked
            self._slots.pop(ended.worker, None)
        return ended

    def where(self, number: int) -> str:
        """The node that the task is bound to."""
        return self._tasks[number][0] if number in self._tasks else ""

    def cancel(self, number: int) -> None:
        """Not begun if it waits; one that was begun is interrupted."""
        self._waiting = [task for task in self._waiting if task[0] != number]
        if number in self._tasks:
            with self._answering():
                self._ray.cancel(self._tasks.pop(number)[1])

    def close(self) -> None:
        """Ray ends what a client has begun when it leaves."""
        with contextlib.suppress(*self._trouble):  # it may be gone
            self._ray.shutdown()

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except self._trouble as error:
            raise JobError(f"the cluster of Ray was lost: {printable(error_text(error))}", _START) from error


def _ended(number: int, worker: str, future: Future[bytes]) -> Ended:
    error = future.exception()
    if error is None:
        return Ended(number, worker, future.result())
    return Ended(number, worker, problem=f"{type(error).__name__}: {printable(error_text(error))}")


def connect(place: str, log: Callable[[str], None]) -> RayCluster:
    """For ``--engine ray://node1:10001``: an address of Ray's own, that of the port for clients of its head."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = (
        "0"  # before ray is imported: it reports its use to its makers unless told so
    )
    import ray

    try:
        ray.init(f"ray://{place}", log_to_driver=False, logging_level="error")
    except (OSError, RuntimeError, ValueError) as error:
        raise JobError(
            f"no cluster of Ray answers at {printable(place)}: {printable(error_text(error))}", _START
        ) from error
    log(f"connected to the cluster of Ray at {place}")
    return RayCluster(ray)


RAY = EngineKind("ray", connect)
