"""A job: one run of a worker that computes vectors, or a map. Its state is read from the files in its folder."""

from __future__ import annotations

import math
import os
import shlex
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import tomli_w

from core.engines.choice import ENGINE
from core.errors import JobError, ModelChanged, UnsafeFile, UsageError
from core.files import is_locked, write_atomic
from core.jobs.events import Event, last_events
from core.jobs.map_task import MapTask
from core.names import short_name
from core.project_files import DEEP, check_parent, make_folder, names_in, read_start
from core.toml_reader import LONGEST, parse_toml

JOB_NAME = "job.toml"
JOB_LOCK_NAME = "lock"
JOB_LOG_NAME = "worker.log"
SAMPLE = "sample"  # name of an option
_LONGEST_HOLDER = 1_000  # bytes
STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)  # finish the batch, commit, stop


class State(StrEnum):
    """Whether a job runs, or how it ended."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # by Cancel or a signal
    FAILED = "failed"  # with an error message
    INTERRUPTED = "interrupted"  # killed, without a message


@dataclass(frozen=True)
class Job:
    """The state of a job when it was read.

    Attributes:
        id: name of its folder; sorts by time.
        folder: absolute.
        vec_types: names of the vec types that it computes, in one pass over the pictures; none if it makes a map.
        created: seconds since the epoch.
        state: of the job.
        done: pictures that have a row; the mean of several vec types, rounded down.
        failed: pictures that could not be read.
        total: pictures in the project, or in its sample of them.
        rate: pictures per second; 0 if unknown.
        rates: pictures per second that each of its vec types would do by itself, by name: of one that has ended and
            computed some.
        seconds: running time until now.
        activity: its last log message.
        error: why it failed or was interrupted; empty otherwise.
        hint: what to do about the error, if known.
        pid: of the worker; 0 if unknown.
        error_kind: name of the error's class in :mod:`core.errors`; empty for other errors.
        number: increasing number of the job in its project; 0 for the first versions. It does not depend on clocks.
        map_task: the map that it makes; None if it computes vectors. Its ``done`` and ``total`` are steps.
        on_cluster: whether it computes on other machines.
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
    number: int = 0
    map_task: MapTask | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    on_cluster: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What it makes: its vec types, or the map."""
        return (self.map_task.title,) if self.map_task else self.vec_types

    @property
    def name(self) -> str:
        """The same, for a line of text."""
        return ", ".join(self.names)

    @property
    def unit(self) -> str:
        """What ``done`` and ``total`` count, beside pictures; to be put after them."""
        return " steps" if self.map_task else ""

    @property
    def restart_command(self) -> str:
        """What does the rest of it: the missing rows, or the whole map."""
        if self.map_task:
            return self.map_task.command
        # The address is not repeated: a project may come from a stranger, and who connects to a cluster trusts it.
        engine = " --engine ADDRESS" if self.on_cluster else ""
        return f"pictoscope vectors restart {shlex.join(self.vec_types)}{engine}"

    @property
    def order(self) -> tuple[int, float, str]:
        """Sort key: the order of creation."""
        return self.number, self.created, self.id

    @property
    def model_changed(self) -> bool:
        """Whether it failed because the installed model is not the one that computed the existing rows."""
        return self.error_kind == ModelChanged.__name__

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds until it is done; None while the rate is unknown."""
        left = self.total - self.done - self.failed
        return left / self.rate if self.state is State.RUNNING and self.rate > 0 else None

    @classmethod
    def read(cls, folder: Path) -> Job:
        """Read the job in ``folder``.

        Raises:
            JobError: the folder does not contain a valid job.
        """
        try:
            return _read(folder)
        except (OSError, UnsafeFile, KeyError, TypeError, ValueError, OverflowError) as error:
            raise JobError(f"{folder} is not a job ({error})", "it may be deleted") from error

    def options(self) -> dict[str, Any]:
        """The options that :func:`describe_job` wrote, for the worker.

        Raises:
            JobError: the folder no longer contains a job.
        """
        try:
            options = _read_about(self.folder).get("options", {})
        except (OSError, UnsafeFile, ValueError) as error:
            raise JobError(f"{self.folder} is not a job ({error})", "it may be deleted") from error
        return options if isinstance(options, dict) else {}

    @property
    def sample(self) -> int:
        """Pictures that it computes at most, spread over the collection; 0 for all."""
        size = self.options().get(SAMPLE, 0)
        return size if isinstance(size, int) and size > 0 else 0

    def cancel(self) -> None:
        """Ask the worker to finish its batch, commit and stop. Returns at once.

        Raises:
            JobError: it is not running.
        """
        # Read again: a job that has written its last event is ending, though it may still hold its lock.
        if Job.read(self.folder).state is not State.RUNNING or not self.pid:
            raise JobError(f"job {self.id} is not running", "nothing to cancel")
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            raise JobError(f"job {self.id} has just ended", "nothing to cancel") from None
        except PermissionError:
            raise JobError(f"job {self.id} belongs to another user", "only they can cancel it") from None


def make_job_folder(jobs_folder: Path, vec_types: Sequence[str], map_task: MapTask | None = None) -> Path:
    """An empty folder for a new job: none is seen there until :func:`describe_job` says what it does."""
    make_folder(jobs_folder)
    others = f"-and-{len(vec_types) - 1}-more" if len(vec_types) > 1 else ""
    subject = f"map-{map_task.vec_type}" if map_task else f"{vec_types[0]}{others}"
    stem = f"{datetime.now():%Y%m%d-%H%M%S}-{subject}"
    number = 1
    while True:
        folder = jobs_folder / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            number += 1


