"""The columns of a table of pictures: what each holds and how it is called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from core.catalog.properties import PropertyDefinition
from core.catalog.property_types import PropertyType


class Kind(Enum):
    """What the values of a column are. Any may be None, save those of PATH and TEXTS."""

    PATH = "path"  # bytes as on disk
    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    TEXTS = "texts"  # a list


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: its heading, unique.
        kind: of its values.
        property: whose values these are; None for what Pictoscope knows by itself.
    """

    name: str
    kind: Kind
    property: PropertyDefinition | None = None


PATH, KEY, TAGS = Column("path", Kind.PATH), Column("key", Kind.TEXT), Column("tags", Kind.TEXTS)
SCORE, GROUP = Column("score", Kind.NUMBER), Column("group", Kind.TEXT)
FACTS = (
    Column("width", Kind.WHOLE),
    Column("height", Kind.WHOLE),
    Column("format", Kind.TEXT),
    Column("size", Kind.WHOLE),  # bytes
    Column("date", Kind.TEXT),  # local day on which the picture was taken, else the file was changed
    Column("camera", Kind.TEXT),
    Column("colour", Kind.TEXT),  # mean, #rrggbb
    Column("sharpness", Kind.WHOLE),
)
OWN = frozenset(column.name for column in (PATH, KEY, SCORE, GROUP, TAGS, *FACTS))
# What a cell may begin with that spreadsheets take for a formula. https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Before a property whose name is that of a column of our own.
PREFIX = "property:"
_KINDS = {
    PropertyType.NUMBER: Kind.NUMBER,
    PropertyType.CHECKBOX: Kind.CHECKBOX,
    PropertyType.CHOICES: Kind.TEXTS,
}


def columns(properties: Iterable[PropertyDefinition], *, scores: bool, groups: bool) -> list[Column]:
    """The columns of a list of pictures, in their order.

    Args:
        properties: of the project.
        scores: whether pictures have some.
        groups: whether pictures are in several.
    """
    return [
        PATH,
        KEY,
        *([SCORE] if scores else []),
        *([GROUP] if groups else []),
        TAGS,
        *(Column(heading(one.name), _KINDS.get(one.type, Kind.TEXT), one) for one in properties),
        *FACTS,
    ]


def heading(name: str) -> str:
    """What the column of a property is called: as the property, unless that would be taken for another column.

    Or, by a spreadsheet, for a formula.
    """
    odd = name.lower() in OWN or name.startswith((PREFIX, *FORMULA))
    return PREFIX + name if odd else name


def property_name(heading: str) -> str:
    """The property whose column is called ``heading``."""
    return heading.removeprefix(PREFIX)
