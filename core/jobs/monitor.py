"""Read the jobs of a project repeatedly, cheaply enough for two calls a second."""

from __future__ import annotations

import time
from pathlib import Path

from core.errors import JobError
from core.jobs.job import Job, State
from core.project_files import names_in

# A folder that was just created has no lock yet and looks like a killed job.
_SETTLED = 60.0  # seconds


class Monitor:
    """Reads the jobs of a project; those that have ended only once, as they do not change."""

    def __init__(self, jobs_folder: Path) -> None:
        self._folder = jobs_folder
        self._ended: dict[str, Job] = {}
        self._interrupted: dict[str, float] = {}  # by job: monotonic time when it was first seen interrupted

    def jobs(self) -> list[Job]:
        """The current state of every job, the newest first.

        Raises:
            JobError: their folder cannot be read. UnsafeFile: it is a link, or no folder.
        """
        try:
            names = names_in(self._folder)
        except OSError as error:
            raise JobError(
                f"the jobs cannot be listed: {error.strerror or error}", f"check the permissions of {self._folder}"
            ) from error
        jobs = []
        for name in names:
            job = self._ended.get(name)
            if job is None:
                try:
                    job = Job.read(self._folder / name)
                except (JobError, OSError, ValueError, TypeError, OverflowError):
                    continue  # not a valid job
                if self._is_final(job):
                    self._ended[name] = job
            jobs.append(job)
        return sorted(jobs, key=lambda job: job.order, reverse=True)

    def _is_final(self, job: Job) -> bool:
        """Whether the job cannot change any more."""
        if job.state is State.INTERRUPTED:
            now = time.monotonic()
            return now - self._interrupted.setdefault(job.id, now) > _SETTLED
        self._interrupted.pop(job.id, None)
        return job.state is not State.RUNNING
