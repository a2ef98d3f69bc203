"""Questions that wait for the job that computes their vectors, and are asked when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import TooFewVectors
from core.jobs.job import Job, State

if TYPE_CHECKING:
    from core.actions.run import Question


def computed(jobs: Iterable[Job]) -> frozenset[str]:
    """Names of the vec types that running jobs compute."""
    return frozenset(name for job in jobs if job.state is State.RUNNING for name in job.vec_types)


@dataclass
class _Waiting:
    question: Question[Any]
    job: str  # its id
    seen_running: bool


class WaitingQuestions:
    """The questions of the open project that wait, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []

    def add(self, question: Question[Any], error: TooFewVectors, jobs: Sequence[Job]) -> Job | None:
        """Let a question wait for the running job that computes what it lacks. Returns the job; None if none does."""
        computing = (job for job in jobs if job.state is State.RUNNING and error.vec_type in job.vec_types)
        job = next(computing, None)
        if job is not None:
            self.add_for(question, job)
        return job

    def add_for(self, question: Question[Any], job: Job) -> None:
        """Let a question wait for a job, which may have been started this moment."""
        if not any(one.question == question and one.job == job.id for one in self._waiting):
            self._waiting.append(_Waiting(question, job.id, seen_running=job.state is State.RUNNING))

    def clear(self) -> None:
        """Forget all: the project is closed."""
        self._waiting.clear()

    def next(self, jobs: Sequence[Job]) -> Question[Any] | None:
        """Take out the oldest question whose job is done. Those whose job ended otherwise are forgotten.

        A job that was just started is not among ``jobs`` yet, or looks interrupted until its worker runs.
        """
        states = {job.id: job.state for job in jobs}
        self._waiting = [one for one in self._waiting if not _is_lost(one, states.get(one.job))]
        for one in self._waiting:
            one.seen_running |= states.get(one.job) is State.RUNNING
        done = next((one for one in self._waiting if states.get(one.job) is State.DONE), None)
        if done is None:
            return None
        self._waiting.remove(done)
        return done.question


def _is_lost(one: _Waiting, state: State | None) -> bool:
    if state is State.INTERRUPTED:
        return one.seen_running
    return state in (State.FAILED, State.STOPPED)
