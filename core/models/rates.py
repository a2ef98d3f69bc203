"""Measured speed of each model on this machine, in pictures per second: used for estimates only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core import toml_file
from core.errors import PictoscopeError
from core.user_folders import state_folder


def remember(model: str, per_second: float, job: str = "") -> None:
    """Store the latest speed of a model, and the job that measured it."""
    try:
        rate = {model: float(f"{per_second:.3g}")}  # large models take many seconds for a picture
        toml_file.update(
            _file(),
            lambda content: {
                "pictures_a_second": _rates(content) | rate,
                "measured_by": _jobs(content) | {model: job},
            },
        )
    except (OSError, PictoscopeError) as error:
        print(f"the rate could not be saved: {error}", flush=True)  # worker.log


def known() -> dict[str, float]:
    """Pictures per second by model key; empty if nothing was measured yet."""
    try:
        return _rates(toml_file.read_or_empty(_file()))
    except OSError:  # no folder to keep it in
        return {}


def measured_by() -> dict[str, str]:
    """By model key, the job that measured its speed. Speeds of one job may be compared: the machine was as busy."""
    try:
        return _jobs(toml_file.read_or_empty(_file()))
    except OSError:
        return {}


def _jobs(content: dict[str, Any]) -> dict[str, str]:
    jobs = content.get("measured_by")
    return {str(model): str(job) for model, job in jobs.items()} if isinstance(jobs, dict) else {}


def _rates(content: dict[str, Any]) -> dict[str, float]:
    try:
        return {str(model): float(value) for model, value in content["pictures_a_second"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _file() -> Path:
    return state_folder() / "rates.toml"
