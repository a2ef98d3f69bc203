"""The demo: 241 public-domain pictures in the package, copied to a project in the user's data folder."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from core.errors import PictoscopeError, ProjectError
from core.project import Project
from core.user_folders import data_folder
from core.vectors.vec_type import VecType

VEC_TYPES = (VecType("effnet-lite0"), VecType("effnet-lite0", greyscale=True), VecType("conse"))
# The queries that `pictoscope demo` prints without a terminal.
QUERY_PICTURE = "photographs/cat.jpg"
QUERY_TEXT = "a musical instrument"


def demo_folder() -> Path:
    """The folder of the demo's pictures and project; it need not exist."""
    return data_folder() / "demo"


def open_demo() -> Project:
    """Open the demo's project, and create it if necessary. Deleted pictures are restored; nothing else is changed.

    Raises:
        ProjectError: the user's data folder cannot be written.
    """
    folder = demo_folder()
    try:
        with as_file(files("core.demo") / "pictures") as source:
            for picture in sorted(source.rglob("*")):
                target = folder / picture.relative_to(source)
                if picture.is_file() and not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(picture, target)
    except OSError as error:
        raise ProjectError(
            f"the demo cannot be written to {folder} ({error.strerror})",
            "set PICTOSCOPE_HOME to a folder with enough space",
        ) from error
    project = Project.open_or_create(folder)
    try:
        project.scan()
    except PictoscopeError:
        project.close()
        raise
    return project
