"""What each worker of a cluster has done of a job, as the job's events say: they may come from somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.jobs.events import Event

KIND = "workers"  # of the events
_LARGEST = 1 << 53  # more pictures than any collection has


@dataclass(frozen=True)
class WorkerTally:
    """What one worker did in this run.

    Attributes:
        name: as the cluster calls it; any text.
        done: pictures that it computed.
        failed: pictures that it could not read.
        rate: pictures a second; 0 while it is unknown.
    """

    name: str
    done: int
    failed: int
    rate: float


def worker_tallies(event: Event) -> tuple[WorkerTally, ...]:
    """The workers that an event of :data:`KIND` names, in its order; those that make no sense are left out."""
    workers = event.values.get("workers")
    if not isinstance(workers, dict):
        return ()
    tallies = (_tally(str(name), values) for name, values in workers.items())
    return tuple(one for one in tallies if one is not None)


def _tally(name: str, values: Any) -> WorkerTally | None:
    if not isinstance(values, dict):
        return None
    answered, failed = _pictures(values.get("done")), _pictures(values.get("failed"))  # these are among those
    if answered is None or failed is None:
        return None
    return WorkerTally(name, max(0, answered - failed), failed, _rate(values.get("rate")))


def _pictures(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST else None


def _rate(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < _LARGEST else 0.0
