"""A project: picture folders, settings, and access to everything else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.catalog.catalog import Catalog
from core.errors import ProjectError, UsageError, VectorsMissing
from core.files import FileState
from core.folder_paths import new_settings, picture_folder, with_folder, with_folders
from core.project_location import FOLDER_NAME, JOBS_FOLDER, check_no_link, exists_already, explain_refusal, is_project
from core.settings import SETTINGS_NAME, Settings
from core.text import printable

if TYPE_CHECKING:  # opening a project must not wait for Pillow
    import numpy as np
    import numpy.typing as npt

    from core.catalog.scan_report import ScanReport
    from core.images.thumbnails import Thumbnails
    from core.vectors.coverage import Coverage, Covered
    from core.vectors.vec_type import VecType
    from core.vectors.vec_types import VecTypeStatus


class Project:
    """An open project.

    Args:
        path: the project folder (which holds ``project.toml``).

    Attributes:
        settings: as last read.
        settings_changed_elsewhere: number of detected changes by other programs.

    Raises:
        ProjectError: there is none, or its settings cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        check_no_link(self.path)
        self._settings_seen = _identity(self._settings_path)
        self.settings = Settings.load(self._settings_path)
        self.settings_changed_elsewhere = 0
        self._settings_lock = threading.Lock()  # so that one thread's change does not count as foreign for another

    @classmethod
    def create(
        cls, path: Path, folders: Sequence[str | os.PathLike[str]], name: str = "", *, exist_ok: bool = False
    ) -> Project:
        """Create the project folder ``path`` for these picture folders.

        Args:
            path: of the project folder.
            folders: picture folders.
            name: shown in the list of recent projects; empty: that of the first folder.
            exist_ok: add the folders to an existing project.

        Raises:
            ProjectError: ``path`` is already a project or cannot be written; a picture folder cannot be read.
        """
        path = path.absolute()
        check_no_link(path)
        if is_project(path) and not exist_ok:
            raise exists_already(path)
        checked = [picture_folder(folder) for folder in folders]

        def change(there: Settings | None) -> Settings:
            if there is not None and not exist_ok:  # another program has just created it
                raise exists_already(path)
            return with_folders(there or new_settings(path, checked, name), path, checked)

        with explain_refusal(path):
            path.mkdir(parents=True, exist_ok=True)
            Settings.update(path / SETTINGS_NAME, change)
        return cls(path)

    @classmethod
    def find(cls, start: Path) -> Project | None:
        """The project of ``start``: itself, else ``.pictoscope`` in it or in the nearest parent folder."""
        start = start.absolute()
        if is_project(start):
            return cls(start)
        for folder in (start, *start.parents):
            if is_project(folder / FOLDER_NAME):
                return cls(folder / FOLDER_NAME)
        return None

    @classmethod
    def open_or_create(cls, folder: Path) -> Project:
        """The project of a picture folder; created in it if there is none.

        Raises:
            ProjectError: the folder does not exist or cannot be read, or the project cannot be created.
        """
        folder = picture_folder(folder)
        return cls.find(folder) or cls.create(folder / FOLDER_NAME, [folder], exist_ok=True)

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog, opened at first use.

        Raises:
            CatalogError: damaged, or of a newer version.
        """
        return Catalog(self.path / "catalog.sqlite", self.path)

    @property
    def catalog_is_open(self) -> bool:
        """Whether the catalog has been opened."""
        return "catalog" in self.__dict__

    @cached_property
    def thumbnails(self) -> Thumbnails:
        """The cache of thumbnails, opened at first use."""
        from core.catalog.readable import read_picture_of
        from core.images.thumbnails import Thumbnails

        return Thumbnails(
            self.path / "thumbnails.sqlite",
            lambda key, path, at_least: read_picture_of(self.catalog, key, os.fsencode(path), at_least),
        )

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

    def rows_of(self, vec_type: VecType) -> Covered:
        """:meth:`covered`, for whoever computes with the rows: all of them were looked at.

        Raises:
            VectorsMissing: nothing was committed yet. StoreDamaged: it cannot be read, or no model computes such rows.
        """
        return self._coverage.checked(self.covered(vec_type))

    def coverage_keys(self, state: Literal["covered", "failed"], name: str) -> npt.NDArray[np.bytes_]:
        """Keys of the project's pictures that a vec type covers, or could not read; dtype S20. For filters.

        Raises:
            UsageError: there is no such vec type. StoreDamaged: it cannot be read.
        """
        from core.vectors import vec_types
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
        return covered.failed_keys

    def statuses(self) -> list[VecTypeStatus]:
        """How complete each vec type is. Cached: later calls read only what has changed.

        Raises:
            ProjectError: the project's folder is not there any more: that is not a project without vectors.
        """
        from core.vectors import vec_types

        if not self.path.is_dir():
            raise _gone(self.path)
        return vec_types.statuses(
            self.vectors_folder, self.catalog.keys(), self.settings.default_vec_type, self._coverage
        )

    @property
    def vectors_folder(self) -> Path:
        """The folder of the vec types."""
        return self.path / "vectors"

    @property
    def jobs_folder(self) -> Path:
        """The folder of the jobs."""
        return self.path / JOBS_FOLDER

    @property
    def folders(self) -> list[Path]:
        """The picture folders as absolute paths."""
        return [self._absolute(folder) for folder in self.settings.folders]

    def add_folder(self, folder: str | os.PathLike[str]) -> Path:
        """Add a picture folder unless the project has it. Returns its absolute path.

        Raises:
            ProjectError: it does not exist, cannot be read, or overlaps another picture folder.
        """
        checked = picture_folder(folder)
        self.update_settings(lambda settings: with_folder(settings, self.path, checked))
        return checked

    def remove_folder(self, folder: str | os.PathLike[str]) -> None:
        """Remove a picture folder from the project. Its pictures leave the catalog at the next scan; vectors are kept.

        Raises:
            UsageError: the project has no such folder.
        """
        wanted = Path(os.path.normpath(Path(folder).absolute()))

        def without(settings: Settings) -> Settings:
            kept = tuple(stored for stored in settings.folders if self._absolute(stored) != wanted)
            if len(kept) == len(settings.folders):
                raise UsageError(f"{printable(str(folder))} is not a folder of this project")
            return replace(settings, folders=kept)

        self.update_settings(without)

    def update_settings(self, change: Callable[[Settings], Settings]) -> Settings:
        """Change the settings on the disk, which may be newer than those of this object.

        Args:
            change: receives the settings on the disk and returns new ones. May be called twice; the last result counts.

        Returns the current settings.

        Raises:
            ProjectError: they cannot be read, or another program is changing them. DiskFull, OSError: they cannot be
                written; the old ones stay. And whatever ``change`` raises.
        """

        def changed(there: Settings | None) -> Settings:
            if there is None:
                raise _gone(self.path)
            updated.append(there)
            return change(there)

        updated: list[Settings] = []
        with self._settings_lock:
            after = Settings.update(self._settings_path, changed)
            self.settings_changed_elsewhere += updated[-1] != self.settings
            self.settings = after
        return after

    def refresh_settings(self) -> bool:
        """Reload the settings if another program has written them. Returns whether they differ.

        Raises:
            ProjectError: they cannot be read; the last ones are kept.
        """
        with self._settings_lock:
            seen = _identity(self._settings_path)
            if seen is not None and seen == self._settings_seen:
                return False
            settings = Settings.load(self._settings_path)
            is_other = settings != self.settings
            self.settings_changed_elsewhere += is_other
            self._settings_seen, self.settings = seen, settings
            return is_other

    def make_default_if_none(self, vec_type: str) -> None:
        """A project's first vec type is its default. Errors as for :meth:`update_settings`."""
        if not self.settings.default_vec_type:
            self.update_settings(
                lambda settings: settings if settings.default_vec_type else replace(settings, default_vec_type=vec_type)
            )

    @property
    def _settings_path(self) -> Path:
        return self.path / SETTINGS_NAME

    def _absolute(self, stored: str) -> Path:
        return Path(os.path.normpath(self.path / stored))

    def scan(
        self,
        progress: Callable[[ScanReport], None] = lambda report: None,
        stop: threading.Event | None = None,
        *,
        rehash: bool = False,
    ) -> ScanReport:
        """Bring the catalog up to date with the picture folders; see :func:`core.catalog.scan.scan`.

        The settings are reloaded first, so that folders added by other programs are included.

        Raises:
            ProjectError: the settings cannot be read.
        """
        from core.catalog.scan import scan

        def locations() -> list[bytes]:
            self.refresh_settings()
            return [os.fsencode(folder) for folder in self.settings.folders]

        return scan(
            self.catalog,
            locations(),
            follow_links=self.settings.follow_links,
            rehash=rehash,
            progress=progress,
            stop=stop,
            latest=locations,
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


def _identity(path: Path) -> FileState | None:
    """Changes whenever the file is replaced or written; None if it cannot be accessed."""
    try:
        return FileState.of(path.stat())
    except OSError:
        return None


def _gone(path: Path) -> ProjectError:
    return ProjectError(
        f"no project at {path}", "it was deleted or moved, or its disk is not connected: open it at its new path"
    )
