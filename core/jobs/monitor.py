"""Watching all jobs of a project, cheaply enough to ask twice a second."""

from __future__ import annotations

import time
from pathlib import Path

from core.errors import JobError
from core.jobs.job import Job, State, read

# A folder that was made this moment has no lock yet and looks like a job that was killed.
_SETTLED = 60.0  # seconds


class Monitor:
    """Reads the jobs of a project again and again. Those that have ended are read once: they do not change."""

    def __init__(self, jobs_folder: Path) -> None:
        self._folder = jobs_folder
        self._ended: dict[str, Job] = {}

    def jobs(self) -> list[Job]:
        """Every job as it stands now, the newest first."""
        try:
            names = [entry.name for entry in self._folder.iterdir()]
        except OSError:
            return []  # not there yet, or not for us to read
        found = []
        for name in names:
            job = self._ended.get(name)
            if job is None:
                try:
                    job = read(self._folder / name)
                except (JobError, OSError, ValueError, TypeError, OverflowError):
                    continue  # no job, or events that no worker of ours wrote
                if _is_final(job):
                    self._ended[name] = job
            found.append(job)
        return sorted(found, key=lambda job: (job.created, job.id), reverse=True)


def _is_final(job: Job) -> bool:
    """Whether it will be found the same for ever."""
    if job.state is State.INTERRUPTED:
        return time.time() - job.created > _SETTLED
    return job.state is not State.RUNNING
