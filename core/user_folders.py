"""The user's folders, outside of projects: for recent projects, the demo, measured rates."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path, user_state_path

_REPORT = "crash.log"


def data_folder() -> Path:
    """The user's data folder for Pictoscope, or ``PICTOSCOPE_HOME``. Created if missing."""
    override = os.environ.get("PICTOSCOPE_HOME")
    folder = Path(os.path.expanduser(override)) if override else user_data_path("pictoscope")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def config_folder() -> Path:
    """Like :func:`data_folder`, for the user's settings."""
    override = os.environ.get("PICTOSCOPE_HOME")
    folder = Path(os.path.expanduser(override)) if override else user_config_path("pictoscope")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def state_folder() -> Path:
    """Like :func:`data_folder`, for data that may be lost without harm."""
    override = os.environ.get("PICTOSCOPE_HOME")
    folder = Path(os.path.expanduser(override)) if override else user_state_path("pictoscope")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cache_folder() -> Path:
    """The folder for caches: whatever is deleted there is computed again."""
    override = os.environ.get("PICTOSCOPE_HOME")
    folder = Path(os.path.expanduser(override)) / "cache" if override else user_cache_path("pictoscope")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep_details(error: BaseException) -> Path:
    """Append where an unexpected error came from to ``crash.log`` of the state folder. Returns its path.

    Raises:
        OSError: it cannot be written.
    """
    file = state_folder() / _REPORT
    with file.open("a", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write("".join(traceback.format_exception(error)) + "\n")
    return file
