"""Rebuild a damaged project: its settings, or its catalog."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.catalog.catalog import Catalog
from core.errors import CatalogError, StoreBusy, UsageError
from core.files import write_atomic
from core.folder_paths import new_settings, picture_folder, with_folders
from core.in_use import InUse
from core.project import Project
from core.project_location import check_no_link, explain_refusal
from core.settings import SETTINGS_NAME, settings_lock

if TYPE_CHECKING:
    from core.labels.salvage import Salvaged


def rebuild_settings(path: Path, folders: Sequence[str | os.PathLike[str]]) -> Project:
    """Rewrite a damaged ``project.toml``. A copy of the damaged one is kept as ``project.toml.damaged``.

    Raises:
        UsageError: no folders are given. ProjectError: a folder cannot be read.
    """
    if not folders:
        raise UsageError(
            "the project needs its picture folders", "give them: pictoscope add FOLDER… --rebuild-settings"
        )
    checked = [picture_folder(folder) for folder in folders]
    check_no_link(path)
    file = path / SETTINGS_NAME
    with explain_refusal(path):
        path.mkdir(parents=True, exist_ok=True)
        with settings_lock(file):
            if file.exists():  # copied, not moved: other programs always find a project
                write_atomic(file.with_name(file.name + ".damaged"), file.read_bytes())
            with_folders(new_settings(path, checked, ""), path, checked).save(file)
    return Project(path)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The result of rebuilding a catalog.

    Attributes:
        aside: path of the damaged catalog.
        salvaged: what was copied to the new catalog.
    """

    aside: Path
    salvaged: Salvaged


def rebuild_catalog(project: Project) -> Rebuilt | None:
    """Move a damaged catalog aside so that the next scan recreates it. None if there is none.

    Data on pictures are read from the picture folders again; vectors are stored by content and kept. Of what
    people decided, everything that can still be read is copied to the new catalog.

    No other program may have it open: it would continue in the file that was moved aside.

    Raises:
        CatalogError: another program has it open, or the new one cannot be written. OSError: the folder cannot.
    """
    project.close()
    file = project.path / "catalog.sqlite"
    try:
        with InUse.exclusive(file):
            return _rebuild(project, file)
    except StoreBusy as error:
        raise CatalogError(error.message, error.hint) from error


def _rebuild(project: Project, file: Path) -> Rebuilt | None:
    from core.labels.salvage import salvage

    aside = file.with_name(file.name + ".damaged")
    for suffix in ("-shm", "-wal", ""):
        aside.with_name(aside.name + suffix).unlink(missing_ok=True)  # of an earlier damage
    file.with_name(file.name + "-shm").unlink(missing_ok=True)
    log = file.with_name(file.name + "-wal")
    if not file.exists():
        log.unlink(missing_ok=True)
        return None
    if log.exists():  # the latest changes are in it
        log.replace(aside.with_name(aside.name + "-wal"))
    file.replace(aside)
    with Catalog(file, project.path, replacing=True) as catalog:
        return Rebuilt(aside, salvage(aside, catalog))
