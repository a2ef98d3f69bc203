"""Detects changes by other programs in an open project."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import CatalogError
from core.labels.undo import History
from core.project import Project


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the last look.

    Attributes:
        settings: folders, the default vec type, the name.
        labels: tags, groups, properties, filters, decisions.
        pictures: files came, went or changed.
    """

    settings: bool = False
    labels: bool = False
    pictures: bool = False

    def any(self) -> bool:
        """Whether anything changed."""
        return self.settings or self.labels or self.pictures


class Watch:
    """Polls a project. A look without changes costs a ``stat`` and a number.

    Args:
        project: open; its settings are reloaded if another program has written them.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._settings = project.settings_changed_elsewhere
        self._data: int | None = None
        self._labels: tuple[int, int] = (0, 0)
        self._pictures = 0

    def look(self) -> Changes:
        """What has changed since the last look, or since the watch was created.

        Raises:
            ProjectError: the settings can no longer be read. CatalogError: the catalog cannot be read, or is gone.
        """
        self._project.refresh_settings()
        before, self._settings = self._settings, self._project.settings_changed_elsewhere
        labels, pictures = self._catalog()
        return Changes(before != self._settings, labels, pictures)

    def _catalog(self) -> tuple[bool, bool]:
        if not self._project.catalog_is_open:
            return False, False
        catalog = self._project.catalog
        if not catalog.is_there():
            raise CatalogError(
                f"{catalog.path} was moved, deleted or replaced while it was open here",
                "leave the project and open it again",
            )
        data = int(catalog.query("PRAGMA data_version")[0][0])  # changes with commits of other connections only
        if data == self._data:
            return False, False
        labels, pictures = History(catalog).mark(), catalog.version()
        changed = (labels != self._labels, pictures != self._pictures) if self._data is not None else (False, False)
        self._data, self._labels, self._pictures = data, labels, pictures
        return changed
