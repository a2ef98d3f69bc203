"""Folders of jobs whose workers are not started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.jobs.job import describe_job, make_job_folder
from core.jobs.map_task import MapTask


def create_job(
    jobs_folder: Path,
    vec_types: Sequence[str],
    options: Mapping[str, Any] | None = None,
    map_task: MapTask | None = None,
) -> Path:
    """A new job, as :func:`core.jobs.launch.start_worker` makes it, whose lock nobody holds. Returns its folder."""
    folder = make_job_folder(jobs_folder, vec_types, map_task)
    describe_job(folder, vec_types, options, map_task)
    return folder
