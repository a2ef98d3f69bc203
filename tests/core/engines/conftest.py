"""A project of 30 pictures, of which one cannot be read, and workers whose model costs nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engines import cluster_engine, crew, remote
from core.jobs.job import State, all_jobs
from core.project import Project
from core.vectors import store
from tests.core.engines.engine_helpers import PICTURES
from tests.core.jobs.worker_helpers import EFFNET, STAND_IN, draw
from tests.core.vectors.stand_in_model import StandIn
from tests.core.vectors.vector_helpers import content
from tests.filled_projects import fill_vectors


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(PICTURES):
        draw(folder / f"{number:02d}.png", number)
    (folder / "no picture.png").write_bytes(b"a text")
    with Project.open_or_create(folder) as project:
        project.scan()
        yield project


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers in this process have a model that costs nothing. A task is of four pictures."""
    monkeypatch.setattr(remote.runtime, "load", lambda spec, options: StandIn())
    monkeypatch.setattr(remote, "_loaded", {})
    for name in ("_FEWEST", "_MOST"):
        monkeypatch.setattr(cluster_engine, name, 4)
    for module in (cluster_engine, crew):
        monkeypatch.setattr(module, "_LOOK_SECONDS", 0.0)


@pytest.fixture
def expected(project: Project) -> dict[bytes, bytes]:
    """The rows of an undisturbed run on this machine; the project is left without vectors."""
    fill_vectors(project, StandIn(), [EFFNET])
    folder = project.vectors_folder / EFFNET.name
    rows = content(folder)
    store.delete(folder)
    return rows


@pytest.fixture
def jobs(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The project, with workers of jobs whose batches are of four pictures. None goes on after the test."""
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))
    yield project
    for job in all_jobs(project.jobs_folder):
        if job.state is State.RUNNING:
            os.kill(job.pid, signal.SIGKILL)
