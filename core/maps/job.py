"""Maps that take long are made by jobs: started here, stored by their worker (:mod:`core.maps.worker`)."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import UsageError
from core.files import disk_error
from core.jobs.job import Job, State, all_jobs
from core.jobs.launch import start_worker
from core.jobs.map_task import MapTask
from core.maps.methods import check_method
from core.project import Project
from core.vectors.vec_type import VecType
from core.vectors.vec_types import exists


def start_map(project: Project, task: MapTask) -> Job:
    """Start the job that makes a map and stores it in the project. If one makes it already, that one is returned.

    Args:
        project: open.
        task: the map.

    Raises:
        UsageError: there is no such method, or there are no such vectors. PictoscopeError: the method is not
            installed. DiskFull, JobError, StoreError: the worker or its folder could not be created.
    """
    check_method(task.method)
    name = VecType.parse(task.vec_type).name
    if not exists(project.vectors_folder, name):
        raise UsageError(f"there are no vectors {name}", "see: pictoscope vectors list")
    if running := running_map(all_jobs(project.jobs_folder), task):
        return running
    try:
        return start_worker(project, "core.maps.worker", (), map_task=task)
    except OSError as error:
        raise disk_error(error, project.path) from error


def running_map(jobs: Sequence[Job], task: MapTask) -> Job | None:
    """The job that makes a map now."""
    for job in jobs:
        if job.state is State.RUNNING and job.map_task and job.map_task.is_same_map(task):
            return job
    return None
