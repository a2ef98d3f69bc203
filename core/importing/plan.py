"""An import, first as a plan: what a table says, what matches, what would change. Then done, in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.catalog.catalog import Catalog
from core.errors import PictoscopeError
from core.importing.apply import apply
from core.importing.differences import Staged, changes
from core.importing.options import Options
from core.importing.reading import Reading
from core.importing.report import Changes, Report
from core.importing.tables import open_table
from core.project import Project
from core.text import count


class Plan:
    """What an import would do. Holds a connection until :meth:`close`.

    Attributes:
        report: what was found.
    """

    def __init__(self, catalog: Catalog, report: Report, staged: list[Staged], version: int, options: Options) -> None:
        self._catalog = catalog
        self._staged = staged
        self._version = version
        self._options = options
        self.report = report

    @property
    def hindrance(self) -> PictoscopeError | None:
        """Why it cannot be done as it is: something was refused and nobody said to leave that out; nothing matches."""
        refused = self.report.refused.count
        if refused and not self._options.skip_bad:
            return PictoscopeError(
                f"{count(refused, 'cell or line', 'cells or lines')} cannot be imported, so nothing will be",
                "mend them, or leave them out: --skip-bad",
            )
        if self.report.lines and not self.report.matched:
            return PictoscopeError(
                f"no line of {self.report.file.name} names a picture of this project",
                "relative paths begin at the table's folder or a picture folder; or match file names: --by name",
            )
        return None

    def apply(self) -> Changes:
        """Do it, in one step that undo takes back: all of it or, by any exception, nothing. Returns what changed.

        Raises:
            PictoscopeError: it has a :attr:`hindrance`. UsageError: a property is another one by now.
            CatalogError: the catalog cannot be written.
        """
        if self.hindrance:
            raise self.hindrance
        return apply(self._catalog, self.report, self._staged, self._version)

    def close(self) -> None:
        """Forget it."""
        self._catalog.close()

    def __enter__(self) -> Plan:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def plan(
    project: Project, path: Path, options: Options | None = None, progress: Callable[[int], None] = lambda lines: None
) -> Plan:
    """Read a table and find out what importing it would change. Nothing is written; nobody has to wait.

    Args:
        project: whose pictures the table speaks of.
        path: of CSV, JSON lines or Parquet.
        options: how to read it, and what of it to import.
        progress: is told how many lines were read; may raise, which ends it.

    Raises:
        UsageError: the file is no table, or its headings make no sense. PictoscopeError: Parquet without pyarrow.
        CatalogError: the catalog cannot be read. OSError: the file cannot.
    """
    options = options or Options()
    with _own_connection(project) as catalog:
        with catalog.one_moment() as database, open_table(path, options) as table:
            reading = Reading(catalog, database, table, options, path, project.folders)
            reading.read(progress)
            staged = reading.staged()
            report = reading.report(changes(database, staged))
            version = int(database.execute("PRAGMA data_version").fetchone()[0])
        return Plan(catalog, report, staged, version, options)


@contextmanager
def _own_connection(project: Project) -> Iterator[Catalog]:
    """Closed again where there is no plan to hold it."""
    catalog = Catalog(project.catalog.path, project.path)
    try:
        yield catalog
    except BaseException:
        catalog.close()
        raise
