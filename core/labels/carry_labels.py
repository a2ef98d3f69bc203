"""Carry the labels of a copy that is removed over to the copy that is kept: tags, properties, saved groups."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType
from core.labels.decisions import GROUP_SUBJECT, TAG_SUBJECT, DecisionKind
from core.names import short_name
from core.text import count

_TAGS = """SELECT t.name FROM picture_tags l JOIN tags t ON t.id = l.tag
           WHERE l.picture = :source
           AND NOT EXISTS (SELECT 1 FROM picture_tags WHERE tag = l.tag AND picture = :target) ORDER BY t.name"""
_REFUSED = "SELECT subject FROM decisions WHERE kind = ? AND picture = ?"
_VALUES = """SELECT p.name, p.type,
                    EXISTS (SELECT 1 FROM property_values WHERE property = v.property AND picture = :target)
             FROM property_values v JOIN properties p ON p.id = v.property
             WHERE v.picture = :source AND NOT EXISTS (
                 SELECT 1 FROM property_values WHERE property = v.property AND value = v.value AND picture = :target)
             ORDER BY p.name"""
_GROUPS = """SELECT DISTINCT g.id, g.name FROM saved_group_pictures m JOIN saved_groups g ON g.id = m.saved_group
             WHERE m.picture = :source AND NOT EXISTS (
                 SELECT 1 FROM saved_group_pictures WHERE saved_group = g.id AND picture = :target) ORDER BY g.name"""


@dataclass(frozen=True, slots=True)
class MissingLabels:
    """Labels that one picture has and another lacks.

    Attributes:
        tags: their names.
        properties: their names.
        groups: names of saved groups.
        conflict: why they cannot be carried over, in words; empty if they can.
    """

    tags: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    conflict: str = ""

    def __bool__(self) -> bool:
        return bool(self.tags or self.properties or self.groups or self.conflict)

    def __str__(self) -> str:
        """The first few, in words."""
        names = [
            *(f"tag {short_name(name)}" for name in self.tags),
            *(f"property {short_name(name)}" for name in self.properties),
            *(f"group {short_name(name)}" for name in self.groups),
        ]
        return names[0] + (f" and {count(len(names) - 1)} more" if len(names) > 1 else "") if names else ""


def missing_labels(catalog: Catalog, source: bytes, target: bytes) -> MissingLabels:
    """The labels of the picture ``source`` that ``target`` lacks. Both are keys.

    Raises:
        CatalogError: the database cannot be read.
    """
    numbers = dict(catalog.query("SELECT key, id FROM pictures WHERE key IN (?, ?)", (source, target)))
    if source == target or len(numbers) < 2:
        return MissingLabels()
    pair = (numbers[source], numbers[target])
    tags = tuple(str(row[0]) for row in catalog.query(*_bound(_TAGS, pair)))
    values = catalog.query(*_bound(_VALUES, pair))
    groups = tuple(str(row[1]) for row in catalog.query(*_bound(_GROUPS, pair)))
    other = next((name for name, kind, there in values if there and kind != PropertyType.CHOICES), None)
    conflict = f"another value of {short_name(other)}" if other is not None else ""
    if (tags or groups) and not conflict:
        rows = catalog.query(_REFUSED, (DecisionKind.REFUSED.value, pair[1]))
        refused = {str(row[0]) for row in rows}
        subjects = [(f"tag {short_name(name)}", TAG_SUBJECT + name) for name in tags]
        subjects += [(f"group {short_name(name)}", GROUP_SUBJECT + name) for name in groups]
        refused_label = next((label for label, subject in subjects if subject in refused), None)
        conflict = f"{refused_label}, which was refused for the other" if refused_label is not None else ""
    return MissingLabels(tags, tuple(dict.fromkeys(str(row[0]) for row in values)), groups, conflict)


def carry_labels(database: sqlite3.Connection, source: bytes, target: bytes) -> None:
    """Give ``target`` the labels of ``source`` that it lacks. Call it within a step of the history.

    In a saved group ``target`` becomes the last picture, with the score of ``source``.
    """
    ids = dict(database.execute("SELECT key, id FROM pictures WHERE key IN (?, ?)", (source, target)).fetchall())
    if source == target or len(ids) < 2:
        return
    values = {"source": ids[source], "target": ids[target]}
    database.execute(
        """INSERT INTO picture_tags (tag, picture) SELECT tag, :target FROM picture_tags WHERE picture = :source
           ON CONFLICT DO NOTHING""",
        values,
    )
    database.execute(
        """INSERT INTO property_values (property, value, picture)
           SELECT property, value, :target FROM property_values WHERE picture = :source ON CONFLICT DO NOTHING""",
        values,
    )
    for number, _ in database.execute(_GROUPS, values).fetchall():
        database.execute(
            """INSERT INTO saved_group_pictures (saved_group, position, picture, score)
               SELECT :group, (SELECT max(position) + 1 FROM saved_group_pictures WHERE saved_group = :group),
                      :target, score
               FROM saved_group_pictures WHERE saved_group = :group AND picture = :source
               ORDER BY position LIMIT 1""",
            {**values, "group": number},
        )


def _bound(statement: str, pair: tuple[int, int]) -> tuple[str, tuple[object, ...]]:
    """The statement with numbered marks: ``Catalog.query`` takes values by position."""
    return statement.replace(":source", "?1").replace(":target", "?2"), pair
