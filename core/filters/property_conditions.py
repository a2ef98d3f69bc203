"""Find the pictures whose properties or camera match a condition."""

from __future__ import annotations

import json
import re
import unicodedata

import numpy as np

from core.catalog.catalog import Catalog
from core.catalog.facts import Integers
from core.catalog.folded_names import fold
from core.catalog.property_types import PropertyType, parse_checkbox, parse_number
from core.errors import UsageError
from core.fields import FIELDS, interval
from core.filters.syntax import FilterError, PropertyCondition
from core.names import clean_name, no_such_error, short_name

# A date is compared by its first day: 1931 is 1931-01-01.
_FIRST_DAY = "substr(value || '-01-01', 1, 10)"
_ORDERED = (PropertyType.NUMBER, PropertyType.DATE)
_VALUES = "FROM property_values WHERE property = ?"
_CHUNK = 500


def pictures_with(catalog: Catalog, condition: PropertyCondition) -> Integers:
    """Numbers of the pictures that match a condition on a property; some may be repeated.

    ``!=`` matches pictures that have values, but none that is equal. A checkbox without a value is unchecked.

    Raises:
        FilterError: no such property, or its type does not support the comparison or value.
    """
    try:
        name = clean_name(condition.name, "property")
        rows = catalog.query("SELECT id, type, choices FROM properties WHERE name = ?", (name,))
        if not rows:
            known = [row[0] for row in catalog.query("SELECT name FROM properties")]
            raise no_such_error("property", name, known, FIELDS)
        kind = PropertyType(rows[0][1])
        return _pictures(catalog, rows[0][0], kind, json.loads(rows[0][2]), condition)
    except FilterError:
        raise
    except UsageError as error:
        raise FilterError(error.message, condition.at, error.hint) from error


def pictures_by_camera(catalog: Catalog, piece: str) -> Integers:
    """Numbers of the pictures whose camera name contains ``piece``, ignoring case."""
    names = [row[0] for row in catalog.query("SELECT DISTINCT camera FROM exif") if fold(piece) in fold(row[0])]
    parts = [_select(catalog, "FROM exif WHERE camera = ?", name) for name in names]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _pictures(
    catalog: Catalog, property_: int, kind: PropertyType, choices: list[str], condition: PropertyCondition
) -> Integers:
    operator, value = condition.operator, unicodedata.normalize("NFC", condition.value)
    if kind == PropertyType.CHECKBOX and operator in ("=", "!="):
        return _checked(catalog, property_, bool(parse_checkbox(value)) == (operator == "="))
    if operator == "~" and kind not in (*_ORDERED, PropertyType.CHECKBOX):
        return _holding(catalog, property_, fold(value))
    if operator == "!=":
        equal = _pictures(catalog, property_, kind, choices, PropertyCondition(condition.name, "=", value))
        return np.setdiff1d(_select(catalog, _VALUES, property_), equal)
    if kind == PropertyType.NUMBER and operator != "~":
        return _select(catalog, f"{_VALUES} AND value {operator} ?", property_, parse_number(value))
    if kind == PropertyType.DATE and operator != "~":
        return _dated(catalog, property_, operator, value)
    if operator == "=":
        if choices and value not in choices:
            raise UsageError(
                f"{short_name(value)} is not one of the choices", f"choose {short_name(', '.join(choices))}"
            )
        same = value.lower() if kind == PropertyType.COLOUR else value
        return _select(catalog, f"{_VALUES} AND value = ?", property_, same)
    takes = "= != < <= >= >" if kind in _ORDERED else "= !=" if kind == PropertyType.CHECKBOX else "= != ~"
    raise UsageError(f"{short_name(condition.name)} is a {kind}: it does not support {operator}", f"expected {takes}")


def _checked(catalog: Catalog, property_: int, yes: bool) -> Integers:
    found = _select(catalog, f"{_VALUES} AND value = 1", property_)
    return found if yes else np.setdiff1d(catalog.integers(("id",), "FROM pictures")[:, 0], found)


def _dated(catalog: Catalog, property_: int, operator: str, value: str) -> Integers:
    try:
        first, after = (day.isoformat() if day else "9999-12-32" for day in interval(value))
    except ValueError:
        raise UsageError(f"{short_name(value)} is not a date", "expected 1931, 1931-02 or 1931-02-28") from None
    since, until = {
        "<": ("", first),
        "<=": ("", after),
        ">": (after, ""),
        ">=": (first, ""),
        "=": (first, after),
    }[operator]
    statement, values = _VALUES, list[object]([property_])
    # The plain comparisons are redundant (a date is a prefix of its first day), but they can use the index.
    if since:
        statement += f" AND value >= ? AND {_FIRST_DAY} >= ?"
        values += [since[:4], since]
    if until:
        statement += f" AND value < ? AND {_FIRST_DAY} < ?"
        values += [until, until]
    return _select(catalog, statement, *values)


def _holding(catalog: Catalog, property_: int, piece: str) -> Integers:
    # LIKE folds the case of ASCII only: texts with other characters are candidates too, and all are checked below.
    escaped = re.sub(r"([%_\\])", r"\\\1", piece)
    rows = catalog.query(
        f"""SELECT DISTINCT value {_VALUES}
            AND (value LIKE ? ESCAPE '\\' OR value GLOB '*[^' || char(1) || '-' || char(127) || ']*')""",
        (property_, f"%{escaped}%"),
    )
    values = [row[0] for row in rows if piece in fold(row[0])]
    parts = [
        _select(catalog, f"{_VALUES} AND value IN ({','.join('?' * len(chunk))})", property_, *chunk)
        for chunk in (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _select(catalog: Catalog, statement: str, *values: object) -> Integers:
    return catalog.integers(("picture",), statement, values)[:, 0]
