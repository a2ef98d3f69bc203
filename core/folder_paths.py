"""Paths of picture folders: check them, store them in the settings, refuse folders that overlap."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from core.errors import ProjectError
from core.paths import is_below, is_same_folder
from core.settings import Settings
from core.text import printable


def picture_folder(folder: str | os.PathLike[str]) -> Path:
    """``folder`` as an absolute path that can be listed.

    Raises:
        ProjectError: it is empty, does not exist, is not a folder, or cannot be read.
    """
    if not os.fspath(folder):
        raise ProjectError("an empty path is not a folder", "is a variable not set?")
    path = Path(os.path.abspath(os.path.expanduser(folder)))
    try:
        with os.scandir(path):
            return path
    except FileNotFoundError:
        raise ProjectError(f"there is no folder {printable(path)}", "check the spelling") from None
    except NotADirectoryError:
        raise ProjectError(f"not a folder: {printable(path)}", "give the folder that holds the pictures") from None
    except PermissionError:
        raise ProjectError(f"no permission to read {printable(path)}", "check its permissions: chmod u+rx") from None
    except OSError as error:
        raise ProjectError(f"cannot read {printable(path)}: {error.strerror}", "check the path") from error


def with_folders(settings: Settings, project: Path, folders: Sequence[Path]) -> Settings:
    """``settings`` with all ``folders``; see :func:`with_folder`."""
    for folder in folders:
        settings = with_folder(settings, project, folder)
    return settings


def with_folder(settings: Settings, project: Path, folder: Path) -> Settings:
    """``settings`` with ``folder`` added, unless they have it.

    Args:
        settings: of the project.
        project: the project folder, absolute.
        folder: a picture folder, absolute.

    Raises:
        ProjectError: it is another picture folder under a second name, contains one, or is inside one.
    """
    for stored in settings.folders:
        other = Path(os.path.normpath(project / stored))
        if folder == other:
            return settings
        check_apart(folder, other)
    return settings.with_folder(stored_folder(project, folder))


def check_apart(folder: Path, other: Path) -> None:
    """Check that two picture folders share no file: each would be listed at two paths.

    Raises:
        ProjectError: they are one folder under two names, or one contains the other.
    """
    if is_same_folder(folder, other):
        raise ProjectError(
            f"{printable(folder)} is the same folder as {printable(other)}, which is in the project",
            "nothing to add: look for changes with `pictoscope add`",
        )
    if is_below(folder, other) or is_below(other, folder):
        raise ProjectError(
            f"{printable(folder)} and {printable(other)} overlap: one contains the other",
            "sub-folders are included: keep only the outer one",
        )


def stored_folder(project: Path, folder: Path) -> str:
    """A picture folder as stored in the settings: relative if it contains the project, so that both can be moved."""
    return os.path.relpath(folder, project) if project.is_relative_to(folder) else os.fspath(folder)


def new_settings(path: Path, folders: Sequence[Path], name: str) -> Settings:
    """Settings without folders. An empty ``name`` becomes that of the first folder, else of the project folder."""
    return Settings(name or (folders[0].name if folders else path.name) or "pictures", ())
