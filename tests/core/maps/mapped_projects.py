"""Projects with rows of known places: two groups of directions in the folders ``a`` and ``b``."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from core.arrays import Rows, normalise
from core.files import is_locked
from core.jobs.job import JOB_LOCK_NAME, Job, State, all_jobs
from core.project import Project
from tests.core.comparison.compared_projects import keys_in_order, store_rows
from tests.patience import until
from tests.tui.app_helpers import paint

VEC_TYPE = "clip"
STAND_IN = Path(__file__).parent / "stand_in"


def two_groups(count: int, dim: int = 16, seed: int = 0) -> Rows:
    """Even rows near one direction, odd ones near another."""
    drawn = np.random.default_rng(seed).normal(scale=0.05, size=(count, dim)).astype(np.float32)
    drawn[::2, 0] += 1
    drawn[1::2, 1] += 1
    return normalise(drawn)


def mapped(folder: Path, count: int, rows: Rows | None = None) -> Project:
    """Pictures in ``a`` and ``b`` in turn, with rows in the order of their numbers."""
    for number in range(count):
        paint(folder / "ab"[number % 2] / f"{number:04d}.png", number, (40 + number, 30))
    folder.mkdir(exist_ok=True)
    project = Project.open_or_create(folder)
    project.scan()
    by_number = sorted(keys_in_order(project), key=lambda key: _number(project, key))
    if count:
        store_rows(project, VEC_TYPE, by_number, two_groups(count) if rows is None else rows)
    return project


def _number(project: Project, key: bytes) -> int:
    return int(project.catalog.by_keys([key])[key].path.rpartition(b"/")[2][:-4])


def with_pacmap(monkeypatch: pytest.MonkeyPatch, gate: Path | None = None) -> None:
    """This process and workers find the stand-in for PaCMAP. ``gate``: it waits half way until this file is there."""
    monkeypatch.syspath_prepend(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(os.fspath, (STAND_IN, Path(__file__).parents[3]))))
    if gate is not None:
        monkeypatch.setenv("PACMAP_GATE", os.fspath(gate))


@contextmanager
def forty_pictures(folder: Path) -> Iterator[Project]:
    """A project of as many; jobs that still run at the end are killed."""
    with mapped(folder, 40) as project:
        yield project
        for job in all_jobs(project.jobs_folder):
            if job.state is State.RUNNING:
                os.kill(job.pid, signal.SIGKILL)


def finished(job: Job) -> Job:
    """The job when its process has ended."""
    until(lambda: not is_locked(job.folder / JOB_LOCK_NAME))
    return Job.read(job.folder)
