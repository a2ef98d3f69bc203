"""Pictures a second that each model reached on this machine: a figure to plan by, forgotten without harm."""

from __future__ import annotations

from pathlib import Path

import tomli_w

from core.errors import PictoscopeError
from core.files import write_whole
from core.toml_reader import parse_toml
from core.user_folders import state_folder


def remember(model: str, per_second: float) -> None:
    """Keep the latest figure of a model."""
    try:
        rates = known() | {model: round(per_second, 1)}
        write_whole(_file(), tomli_w.dumps({"pictures_a_second": rates}).encode("utf-8"))
    except (OSError, PictoscopeError) as error:
        print(f"the rate could not be kept: {error}", flush=True)  # worker.log


def known() -> dict[str, float]:
    """Pictures a second by model key; empty where nothing was measured yet."""
    try:
        rates = parse_toml(_file().read_bytes())["pictures_a_second"]
        return {str(model): float(value) for model, value in rates.items()}
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return {}


def _file() -> Path:
    return state_folder() / "rates.toml"
