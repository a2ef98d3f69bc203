"""The user's folders, outside of projects: for recent projects, the demo, measured rates."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path, user_state_path

_REPORT = "crash.log"


def data_folder() -> Path:
    """The user's data folder for Pictoscope, or ``PICTOSCOPE_HOME``. Created if missing."""
    return _created(user_data_path)


def config_folder() -> Path:
    """Like :func:`data_folder`, for the user's settings."""
    return _created(user_config_path)


def state_folder() -> Path:
    """Like :func:`data_folder`, for data that may be lost without harm."""
    return _created(user_state_path)


def cache_folder() -> Path:
    """The folder for caches: whatever is deleted there is computed again.

    Created if missing and possible: without it nothing is found there, and who writes there is told why it fails.
    """
    folder = _place(user_cache_path, inside_override="cache")
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _created(usual: Callable[[str], Path]) -> Path:
    folder = _place(usual)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _place(usual: Callable[[str], Path], inside_override: str = "") -> Path:
    """The folder of this kind, or the one that ``PICTOSCOPE_HOME`` names."""
    override = os.environ.get("PICTOSCOPE_HOME")
    return Path(os.path.expanduser(override), inside_override) if override else usual("pictoscope")


def keep_details(error: BaseException) -> Path:
    """Append where an unexpected error came from to ``crash.log`` of the state folder. Returns its path.

    Raises:
        OSError: it cannot be written.
    """
    file = state_folder() / _REPORT
    with file.open("a", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write("".join(traceback.format_exception(error)) + "\n")
    return file
