"""Where Pictoscope keeps what belongs to the user and not to a project: recent projects, the demo, measured rates."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path, user_state_path


def data_folder() -> Path:
    """The user's data folder for Pictoscope; ``PICTOSCOPE_HOME`` overrules it. Created if absent."""
    override = os.environ.get("PICTOSCOPE_HOME")
    folder = Path(override).expanduser() if override else user_data_path("pictoscope")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def state_folder() -> Path:
    """Like :func:`data_folder`, for what may be lost without harm."""
    override = os.environ.get("PICTOSCOPE_HOME")
    folder = Path(override).expanduser() if override else user_state_path("pictoscope")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
