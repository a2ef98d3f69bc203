"""The options of an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from core.catalog.property_types import PropertyType
from core.importing.notation import DayOrder, Decimal, Notation

By = Literal["key", "path", "name"]
TagsMode = Literal["add", "replace"]
BY: tuple[By, ...] = get_args(By)
TAGS_MODES: tuple[TagsMode, ...] = get_args(TagsMode)
Definition = tuple[PropertyType, tuple[str, ...]]  # type and choices


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an import.

    Attributes:
        by: how a line refers to its picture: ``key`` is by key if it has one, else by path; ``path`` is by path alone,
            ``name`` by the file name in the path, if it is unique.
        tags: whether a line's tags are added to those of its picture, or replace them.
        clear_empty: whether an empty cell clears the value (and, if tags are replaced, all tags).
        new_properties: whether unknown headings become properties, with guessed types.
        define: properties to create, by name.
        groups: whether the column ``group`` creates saved groups.
        skip_bad: whether to import the rest if some cells or lines cannot be imported.
        encoding: of a text file; if empty, from its byte-order mark, else UTF-8.
        delimiter: of CSV; empty to detect it.
        decimal: the decimal separator.
        dates: order of day, month and year.
    """

    by: By = "key"
    tags: TagsMode = "add"
    clear_empty: bool = False
    new_properties: bool = False
    define: Mapping[str, Definition] = field(default_factory=dict)
    groups: bool = False
    skip_bad: bool = False
    encoding: str = ""
    delimiter: str = ""
    decimal: Decimal = "."
    dates: DayOrder = "ymd"

    @property
    def notation(self) -> Notation:
        """The notation of numbers and dates."""
        return Notation(self.decimal, self.dates)
