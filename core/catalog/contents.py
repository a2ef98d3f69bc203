"""Validation of the rows of a catalog that this user has not opened before: SQLite columns may hold anything.

A catalog from somebody else may have our schema and invalid rows: texts for numbers, keys of a wrong length, a tag that
is its own ancestor, cyclic pages. All of it is checked once, before it is used; that takes seconds for a million
pictures, so the user's state folder remembers which catalogs were checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from core.catalog.labels_schema import RECORDED, SLOTS
from core.catalog.property_types import LONGEST_TEXT, PropertyType
from core.databases import AlteredDatabase, limited
from core.errors import DiskFull
from core.files import write_atomic
from core.images.formats import LONGEST_CAMERA
from core.names import LONGEST_NAME
from core.project_files import status
from core.user_folders import state_folder

_PATIENCE = 600.0  # seconds
_MOST_ROWS = 200_000_000  # numbers are counted up from 1, and arrays are made as long as the largest
_TYPES = {"INTEGER": "'integer'", "TEXT": "'text'", "BLOB": "'blob'", "REAL": "'real', 'integer'"}
_KINDS = ", ".join(f"'{kind.value}'" for kind in PropertyType)
_MOMENT = "BETWEEN -1e10 AND 2e11"  # seconds since 1970 that are within the years of a calendar
_FINITE = "NOT IN (9e999, -9e999)"
_COLOUR = f"GLOB '#{'[0-9a-f]' * 6}'"
_NAME = f"length(name) BETWEEN 1 AND {LONGEST_NAME}"
_VALUE = f"""CASE (SELECT p.type FROM properties p WHERE p.id = property)
    WHEN 'number' THEN typeof(value) IN ('integer', 'real') AND value {_FINITE}
    WHEN 'checkbox' THEN typeof(value) IN ('integer', 'real') AND value IN (0, 1)
    WHEN 'colour' THEN typeof(value) = 'text' AND value {_COLOUR}
    ELSE typeof(value) = 'text' AND length(value) <= {LONGEST_TEXT} END"""  # noqa: S608  our own words
# What must hold for every row, in addition to the types of its columns.
_RULES = {
    "tags": f"{_NAME} AND (colour = '' OR colour {_COLOUR})",
    "saved_groups": f"{_NAME} AND created {_MOMENT}",
    "saved_group_pictures": f"position >= 0 AND (score IS NULL OR score {_FINITE})",
    "saved_filters": _NAME,
    "tag_origins": f"length(vec_type) BETWEEN 1 AND {LONGEST_NAME}",
    "decisions": f"created {_MOMENT}",
    "property_values": _VALUE,
    "exif": f"length(taken) <= 40 AND length(camera) <= {LONGEST_CAMERA}",
    "richness": "frames BETWEEN 1 AND 4294967295 AND quality BETWEEN 0 AND 1000",
    "folders": "substr(path, 1, 1) <> x'2f' AND instr('/' || path || '/', '/../') = 0",
    "pictures": "length(key) = 20 AND width BETWEEN 0 AND 4294967295 AND height BETWEEN 0 AND 4294967295"
    " AND length(format) <= 100",
    "files": "length(name) > 0 AND instr(name, x'2f') = 0 AND name NOT IN (x'2e', x'2e2e') AND size BETWEEN 0 AND 1e15",
    "appearance": "colour BETWEEN 0 AND 16777215 AND sharpness >= 0",
    "steps": f"made {_MOMENT} AND number BETWEEN 1 AND 1e15 AND first BETWEEN 0 AND 1e15 AND last BETWEEN 0 AND 1e15",
    "changes": "number BETWEEN 1 AND 1e15 AND step BETWEEN 1 AND 1e15 AND inverse IN ('insert', 'update', 'delete')"
    f" AND source IN ({', '.join(repr(table) for table in RECORDED)})",
    "stacked": "stack BETWEEN 1 AND 1e15 AND position BETWEEN 0 AND 1e15",
    "file_changes": "number BETWEEN 0 AND 1e15",
    "properties": f"{_NAME} AND type IN ({_KINDS}) AND json_valid(choices) AND json_type(choices) = 'array'"  # noqa: S608
    " AND NOT EXISTS (SELECT 1 FROM json_each(choices) WHERE json_each.type <> 'text')",
}
# Values that undo restores may be of a property that is not there now, or of another type then.
_ANY_VALUE = f"""typeof(value) IN ('integer', 'real') AND value {_FINITE}
    OR typeof(value) = 'text' AND length(value) <= {LONGEST_TEXT}"""
# The changes of a step are numbered without a gap, and belong to no other step: undo goes from the first to the last.
_NOT_ITS_CHANGES = """
    SELECT 1 FROM steps LEFT JOIN (
        SELECT step, count(*) AS many, min(number) AS least, max(number) AS most FROM changes GROUP BY step
    ) AS found ON found.step = steps.number
    WHERE last >= first AND (many IS NOT last - first + 1 OR least IS NOT first OR most IS NOT last) LIMIT 1"""
_OWN_ANCESTOR = """
    WITH RECURSIVE above(tag, parent) AS (
        SELECT id, parent FROM tags WHERE parent IS NOT NULL
        UNION SELECT above.tag, tags.parent FROM above JOIN tags ON tags.id = above.parent WHERE tags.parent IS NOT NULL
    ) SELECT 1 FROM above WHERE tag = parent LIMIT 1"""


def check_once(database: sqlite3.Connection, path: Path) -> None:
    """Check every row, unless that was done before or this program created the catalog.

    Raises:
        AlteredDatabase: it contains what Pictoscope never writes. sqlite3.DatabaseError: it is damaged.
    """
    if is_known(path):
        return
    with limited(database, _PATIENCE):
        _check(database)
    remember(path)


def remember(path: Path) -> None:
    """Record that the catalog at ``path`` was checked. If that cannot be written, it is checked again next time."""
    with contextlib.suppress(OSError, DiskFull):
        mark, known = _mark(path)
        mark.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(mark, known)


def is_known(path: Path) -> bool:
    """Whether the catalog at ``path`` was checked, or made by this user's programs."""
    try:
        mark, known = _mark(path)
        return mark.read_bytes() == known
    except OSError:
        return False


