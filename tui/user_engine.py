"""The engine that the user's settings name. A project names none that is used: it may come from a stranger."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.engines.choice import EngineChoice
from core.errors import JobError, UsageError
from core.jobs.job import Job
from core.text import printable
from tui import settings_file
from tui.display import SETTINGS

_NAMES = ("engine", "engine_map", "engine_send_pictures")


@dataclass(frozen=True)
class Place:
    """Where a job goes on.

    Attributes:
        engine: computes on other machines; None for this one.
        note: a line that says so; empty where it goes without saying: on this machine, as before.
    """

    engine: EngineChoice | None = None
    note: str = ""


def user_engine() -> EngineChoice | None:
    """What ``settings.toml`` says; None where it names no engine. What is wrong in it is said when the app starts."""
    from core.shards.picture_folders import parse_elsewhere

    settings = settings_file.read(SETTINGS)
    address = settings.values.get("engine", "")
    if not address or any(name in settings.problems for name in _NAMES):
        return None
    if settings.values.get("engine_send_pictures", False):
        return EngineChoice(address, send_pictures=True)
    return EngineChoice(address, parse_elsewhere(settings.values.get("engine_map", ())))


def place_of(job: Job | None) -> Place:
    """Where a job goes on: where it ran, if that is this machine or the user's engine; else on this machine."""
    if job is None or not job.on_cluster:
        return Place()
    engine = engine_again(job)
    if engine is None:
        return Place(note="computing on this machine: settings.toml does not name the job's engine")
    return Place(engine, f"computing on {printable(engine.address)}")


def engine_again(job: Job) -> EngineChoice | None:
    """Where a job goes on: on the user's engine, if it ran there; None for this machine.

    Of the job's own file only this counts: if pictures were sent, they are sent again.
    """
    mine = user_engine() if job.on_cluster else None
    if mine is None:
        return None
    try:
        before = EngineChoice.from_toml(job.options())
    except (JobError, UsageError):  # it was changed: this machine can compute what it lacks
        return None
    if before is None or before.address != mine.address:
        return None
    return replace(mine, elsewhere={}, send_pictures=True) if before.send_pictures else mine
