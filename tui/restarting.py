"""Restart from anywhere in the app: what vec types lack is computed where it was before, if the user has an engine."""

from __future__ import annotations

from dataclasses import dataclass

from core.jobs.job import Job, all_jobs, latest_job
from core.jobs.launch import restart_vectors
from core.project import Project
from tui.user_engine import Place, place_of


@dataclass(frozen=True)
class Restarted:
    """A job that was started, and a line that says where it computes; empty where that goes without saying."""

    job: Job
    note: str


def restart(project: Project, *vec_types: str) -> list[Restarted]:
    """Compute what vec types lack, each where its last job ran: see :func:`tui.user_engine.place_of`.

    Returns:
        A job for each place.

    Raises:
        PictoscopeError, OSError: see :func:`core.jobs.launch.restart_vectors`; jobs at other places may have begun.
    """
    jobs = all_jobs(project.jobs_folder)
    places: list[tuple[Place, list[str]]] = []
    for name in vec_types:
        place = place_of(latest_job(jobs, name))
        names = next((names for known, names in places if known == place), None)
        if names is None:
            places.append((place, [name]))
        else:
            names.append(name)
    return [Restarted(restart_vectors(project, *names, engine=place.engine), place.note) for place, names in places]
