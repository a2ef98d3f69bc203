"""What many pictures have in common of each property: what a form that changes all of them begins with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.catalog.catalog import Catalog
from core.catalog.chosen import choose
from core.catalog.properties import Properties, PropertyDefinition
from core.catalog.property_types import PropertyType, Value, loaded

# Of 100,000 pictures with as many texts only the ends are fetched: where they are the same, all are.
_ENDS = """SELECT property, count(*), min(value), max(value) FROM property_values
           WHERE picture IN (SELECT picture FROM temp.chosen) GROUP BY property"""
_CHOICES = """SELECT value, count(*) FROM property_values
              WHERE property = ? AND picture IN (SELECT picture FROM temp.chosen) GROUP BY value"""


@dataclass(frozen=True, slots=True)
class Common:
    """A property of many pictures.

    Attributes:
        definition: of the property.
        value: what all of them have; None where none has a value, or they differ.
        differ: whether they differ.
    """

    definition: PropertyDefinition
    value: Value | None = None
    differ: bool = False


def in_common(catalog: Catalog, keys: Iterable[bytes]) -> list[Common]:
    """What pictures have in common of every property, by the property's name.

    Raises:
        CatalogError: the catalog cannot be read.
    """
    definitions = Properties(catalog).all()
    with catalog.transaction() as database:
        pictures = choose(database, keys)
        ends = {row[0]: row[1:] for row in database.execute(_ENDS)}
        found = []
        for definition in definitions:
            if definition.type == PropertyType.CHOICES:
                counts = dict(database.execute(_CHOICES, (definition.id,)).fetchall())
                same = all(number == pictures for number in counts.values())
                values = list(counts)
            else:
                number, least, most = ends.get(definition.id, (0, None, None))
                same = not number or (number == pictures and least == most)
                values = [least] if number else []
            value = loaded(definition.type, values) if same and values else None
            found.append(Common(definition, value, differ=not same))
    return found
