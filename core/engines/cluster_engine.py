"""The engine that computes on a cluster: sends batches, checks every answer, and sends elsewhere what went wrong."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from core.catalog.readable import read_any
from core.engines import checks
from core.engines.checks import WrongAnswer
from core.engines.choice import EngineChoice
from core.engines.cluster import Cluster, Ended
from core.engines.crew import Crew
from core.engines.flights import Flight, Flights
from core.engines.messages import StageTask, Task
from core.errors import CannotDecode, JobError, PictoscopeError, UnreadablePicture
from core.images.read import open_regular
from core.text import printable
from core.vectors.engine import Batch, Result, Wanted
from core.vectors.manifest import Manifest

# A task takes a worker about a second: less would keep the scheduler busy, more would make Cancel and the end wait.
_TASK_SECONDS = 1.0
_FEWEST, _MOST = 16, 1024  # pictures
_MOST_ROWS = 256 << 20  # bytes of all answers that are away
_BATCH_BYTES = 8 << 20  # of pictures that are sent
_MOST_SENT = 32  # batches
_MOST_BATCHES = 1024
_AHEAD = 2  # batches for each task that the workers compute at a time: one is computed, one waits there
_POLL_SECONDS = 0.2
_LOOK_SECONDS = 1.0
_TROUBLES = 5  # answers with a problem, until a batch is given up and the job ends
# A batch that is away for so many seconds, and so many times as long as is typical, is given to another worker too.
_PATIENCE, _FACTOR = 60.0, 4.0
_PATIENCE_WITHOUT_WORKERS = 600.0  # seconds
_SAME = "use the same model and the same version on all machines"


@dataclass
class Tally:
    """What a worker did.

    Attributes:
        pictures: that it answered.
        failed: those of them that it could not read.
        since: when its first answer came, monotonic seconds.
    """

    pictures: int = 0
    failed: int = 0
    since: float = field(default_factory=time.monotonic)

    def to_json(self) -> dict[str, float]:
        """For an event."""
        seconds = time.monotonic() - self.since
        rate = round(self.pictures / seconds, 2) if seconds >= 1 else 0.0
        return {"done": self.pictures, "failed": self.failed, "rate": rate}


class ClusterEngine:
    """See :class:`core.vectors.engine.Engine`.

    Args:
        cluster: connected; closed by :meth:`close`.
        choice: how workers get the pictures.
        folders: of the pictures, here.
        log: takes lines.
        stop: when set, no answer is waited for.

    Attributes:
        tallies: what each worker did, by its name.
    """

    def __init__(
        self,
        cluster: Cluster,
        choice: EngineChoice,
        folders: Sequence[bytes],
        log: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        self._cluster = cluster
        self._choice = choice
        self._folders = () if choice.send_pictures else tuple(choice.there(folder) for folder in folders)
        self._log = log
        self._stop = stop
        self._crew = Crew(cluster, log, _PATIENCE_WITHOUT_WORKERS)
        self._flights = Flights(_PATIENCE, _FACTOR)
        self._stages: tuple[StageTask, ...] = ()
        self._expected: list[Manifest] = []
        self._asked = 0  # vec types; some may be left out later
        self._chosen: list[Manifest] = []
        self._looked_at = time.monotonic()
        self._size = float(_FEWEST)
        self._closed = False
        self.tallies: dict[str, Tally] = {}

    @property
    def batch_size(self) -> int:
        """Pictures of a task, by how long the last ones took their workers."""
        return max(_FEWEST, min(_MOST, round(self._size)))

    @property
    def batch_bytes(self) -> int:
        """Bounded where pictures are sent."""
        return _BATCH_BYTES if self._choice.send_pictures else 0

    @property
    def window(self) -> int:
        """Enough for all workers."""
        most = _MOST_SENT if self._choice.send_pictures else _MOST_BATCHES
        row_bytes = sum(manifest.row_bytes for manifest in self._expected)
        most = min(most, _MOST_ROWS // max(1, self.batch_size * row_bytes))
        return max(2, min(most, _AHEAD * self._crew.slots))

    def ask(self, stages: Sequence[StageTask], fits: Callable[[list[Manifest]], bool]) -> list[Manifest]:
        """What the rows of these vec types will be, as most workers say. Those that differ are not used.

        Args:
            stages: with ``read_at_least`` 0.
            fits: whether the rows may be added to those that are there: if any worker's may, they count.

        Returns:
            A manifest for each of them; empty if the run was told to stop.

        Raises:
            JobError: there are no workers, or none of them can compute.
        """
        self._crew.await_some(self._stop)
        self._stages, self._asked = tuple(stages), len(stages)
        asked = list(self._crew.present())
        for worker in asked:
            self._start(Flight(None), (worker,))
        said: dict[str, list[Manifest]] = {}
        began = time.monotonic()
        until = float("inf")  # who has not answered a good while after the first does not count
        while not self._stop.is_set():
            ended = self._cluster.ended(_POLL_SECONDS)
            if ended is not None and self._flights.of(ended.number) is not None:
                self._flights.drop(ended.number)
                self._hear(ended, said)
                if len(said) == 1:
                    now = time.monotonic()
                    until = min(until, now + max(_PATIENCE, _FACTOR * (now - began)))
            self._forget_the_gone()
            waiting = any(True for _ in self._flights.all()) and time.monotonic() < until
            if chosen := _chosen(said, fits, len(asked) if waiting else 0):
                self._chosen = chosen
                self._refuse_others(said, chosen)
                return chosen
            if not waiting:
                raise self._crew.nobody()
        return []

    def begin(self, stages: Sequence[StageTask], expected: Sequence[Manifest]) -> None:
        """Say what batches are computed for.

        Args:
            stages: with ``read_at_least`` of the store.
            expected: the manifests of the stores: all rows must be such.
        """
        self._stages, self._expected = tuple(stages), list(expected)

    def submit(self, batch: Batch) -> None:
        """Send a batch."""
        self._start(Flight(batch), self._crew.allowed())

    def take(self) -> Result | None:
        """The next result that was found to be right."""
        while not self._stop.is_set():
            ended = self._cluster.ended(_POLL_SECONDS)
            if ended is not None and (flight := self._flights.of(ended.number)) is not None:
                self._flights.drop(ended.number)
                if (result := self._result(ended, flight)) is not None:
                    return result
            if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
                self._looked_at = time.monotonic()
                self._look_after()
        return None

    def close(self) -> None:
        """Free the cluster."""
        if not self._closed:
            self._closed = True
            self._cluster.close()

    def _hear(self, ended: Ended, said: dict[str, list[Manifest]]) -> None:
        """Keep what a worker says its rows are. One that cannot compute is not used."""
        try:
            if ended.problem:
                raise JobError(ended.problem)
            answer = checks.read(ended.answer)
            if answer.trouble:
                raise JobError(*answer.trouble)
            said[ended.worker] = checks.manifests(answer, self._asked)
        except (JobError, WrongAnswer) as error:
            self._crew.refuse(ended.worker, error)

    def _refuse_others(self, said: dict[str, list[Manifest]], chosen: list[Manifest]) -> None:
        for worker, manifests in said.items():
            if why := _difference(chosen, manifests):
                self._crew.refuse(worker, WrongAnswer(why, _SAME))

    def _start(self, flight: Flight, workers: Sequence[str] | None) -> None:
        """Start a task of a batch.

        Args:
            flight: of the batch.
            workers: who may compute it; None for any.
        """
        task = self._task(flight)
        self._cluster.start(self._flights.begin(flight, workers), task.to_bytes(), workers)

    def _task(self, flight: Flight) -> Task:
        if flight.batch is None:
            return Task(self._stages, self._folders)
        pictures = flight.batch.pictures
        if not self._choice.send_pictures:
            return Task(self._stages, self._folders, tuple(map(self._there, pictures)))
        contents = []
        flight.unsent.clear()
        for picture in pictures:
            try:
                contents.append(read_any(picture.files, _content))
            except CannotDecode:
                raise
            except UnreadablePicture as error:  # nothing is sent, which is not the picture's content either
                flight.unsent[picture.key] = error.message
                contents.append(b"")
        return Task(self._stages, (), pictures, tuple(contents))

    def _there(self, picture: Wanted) -> Wanted:
        """A picture with the paths that it has on the workers."""
        if not self._choice.elsewhere:
            return picture
        files = tuple(replace(file, path=self._choice.there(file.path)) for file in picture.files)
        return replace(picture, files=files)

    def _result(self, ended: Ended, flight: Flight) -> Result | None:
        """The result in an answer; None if there is none, and the batch was sent elsewhere."""
        if flight.batch is None:  # of a worker that was asked, and was not waited for
            said: dict[str, list[Manifest]] = {}
            self._hear(ended, said)
            self._refuse_others(said, self._chosen)
            return None
        try:
            result, seconds = self._checked(ended, flight.batch)
        except WrongAnswer as error:
            self._crew.refuse(ended.worker, error)
            self._again(flight, error, counts=not ended.worker)
        except JobError as error:
            if not self._crew.is_refused(ended.worker):
                self._crew.strike(ended.worker, error)
            self._again(flight, error, counts=True)
        else:
            for number in self._flights.land(flight):
                self._cluster.cancel(number)
            self._count(ended.worker, result)
            self._adapt(len(flight.batch.pictures), seconds)
            return _with_reasons(result, flight.unsent)
        return None

    def _checked(self, ended: Ended, batch: Batch) -> tuple[Result, float]:
        """The result in an answer, and the seconds that it took the worker.

        Raises:
            WrongAnswer: a worker that works would not answer so. JobError: it could not compute.
        """
        if self._crew.is_refused(ended.worker):
            raise WrongAnswer("it was refused before")
        if ended.problem:
            raise JobError(ended.problem)
        answer = checks.read(ended.answer)
        if answer.trouble:
            raise JobError(*answer.trouble)
        return checks.checked(answer, batch, self._expected), answer.seconds

    def _again(self, flight: Flight, why: PictoscopeError, *, counts: bool) -> None:
        """Send a batch to others, unless others have it already.

        Raises:
            JobError: it went wrong too often.
        """
        flight.troubles += counts
        if flight.troubles >= _TROUBLES:
            raise JobError(f"the same pictures failed on the cluster {_TROUBLES} times: {why.message}", why.hint)
        if not flight.tasks:
            self._start(flight, self._crew.allowed())

    def _look_after(self) -> None:
        """Send elsewhere what is at workers that are gone, and what is late."""
        self._crew.watch()
        self._forget_the_gone()
        for number, flight in self._flights.all():
            if flight.batch is None or len(flight.tasks) > 1 or not self._flights.is_late(flight):
                continue
            slow = self._cluster.where(number)
            others = self._crew.allowed(besides=[slow]) if slow else None
            if others:
                self._log(f"worker {printable(slow)} is slow: its pictures are computed elsewhere too")
                self._start(flight, others)

    def _forget_the_gone(self) -> None:
        """Give up tasks that only workers that are gone may compute."""
        present = self._crew.present()
        for number, flight in self._flights.all():
            workers = flight.tasks.get(number)
            if workers is None or workers & present.keys():
                continue
            self._flights.drop(number)
            self._cluster.cancel(number)
            if flight.batch is None:  # those of Dask end where what is sent to them cannot be imported
                names = ", ".join(map(printable, workers))
                self._log(f"worker {names} ended when it was asked: is this version of Pictoscope installed there?")
            elif not flight.tasks:
                self._start(flight, self._crew.allowed())

    def _adapt(self, pictures: int, seconds: float) -> None:
        """Make tasks larger or smaller, as an answer suggests."""
        if not (math.isfinite(seconds) and seconds > 0):
            return
        suits = max(_FEWEST, min(_MOST, pictures / seconds * _TASK_SECONDS))
        if suits < self._size or pictures >= self.batch_size:  # a small one does not say how long a large one takes
            self._size = (self._size + suits) / 2

    def _count(self, worker: str, result: Result) -> None:
        tally = self.tallies.setdefault(worker, Tally())
        tally.pictures += max((len(one.keys) + len(one.failures) for one in result.computed.values()), default=0)
        tally.failed += max((len(one.failures) for one in result.computed.values()), default=0)


def _content(path: bytes) -> bytes:
    with open_regular(path) as stream:
        return stream.read()


def _with_reasons(result: Result, unsent: dict[bytes, str]) -> Result:
    """A result, with the reasons why pictures could not be sent instead of those of the worker, who got nothing."""
    if not unsent:
        return result
    computed = {
        number: replace(
            one, failures=[replace(failure, reason=unsent.get(failure.key, failure.reason)) for failure in one.failures]
        )
        for number, one in result.computed.items()
    }
    return replace(result, computed=computed)


def _difference(chosen: Sequence[Manifest], other: Sequence[Manifest]) -> str:
    """Why rows of a worker must not be added to those of others, in words; empty if they may."""
    found = (f"{one.vec_type}: {why}" for one, two in zip(chosen, other, strict=True) if (why := one.refuses(two)))
    return next(found, "")


def _chosen(
    said: dict[str, list[Manifest]], fits: Callable[[list[Manifest]], bool], asked: int
) -> list[Manifest] | None:
    """What most workers say, or None while that is not known.

    Args:
        said: by worker.
        fits: whether rows may be added to those that are there.
        asked: how many workers were asked; 0 if no more answers come.
    """
    votes = [(one, sum(not _difference(one, other) for other in said.values())) for one in said.values()]
    if not votes:
        return None
    best, agreeing = max(votes, key=lambda vote: (fits(vote[0]), vote[1]))
    return best if not asked or (fits(best) and 2 * agreeing > asked) else None
