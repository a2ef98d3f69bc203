"""What the tests of jobs share: pictures, waiting, what a job committed and said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from core.jobs.events import read_events
from core.jobs.job import Job, State
from core.jobs.launch import create_vectors
from core.project import Project
from core.vectors import store
from core.vectors.vec_type import VecType
from tests.patience import until

EFFNET = VecType("effnet-lite0")
STAND_IN = Path(__file__).parent / "stand_in"
PICTURES = 20


def draw(path: Path, number: int) -> None:
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)).save(path)


def finished(job: Job) -> Job:
    until(lambda: Job.read(job.folder).state is not State.RUNNING)
    until(lambda: not (job.folder / "reserve").exists())
    return Job.read(job.folder)


def committed(project: Project, name: str = "effnet-lite0") -> dict[bytes, bytes]:
    """The rows' bytes by key; empty while there is no store."""
    folder = project.vectors_folder / name
    if not (folder / "manifest.toml").exists():
        return {}
    snapshot = store.Reader(folder).snapshot()
    return {key: snapshot.rows[snapshot.row_of(key)].tobytes() for key in snapshot.done.tolist()}


def log(job: Job) -> list[str]:
    return [event.values["text"] for event in read_events(job.folder) if event.kind == "log"]


def started(project: Project, gate: Path) -> Job:
    """A job that has committed 8 pictures and waits at the gate with the next 4."""
    job = create_vectors(project, EFFNET)
    until(gate.with_name(gate.name + ".waiting").exists)
    assert len(committed(project)) == 8
    return Job.read(job.folder)
