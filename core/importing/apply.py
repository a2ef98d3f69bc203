"""Does what a plan says: a few statements over the temporary tables, all of them one step of the history."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby

from core.catalog.catalog import Catalog
from core.catalog.decisions import TAG_SUBJECT, Kind
from core.catalog.groups import Groups
from core.catalog.history import History
from core.catalog.names import shown
from core.catalog.properties import Properties, PropertyDefinition
from core.errors import UsageError
from core.importing.differences import GONE_TAGS, GONE_VALUES, NEW_TAGS, Staged, changes
from core.importing.report import Changes, Report


def apply(catalog: Catalog, report: Report, staged: Sequence[Staged], version: int) -> Changes:
    """Write what the temporary tables of ``catalog`` hold, in one step. Returns what changed.

    Args:
        catalog: with the tables of a plan.
        report: of the plan.
        staged: the properties that get values.
        version: of the database when the plan was made: unless others have written since, its numbers hold.

    Raises:
        UsageError: a property is another one by now. CatalogError: the catalog cannot be written; nothing has changed.
    """
    with History(catalog).step(f"import labels from {shown(report.file.name)}") as step:
        database = step.database
        current = [(number, _now(catalog, definition)) for number, definition in staged]
        if database.execute("PRAGMA data_version").fetchone()[0] == version:
            done = report.changes
        else:
            done = changes(database, current)
        _tags(database)
        for number, definition in current:
            _values(database, number, definition.id or _made(catalog, definition))
        _groups(catalog, database, report)
        step.name = f"import {done.words} from {shown(report.file.name)}"
    return done


def _now(catalog: Catalog, definition: PropertyDefinition) -> PropertyDefinition:
    """The property as it is now.

    Raises:
        UsageError: it was changed since the plan was made.
    """
    now = Properties(catalog).find(definition.name)
    if (now or definition) != definition or bool(now) != bool(definition.id):
        raise UsageError(f"property {shown(definition.name)} was changed in the meantime", "import again")
    return definition


def _made(catalog: Catalog, definition: PropertyDefinition) -> int:
    return Properties(catalog).define(definition.name, definition.type, definition.choices).id


def _tags(database: sqlite3.Connection) -> None:
    database.execute(
        """INSERT INTO tags (name, colour, parent) SELECT DISTINCT name, '', NULL FROM temp.import_tags
           WHERE name NOT IN (SELECT name FROM tags) ORDER BY name"""
    )
    _accept(database)
    database.execute(f"DELETE FROM {GONE_TAGS}")  # noqa: S608  our own statements
    database.execute(f"INSERT INTO picture_tags SELECT t.id, s.picture FROM {NEW_TAGS}")  # noqa: S608  our own statements


def _accept(database: sqlite3.Connection) -> None:
    """A picture that was refused for a tag, and gets it now, is refused no more."""
    database.execute(
        f"""DELETE FROM decisions WHERE kind = ? AND EXISTS (SELECT 1 FROM {NEW_TAGS}
            AND ? || s.name = decisions.subject AND s.picture = decisions.picture)""",  # noqa: S608  our own statement
        (Kind.REFUSED.value, TAG_SUBJECT),
    )


def _values(database: sqlite3.Connection, column: int, property_: int) -> None:
    database.execute(f"DELETE FROM {GONE_VALUES}", (property_, column))  # noqa: S608  our own statements
    database.execute(
        """INSERT INTO property_values SELECT ?, value, picture FROM temp.import_values WHERE property = ?
           ON CONFLICT DO NOTHING""",
        (property_, column),
    )


def _groups(catalog: Catalog, database: sqlite3.Connection, report: Report) -> None:
    """New groups are made, others get what they do not hold yet at their end."""
    groups = Groups(catalog)
    there = {group.name for group in groups.all()}
    for name, rows in groupby(_entries(database), key=lambda row: row[0]):
        entries = [(key, score) for _, key, score in rows]
        if name in there:
            groups.add(name, entries)
        else:
            groups.save(name, entries, f"import from {report.file.name}")


def _entries(database: sqlite3.Connection) -> Iterator[tuple[str, bytes, float | None]]:
    return database.execute(
        """SELECT g.name, p.key, g.score FROM temp.import_groups g JOIN pictures p ON p.id = g.picture
           ORDER BY g.name, g.line"""
    )
