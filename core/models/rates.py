"""Measured speed of each model on this machine, in pictures per second: used for estimates only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core import toml_file
from core.errors import PictoscopeError
from core.user_folders import state_folder


def remember(model: str, per_second: float) -> None:
    """Store the latest speed of a model."""
    try:
        rate = {model: float(f"{per_second:.3g}")}  # large models take many seconds for a picture
        toml_file.update(_file(), lambda content: {"pictures_a_second": _rates(content) | rate})
    except (OSError, PictoscopeError) as error:
        print(f"the rate could not be saved: {error}", flush=True)  # worker.log


def known() -> dict[str, float]:
    """Pictures per second by model key; empty if nothing was measured yet."""
    try:
        return _rates(toml_file.read_or_empty(_file()))
    except OSError:  # no folder to keep it in
        return {}


def _rates(content: dict[str, Any]) -> dict[str, float]:
    try:
        return {str(model): float(value) for model, value in content["pictures_a_second"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _file() -> Path:
    return state_folder() / "rates.toml"
