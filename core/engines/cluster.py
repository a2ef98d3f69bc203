"""What is asked of a cluster: carry tasks to workers and answers back. A third party adds others by an entry point."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Ended:
    """A task that ended.

    Attributes:
        number: as it was given to :meth:`Cluster.start`.
        worker: that computed it; empty if unknown.
        answer: what :func:`core.engines.remote.compute` returned there; empty if it did not get so far.
        problem: why there is no answer, in words.
    """

    number: int
    worker: str
    answer: bytes = b""
    problem: str = ""


class Cluster(Protocol):
    """Runs :func:`core.engines.remote.compute` in processes elsewhere. Used by one thread.

    It need not check, repeat or count anything: :class:`core.engines.cluster_engine.ClusterEngine` does.
    """

    def workers(self) -> Mapping[str, int]:
        """How many tasks each worker computes at a time, by its name. Asked every second or so.

        Raises:
            PictoscopeError: the cluster cannot be reached any more.
        """
        ...

    def start(self, number: int, task: bytes, workers: Collection[str] | None) -> None:
        """Have a task computed. Does not wait for it.

        Args:
            number: no two tasks have the same.
            task: for :func:`core.engines.remote.compute`.
            workers: one of these is to compute it; None for any.

        Raises:
            PictoscopeError: the cluster cannot be reached any more.
        """
        ...

    def ended(self, seconds: float) -> Ended | None:
        """The next task that ended, in any order, each once; None if none did within so many seconds.

        Raises:
            PictoscopeError: the cluster cannot be reached any more.
        """
        ...

    def where(self, number: int) -> str:
        """The worker that is computing a task now; empty if unknown."""
        ...

    def cancel(self, number: int) -> None:
        """Nobody wants the answer of a task any more. It may end all the same."""
        ...

    def close(self) -> None:
        """Cancel what has not ended, and let go of the cluster. Never raises."""
        ...


@dataclass(frozen=True)
class EngineKind:
    """A kind of engines, as an entry point ``pictoscope.engines`` names it.

    Attributes:
        name: what stands before ``://`` in addresses.
        connect: connects to the cluster at an address as a person wrote it after ``://``. Its second argument takes
            lines for the log of the job. Raises a :class:`core.errors.PictoscopeError` that says what to do where it
            cannot.
    """

    name: str
    connect: Callable[[str, Callable[[str], None]], Cluster]
