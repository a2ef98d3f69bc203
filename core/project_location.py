"""Where a project may be: which folder is one, and why one cannot be created somewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ProjectError
from core.settings import SETTINGS_NAME
from core.text import printable

FOLDER_NAME = ".pictoscope"  # of the project in a picture folder
JOBS_FOLDER = "jobs"  # inside the project folder


def is_project(path: Path) -> bool:
    """Whether ``path`` is a project. False for a folder without permission (where ``Path.is_file`` raises)."""
    return os.path.isfile(path / SETTINGS_NAME)


def check_no_link(path: Path) -> None:
    """Refuse linked projects: a picture folder may come from a stranger, and a link in it could lead anywhere.

    Raises:
        ProjectError: ``path`` is, or is inside, the ``.pictoscope`` of a picture folder, and that is a link.
    """
    link = next((part for part in (path, *path.parents) if part.name == FOLDER_NAME and os.path.islink(part)), None)
    if link is not None:
        raise ProjectError(
            f"{printable(link)} is a symbolic link, perhaps from the source of the pictures: it is not followed",
            "if it is yours, name the folder it leads to with --project PATH; else remove it",
        )


def exists_already(path: Path) -> ProjectError:
    """The error for a project that is to be created where there is one."""
    return ProjectError(f"{path} is already a project", "open it, or add folders to it: `pictoscope add`")


@contextmanager
def explain_refusal(path: Path) -> Iterator[None]:
    """Turn an OSError while the project at ``path`` is written into a ProjectError."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        if is_project(path):
            raise ProjectError(f"cannot write the settings of {path} ({why})", "check its permissions") from error
        raise ProjectError(
            f"cannot create a project at {path} ({why})", "choose another path with --project PATH"
        ) from error
