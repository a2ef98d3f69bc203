"""Finds the pictures whose properties, or cameras, hold what a filter asks for."""

from __future__ import annotations

import json
import re
import unicodedata

import numpy as np

from core.catalog.catalog import Catalog
from core.catalog.facts import Integers, fold
from core.catalog.filter import FilterError, Property, interval
from core.catalog.names import clean_name, shown, unknown
from core.catalog.property_types import PropertyType, checked, number
from core.errors import UsageError

# A date is compared by its first day: 1931 is 1931-01-01.
_FIRST_DAY = "substr(value || '-01-01', 1, 10)"
_ORDERED = (PropertyType.NUMBER, PropertyType.DATE)
_VALUES = "FROM property_values WHERE property = ?"
_CHUNK = 500


def pictures_with(catalog: Catalog, condition: Property) -> Integers:
    """Numbers of the pictures that a condition on a property means; some may come several times.

    ``!=`` means those that have a value, and none that is equal. A checkbox without a value is not checked.

    Raises:
        FilterError: no such property, or its type has no such comparison or value.
    """
    try:
        name = clean_name(condition.name, "property")
        rows = catalog.query("SELECT id, type, choices FROM properties WHERE name = ?", (name,))
        if not rows:
            raise unknown("property", name, (row[0] for row in catalog.query("SELECT name FROM properties")))
        kind = PropertyType(rows[0][1])
        return _pictures(catalog, rows[0][0], kind, json.loads(rows[0][2]), condition)
    except FilterError:
        raise
    except UsageError as error:
        raise FilterError(error.message, condition.at, error.hint) from error


def pictures_by_camera(catalog: Catalog, piece: str) -> Integers:
    """Numbers of the pictures whose camera's name holds ``piece``, without regard to case."""
    names = [row[0] for row in catalog.query("SELECT DISTINCT camera FROM exif") if fold(piece) in fold(row[0])]
    parts = [_select(catalog, "FROM exif WHERE camera = ?", name) for name in names]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _pictures(
    catalog: Catalog, property_: int, kind: PropertyType, choices: list[str], condition: Property
) -> Integers:
    operator, value = condition.operator, unicodedata.normalize("NFC", condition.value)
    if kind == PropertyType.CHECKBOX and operator in ("=", "!="):
        return _checked(catalog, property_, bool(checked(value)) == (operator == "="))
    if operator == "~" and kind not in (*_ORDERED, PropertyType.CHECKBOX):
        return _holding(catalog, property_, fold(value))
    if operator == "!=":
        equal = _pictures(catalog, property_, kind, choices, Property(condition.name, "=", value))
        return np.setdiff1d(_select(catalog, _VALUES, property_), equal)
    if kind == PropertyType.NUMBER and operator != "~":
        return _select(catalog, f"{_VALUES} AND value {operator} ?", property_, number(value))
    if kind == PropertyType.DATE and operator != "~":
        return _dated(catalog, property_, operator, value)
    if operator == "=":
        if choices and value not in choices:
            raise UsageError(f"{shown(value)} is not one of the choices", f"choose {shown(', '.join(choices))}")
        same = value.lower() if kind == PropertyType.COLOUR else value
        return _select(catalog, f"{_VALUES} AND value = ?", property_, same)
    takes = "= != < <= >= >" if kind in _ORDERED else "= !=" if kind == PropertyType.CHECKBOX else "= != ~"
    raise UsageError(f"{shown(condition.name)} is a {kind}: it takes no {operator}", f"expected {takes}")


def _checked(catalog: Catalog, property_: int, yes: bool) -> Integers:
    found = _select(catalog, f"{_VALUES} AND value = 1", property_)
    return found if yes else np.setdiff1d(catalog.integers(("id",), "FROM pictures")[:, 0], found)


def _dated(catalog: Catalog, property_: int, operator: str, value: str) -> Integers:
    try:
        first, after = (day.isoformat() if day else "9999-12-32" for day in interval(value))
    except ValueError:
        raise UsageError(f"{shown(value)} is not a date", "expected 1931, 1931-02 or 1931-02-28") from None
    since, until = {
        "<": ("", first),
        "<=": ("", after),
        ">": (after, ""),
        ">=": (first, ""),
        "=": (first, after),
    }[operator]
    statement, values = _VALUES, list[object]([property_])
    # The bare comparisons say nothing new (a date is text that its first day begins with) but the index answers them.
    if since:
        statement += f" AND value >= ? AND {_FIRST_DAY} >= ?"
        values += [since[:4], since]
    if until:
        statement += f" AND value < ? AND {_FIRST_DAY} < ?"
        values += [until, until]
    return _select(catalog, statement, *values)


def _holding(catalog: Catalog, property_: int, piece: str) -> Integers:
    # LIKE knows the case of ASCII alone: texts with anything else are candidates too, and all are looked at below.
    escaped = re.sub(r"([%_\\])", r"\\\1", piece)
    rows = catalog.query(
        f"""SELECT DISTINCT value {_VALUES}
            AND (value LIKE ? ESCAPE '\\' OR value GLOB '*[^' || char(1) || '-' || char(127) || ']*')""",
        (property_, f"%{escaped}%"),
    )
    found = [row[0] for row in rows if piece in fold(row[0])]
    parts = [
        _select(catalog, f"{_VALUES} AND value IN ({','.join('?' * len(chunk))})", property_, *chunk)
        for chunk in (found[start : start + _CHUNK] for start in range(0, len(found), _CHUNK))
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _select(catalog: Catalog, statement: str, *values: object) -> Integers:
    return catalog.integers(("picture",), statement, values)[:, 0]
