"""The property values that many pictures share: the initial values of a form that edits all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType, Value, from_stored
from core.catalog.selection_table import fill_selection
from core.labels.properties import Properties, PropertyDefinition

# Only the smallest and largest value are fetched: if they are equal, all values are.
_ENDS = """SELECT property, count(*), min(value), max(value) FROM property_values
           WHERE picture IN (SELECT picture FROM temp.chosen) GROUP BY property"""
_CHOICES = """SELECT value, count(*) FROM property_values
              WHERE property = ? AND picture IN (SELECT picture FROM temp.chosen) GROUP BY value"""


@dataclass(frozen=True, slots=True)
class SharedValue:
    """The value of one property on many pictures.

    Attributes:
        definition: of the property.
        value: the value of all of them; None if none has a value, or they differ.
        differ: whether they differ.
    """

    definition: PropertyDefinition
    value: Value | None = None
    differ: bool = False


def shared_values(catalog: Catalog, keys: Iterable[bytes]) -> list[SharedValue]:
    """The shared value of every property, ordered by property name.

    Raises:
        CatalogError: the catalog cannot be read.
    """
    definitions = Properties(catalog).all()
    with catalog.transaction() as database:
        pictures = fill_selection(database, keys)
        ends = {row[0]: row[1:] for row in database.execute(_ENDS)}
        shared = []
        for definition in definitions:
            if definition.type == PropertyType.CHOICES:
                counts = dict(database.execute(_CHOICES, (definition.id,)).fetchall())
                same = all(number == pictures for number in counts.values())
                values = list(counts)
            else:
                number, least, most = ends.get(definition.id, (0, None, None))
                same = not number or (number == pictures and least == most)
                values = [least] if number else []
            value = from_stored(definition.type, values) if same and values else None
            shared.append(SharedValue(definition, value, differ=not same))
    return shared
