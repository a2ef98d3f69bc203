"""A job: one run of a worker that fills a vec type, as its folder tells it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import tomli_w

from core.errors import JobError, ModelChanged, StoreError, UsageError
from core.files import is_locked, write_whole
from core.jobs.events import Event, last_events
from core.toml_reader import parse_toml

FILE_NAME = "job.toml"
LOCK_NAME = "lock"
LOG_NAME = "worker.log"
STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)  # finish the batch, commit, stop


class State(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # by Cancel or a signal, cleanly
    FAILED = "failed"  # with an error it could tell
    INTERRUPTED = "interrupted"  # killed: it could tell nothing


@dataclass(frozen=True)
class Job:
    """A job's folder, read once.

    Attributes:
        id: name of its folder; sorts by time.
        folder: absolute.
        vec_types: names of what it fills, in one pass over the pictures.
        created: seconds since the epoch.
        state: where it stands.
        done: pictures that have a row; with several vec types their mean, rounded down.
        failed: pictures that could not be read.
        total: pictures in the project.
        rate: pictures a second; 0 where unknown.
        seconds: how long it ran (or runs).
        activity: what it is doing or said last, in words.
        error: why it ended, where it failed or was interrupted; empty otherwise.
        hint: what to do about that, where the worker could tell.
        pid: of the worker; 0 where unknown.
        error_kind: name of the error's class in :mod:`core.errors`; empty where it is none of ours.
    """

    id: str
    folder: Path
    vec_types: tuple[str, ...]
    created: float
    state: State
    done: int
    failed: int
    total: int
    rate: float
    seconds: float
    activity: str
    error: str
    hint: str
    pid: int
    error_kind: str = ""

    @property
    def vec_type(self) -> str:
        """What it fills, for a line of text."""
        return ", ".join(self.vec_types)

    @property
    def model_changed(self) -> bool:
        """Whether it ended because the model here is not the one that made the rows."""
        return self.error_kind == ModelChanged.__name__

    @property
    def seconds_left(self) -> float | None:
        """Estimate; None while the rate is unknown."""
        left = self.total - self.done - self.failed
        return left / self.rate if self.state is State.RUNNING and self.rate > 0 else None


def create(jobs_folder: Path, vec_types: Sequence[str], options: Mapping[str, Any] | None = None) -> Path:
    """Make the folder of a new job.

    Args:
        jobs_folder: of the project.
        vec_types: names of what it fills.
        options: how its models run, as the worker reads them.

    Raises:
        DiskFull, OSError: it cannot be written.
    """
    jobs_folder.mkdir(parents=True, exist_ok=True)
    more = f"-and-{len(vec_types) - 1}-more" if len(vec_types) > 1 else ""
    stem = f"{datetime.now():%Y%m%d-%H%M%S}-{vec_types[0]}{more}"
    number = 1
    while True:
        folder = jobs_folder / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir()
            break
        except FileExistsError:
            number += 1
    content = {"format": 1, "vec_types": list(vec_types), "created": time.time(), "boot": boot_id()}
    if options:
        content["options"] = dict(options)
    try:
        write_whole(folder / FILE_NAME, tomli_w.dumps(content).encode("utf-8"))
    except (StoreError, OSError):
        folder.rmdir()
        raise
    return folder


def read(folder: Path) -> Job:
    """Where the job in ``folder`` stands.

    Raises:
        JobError: the folder holds no job, or what no worker of ours wrote.
    """
    try:
        return _read(folder)
    except (OSError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise JobError(f"{folder} is not a job ({error})", "it may be deleted") from error


def options(folder: Path) -> dict[str, Any]:
    """What :func:`create` was given, for the worker.

    Raises:
        JobError: the folder holds no job.
    """
    try:
        found = parse_toml((folder / FILE_NAME).read_bytes()).get("options", {})
    except (OSError, ValueError) as error:
        raise JobError(f"{folder} is not a job ({error})", "it may be deleted") from error
    return found if isinstance(found, dict) else {}


def all_jobs(jobs_folder: Path) -> list[Job]:
    """Every job of a project, the newest first. Folders that hold none are passed over."""
    jobs = []
    try:
        names = sorted(os.listdir(jobs_folder), reverse=True)
    except FileNotFoundError:
        return []
    for name in names:
        try:
            jobs.append(read(jobs_folder / name))
        except JobError:
            continue
    return sorted(jobs, key=lambda job: job.created, reverse=True)


def latest(jobs: list[Job], vec_type: str) -> Job | None:
    """The newest job that fills a vec type."""
    return next((job for job in jobs if vec_type in job.vec_types), None)


def find(jobs_folder: Path, job_id: str) -> Job:
    """The job of this id.

    Raises:
        UsageError: there is none.
    """
    for job in all_jobs(jobs_folder):
        if job.id == job_id:
            return job
    raise UsageError(f"no job is called {job_id!r}", "`pictoscope jobs` lists them")


def cancel(job: Job) -> None:
    """Ask the worker to finish its batch, commit and stop. Returns at once.

    Raises:
        JobError: it is not running.
    """
    # Read anew: one that has said its last word is ending by itself, though it may hold its lock for an instant more.
    if read(job.folder).state is not State.RUNNING or not job.pid:
        raise JobError(f"job {job.id} is not running", "nothing to cancel")
    try:
        os.kill(job.pid, signal.SIGTERM)
    except ProcessLookupError:
        raise JobError(f"job {job.id} has just ended", "nothing to cancel") from None
    except PermissionError:
        raise JobError(f"job {job.id} belongs to another user", "only they can cancel it") from None


def boot_id() -> str:
    """Names this run of the machine; empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _read(folder: Path) -> Job:
    about = parse_toml((folder / FILE_NAME).read_bytes())
    vec_types = tuple(str(name) for name in about.get("vec_types") or [about["vec_type"]])
    created = float(about["created"])
    # The lock before the events: a worker that ends in between is seen with its last word, never as killed.
    alive = is_locked(folder / LOCK_NAME)
    events = last_events(folder)
    progress = _last(events, "progress")
    ended = _last(events, "ended")
    state, reason = _state(alive, ended, str(about.get("boot", "")))
    until = time.time() if state is State.RUNNING else max((event.time for event in events), default=created)
    return Job(
        id=folder.name,
        folder=folder,
        vec_types=vec_types,
        created=created,
        state=state,
        done=int(progress.get("done", 0)),
        failed=int(progress.get("failed", 0)),
        total=int(progress.get("total", 0)),
        rate=float(progress.get("rate", 0.0)),
        seconds=max(0.0, until - created),
        activity=str(_last(events, "log").get("text", "starting")),
        error=reason,
        hint=str(ended.get("hint", "")),
        pid=_one_process(int(_last(events, "started").get("pid", 0))) or _pid(folder),
        error_kind=str(ended.get("error_kind", "")),
    )


def _state(alive: bool, ended: dict[str, Any], boot: str) -> tuple[State, str]:
    if ended:
        state = State(ended.get("state", State.FAILED))
        return state, str(ended.get("error", ""))
    if alive:
        return State.RUNNING, ""
    if boot and boot_id() and boot != boot_id():
        return State.INTERRUPTED, "the machine was restarted"
    return State.INTERRUPTED, "the worker was killed (by hand, or because memory ran out)"


def _last(events: list[Event], kind: str) -> dict[str, Any]:
    return next((event.values for event in reversed(events) if event.kind == kind), {})


def _pid(folder: Path) -> int:
    """From the lock's description, for long jobs whose first event lies before the tail that was read."""
    try:
        words = (folder / LOCK_NAME).read_text("utf-8").split()
        return _one_process(int(words[1])) if len(words) > 1 and words[0] == "worker" else 0
    except (OSError, ValueError):
        return 0


def _one_process(pid: int) -> int:
    """``pid``, or 0 where it is none of a worker: a signal to -1 goes to every process of the user."""
    return pid if 1 < pid < 1 << 31 else 0
