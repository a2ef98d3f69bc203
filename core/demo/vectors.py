"""The vectors of the demo: the jobs that compute what is missing."""

from __future__ import annotations

from collections.abc import Iterator

from core import demo
from core.jobs.job import Job, State, all_jobs, latest_job
from core.jobs.launch import create_vectors, restart_vectors
from core.project import Project
from core.vectors import vec_types
from core.vectors.vec_type import VecType


def missing_jobs(project: Project) -> Iterator[Job]:
    """The jobs that compute what the demo lacks: at most one for interrupted vec types, and one for new ones.

    Each is started when it is asked for, so that a caller can wait for the first before the second. A job that
    computes interrupted vec types already is returned, not started twice.

    Raises:
        JobError, StoreError, DiskFull, OSError: a job cannot be started.
    """
    existing = set(vec_types.names(project.vectors_folder))
    new = [vec_type for vec_type in demo.VEC_TYPES if vec_type.name not in existing]
    unfinished = [
        vec_type.name
        for vec_type in demo.VEC_TYPES
        if vec_type.name in existing and not _is_complete(project, vec_type)
    ]
    if unfinished:
        running = latest_job(all_jobs(project.jobs_folder), unfinished[0])
        yield running if running and running.state is State.RUNNING else restart_vectors(project, *unfinished)
    if new:
        yield create_vectors(project, *new)


def _is_complete(project: Project, vec_type: VecType) -> bool:
    status = vec_types.status(project.vectors_folder, vec_type, project.catalog.keys(), "")
    return status.complete and not status.problem
