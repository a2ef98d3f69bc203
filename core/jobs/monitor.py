"""Watching all jobs of a project, cheaply enough to ask twice a second."""

from __future__ import annotations

from pathlib import Path

from core.errors import JobError
from core.jobs.job import Job, State, read


class Monitor:
    """Reads the jobs of a project again and again. Those that have ended are read once: they do not change."""

    def __init__(self, jobs_folder: Path) -> None:
        self._folder = jobs_folder
        self._ended: dict[str, Job] = {}

    def jobs(self) -> list[Job]:
        """Every job as it stands now, the newest first."""
        try:
            names = [entry.name for entry in self._folder.iterdir()]
        except FileNotFoundError:
            return []
        found = []
        for name in names:
            job = self._ended.get(name)
            if job is None:
                try:
                    job = read(self._folder / name)
                except JobError:
                    continue
                if job.state is not State.RUNNING:
                    self._ended[name] = job
            found.append(job)
        return sorted(found, key=lambda job: (job.created, job.id), reverse=True)
