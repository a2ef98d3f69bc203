"""The cluster of a plug-in, whose defects end the job with a reason that names it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from core.engines.cluster import Ended
from core.plugins import answers_for


class ForeignCluster:
    """A :class:`core.engines.cluster.Cluster` that answers for another.

    Args:
        cluster: of a plug-in; should be such a cluster, but may be anything.
        named: its name, for messages.
    """

    def __init__(self, cluster: Any, named: str) -> None:
        self._cluster = cluster
        self._named = named

    def workers(self) -> Mapping[str, int]:
        with answers_for(self._named):
            return {str(name): int(slots) for name, slots in self._cluster.workers().items()}

    def start(self, number: int, task: bytes, workers: Collection[str] | None) -> None:
        with answers_for(self._named):
            self._cluster.start(number, task, workers)

    def ended(self, seconds: float) -> Ended | None:
        with answers_for(self._named):
            found = self._cluster.ended(seconds)
            if not (found is None or (isinstance(found, Ended) and isinstance(found.answer, bytes))):
                raise TypeError(f"it gave no answer but {type(found).__name__}")
            return found

    def where(self, number: int) -> str:
        with answers_for(self._named):
            return str(self._cluster.where(number))

    def cancel(self, number: int) -> None:
        with answers_for(self._named):
            self._cluster.cancel(number)

    def close(self) -> None:
        with answers_for(self._named):
            self._cluster.close()
