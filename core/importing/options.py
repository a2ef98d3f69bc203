"""How a table is to be read and what is to become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from core.catalog.property_types import PropertyType

By = Literal["key", "path", "name"]
TagsMode = Literal["add", "replace"]
BY: tuple[By, ...] = get_args(By)
TAGS_MODES: tuple[TagsMode, ...] = get_args(TagsMode)
Definition = tuple[PropertyType, tuple[str, ...]]  # type and choices


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may say about an import.

    Attributes:
        by: how a line names its picture: ``key`` is by key where it has one, else by path; ``path`` is by path alone,
            ``name`` by the file name in the path, where that is unique.
        tags: whether a line's tags are put beside those of its picture, or in their place.
        clear_empty: whether an empty cell takes a value away (and, where tags are replaced, all tags).
        new_properties: whether headings that nobody knows become properties, their types guessed.
        define: properties to be made, by name.
        groups: whether the column ``group`` makes saved groups.
        skip_bad: whether the rest is imported where cells or lines cannot be.
        encoding: of a text; empty to find it by its byte-order mark, else UTF-8.
        delimiter: between the cells of CSV; empty to find it.
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
