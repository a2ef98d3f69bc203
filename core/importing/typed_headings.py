"""Headings with a type, as written by Panoptic: ``Label[text]``, ``Keywords[multi_tags]``.

Source: the types that Panoptic's importer takes (its ``core/importer/importer.py``).
"""

from __future__ import annotations

import re

from core.catalog.property_types import PropertyType

_HEADING = re.compile(r"(?P<name>.*\S)\s*\[(?P<type>[a-z_]+)\]")
# Panoptic's colour is a number of its palette, a path a text. None: the type is guessed from the values.
_TYPES: dict[str, PropertyType | None] = {
    "text": PropertyType.TEXT,
    "number": PropertyType.NUMBER,
    "tag": PropertyType.CHOICE,
    "multi_tags": PropertyType.CHOICES,
    "url": PropertyType.URL,
    "date": PropertyType.DATE,
    "checkbox": PropertyType.CHECKBOX,
    "path": PropertyType.TEXT,
    "color": None,
}


def typed_heading(heading: str) -> tuple[str, PropertyType | None] | None:
    """The name and the type in a heading; None if it has no known type."""
    found = _HEADING.fullmatch(heading.strip())
    if not found or found["type"] not in _TYPES:
        return None
    return found["name"], _TYPES[found["type"]]