def forget(path: Path) -> None:
    """Remove the record of a catalog that is no longer there: another file may get its number."""
    with contextlib.suppress(OSError):
        _mark_path(path).unlink()


def _mark(path: Path) -> tuple[Path, bytes]:
    """The path and content of the file that records a checked catalog: its content identifies the database file."""
    found = status(path)
    return _mark_path(path), f"{found.st_dev} {found.st_ino}\n".encode()


def _mark_path(path: Path) -> Path:
    return state_folder() / "known-catalogs" / hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]


def _check(database: sqlite3.Connection) -> None:
    verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(" ".join(str(verdict).split()))
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    names = [row[0] for row in tables]
    for table in names:
        rule = rule_of(database, table)
        if database.execute(f"SELECT 1 FROM {table} WHERE NOT ({rule}) LIMIT 1").fetchone():  # noqa: S608  our tables
            raise AlteredDatabase(f"a row of {table} holds what Pictoscope never writes")
    if broken := database.execute("PRAGMA foreign_key_check").fetchone():
        raise AlteredDatabase(f"a row of {broken[0]} refers to a missing row of {broken[2]}")
    if "tags" in names:
        _check_tags(database)
    if "changes" in names:
        _check_changes(database, names)


def _check_tags(database: sqlite3.Connection) -> None:
    if database.execute(_OWN_ANCESTOR).fetchone():
        raise AlteredDatabase("a tag is below itself")


def _check_changes(database: sqlite3.Connection, names: Sequence[str]) -> None:
    """What undo and redo would restore is held to the rules of its tables."""
    if database.execute(_NOT_ITS_CHANGES).fetchone():
        raise AlteredDatabase("a step does not have the changes that it says")
    for table, (key, others) in RECORDED.items():
        if table not in names:
            continue
        values = ", ".join(f"{slot} AS {column}" for slot, column in zip(SLOTS, key + others, strict=False))
        rule = _ANY_VALUE if table == "property_values" else rule_of(database, table)
        rows = f"SELECT {values} FROM changes WHERE source = '{table}' AND inverse <> 'delete'"  # noqa: S608  ours
        if database.execute(f"SELECT 1 FROM ({rows}) WHERE NOT ({rule}) LIMIT 1").fetchone():  # noqa: S608
            raise AlteredDatabase(f"a change of {table} restores what Pictoscope never writes")


def check_restored(database: sqlite3.Connection, first: int, last: int) -> None:
    """Check what several rows that were restored together must hold, before they are committed.

    Args:
        database: in the transaction that restored them.
        first: number of the first change that recorded it.
        last: of the last one.

    Raises:
        AlteredDatabase: Pictoscope never writes that.
    """
    changed = "SELECT {} FROM changes WHERE number BETWEEN ? AND ?"
    sources = {row[0] for row in database.execute(changed.format("DISTINCT source"), (first, last))}
    if "tags" in sources:
        _check_tags(database)
    if sources & {"properties", "property_values"}:
        properties = changed.format("c0") + " AND source IN ('properties', 'property_values')"
        wrong = f"SELECT 1 FROM property_values WHERE property IN ({properties}) AND NOT ({_VALUE}) LIMIT 1"  # noqa: S608
        if database.execute(wrong, (first, last)).fetchone():
            raise AlteredDatabase("a value is not of the type of its property")


def rule_of(database: sqlite3.Connection, table: str) -> str:
    """The SQL condition that every row written by Pictoscope into a table meets."""
    columns = database.execute(f"PRAGMA table_info({table})").fetchall()
    rules = [_rule(name, kind, bool(required or key)) for _, name, kind, required, _, key in columns]
    rules += [_RULES[table]] if table in _RULES else []
    rules += [f"id BETWEEN 1 AND {_MOST_ROWS}"] if any(name == "id" for _, name, *_ in columns) else []
    return " AND ".join(f"({rule})" for rule in rules if rule) or "true"


def _rule(name: str, kind: str, required: bool) -> str:
    """The SQL condition on the type of a column's values; empty if any type is allowed."""
    if kind not in _TYPES:
        return ""
    allowed = _TYPES[kind] if required else f"{_TYPES[kind]}, 'null'"
    return f"typeof({name}) IN ({allowed})"
