"""The columns of a table of pictures: their content and headings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from core.catalog.property_types import PropertyType
from core.formulas import is_formula
from core.labels.properties import PropertyDefinition


class ColumnKind(Enum):
    """The type of a column's values. Any may be None, except in PATH and TEXTS."""

    PATH = "path"  # bytes as on disk
    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    TEXTS = "texts"  # a list


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column.

    Attributes:
        name: its heading, unique.
        kind: of its values.
        property: the property of the values; None for data computed by Pictoscope.
        exact: for NUMBER, whether every value is exact as a double; False if one is an integer of more than 53 bits.
    """

    name: str
    kind: ColumnKind
    property: PropertyDefinition | None = None
    exact: bool = True


PATH, KEY, TAGS = (
    ExportColumn("path", ColumnKind.PATH),
    ExportColumn("key", ColumnKind.TEXT),
    ExportColumn("tags", ColumnKind.TEXTS),
)
SCORE, GROUP = ExportColumn("score", ColumnKind.NUMBER), ExportColumn("group", ColumnKind.TEXT)
FACTS = (
    ExportColumn("width", ColumnKind.WHOLE),
    ExportColumn("height", ColumnKind.WHOLE),
    ExportColumn("format", ColumnKind.TEXT),
    ExportColumn("size", ColumnKind.WHOLE),  # bytes
    ExportColumn("date", ColumnKind.TEXT),  # local day on which the picture was taken, else the file was changed
    ExportColumn("camera", ColumnKind.TEXT),
    ExportColumn("colour", ColumnKind.TEXT),  # mean, #rrggbb
    ExportColumn("sharpness", ColumnKind.WHOLE),
)
OWN = frozenset(column.name for column in (PATH, KEY, SCORE, GROUP, TAGS, *FACTS))
# Prefix for a property whose name is that of a built-in column.
PREFIX = "property:"
_KINDS = {
    PropertyType.NUMBER: ColumnKind.NUMBER,
    PropertyType.CHECKBOX: ColumnKind.CHECKBOX,
    PropertyType.CHOICES: ColumnKind.TEXTS,
}


def columns(
    properties: Iterable[PropertyDefinition], *, scores: bool, groups: bool, long_integers: Collection[int] = ()
) -> list[ExportColumn]:
    """The columns of a list of pictures, in their order.

    Args:
        properties: of the project.
        scores: whether pictures have scores.
        groups: whether there are several groups.
        long_integers: ids of the properties with integers that are not exact as doubles.
    """
    return [
        PATH,
        KEY,
        *([SCORE] if scores else []),
        *([GROUP] if groups else []),
        TAGS,
        *(
            ExportColumn(
                heading(one.name), _KINDS.get(one.type, ColumnKind.TEXT), one, exact=one.id not in long_integers
            )
            for one in properties
        ),
        *FACTS,
    ]


def heading(name: str) -> str:
    """The heading of a property's column: its name, with a prefix if it could be mistaken for another column

    or, by a spreadsheet, for a formula.
    """
    odd = name.lower() in OWN or name.startswith(PREFIX) or is_formula(name)
    return PREFIX + name if odd else name


def property_name(heading: str) -> str:
    """The name of the property with this column heading."""
    return heading.removeprefix(PREFIX)
