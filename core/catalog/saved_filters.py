"""Filters that are kept under a name."""

from __future__ import annotations

from core.catalog.catalog import Catalog
from core.catalog.filter import parse
from core.catalog.history import History
from core.catalog.names import clean_name, shown, taken, unknown
from core.errors import UsageError


class SavedFilters:
    """The saved filters of a catalog. Every change is a step that :class:`History` undoes.

    Args:
        catalog: which holds them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._history = History(catalog)

    def all(self) -> dict[str, str]:
        """The line of every saved filter, by name."""
        return dict(self._catalog.query("SELECT name, line FROM saved_filters ORDER BY name"))

    def line(self, name: str) -> str:
        """The line of a saved filter.

        Raises:
            UsageError: no such filter.
        """
        found = self.all()
        name = clean_name(name, "filter")
        if name not in found:
            raise unknown("filter", name, found)
        return found[name]

    def save(self, name: str, line: str, replace: bool = False) -> None:
        """Keep a line under a name.

        Raises:
            FilterError: the line is no filter. UsageError: there is one of this name and ``replace`` is off.
        """
        name = clean_name(name, "filter")
        parse(line)
        with self._history.step(f"save filter {shown(name)}") as step:
            kept = self.all()
            if name in kept and not replace:
                raise UsageError(taken("filter", name).message, "choose another name, or replace it")
            if name in kept:
                step.database.execute("UPDATE saved_filters SET line = ?1 WHERE name = ?2 AND line <> ?1", (line, name))
            else:
                step.database.execute("INSERT INTO saved_filters (name, line) VALUES (?, ?)", (name, line))

    def rename(self, name: str, new: str) -> None:
        """Give a saved filter another name.

        Raises:
            UsageError: no such filter, or there is one of the new name.
        """
        name, new = clean_name(name, "filter"), clean_name(new, "filter")
        with self._history.step(f"rename filter {shown(name)} to {shown(new)}") as step:
            self.line(name)
            if new == name:
                return
            if new in self.all():
                raise taken("filter", new)
            step.database.execute("UPDATE saved_filters SET name = ? WHERE name = ?", (new, name))

    def delete(self, name: str) -> None:
        """Forget a saved filter.

        Raises:
            UsageError: no such filter.
        """
        name = clean_name(name, "filter")
        with self._history.step(f"delete filter {shown(name)}") as step:
            self.line(name)
            step.database.execute("DELETE FROM saved_filters WHERE name = ?", (name,))
