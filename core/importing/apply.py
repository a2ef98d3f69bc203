"""Carry out an import plan: a few statements on the temporary tables, in one step of the history."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.importing.differences import GONE_TAGS, GONE_VALUES, NEW_TAGS, Staged, changes
from core.importing.report import Changes, Report
from core.labels.decisions import TAG_SUBJECT, DecisionKind
from core.labels.groups import Groups
from core.labels.properties import Properties, PropertyDefinition
from core.labels.undo import History
from core.names import short_name


def apply(catalog: Catalog, report: Report, staged: Sequence[Staged], version: int) -> Changes:
    """Write the temporary tables of ``catalog`` to its labels, in one step. Returns the changes.

    Args:
        catalog: with the tables of a plan.
        report: of the plan.
        staged: the properties that get values.
        version: of the database when the plan was made: unless others have written since, its counts are still valid.

    Raises:
        UsageError: a property has changed since. CatalogError: the catalog cannot be written; nothing has changed.
    """
    with History(catalog).step(f"import labels from {short_name(report.file.name)}") as step:
        database = step.database
        current = [(number, _unchanged(catalog, definition)) for number, definition in staged]
        if database.execute("PRAGMA data_version").fetchone()[0] == version:
            done = report.changes
        else:
            done = changes(database, current)
        _tags(database)
        for number, definition in current:
            _values(database, number, definition.id or _created(catalog, definition))
        _groups(catalog, database, report)
        step.name = f"import {done.words} from {short_name(report.file.name)}"
    return done


def _unchanged(catalog: Catalog, definition: PropertyDefinition) -> PropertyDefinition:
    """Check that the property is unchanged, and return it.

    Raises:
        UsageError: it was changed since the plan was made.
    """
    now = Properties(catalog).find(definition.name)
    if (now or definition) != definition or bool(now) != bool(definition.id):
        raise UsageError(f"property {short_name(definition.name)} was changed in the meantime", "import again")
    return definition


def _created(catalog: Catalog, definition: PropertyDefinition) -> int:
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
    """Withdraw refusals of pictures for the tags that they get now."""
    database.execute(
        f"""DELETE FROM decisions WHERE kind = ? AND EXISTS (SELECT 1 FROM {NEW_TAGS}
            AND ? || s.name = decisions.subject AND s.picture = decisions.picture)""",  # noqa: S608  our own statement
        (DecisionKind.REFUSED.value, TAG_SUBJECT),
    )


def _values(database: sqlite3.Connection, column: int, property_: int) -> None:
    database.execute(f"DELETE FROM {GONE_VALUES}", (property_, column))  # noqa: S608  our own statements
    database.execute(
        """INSERT INTO property_values SELECT ?, value, picture FROM temp.import_values WHERE property = ?
           ON CONFLICT DO NOTHING""",
        (property_, column),
    )


def _groups(catalog: Catalog, database: sqlite3.Connection, report: Report) -> None:
    """Create new groups, and append new pictures to existing ones."""
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
