"""Kinds of properties: what a value of each may be, how it is typed and how it is kept."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from core.catalog.filter import interval, number_text
from core.catalog.names import shown
from core.errors import UsageError

# Of many choices a tuple; of a checkbox a bool; else text. A date is text: 1931, 1931-02 or 1931-02-28.
Value = str | float | bool | tuple[str, ...]
LONGEST_TEXT = 100_000
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_YES, _NO = ("yes", "true", "1", "on"), ("no", "false", "0", "off")


class PropertyType(StrEnum):
    """What a property holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    URL = "url"
    CHECKBOX = "checkbox"
    COLOUR = "colour"
    CHOICE = "choice"
    CHOICES = "choices"


def stored(kind: PropertyType, choices: Sequence[str], value: Value) -> list[str | float | int]:
    """What the catalog keeps for a value: one entry, for many choices one each, for an empty value none.

    Args:
        kind: of the property.
        choices: that it allows, where it is a choice.
        value: of its own type, or the text that a person typed; choices are parted by commas.

    Raises:
        UsageError: the value is none of this kind; the message says what one looks like.
    """
    if isinstance(value, str):
        value = unicodedata.normalize("NFC", value.strip())
        if not value:
            return []
    if kind == PropertyType.CHOICES:
        parts = value if isinstance(value, tuple) else [part.strip() for part in str(value).split(",")]
        return [_one_of(choices, part) for part in dict.fromkeys(parts) if part]
    return [_STORED[kind](value) if kind != PropertyType.CHOICE else _one_of(choices, value)]


def loaded(kind: PropertyType, values: Sequence[str | float | int]) -> Value:
    """The value that is kept as ``values`` (at least one)."""
    if kind == PropertyType.CHOICES:
        return tuple(sorted(str(value) for value in values))
    if kind == PropertyType.CHECKBOX:
        return bool(values[0])
    return float(values[0]) if kind == PropertyType.NUMBER else str(values[0])


def typed(value: Value) -> str:
    """A value as a person would type it: :func:`stored` makes the same of both."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):  # whole numbers pass for floats
        return number_text(float(value))
    return ", ".join(value) if isinstance(value, tuple) else value


def checked(value: Value) -> int:
    """Whether ``yes``, ``no`` and their like mean checked.

    Raises:
        UsageError: it is none of them.
    """
    text = ("no", "yes")[value] if isinstance(value, bool) else str(value).lower()
    if text not in (*_YES, *_NO):
        raise UsageError(f"{shown(text)} is neither yes nor no", "write yes or no")
    return int(text in _YES)


def number(value: Value) -> float:
    """A finite number.

    Raises:
        UsageError: it is none.
    """
    try:
        found = float(value) if not isinstance(value, tuple) else math.nan
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise UsageError(f"{shown(str(value))} is not a number", "write it as 1931 or 2.5")
    return found


def _text(value: Value) -> str:
    text = str(value)
    if len(text) > LONGEST_TEXT:
        raise UsageError(f"a text of {len(text):,} characters is too long", f"at most {LONGEST_TEXT:,}")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UsageError(f"{shown(text)} is not Unicode text", "give it in UTF-8")
    return text


def _date(value: Value) -> str:
    try:
        interval(str(value))
    except ValueError:
        raise UsageError(f"{shown(str(value))} is not a date", "write it as 1931, 1931-02 or 1931-02-28") from None
    return str(value)


def _url(value: Value) -> str:
    text = _text(value)
    try:
        parts = urlsplit(text)
        valid = bool(parts.scheme and (parts.netloc or parts.path))
    except ValueError:
        valid = False
    if not valid or re.search(r"[\s\x00-\x1f]", text):
        raise UsageError(f"{shown(text)} is not a URL", "write it with its scheme: https://example.org/page")
    return text


def _colour(value: Value) -> str:
    text = str(value).lower()
    if not _COLOUR.fullmatch(text):
        raise UsageError(f"{shown(text)} is not a colour", "write it as #rrggbb, such as #d04a02")
    return text


def _one_of(choices: Sequence[str], value: Value) -> str:
    text = unicodedata.normalize("NFC", str(value))
    if text not in choices:
        raise UsageError(f"{shown(text)} is not one of the choices", f"choose {shown(', '.join(choices))}")
    return text


_STORED: dict[PropertyType, Callable[[Value], str | float | int]] = {
    PropertyType.TEXT: _text,
    PropertyType.NUMBER: number,
    PropertyType.DATE: _date,
    PropertyType.URL: _url,
    PropertyType.CHECKBOX: checked,
    PropertyType.COLOUR: _colour,
}
