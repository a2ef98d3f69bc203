"""Create and Restart: starting a worker process that outlives whoever asked for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from core.errors import JobError, StoreBusy, UsageError
from core.files import Lock
from core.jobs import job as jobs
from core.jobs.job import Job
from core.project import Project
from core.vectors import store
from core.vectors.vec_type import VecType
from core.vectors.vec_types import exists, request


def create_vectors(project: Project, vec_type: VecType) -> Job:
    """Make a vec type and start the job that fills it.

    Raises:
        UsageError: unknown model, or the vec type exists. ModelError: its weights are not here. DiskFull: no room.
    """
    spec = vec_type.spec
    if exists(project.vectors_folder, vec_type.name):
        raise UsageError(
            f"vectors {vec_type.name} exist already",
            f"Restart computes what is missing: pictoscope vectors restart {vec_type.name}",
        )
    if not spec.available:
        raise UsageError(f"the weights of {spec.key} are not on this machine ({spec.weights})", "reinstall pictoscope")
    if project.catalog.count() == 0:
        raise UsageError("the project has no pictures", "add a folder that has some: pictoscope add FOLDER")
    request(project.vectors_folder, vec_type)
    return _start(project, vec_type)


def restart_vectors(project: Project, name: str) -> Job:
    """Start a job that computes what a vec type lacks: what was interrupted, failed, or added since.

    Raises:
        UsageError: there are no such vectors. StoreBusy: a job is computing them already.
    """
    vec_type = VecType.parse(name)
    if not exists(project.vectors_folder, name):
        raise UsageError(f"there are no vectors {name}", f"create them: pictoscope vectors create {vec_type.model}")
    running = jobs.latest(jobs.all_jobs(project.jobs_folder), name)
    if (running and running.state is jobs.State.RUNNING) or store.is_being_written(project.vectors_folder / name):
        raise StoreBusy(
            f"vectors {name} are being computed already" + (f" by job {running.id}" if running else ""),
            "see `pictoscope jobs`",
        )
    return _start(project, vec_type)


def _start(project: Project, vec_type: VecType) -> Job:
    folder = jobs.create(project.jobs_folder, vec_type.name)
    # The lock is taken here and inherited: from its first instant the job is seen to run, and when the worker dies,
    # whatever the reason, the kernel lets go of it.
    with Lock.take(folder / jobs.LOCK_NAME, "starting") as lock:
        try:
            _spawn(project.path, folder, lock)
        except OSError as error:
            raise JobError(
                f"the worker could not be started ({error.strerror})", "see the free memory and disk"
            ) from error
        return jobs.read(folder)


def _spawn(project: Path, folder: Path, lock: Lock) -> None:
    with (folder / jobs.LOG_NAME).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.jobs.worker", os.fspath(project), os.fspath(folder), str(lock.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock.fileno()],
            start_new_session=True,
            cwd="/",  # so that no disk stays busy because of us
        )
    lock.describe(f"worker {process.pid}")
    # Nobody waits for it: it is meant to outlive us. While we live, a dead one must not linger as a zombie.
    _children.append(process)
    _children[:] = [child for child in _children if child.poll() is None]


_children: list[subprocess.Popen[bytes]] = []
