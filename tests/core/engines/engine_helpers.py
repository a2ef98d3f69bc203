"""What the tests of engines share: a run on a cluster in this process, and what it committed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from core.engines.choice import EngineChoice
from core.engines.cluster import Cluster
from core.jobs import vectors_run
from core.jobs.job import Job, State
from core.jobs.launch import create_vectors
from core.jobs.vectors_run import Pass, VectorsRun
from core.models.options import LoadOptions
from core.project import Project
from core.vectors import store, vec_types
from core.vectors.pipeline import NO_MEASURING, MeasuringCallbacks, Progress
from core.vectors.vec_type import VecType
from tests.core.jobs.worker_helpers import EFFNET, committed
from tests.core.shards.shard_helpers import Reported
from tests.core.vectors.vector_helpers import content
from tests.patience import until

PICTURES = 30
UNREADABLE = 1
FAKE = EngineChoice("fake://here")


@dataclass
class ClusterRun:
    """One run over all pictures of a project. What connects to its cluster does ``connecting`` besides."""

    project: Project
    cluster: Cluster
    choice: EngineChoice = FAKE
    connecting: Callable[[], object] = lambda: None
    stop: threading.Event = field(default_factory=threading.Event)
    reported: Reported = field(default_factory=Reported)

    def fill(self, *wanted: VecType, measuring: MeasuringCallbacks = NO_MEASURING) -> Progress:
        """Compute what is missing of EFFNET, or of these."""
        names = wanted or (EFFNET,)
        for vec_type in names:
            if not (self.project.vectors_folder / vec_type.name).exists():
                vec_types.request(self.project.vectors_folder, vec_type)
        folder, catalog = self.project.vectors_folder, self.project.catalog
        task = Pass(names, folder, catalog, LoadOptions(), "test", engine=self.choice)
        run = VectorsRun(task, self.reported, self.stop)
        run.want(catalog.keys(), is_part=False)

        def connect(choice: EngineChoice, log: Callable[[str], None]) -> Cluster:
            self.connecting()
            return self.cluster

        real, vectors_run.connect = vectors_run.connect, connect
        try:
            return run.fill(measuring)[0]
        finally:
            vectors_run.connect = real

    @property
    def said(self) -> str:
        """All that it logged."""
        return "\n".join(self.reported.lines)


def rows(project: Project, name: str = EFFNET.name) -> dict[bytes, bytes]:
    """The row's bytes of every key."""
    return content(project.vectors_folder / name)


def records(project: Project) -> int:
    """Rows in the file: more than pictures if one was committed twice."""
    return len(store.Reader(project.vectors_folder / EFFNET.name).snapshot().keys)


def job_begun(project: Project, engine: EngineChoice, seed: int) -> Job:
    """A job that has committed some rows; the seed says how many."""
    job = create_vectors(project, EFFNET, engine=engine)
    wanted = random.Random(seed).randrange(1, PICTURES - 14)
    until(lambda: len(committed(project)) >= wanted or Job.read(job.folder).state is not State.RUNNING)
    return Job.read(job.folder)


def is_complete(project: Project, expected: dict[bytes, bytes]) -> bool:
    """Whether the rows are those of an undisturbed run, each once."""
    return rows(project) == expected and records(project) == PICTURES