def describe_job(
    folder: Path, vec_types: Sequence[str], options: Mapping[str, Any] | None, map_task: MapTask | None
) -> None:
    """Write what a job does; from then on it is seen.

    Args:
        folder: of :func:`make_job_folder`.
        vec_types: names of the vec types to compute; none for a map.
        options: load options of its models, for the worker.
        map_task: the map to make.

    Raises:
        DiskFull, StoreError, OSError: it cannot be written.
    """
    content = {
        "format": 1,
        "vec_types": list(vec_types),
        "number": 1 + max((job.number for job in all_jobs(folder.parent)), default=0),
        "created": time.time(),
        "boot": boot_id(),
        "path": _hex_path(folder),
    }
    if options:
        content["options"] = dict(options)
    if map_task:
        content["map"] = map_task.to_toml()
    check_parent(folder / JOB_NAME, inside=DEEP)
    write_atomic(folder / JOB_NAME, tomli_w.dumps(content).encode("utf-8"))


def all_jobs(jobs_folder: Path) -> list[Job]:
    """All jobs of a project, the newest first. Folders without a valid job are skipped.

    Raises:
        UnsafeFile: the jobs folder is a link, or not a folder.
    """
    jobs = []
    for name in reversed(names_in(jobs_folder)):
        try:
            jobs.append(Job.read(jobs_folder / name))
        except JobError:
            continue
    return sorted(jobs, key=lambda job: job.order, reverse=True)


def latest_job(jobs: list[Job], vec_type: str) -> Job | None:
    """The job that is computing a vec type now, else the newest one that did."""
    return running_job(jobs, vec_type) or next((job for job in jobs if vec_type in job.vec_types), None)


def running_job(jobs: list[Job], vec_type: str) -> Job | None:
    """The job that is computing a vec type now, according to its lock and not to the dates of the jobs."""
    return next((job for job in jobs if vec_type in job.vec_types and job.state is State.RUNNING), None)


def find_job(jobs_folder: Path, job_id: str) -> Job:
    """The job with this id.

    Raises:
        UsageError: there is none.
    """
    for job in all_jobs(jobs_folder):
        if job.id == job_id:
            return job
    raise UsageError(f"there is no job {short_name(job_id)}", "`pictoscope jobs` lists them")


def boot_id() -> str:
    """Identifier of the current boot; empty if the system does not provide one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _read_about(folder: Path) -> dict[str, Any]:
    return parse_toml(read_start(folder / JOB_NAME, LONGEST + 1, inside=DEEP))


def _read(folder: Path) -> Job:
    about = _read_about(folder)
    map_task = MapTask.from_toml(about["map"]) if "map" in about else None
    vec_types = () if map_task else tuple(str(name) for name in about.get("vec_types") or [about["vec_type"]])
    created = float(about["created"])
    # The lock is read before the events: a worker that ends in between is seen with its last event, not as killed.
    alive = is_locked(folder / JOB_LOCK_NAME, inside=DEEP)
    events = last_events(folder)
    progress = _last(events, "progress")
    ended = _last(events, "ended")
    state, reason = _state(alive, ended, str(about.get("boot", "")))
    if state is State.INTERRUPTED and str(about.get("path", "")) not in ("", _hex_path(folder)):
        reason = "the worker was killed, or the project was moved or copied while it ran"
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
        number=max(0, int(about.get("number", 0))),
        map_task=map_task,
        rates=_rates(_last(events, "speeds").get("rates"), vec_types),
        on_cluster=isinstance(options := about.get("options"), dict) and ENGINE in options,
    )


def _rates(values: object, vec_types: Sequence[str]) -> dict[str, float]:
    """The speeds of these vec types that a worker can have written."""
    if not isinstance(values, dict):
        return {}
    rates = {name: values.get(name) for name in vec_types}
    return {name: rate for name, rate in rates.items() if isinstance(rate, float) and 0 < rate < math.inf}


def _hex_path(folder: Path) -> str:
    """A job's path in hexadecimal: paths may contain any bytes."""
    return os.fsencode(folder.absolute()).hex()


def _state(alive: bool, ended: dict[str, Any], boot: str) -> tuple[State, str]:
    """The state, and the error of a job that failed or was interrupted.

    Args:
        alive: whether its lock is held.
        ended: values of its last event; empty while there is none.
        boot: identifier of the boot in which it was created.
    """
    if ended:
        state = State(ended.get("state", State.FAILED))
        return state, str(ended.get("error", ""))
    if alive:
        return State.RUNNING, ""
    if boot and boot_id() and boot != boot_id():
        return State.INTERRUPTED, "the machine was restarted"
    return State.INTERRUPTED, "the worker was killed (by hand, or because memory ran out)"


def _last(events: list[Event], kind: str) -> dict[str, Any]:
    """The values of the last event of this kind; empty if there is none."""
    return next((event.values for event in reversed(events) if event.kind == kind), {})


def _pid(folder: Path) -> int:
    """The pid in the lock file, for long jobs whose first event is before the tail that was read."""
    try:
        words = read_start(folder / JOB_LOCK_NAME, _LONGEST_HOLDER, inside=DEEP).decode("utf-8").split()
        return _one_process(int(words[1])) if len(words) > 1 and words[0] == "worker" else 0
    except (OSError, ValueError):
        return 0


def _one_process(pid: int) -> int:
    """``pid``, or 0 if it cannot be a worker's: a signal to -1 would go to every process of the user."""
    return pid if 1 < pid < 1 << 31 else 0
