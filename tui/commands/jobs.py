"""``pictoscope jobs``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from core.jobs.job import Job, State, all_jobs, find_job
from core.text import count, duration, printable, rate
from tui.commands.common import open_project, print_json, print_table, say
from tui.commands.follow import follow


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--follow", metavar="ID", help="show the progress of a job until it ends")
    parser.add_argument("--cancel", metavar="ID", help="stop a job after its current batch")


def run(arguments: Namespace) -> int:
    """List, follow or cancel."""
    with open_project(arguments) as project:
        if arguments.cancel:
            job = find_job(project.jobs_folder, arguments.cancel)
            job.cancel()
            when = "at once; to make it again" if job.map_task else "after its current batch; to resume"
            say(f"{job.id} stops {when}: {printable(job.restart_command)}")
            return _print_one(job, as_json=arguments.json)
        if arguments.follow:
            job = find_job(project.jobs_folder, arguments.follow)
            return follow(job, as_json=arguments.json) or _print_one(job, as_json=arguments.json)
        listed = all_jobs(project.jobs_folder)
    if arguments.json:
        print_json([job_json(job) for job in listed])
    elif listed:
        rows = [("job", "state", "done", "failed", "total", "rate", "")]
        rows += [
            (job.id, job.state, count(job.done), count(job.failed), count(job.total), rate(job.rate), _remark(job))
            for job in listed
        ]
        print_table(rows, right=(2, 3, 4, 5))
    else:
        say("no jobs yet: pictoscope vectors create MODEL starts one")
    return 0


def _print_one(job: Job, *, as_json: bool) -> int:
    if as_json:
        print_json(job_json(Job.read(job.folder)))
    return 0


def job_json(job: Job) -> dict[str, Any]:
    """A job for ``--json``."""
    return {
        "id": job.id,
        "vec_type": job.map_task.vec_type if job.map_task else job.name,
        "vec_types": list(job.vec_types),
        "map": job.map_task.method if job.map_task else None,
        "state": job.state.value,
        "done": job.done,
        "failed": job.failed,
        "total": job.total,
        "rate": job.rate,
        "rates": dict(job.rates),
        "error": job.error or None,
    }


def _remark(job: Job) -> str:
    if job.state is State.RUNNING:
        left = job.seconds_left
        return f"{duration(left)} left" if left is not None else job.activity
    return job.error or f"in {duration(job.seconds)}"
