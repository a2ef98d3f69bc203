"""An import: first a plan with matches and changes, which is then applied in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.catalog.catalog import Catalog
from core.errors import PictoscopeError
from core.importing.apply import apply
from core.importing.differences import Staged, changes
from core.importing.formats import open_table
from core.importing.options import Options
from core.importing.reading import Reading
from core.importing.report import Changes, Report
from core.project import Project
from core.text import count

_CACHE_MIB = 256  # lines name pictures in any order: what a million of them touches, or as much as was touched


class Plan:
    """The plan of an import. Keeps a database connection until :meth:`close`.

    Attributes:
        report: the matches and changes.
    """

    def __init__(self, catalog: Catalog, report: Report, staged: list[Staged], version: int, options: Options) -> None:
        self._catalog = catalog
        self._staged = staged
        self._version = version
        self._options = options
        self.report = report

    @property
    def hindrance(self) -> PictoscopeError | None:
        """Why the plan cannot be applied: cells were refused and ``skip_bad`` is off, or nothing matches; else None."""
        refused = self.report.refused.count
        if refused and not self._options.skip_bad:
            return PictoscopeError(
                f"{count(refused, 'cell or line', 'cells or lines')} cannot be imported, so nothing is imported",
                "fix them, or skip them: --skip-bad",
            )
        if self.report.lines and not self.report.matched:
            return PictoscopeError(
                f"no line of {self.report.file.name} names a picture of this project",
                "relative paths begin at the table's folder or a picture folder; or match file names: --by name",
            )
        return None

    def apply(self) -> Changes:
        """Apply the plan in one step that can be undone: all of it or, on any exception, nothing. Returns the changes.

        Raises:
            PictoscopeError: it has a :attr:`hindrance`. UsageError: a property has changed since.
            CatalogError: the catalog cannot be written.
        """
        if self.hindrance:
            raise self.hindrance
        return apply(self._catalog, self.report, self._staged, self._version)

    def close(self) -> None:
        """Close the connection."""
        self._catalog.close()

    def __enter__(self) -> Plan:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def plan(
    project: Project, path: Path, options: Options | None = None, progress: Callable[[int], None] = lambda lines: None
) -> Plan:
    """Read a table and compute what importing it would change. Nothing is written, and no other program is blocked.

    Args:
        project: of the pictures.
        path: a CSV, JSON lines or Parquet file.
        options: of the import.
        progress: is declared how many lines were read; may raise, which ends it.

    Raises:
        UsageError: the file is not a table, or its headings are not valid. PictoscopeError: Parquet without pyarrow.
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
    """A separate catalog connection, which is closed if no plan is created."""
    catalog = Catalog(project.catalog.path, project.path)
    try:
        catalog.cache_pages(_CACHE_MIB)
        yield catalog
    except BaseException:
        catalog.close()
        raise
