"""The engine that the user's settings name. A project names none that is used: it may come from a stranger."""

from __future__ import annotations

from dataclasses import replace

from core.engines.choice import EngineChoice
from core.errors import JobError, UsageError
from core.jobs.job import Job
from tui import settings_file
from tui.display import SETTINGS

_NAMES = ("engine", "engine_map")


def user_engine() -> EngineChoice | None:
    """What ``settings.toml`` says; None where it names no engine. What is wrong in it is said when the app starts."""
    from core.shards.picture_folders import parse_elsewhere

    settings = settings_file.read(SETTINGS)
    address = settings.values.get("engine", "")
    if not address or any(name in settings.problems for name in _NAMES):
        return None
    return EngineChoice(address, parse_elsewhere(settings.values.get("engine_map", ())))


def engine_again(job: Job) -> EngineChoice | None:
    """Where a job goes on: on the user's engine, if it ran there; None for this machine.

    Only whether pictures are sent is taken from the job's own file.
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
