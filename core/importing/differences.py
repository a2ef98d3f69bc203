"""The changes that an import would make, counted by the database from the temporary tables and the catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from core.catalog.property_types import PropertyType
from core.importing.report import LISTED, Changes, GroupChanges, TagChanges, ValueChanges
from core.labels.properties import PropertyDefinition

# The tags in a table for pictures that do not have them yet.
NEW_TAGS = """temp.import_tags s LEFT JOIN tags t ON t.name = s.name
    WHERE NOT EXISTS (SELECT 1 FROM picture_tags p WHERE p.tag = t.id AND p.picture = s.picture)"""
# Rows of picture_tags that a table removes.
GONE_TAGS = """picture_tags WHERE picture IN (SELECT picture FROM temp.import_retagged) AND NOT EXISTS
    (SELECT 1 FROM temp.import_tags s JOIN tags t ON t.name = s.name
     WHERE t.id = picture_tags.tag AND s.picture = picture_tags.picture)"""
# Rows of property_values of ?1 (column ?2) that a table removes: for its pictures, if the value is not in the table.
GONE_VALUES = """property_values WHERE property = ?1 AND picture IN
    (SELECT picture FROM temp.import_values WHERE property = ?2
     UNION ALL SELECT picture FROM temp.import_cleared WHERE property = ?2)
    AND NOT EXISTS (SELECT 1 FROM temp.import_values s WHERE s.property = ?2
                    AND s.picture = property_values.picture AND s.value = property_values.value)"""
# Names that may have been meant as several: what programs for photographs put between tags, where commas do here.
_JOINED = "(instr(name, ';') OR instr(name, '|'))"
_HAS_ONE = "(SELECT 1 FROM property_values v WHERE v.property = ?1 AND v.picture = n.picture)"
Staged = tuple[int, PropertyDefinition]  # number of a column, and its current property; id 0 if it is new


def changes(database: sqlite3.Connection, staged: Sequence[Staged]) -> Changes:
    """Count the changes. Call it within a transaction, so that the counts are consistent."""
    return Changes(_tags(database), tuple(_values(database, *one) for one in staged), _groups(database))


def _tags(database: sqlite3.Connection) -> TagChanges:
    total = _count(database, "temp.import_tags")
    put = _count(database, NEW_TAGS)
    missing = "temp.import_tags WHERE name NOT IN (SELECT name FROM tags)"
    new, joined = _named(database, missing), _named(database, f"{missing} AND {_JOINED}")
    return TagChanges(put, total - put, _count(database, GONE_TAGS), new, joined)


def _named(database: sqlite3.Connection, source: str) -> tuple[int, tuple[str, ...]]:
    """How many different names there are in ``source``, and the first of them."""
    names = database.execute(f"SELECT DISTINCT name FROM {source} ORDER BY name LIMIT {LISTED}").fetchall()  # noqa: S608  our own statements
    many = _count(database, f"(SELECT DISTINCT name FROM {source})") if names else 0  # noqa: S608  our own statements
    return many, tuple(row[0] for row in names)


def _values(database: sqlite3.Connection, column: int, definition: PropertyDefinition) -> ValueChanges:
    number = definition.id
    if definition.type == PropertyType.CHOICES:
        total, changed, replaced = _choices_changed(database, number, column)
    else:
        total, changed, replaced = _single_changed(database, number, column)
    cleared = f"(SELECT picture FROM temp.import_cleared WHERE property = ?2) n WHERE EXISTS {_HAS_ONE}"  # noqa: S608
    return ValueChanges(
        name=definition.name,
        type=definition.type,
        choices=definition.choices,
        new=not number,
        set=changed,
        replaced=replaced,
        cleared=_count(database, cleared, number, column),
        same=total - changed,
    )


def _single_changed(database: sqlite3.Connection, number: int, column: int) -> tuple[int, int, int]:
    """Pictures in the table (each has one value there), those whose value changes, and those of them that have one."""
    staged = "temp.import_values n WHERE n.property = ?2"
    if not number:
        total = _count(database, staged, number, column)
        return total, total, 0
    # By picture, as the staged values lie: both questions are answered by the same page of the index.
    value = "SELECT 1 FROM property_values v INDEXED BY property_values_by_picture WHERE v.property = ?1"
    total, same, replaced = database.execute(
        f"""SELECT count(*), coalesce(sum(same), 0), coalesce(sum(has AND NOT same), 0) FROM (
            SELECT EXISTS ({value} AND v.picture = n.picture) AS has,
                   EXISTS ({value} AND v.picture = n.picture AND v.value = n.value) AS same FROM {staged})""",  # noqa: S608  our own statements
        (number, column),
    ).fetchone()
    return total, total - same, replaced


def _choices_changed(database: sqlite3.Connection, number: int, column: int) -> tuple[int, int, int]:
    """The same for a property of several choices: a picture with additional choices changes too."""
    named = "SELECT DISTINCT picture FROM temp.import_values WHERE property = ?2"
    total = _count(database, f"({named})", number, column)
    if not number:
        return total, total, 0
    new = f"""SELECT DISTINCT picture FROM temp.import_values s WHERE s.property = ?2 AND NOT EXISTS
        (SELECT 1 FROM property_values v WHERE v.property = ?1 AND v.value = s.value AND v.picture = s.picture)
        UNION SELECT picture FROM {GONE_VALUES} AND picture IN ({named})"""  # noqa: S608  our own statements
    changed = _count(database, f"({new})", number, column)
    return total, changed, _count(database, f"({new}) n WHERE EXISTS {_HAS_ONE}", number, column)


def _groups(database: sqlite3.Connection) -> GroupChanges:
    new = "(SELECT DISTINCT name FROM temp.import_groups WHERE name NOT IN (SELECT name FROM saved_groups))"
    added = """temp.import_groups s LEFT JOIN saved_groups g ON g.name = s.name WHERE NOT EXISTS
        (SELECT 1 FROM saved_group_pictures p WHERE p.saved_group = g.id AND p.picture = s.picture)"""
    grown = f"(SELECT DISTINCT s.name FROM {added} AND g.id IS NOT NULL)"  # noqa: S608  our own statements
    return GroupChanges(_count(database, new), _count(database, grown), _count(database, added))


def _count(database: sqlite3.Connection, source: str, *numbers: int) -> int:
    """The number of rows of ``source`` with ?1 and ?2 bound to ``numbers``."""
    return int(database.execute(f"SELECT count(*) FROM {source}", numbers).fetchone()[0])  # noqa: S608  our own
