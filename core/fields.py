"""The vocabulary of the filter language, and the notation of numbers and dates.

Does not import NumPy: imported before the first paint.
"""

from __future__ import annotations

import re
from datetime import date

# The basic colour terms of Berlin and Kay, "Basic Color Terms", 1969, and cyan: from dark to light, then round the
# wheel. The order in which pictures are sorted.
COLOURS = ("black", "grey", "white", "brown", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
MEASURES = ("width", "height", "megapixels", "size", "sharpness")
ORIENTATIONS = ("portrait", "landscape", "square")
COMPARISONS = ("<", "<=", "=", ">=", ">", "!=")
# The fields of conditions and their operators. Any other word before an operator is a property's name.
FIELDS: dict[str, tuple[str, ...]] = {
    "tag": (":", "="),
    "group": (":", "="),
    "folder": (":", "="),
    "path": ("~", ":"),
    "name": ("~", ":"),
    "camera": ("~", ":"),
    "format": (":", "="),
    "orientation": (":", "="),
    "colour": (":", "="),
    "covered": (":", "="),
    "failed": (":", "="),
    "has": (":", "="),
    "saved": (":", "="),
    "date": (*COMPARISONS, ":"),
    **dict.fromkeys(MEASURES, (*COMPARISONS, ":")),
}
ALONE = ("untagged", "duplicates", "stacked")
KEYWORDS = ("and", "or", "not")
RESERVED = frozenset((*FIELDS, *ALONE, *KEYWORDS))
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)


def number_text(value: int | float) -> str:
    """A number in filter notation, exact."""
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) <= 1 << 53 else repr(value)


def interval(value: str) -> tuple[date, date | None]:
    """The first day of a year, month or day as text, and the first day after it (None after the year 9999).

    Raises:
        ValueError: it is not a date.
    """
    match = _DATE.fullmatch(value)
    if not match:
        raise ValueError(value)
    year, month, day = (int(part) if part else None for part in match.groups())
    first = date(year or 0, month or 1, day or 1)
    if day:
        return first, date.fromordinal(first.toordinal() + 1) if first < date.max else None
    year, month = (first.year, first.month + 1) if month else (first.year + 1, 1)
    year, month = (year + 1, 1) if month == 13 else (year, month)
    return first, date(year, month, 1) if year <= date.max.year else None
