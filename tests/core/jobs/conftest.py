"""A project of 20 pictures, and workers with a stand-in for the model."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs.job import State, all_jobs
from core.project import Project
from tests.core.jobs.worker_helpers import PICTURES, STAND_IN, draw


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workers have the stand-in, which waits after 8 of the 20 pictures until this file is there."""
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))
    monkeypatch.setenv("STAND_IN_GATE", str(tmp_path / "gate"))
    return tmp_path / "gate"


@pytest.fixture
def open_gate(gate: Path) -> None:
    gate.touch()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(PICTURES):
        draw(folder / f"{number:02d}.png", number)
    with Project.open_or_create(folder) as project:
        project.scan()
        yield project
        for job in all_jobs(project.jobs_folder):
            if job.state is State.RUNNING:
                os.kill(job.pid, signal.SIGKILL)
