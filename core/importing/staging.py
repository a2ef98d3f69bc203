"""The content of a table in temporary tables: a million lines are never in memory at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

_TABLES = """
    CREATE TEMP TABLE import_pictures (picture INTEGER PRIMARY KEY, line INTEGER NOT NULL);
    CREATE TEMP TABLE import_tags (picture INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (picture, name))
        WITHOUT ROWID;
    CREATE TEMP TABLE import_retagged (picture INTEGER PRIMARY KEY);
    CREATE TEMP TABLE import_values (property INTEGER NOT NULL, picture INTEGER NOT NULL, value NOT NULL,
        line INTEGER NOT NULL, PRIMARY KEY (property, picture, value)) WITHOUT ROWID;
    CREATE TEMP TABLE import_cleared (property INTEGER NOT NULL, picture INTEGER NOT NULL,
        PRIMARY KEY (property, picture)) WITHOUT ROWID;
    CREATE TEMP TABLE import_raw (property INTEGER NOT NULL, picture INTEGER NOT NULL, line INTEGER NOT NULL,
        cell TEXT NOT NULL, kept INTEGER NOT NULL);
    CREATE TEMP TABLE import_groups (name TEXT NOT NULL, line INTEGER NOT NULL, picture INTEGER NOT NULL, score REAL,
        PRIMARY KEY (name, picture, line)) WITHOUT ROWID"""
_CACHE_KIB = 64 * 1024
Stored = str | float | int


class Staging:
    """The temporary tables of one import. Properties are identified by the number of their column.

    Args:
        database: of the catalog.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.execute(f"PRAGMA temp.cache_size = -{_CACHE_KIB}")  # the default of 2 MB is slow for tags
        for statement in _TABLES.split(";"):
            database.execute(statement)

    def pictures(self, rows: Iterable[tuple[int, int]]) -> None:
        """Insert pictures, each with its line."""
        self._many("INSERT INTO temp.import_pictures VALUES (?, ?) ON CONFLICT DO NOTHING", rows)

    def tags(self, rows: Iterable[tuple[int, str]]) -> None:
        """Insert pictures, each with the name of a tag."""
        self._many("INSERT INTO temp.import_tags VALUES (?, ?) ON CONFLICT DO NOTHING", rows)

    def retagged(self, pictures: Iterable[int]) -> None:
        """Insert pictures whose tags are replaced by those of the table."""
        self._many("INSERT INTO temp.import_retagged VALUES (?) ON CONFLICT DO NOTHING", ((one,) for one in pictures))

    def values(self, rows: Iterable[tuple[int, int, Stored, int]]) -> None:
        """Insert property, picture, value and line."""
        self._many("INSERT INTO temp.import_values VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)

    def cleared(self, rows: Iterable[tuple[int, int]]) -> None:
        """Insert properties and pictures whose value is cleared."""
        self._many("INSERT INTO temp.import_cleared VALUES (?, ?) ON CONFLICT DO NOTHING", rows)

    def raw(self, rows: Iterable[tuple[int, int, int, str, int]]) -> None:
        """Insert property, picture, line, text and kind of cells whose type is not known yet."""
        self._many("INSERT INTO temp.import_raw VALUES (?, ?, ?, ?, ?)", rows)

    def groups(self, rows: Iterable[tuple[str, int, int, float | None]]) -> None:
        """Insert group name, line, picture and score."""
        self._many("INSERT INTO temp.import_groups VALUES (?, ?, ?, ?)", rows)

    def raw_rows(self) -> Iterator[tuple[int, int, int, str, int]]:
        """The rows inserted by :meth:`raw`, in order."""
        return self._database.execute("SELECT property, picture, line, cell, kept FROM temp.import_raw ORDER BY rowid")

    def distinct_pictures(self) -> int:
        """The number of pictures in the table."""
        return int(self._database.execute("SELECT count(*) FROM temp.import_pictures").fetchone()[0])

    def conflicts(self, properties: Iterable[int]) -> Iterator[tuple[int, int, Stored, int]]:
        """Further values of a picture for single-value properties: property, line, value, first line."""
        for number in properties:
            yield from self._database.execute(
                """SELECT v.property, v.line, v.value, f.first FROM temp.import_values v JOIN
                   (SELECT picture, min(line) AS first FROM temp.import_values WHERE property = ?1
                    GROUP BY picture HAVING count(*) > 1) f ON f.picture = v.picture
                   WHERE v.property = ?1 AND v.line > f.first ORDER BY v.line""",
                (number,),
            )

    def group_conflicts(self) -> Iterator[tuple[int, float | None, int]]:
        """Further lines that put a picture into a group with another score: line, score, first line."""
        return self._database.execute(
            """SELECT g.line, g.score, o.line FROM temp.import_groups g JOIN temp.import_groups o
               ON o.name = g.name AND o.picture = g.picture AND o.line = (SELECT min(line) FROM temp.import_groups
                   WHERE name = g.name AND picture = g.picture)
               WHERE g.score IS NOT o.score ORDER BY g.line"""
        )

    def settle_groups(self) -> None:
        """Keep the first line that puts a picture into a group."""
        self._database.execute(
            """DELETE FROM temp.import_groups WHERE line > (SELECT min(line) FROM temp.import_groups o
               WHERE o.name = import_groups.name AND o.picture = import_groups.picture)"""
        )

    def settle(self, properties: Iterable[int]) -> None:
        """Keep the first value of single-value properties; do not clear what has a value in any line."""
        for number in properties:
            self._database.execute(
                """DELETE FROM temp.import_values WHERE property = ?1 AND EXISTS
                   (SELECT 1 FROM temp.import_values o WHERE o.property = ?1 AND o.picture = import_values.picture
                    AND o.line < import_values.line)""",
                (number,),
            )
        self._database.execute(
            """DELETE FROM temp.import_cleared WHERE EXISTS (SELECT 1 FROM temp.import_values v
               WHERE v.property = import_cleared.property AND v.picture = import_cleared.picture)"""
        )

    def _many(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._database.executemany(statement, rows)


class BatchRows:
    """The rows of a batch for the temporary tables."""

    def __init__(self) -> None:
        self.pictures: list[tuple[int, int]] = []
        self.tags: list[tuple[int, str]] = []
        self.retagged: list[int] = []
        self.values: list[Iterable[tuple[int, int, Any, int]]] = []  # of each column
        self.cleared: list[tuple[int, int]] = []
        self.raw: list[tuple[int, int, int, str, int]] = []
        self.groups: list[tuple[str, int, int, float | None]] = []

    def into(self, staging: Staging) -> None:
        """Write the rows to the temporary tables, one column after the other: that is the order of their keys."""
        staging.pictures(self.pictures)
        staging.tags(self.tags)
        staging.retagged(self.retagged)
        for rows in self.values:
            staging.values(rows)
        staging.cleared(self.cleared)
        staging.raw(sorted(self.raw, key=itemgetter(2)))  # what they become is told line by line
        staging.groups(self.groups)
