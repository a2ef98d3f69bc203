"""Copy labels from a damaged catalog into a new one.

A scan finds pictures and files again, but not tags, groups, decisions, properties, filters and stacks. From each table
all rows are copied that SQLite can still read, from its start and from its end. The history of steps is not copied.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.catalog.catalog import Catalog
from core.catalog.contents import rule_of
from core.catalog.labels_schema import RECORDED
from core.catalog.schema import kind
from core.databases import connect_to_salvage, is_table, limited
from core.errors import UnsafeFile
from core.labels.undo import History
from core.text import count

# The columns that refer to a picture, and those that refer to a row of another label table; those tables come first.
_PICTURES = {"picture", "other"}
_OWNERS = {"tag": "tags", "saved_group": "saved_groups", "property": "properties"}
Row = tuple[Any, ...]
_PATIENCE = 600.0  # seconds for reading what is left


@dataclass(frozen=True, slots=True)
class Salvaged:
    """The number of rows copied into the new catalog.

    Attributes:
        tags: how many.
        tagged: assignments of tags to pictures.
        groups: how many.
        grouped: pictures in them.
        decisions: how many.
        properties: how many.
        values: of them.
        filters: how many.
        stacked: pictures in stacks.
        lost: readable rows that refer to unreadable ones. Unreadable rows are not counted.
    """

    tags: int = 0
    tagged: int = 0
    groups: int = 0
    grouped: int = 0
    decisions: int = 0
    properties: int = 0
    values: int = 0
    filters: int = 0
    stacked: int = 0
    lost: int = 0

    def __str__(self) -> str:
        """In words; empty if nothing was copied."""
        parts = [
            (self.tags, f"{count(self.tags, 'tag')} on {count(self.tagged, 'picture')}"),
            (self.groups, f"{count(self.groups, 'group')} of {count(self.grouped, 'picture')}"),
            (self.decisions, count(self.decisions, "decision")),
            (self.properties, f"{count(self.properties, 'property', 'properties')} with {count(self.values, 'value')}"),
            (self.filters, count(self.filters, "saved filter")),
            (self.stacked, f"{count(self.stacked, 'picture')} in stacks"),
        ]
        return ", ".join(words for number, words in parts if number)


def salvage(damaged: Path, catalog: Catalog) -> Salvaged:
    """Copy the labels of the catalog at ``damaged``, which is only read, into the new, empty ``catalog``.

    Raises:
        CatalogError: the new catalog cannot be written.
    """
    pictures, tables = _read(damaged)
    if not any(tables.values()):
        return Salvaged()
    history = History(catalog)
    with history.step("rebuild the catalog") as step:
        database = step.database
        database.executemany(
            """INSERT INTO pictures (key, width, height, format, problem) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT DO NOTHING""",
            pictures.values(),
        )
        numbers = {
            old: database.execute("SELECT id FROM pictures WHERE key = ?", (row[0],)).fetchone()[0]
            for old, row in pictures.items()
        }
        kept = {table: _insert(database, table, rows, numbers, tables) for table, rows in tables.items()}
    history.forget()
    return Salvaged(
        tags=kept["tags"],
        tagged=kept["picture_tags"],
        groups=kept["saved_groups"],
        grouped=kept["saved_group_pictures"],
        decisions=kept["decisions"],
        properties=kept["properties"],
        values=kept["property_values"],
        filters=kept["saved_filters"],
        stacked=kept["stacked"],
        lost=sum(len(rows) for rows in tables.values()) - sum(kept.values()),
    )


def _read(damaged: Path) -> tuple[dict[int, Row], dict[str, list[Row]]]:
    """Pictures by number (key, width, height, format, problem), and the rows of each label table."""
    tables: dict[str, list[Row]] = {table: [] for table in RECORDED}
    pictures: dict[int, Row] = {}
    try:
        with closing(connect_to_salvage(damaged)) as database, limited(database, _PATIENCE):
            columns = ("id", "key", "width", "height", "format", "problem")
            pictures = {row[0]: row[1:] for row in _rows(database, "pictures", columns, ("id",))}
            for table, (key, others) in RECORDED.items():
                tables[table] = _rows(database, table, key + others, key)
    except (sqlite3.Error, UnicodeDecodeError, UnsafeFile):  # not a database, or not a catalog: nothing to copy
        return pictures, tables
    return pictures, tables


def _rows(database: sqlite3.Connection, table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> list[Row]:
    if not is_table(database, kind(), table):
        return []
    rows: dict[Row, None] = {}
    rule = rule_of(database, table)
    for order in ("ASC", "DESC"):
        by = ", ".join(f"{column} {order}" for column in key)
        try:
            for row in database.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {rule} ORDER BY {by}"):  # noqa: S608  names
                rows[row] = None
            break  # all of them
        except (sqlite3.Error, UnicodeDecodeError):  # an unreadable page: the rest is read from the other end
            continue
    return list(rows)


def _insert(
    database: sqlite3.Connection, table: str, rows: list[Row], numbers: dict[int, int], tables: dict[str, list[Row]]
) -> int:
    """Insert the rows whose pictures and owners exist, with the new picture numbers. Returns their number."""
    key, others = RECORDED[table]
    columns = key + others
    owners = {column: {row[0] for row in tables[owner]} for column, owner in _OWNERS.items() if column in columns}
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
    kept = 0
    for row in _parents_first(rows) if table == "tags" else rows:
        values = dict(zip(columns, row, strict=True))
        if any(values[column] not in numbers for column in _PICTURES & values.keys()):
            continue
        if any(values[column] not in there for column, there in owners.items()):
            continue
        for column in _PICTURES & values.keys():
            values[column] = numbers[values[column]]
        if table == "decisions":
            values["picture"], values["other"] = sorted((values["picture"], values["other"]))
        try:
            kept += database.execute(statement, tuple(values.values())).rowcount
        except sqlite3.IntegrityError:  # a damaged value that violates a constraint
            continue
    return kept


def _parents_first(rows: list[Row]) -> list[Row]:
    """Tags ordered so that parents come first; a tag whose parent is lost, or is its descendant, becomes a top tag."""
    known = {row[0] for row in rows}
    there: dict[int, Row] = {}
    waiting = [row if row[3] in known else (*row[:3], None) for row in rows]
    while waiting:
        ready = [row for row in waiting if row[3] is None or row[3] in there]
        if not ready:  # a cycle, caused by damage
            ready = [(*waiting[0][:3], None)]
        there.update((row[0], row) for row in ready)
        waiting = [row for row in waiting if row[0] not in there]
    return list(there.values())
