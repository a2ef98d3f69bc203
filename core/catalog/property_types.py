"""Types of properties: which values each allows, how they are typed and how they are stored."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from core.errors import UsageError
from core.fields import interval, number_text
from core.names import short_name
from core.text import is_unicode

# A tuple for several choices, a bool for a checkbox, else text. A date is text: 1931, 1931-02 or 1931-02-28.
Value = str | int | float | bool | tuple[str, ...]
LONGEST_TEXT = 100_000
_COLOUR = re.compile(r"#[0-9a-f]{6}")
# float() would also take 1_000, digits of other scripts, "nan" and "infinity".
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LARGEST = (1 << 63) - 1  # what SQLite keeps as an integer
_EXACT = 1 << 53  # integers up to this are exact as floats
_YES, _NO = ("yes", "true", "1", "on"), ("no", "false", "0", "off")


class PropertyType(StrEnum):
    """The type of a property."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    URL = "url"
    CHECKBOX = "checkbox"
    COLOUR = "colour"
    CHOICE = "choice"
    CHOICES = "choices"


def to_stored(kind: PropertyType, choices: Sequence[str], value: Value) -> list[str | float | int]:
    """Convert a value to what the catalog stores: one entry, for several choices one each, for an empty value none.

    Args:
        kind: of the property.
        choices: allowed values of a choice.
        value: of the property's type, or the text that a person typed; several choices are separated by commas.

    Raises:
        UsageError: the value is not of this type; the message shows a valid one.
    """
    if isinstance(value, str):
        if not value.isascii():
            value = unicodedata.normalize("NFC", value)
        if not value.strip():
            return []
        if kind != PropertyType.TEXT:  # spaces around a text belong to it, around a number or a date they do not
            value = value.strip()
    if kind == PropertyType.CHOICES:
        parts = value if isinstance(value, tuple) else [part.strip() for part in str(value).split(",")]
        return [_one_of(choices, part) for part in dict.fromkeys(parts) if part]
    return [_STORED[kind](value) if kind != PropertyType.CHOICE else _one_of(choices, value)]


def from_stored(kind: PropertyType, values: Sequence[str | float | int]) -> Value:
    """The value that is stored as ``values`` (at least one)."""
    if kind == PropertyType.CHOICES:
        return tuple(sorted(str(value) for value in values))
    if kind == PropertyType.CHECKBOX:
        return bool(values[0])
    return _number_loaded(values[0]) if kind == PropertyType.NUMBER else str(values[0])


def _number_loaded(value: str | float | int) -> int | float:
    """A stored number: older catalogs store integers as floats."""
    if isinstance(value, int):
        return value
    number = float(value)
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


def to_text(value: Value) -> str:
    """A value as a person would type it: :func:`to_stored` converts both to the same."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number_text(value)
    return ", ".join(value) if isinstance(value, tuple) else value


def parse_checkbox(value: Value) -> int:
    """1 for ``yes``, ``true``, ``on`` or ``1``; 0 for their opposites.

    Raises:
        UsageError: it is neither.
    """
    text = ("no", "yes")[value] if isinstance(value, bool) else str(value).lower()
    if text not in (*_YES, *_NO):
        raise UsageError(f"{short_name(text)} is neither yes nor no", "write yes or no")
    return int(text in _YES)


def parse_number(value: Value) -> int | float:
    """A finite number: an integer of up to 64 bits exactly, anything else as the nearest double.

    Raises:
        UsageError: it is not a number, or an integer of more than 64 bits.
    """
    if isinstance(value, str):
        return _number_typed(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return _exact(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise _no_number(value)


def _number_typed(text: str) -> int | float:
    if _INTEGER.fullmatch(text):
        significant = text.lstrip("+-0")
        return _exact(int(text)) if len(significant) < 20 else _exact(_LARGEST + 1, text)
    number = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise _no_number(text)
    return number


def _exact(value: int, text: str = "") -> int:
    if abs(value) > _LARGEST:
        raise UsageError(
            f"{short_name(text or str(value))} has more digits than a number keeps exactly",
            "use a property of type text",
        )
    return value


def _no_number(value: Value) -> UsageError:
    return UsageError(f"{short_name(str(value))} is not a number", "write it as 1931 or 2.5")


def _text(value: Value) -> str:
    text = str(value)
    if len(text) > LONGEST_TEXT:
        raise UsageError(f"a text of {len(text):,} characters is too long", f"at most {LONGEST_TEXT:,}")
    if not is_unicode(text):
        raise UsageError(f"{short_name(text)} is not Unicode text", "give it in UTF-8")
    return text


def _date(value: Value) -> str:
    try:
        interval(str(value))
    except ValueError:
        raise UsageError(f"{short_name(str(value))} is not a date", "write it as 1931, 1931-02 or 1931-02-28") from None
    return str(value)


def _url(value: Value) -> str:
    text = _text(value)
    try:
        parts = urlsplit(text)
        valid = bool(parts.scheme and (parts.netloc or parts.path))
    except ValueError:
        valid = False
    if not valid or re.search(r"[\s\x00-\x1f]", text):
        raise UsageError(f"{short_name(text)} is not a URL", "write it with its scheme: https://example.org/page")
    return text


def _colour(value: Value) -> str:
    text = str(value).lower()
    if not _COLOUR.fullmatch(text):
        raise UsageError(f"{short_name(text)} is not a colour", "write it as #rrggbb, such as #d04a02")
    return text


def _one_of(choices: Sequence[str], value: Value) -> str:
    text = unicodedata.normalize("NFC", str(value))
    if text not in choices:
        raise UsageError(f"{short_name(text)} is not one of the choices", f"choose {short_name(', '.join(choices))}")
    return text


_STORED: dict[PropertyType, Callable[[Value], str | float | int]] = {
    PropertyType.TEXT: _text,
    PropertyType.NUMBER: parse_number,
    PropertyType.DATE: _date,
    PropertyType.URL: _url,
    PropertyType.CHECKBOX: parse_checkbox,
    PropertyType.COLOUR: _colour,
}
