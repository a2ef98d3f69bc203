"""A project: picture folders, settings, and the way in to everything else."""

from __future__ import annotations

import os
import threading
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tomli_w

from core import settings as settings_file
from core.catalog.catalog import Catalog
from core.errors import PictoscopeError, ProjectError, UsageError, VectorsMissing
from core.files import write_whole
from core.settings import Settings
from core.text import printable
from core.toml_reader import parse_toml
from core.user_folders import state_folder

if TYPE_CHECKING:  # opening a project must not wait for Pillow
    import numpy as np
    import numpy.typing as npt

    from core.catalog.salvage import Salvaged
    from core.catalog.scan import ScanReport
    from core.images.thumbnails import Thumbnails
    from core.vectors.coverage import Coverage, Covered
    from core.vectors.vec_type import VecType
    from core.vectors.vec_types import VecTypeStatus

FOLDER_NAME = ".pictoscope"
_RECENT_KEPT = 20


class Project:
    """An open project.

    Args:
        path: the project folder (which holds ``project.toml``).

    Raises:
        ProjectError: there is none, or its settings cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.settings = settings_file.load(self.path / settings_file.FILE_NAME)

    @classmethod
    def create(cls, path: Path, folders: Sequence[str | os.PathLike[str]], name: str = "") -> Project:
        """Make the project folder ``path`` for these picture folders.

        Raises:
            ProjectError: ``path`` holds a project already or cannot be written; a picture folder cannot be read.
        """
        path = path.absolute()
        if _is_project(path):
            raise ProjectError(f"{path} is a project already", "open it, or add folders to it: `pictoscope add`")
        checked = [picture_folder(folder) for folder in folders]
        try:
            path.mkdir(parents=True, exist_ok=True)
            settings = Settings(name or (checked[0].name if checked else path.name) or "pictures", ())
            for folder in checked:
                settings = _with_folder(settings, path, folder)
            settings_file.save(path / settings_file.FILE_NAME, settings)
        except OSError as error:
            raise ProjectError(
                f"cannot create a project at {path} ({(error.strerror or str(error)).lower()})",
                "choose another place for it with --project PATH",
            ) from error
        return cls(path)

    @classmethod
    def find(cls, start: Path) -> Project | None:
        """The project of ``start``: itself if it is one, else ``.pictoscope`` in it or in the nearest folder above."""
        start = start.absolute()
        if _is_project(start):
            return cls(start)
        for folder in (start, *start.parents):
            if _is_project(folder / FOLDER_NAME):
                return cls(folder / FOLDER_NAME)
        return None

    @classmethod
    def open_or_create(cls, folder: Path) -> Project:
        """The project of a picture folder, made in it if there is none.

        Raises:
            ProjectError: the folder is not there or cannot be read, or the project cannot be made.
        """
        folder = picture_folder(folder)
        return cls.find(folder) or cls.create(folder / FOLDER_NAME, [folder])

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog, opened at first use.

        Raises:
            CatalogError: damaged, or of a newer version.
        """
        return Catalog(self.path / "catalog.sqlite", self.path)

    @cached_property
    def thumbnails(self) -> Thumbnails:
        """The cache of thumbnails, opened at first use."""
        from core.images.thumbnails import Thumbnails

        return Thumbnails(self.path / "thumbnails.sqlite")

    @cached_property
    def _coverage(self) -> Coverage:
        from core.vectors.coverage import Coverage

        return Coverage(self.vectors_folder)

    def covered(self, vec_type: VecType) -> Covered:
        """The rows of a vec type, and which of them belong to pictures that the project has.

        Raises:
            VectorsMissing: nothing was committed yet. StoreDamaged: it cannot be read.
        """
        from core.vectors import vec_types

        return vec_types.covered(self.vectors_folder, vec_type, self.catalog.keys(), self._coverage)

    def coverage_keys(self, state: Literal["covered", "failed"], name: str) -> npt.NDArray[np.bytes_]:
        """Keys of the project's pictures that a vec type covers, or could not read; dtype S20. For filters.

        Raises:
            UsageError: there is no such vec type. StoreDamaged: it cannot be read.
        """
        from core.vectors import vec_types
        from core.vectors.keys import is_in
        from core.vectors.vec_type import VecType

        there = vec_types.names(self.vectors_folder)
        if name not in there:
            raise UsageError(f"there are no vectors {name}", f"there are: {', '.join(there) or 'none yet'}")
        try:
            covered = self.covered(VecType.parse(name))
        except VectorsMissing:
            return self.catalog.keys()[:0]
        if state == "covered":
            return covered.snapshot.keys[covered.present]
        failed = covered.snapshot.failed
        return failed[is_in(failed, self.catalog.keys())]

    def statuses(self) -> list[VecTypeStatus]:
        """How complete each vec type is. Asked again, only what has changed is read."""
        from core.vectors import vec_types

        return vec_types.statuses(
            self.vectors_folder, self.catalog.keys(), self.settings.default_vec_type, self._coverage
        )

    @property
    def vectors_folder(self) -> Path:
        """Where the vec types lie."""
        return self.path / "vectors"

    @property
    def jobs_folder(self) -> Path:
        """Where the jobs lie."""
        return self.path / "jobs"

    @property
    def folders(self) -> list[Path]:
        """The picture folders as absolute paths."""
        return [Path(os.path.normpath(self.path / folder)) for folder in self.settings.folders]

    def add_folder(self, folder: str | os.PathLike[str]) -> Path:
        """Add a picture folder. One that is there already is left as it is. Returns its absolute path.

        Raises:
            ProjectError: it is not there, cannot be read, or lies within (or around) one that is there.
        """
        checked = picture_folder(folder)
        self.change_settings(_with_folder(self.settings, self.path, checked))
        return checked

    def remove_folder(self, folder: str | os.PathLike[str]) -> None:
        """Take a picture folder out of the project. Its pictures leave the catalog at the next scan; vectors are kept.

        Raises:
            UsageError: the project has no such folder.
        """
        wanted = Path(os.path.normpath(Path(folder).absolute()))
        kept = tuple(stored for stored, path in zip(self.settings.folders, self.folders, strict=True) if path != wanted)
        if len(kept) == len(self.settings.folders):
            raise UsageError(f"{printable(str(folder))} is not a folder of this project")
        self.change_settings(replace(self.settings, folders=kept))

    def change_settings(self, settings: Settings) -> None:
        """Write new settings.

        Raises:
            DiskFull, OSError: they cannot be written; the old ones stay.
        """
        settings_file.save(self.path / settings_file.FILE_NAME, settings)
        self.settings = settings

    def scan(
        self,
        progress: Callable[[ScanReport], None] = lambda report: None,
        stop: threading.Event | None = None,
    ) -> ScanReport:
        """Bring the catalog up to date with the picture folders; see :func:`core.catalog.scan.scan`."""
        from core.catalog.scan import scan

        return scan(
            self.catalog,
            [os.fsencode(folder) for folder in self.settings.folders],
            follow_links=self.settings.follow_links,
            progress=progress,
            stop=stop,
        )

    def close(self) -> None:
        """Close the databases."""
        for name in ("catalog", "thumbnails"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def picture_folder(folder: str | os.PathLike[str]) -> Path:
    """``folder`` as an absolute path that can be listed.

    Raises:
        ProjectError: it is not there, is no folder, or cannot be read.
    """
    path = Path(os.path.abspath(os.path.expanduser(folder)))
    try:
        with os.scandir(path):
            return path
    except FileNotFoundError:
        raise ProjectError(f"no such folder: {printable(path)}", "check the spelling") from None
    except NotADirectoryError:
        raise ProjectError(f"not a folder: {printable(path)}", "give the folder that holds the pictures") from None
    except PermissionError:
        raise ProjectError(f"no permission to read {printable(path)}", "check its permissions: chmod u+rx") from None
    except OSError as error:
        raise ProjectError(f"cannot read {printable(path)}: {error.strerror}", "check the path") from error


def rebuild_settings(path: Path, folders: Sequence[str | os.PathLike[str]]) -> Project:
    """Write a damaged ``project.toml`` anew. The damaged one is kept beside it as ``project.toml.damaged``.

    Raises:
        UsageError: no folders are given. ProjectError: a folder cannot be read.
    """
    if not folders:
        raise UsageError(
            "which picture folders does the project have?", "give them: pictoscope add FOLDER… --rebuild-settings"
        )
    checked = [picture_folder(folder) for folder in folders]
    file = path / settings_file.FILE_NAME
    if file.exists():
        file.replace(file.with_name(file.name + ".damaged"))
    return Project.create(path, checked)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A catalog that was put aside.

    Attributes:
        aside: where it is kept.
        salvaged: what of it is in the new one already.
    """

    aside: Path
    salvaged: Salvaged


def rebuild_catalog(project: Project) -> Rebuilt | None:
    """Put a damaged catalog aside so that the next scan writes it anew. None where there is none.

    What it held of pictures is read from the picture folders again; vectors are named by content and stay. Of what
    people decided all that can still be read is brought into the new catalog.

    Raises:
        CatalogError: the new catalog cannot be written.
    """
    from core.catalog.salvage import salvage

    project.close()
    file = project.path / "catalog.sqlite"
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
    return Rebuilt(aside, salvage(aside, project.catalog))


def recent_projects() -> list[Path]:
    """Project folders opened lately, the latest first; those that are gone are left out."""
    try:
        listed = parse_toml(_recent_file().read_bytes()).get("projects", [])
    except (OSError, tomllib.TOMLDecodeError):
        return []
    paths = [Path(entry) for entry in listed if isinstance(entry, str)] if isinstance(listed, list) else []
    return [path for path in paths if _is_project(path)]


def remember(project: Project) -> None:
    """Put ``project`` at the head of the recent ones. A list that cannot be written is only a convenience lost."""
    try:
        os.fspath(project.path).encode("utf-8")
        paths = [project.path, *(path for path in recent_projects() if path != project.path)][:_RECENT_KEPT]
        write_whole(_recent_file(), tomli_w.dumps({"projects": [str(path) for path in paths]}).encode("utf-8"))
    except (OSError, PictoscopeError, UnicodeEncodeError):
        return


def _is_project(path: Path) -> bool:
    """Whether ``path`` holds a project. A folder that may not be entered (``Path.is_file`` raises there) does not."""
    return os.path.isfile(path / settings_file.FILE_NAME)


def _recent_file() -> Path:
    return state_folder() / "recent.toml"


def _with_folder(settings: Settings, project: Path, folder: Path) -> Settings:
    """``settings`` with ``folder``, relative where it holds the project: then both can move together."""
    for stored in settings.folders:
        other = Path(os.path.normpath(project / stored))
        if folder == other:
            return settings
        if folder.is_relative_to(other) or other.is_relative_to(folder):
            raise ProjectError(
                f"{printable(folder)} and {printable(other)} lie within each other",
                "a project looks into sub-folders by itself: keep only the outer one",
            )
    stored = os.path.relpath(folder, project) if project.is_relative_to(folder) else os.fspath(folder)
    return settings.with_folder(stored)
