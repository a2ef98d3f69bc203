"""The list of recently opened projects, in the user's own folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from core import toml_file
from core.errors import PictoscopeError
from core.project import Project
from core.project_location import is_project
from core.user_folders import state_folder

_RECENT_KEPT = 20


def recent_projects() -> list[Path]:
    """Recently opened project folders, the latest first; missing ones are left out."""
    try:
        return _recent(toml_file.read_or_empty(_recent_file()))
    except OSError:  # no folder to store them in
        return []


def remember(project: Project) -> None:
    """Put ``project`` first in the list of recent projects. Errors are ignored: the list is only a convenience."""
    try:
        os.fspath(project.path).encode("utf-8")
        toml_file.update(_recent_file(), lambda content: {"projects": _moved_to_front(project.path, _recent(content))})
    except (OSError, PictoscopeError, UnicodeEncodeError):
        return


def _recent(content: dict[str, Any]) -> list[Path]:
    listed = content.get("projects", [])
    paths = [Path(entry) for entry in listed if isinstance(entry, str)] if isinstance(listed, list) else []
    return [path for path in paths if is_project(path)]


def _moved_to_front(first: Path, paths: list[Path]) -> list[str]:
    return [str(path) for path in [first, *(path for path in paths if path != first)][:_RECENT_KEPT]]


def _recent_file() -> Path:
    return state_folder() / "recent.toml"
