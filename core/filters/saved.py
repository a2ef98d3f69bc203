"""Saved filters: filter lines with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.catalog.catalog import Catalog
from core.errors import NameTaken
from core.labels.undo import History
from core.names import clean_name, name_taken_error, no_such_error, short_name

if TYPE_CHECKING:  # NumPy comes when a filter is saved
    from core.filters.evaluation import Coverage


class SavedFilters:
    """The saved filters of a catalog. Every change is a step that :class:`History` undoes.

    Args:
        catalog: contains them.
        coverage: evaluates ``covered:`` and ``failed:`` in a line that is to be saved, such as
            ``project.coverage_keys``; without it such a line is refused.
    """

    def __init__(self, catalog: Catalog, coverage: Coverage | None = None) -> None:
        self._catalog = catalog
        self._coverage = coverage
        self._history = History(catalog)

    def all(self) -> dict[str, str]:
        """The line of every saved filter, by name."""
        return dict(self._catalog.query("SELECT name, line FROM saved_filters ORDER BY name"))

    def line(self, name: str) -> str:
        """The line of a saved filter.

        Raises:
            UsageError: no such filter.
        """
        filters = self.all()
        name = clean_name(name, "filter")
        if name not in filters:
            raise no_such_error("filter", name, filters)
        return filters[name]

    def save(self, name: str, line: str, replace: bool = False) -> None:
        """Save a line under a name. A line that could not be used now is refused, with the error of its use.

        Raises:
            FilterError: the line is not a filter, or refers to unknown names or to itself. NameTaken: there is a
                filter of this name and ``replace`` is off.
        """
        name = clean_name(name, "filter")
        self.check(line, name)
        with self._history.step(f"save filter {short_name(name)}") as step:
            kept = self.all()
            if name in kept and not replace:
                raise NameTaken(name_taken_error("filter", name).message, f"it is: {kept[name]}")
            if name in kept:
                step.database.execute("UPDATE saved_filters SET line = ?1 WHERE name = ?2 AND line <> ?1", (line, name))
            else:
                step.database.execute("INSERT INTO saved_filters (name, line) VALUES (?, ?)", (name, line))

    def check(self, line: str, name: str = "") -> None:
        """Refuse a line that could not be used under this name.

        Raises:
            FilterError: the line is not a filter, or refers to unknown names or to itself.
        """
        from core.filters.evaluation import check_usable

        check_usable(self._catalog, line, self._coverage, name=name)

    def rename(self, name: str, new: str) -> None:
        """Rename a saved filter.

        Raises:
            UsageError: no such filter, or a filter of the new name exists.
        """
        name, new = clean_name(name, "filter"), clean_name(new, "filter")
        with self._history.step(f"rename filter {short_name(name)} to {short_name(new)}") as step:
            self.line(name)
            if new == name:
                return
            if new in self.all():
                raise name_taken_error("filter", new)
            step.database.execute("UPDATE saved_filters SET name = ? WHERE name = ?", (new, name))

    def delete(self, name: str) -> None:
        """Delete a saved filter.

        Raises:
            UsageError: no such filter.
        """
        name = clean_name(name, "filter")
        with self._history.step(f"delete filter {short_name(name)}") as step:
            self.line(name)
            step.database.execute("DELETE FROM saved_filters WHERE name = ?", (name,))
