"""Sort and group pictures by their properties."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

import numpy as np
import numpy.typing as npt

from core.catalog.catalog import Catalog
from core.catalog.computed import COMPUTED
from core.catalog.facts import Facts, Integers
from core.catalog.property_types import PropertyType
from core.errors import UsageError
from core.fields import COLOURS, number_text
from core.filters.ordering import Span
from core.filters.ranges import ranges
from core.filters.value_order import by_value_then_place
from core.images.colour_names import lightness
from core.labels.properties import Properties
from core.names import clean_name, no_such_error

_MOST_NUMBERS = 40  # different ones that are groups of their own
# All of one moment: between two questions another program may delete a tag, or make another property of a number.
_TAGS = "SELECT (SELECT name FROM tags WHERE id = tag), group_concat(picture) FROM picture_tags GROUP BY tag"
_VALUES = """SELECT value, group_concat(picture) FROM property_values
    WHERE property = ?1 AND EXISTS (SELECT 1 FROM properties WHERE id = ?1 AND type = ?2) GROUP BY value"""
_LETTERS = {"day": 10, "month": 7, "year": 4, "decade": 3}


@dataclass(frozen=True, slots=True)
class PictureGroup:
    """Pictures with the same value of a property.

    Attributes:
        name: the value as text; pass it through ``printable`` to show it. None for pictures without a value.
        ids: their numbers, in the given order.
    """

    name: str | None
    ids: array[int]


@dataclass(frozen=True)
class _SortColumn:
    """Sortable values: slot and value, shapes (k,). A picture may have several.

    ``number``: of values, the quantity that each stands for; None where they are no quantities.
    """

    slots: npt.NDArray[np.integer]
    values: npt.NDArray[np.float64]
    name: Callable[[float], str] = number_text
    number: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]] | None = None


def sort_ids(catalog: Catalog, ids: Sequence[int], by: str, descending: bool = False) -> array[int]:
    """Sort pictures by a computed property, by ``tag``, or by a user-defined property.

    Stable; pictures without a value come last in both directions; of several
    values the smallest counts. Numbers of pictures without a file are dropped.

    Args:
        catalog: read only.
        ids: picture numbers.
        by: name of the property, such as ``date``, ``size`` or ``place``.
        descending: largest first.

    Raises:
        UsageError: there is no such property.
    """
    facts = catalog.facts()
    column = _column(catalog, facts, by, None)
    values = np.full(len(facts.ids), np.nan)
    np.fmin.at(values, column.slots, column.values)
    return sort_by_values(facts, ids, -values if descending else values)


def sort_by_values(facts: Facts, ids: Sequence[int], values: npt.NDArray[np.float64]) -> array[int]:
    """Sort pictures by ``values``, shape (n,), one for each picture of ``facts``. NaN comes last.

    Stable. Numbers of pictures without a file are dropped.
    """
    slots = facts.slots(np.array(ids, np.int64))
    _, order = by_value_then_place(values[slots], np.arange(len(slots)))
    return array("q", facts.ids[slots[order]].tobytes())


def group_ids(catalog: Catalog, ids: Sequence[int], by: str, span: Span | None = None) -> list[PictureGroup]:
    """Group pictures by a computed property, by ``tag``, or by a user-defined property.

    Groups are ordered by value; pictures without one come last. A picture with several tags or choices is in
    each of their groups. Mean colours are grouped by name, sharpness by its order of magnitude, more than 40
    different numbers in ranges.

    Args:
        catalog: read only.
        ids: picture numbers.
        by: name of the property, such as ``tag``, ``folder``, ``date`` or ``place``.
        span: the unit of time for dates; None for days.

    Raises:
        UsageError: there is no such property or span.
    """
    if span is not None and span not in get_args(Span):
        raise UsageError(f"there is no span {span}", f"choose {', '.join(get_args(Span))}")
    if by.lower() == "path":
        raise UsageError("every picture has a different path", "group by folder")
    facts = catalog.facts()
    column = _column(catalog, facts, by, span or "day")
    slots = facts.slots(np.array(ids, np.int64))
    places = np.full(len(facts.ids), -1, np.int64)
    places[slots] = np.arange(len(slots))
    held_places = places[column.slots]
    wanted = held_places >= 0
    values, ordered = by_value_then_place(column.values[wanted], held_places[wanted])
    held = slots[ordered]
    values, name = _few_values(values, column)
    starts = np.flatnonzero(np.diff(values, prepend=np.nan) != 0) if len(values) else np.zeros(0, np.int64)
    buckets = [
        PictureGroup(name(float(values[start])), array("q", facts.ids[part].tobytes()))
        for start, part in zip(starts, np.split(held, starts[1:]), strict=bool(len(starts)))
    ]
    grouped = np.zeros(len(facts.ids), bool)
    grouped[held] = True
    rest = slots[~grouped[slots]]
    return [*buckets, PictureGroup(None, array("q", facts.ids[rest].tobytes()))] if len(rest) else buckets


def _few_values(
    values: npt.NDArray[np.float64], column: _SortColumn
) -> tuple[npt.NDArray[np.float64], Callable[[float], str]]:
    """Ascending values, and their names; of many quantities their ranges instead."""
    if column.number is None:
        return values, column.name
    different, codes = np.unique(values, return_inverse=True)
    if len(different) <= _MOST_NUMBERS:
        return values, column.name
    places, names = ranges(column.number(different))
    return places[codes].astype(np.float64), lambda place: names[int(place)]


def _column(catalog: Catalog, facts: Facts, by: str, span: Span | None) -> _SortColumn:
    name = by.lower()
    if name == "tag":
        tags, pictures, codes = facts.by_value(_TAGS)
        return _texts(facts, pictures, codes, dict(enumerate(tags)))
    if name == "camera":
        names = dict(enumerate(row[0] for row in catalog.query("SELECT DISTINCT camera FROM exif WHERE camera <> ''")))
        parts = [catalog.integers(("picture",), "FROM exif WHERE camera = ?", (one,))[:, 0] for one in names.values()]
        pictures = np.concatenate([np.zeros(0, np.int64), *parts])
        return _texts(facts, pictures, np.repeat(np.arange(len(parts)), [len(part) for part in parts]), names)
    if name in COMPUTED:
        return _computed(facts, name, span)
    return _property(catalog, facts, by, span)


def _computed(facts: Facts, name: str, span: Span | None) -> _SortColumn:
    every = np.arange(len(facts.ids))
    width, height = facts.dimensions.T
    known = np.flatnonzero(width > 0)
    if name in ("width", "height", "megapixels"):
        values = {"width": width, "height": height, "megapixels": width * height / 1e6}[name]
        return _SortColumn(known, values[known].astype(np.float64), number=_itself)
    if name == "orientation":
        words = ("landscape", "portrait", "square")
        code = np.where(width == height, 2, np.where(width > height, 0, 1))
        return _SortColumn(known, code[known].astype(np.float64), lambda value: words[int(value)])
    if name == "size":
        return _SortColumn(every, facts.size.astype(np.float64), number=_itself)
    if name == "date":
        return _dates(facts, span)
    if name == "colour":
        return _colours(facts, span)
    if name == "sharpness":
        return _sharpness(facts, span)
    if name == "format":
        names, codes = facts.formats
        there = np.flatnonzero(codes > 0)
        return _texts(facts, facts.ids[there], codes[there], dict(enumerate(names)))
    folders = facts.file_folders[facts.first_files]
    if name == "folder":
        ranks = {number: rank for rank, number in enumerate(facts.folders)}
        paths = [os.fsdecode(os.path.join(root, path).rstrip(b"/")) for root, _, path in facts.folders.values()]
        ranked = np.array([ranks[number] for number in folders.tolist()], np.float64)
        return _SortColumn(every, ranked, lambda value: paths[int(value)])
    if name == "name":
        return _SortColumn(every, facts.name_ranks.astype(np.float64), lambda rank: facts.name_of_rank(int(rank)))
    return _SortColumn(every, every.astype(np.float64))  # pictures are in the order of their paths


def _dates(facts: Facts, span: Span | None) -> _SortColumn:
    every = np.arange(len(facts.ids))
    if span is None:
        return _SortColumn(every, facts.moments.astype(np.float64))
    days, codes = np.unique(facts.days, return_inverse=True)
    texts = {code: _cut(date.fromordinal(day).isoformat(), span) for code, day in enumerate(days.tolist())}
    return _texts(facts, facts.ids, codes, texts)


def _colours(facts: Facts, span: Span | None) -> _SortColumn:
    """Sorted by name, then from dark to light; grouped by name."""
    measured = facts.appearances
    values = measured.names.astype(np.float64)
    if span is None:
        values += np.clip(lightness(measured.colours), 0, 0.999)
    return _SortColumn(measured.slots, values, lambda value: COLOURS[int(value)])


def _sharpness(facts: Facts, span: Span | None) -> _SortColumn:
    """Grouped by order of magnitude: twice the sharpness is the next group."""
    measured = facts.appearances
    values = measured.sharpness.astype(np.float64)
    return (
        _SortColumn(measured.slots, values)
        if span is None
        else _SortColumn(measured.slots, np.floor(np.log2(values + 1)), _band)
    )


def _band(number: float) -> str:
    low, high = 2 ** int(number) - 1, 2 ** (int(number) + 1) - 2
    return f"{low:,} to {high:,}" if high > low else f"{low}"


def _property(catalog: Catalog, facts: Facts, by: str, span: Span | None) -> _SortColumn:
    name, properties = clean_name(by, "property"), Properties(catalog)
    definition = properties.find(name)
    if definition is None:
        raise no_such_error("property", name, (*COMPUTED, "tag", *(one.name for one in properties.all())))
    values, pictures, codes = facts.by_value(_VALUES, (definition.id, definition.type.value))
    if definition.type == PropertyType.NUMBER:
        return _numbers(facts, pictures, codes, values)
    if definition.type == PropertyType.CHECKBOX:
        texts = ["yes" if value else "no" for value in values]
    elif definition.type == PropertyType.DATE and span:
        texts = [_cut(value, span) for value in values]
    else:
        texts = values
    return _texts(facts, pictures, codes, dict(enumerate(texts)))


def _numbers(facts: Facts, pictures: Integers, codes: Integers, numbers: Sequence[int | float]) -> _SortColumn:
    """Numbers as their ranks: as floats, two different long integers could be equal.

    Args:
        facts: the data of all pictures.
        pictures: their numbers, shape (k,).
        codes: index of the number of each, shape (k,).
        numbers: the different ones.
    """
    ordered = sorted(numbers)
    ranks = np.zeros(len(numbers))
    ranks[sorted(range(len(numbers)), key=numbers.__getitem__)] = np.arange(len(numbers))
    quantities = np.array(ordered, np.float64)
    return _SortColumn(
        facts.slots(pictures),
        ranks[codes][facts.known(pictures)],
        lambda value: number_text(ordered[int(value)]),
        lambda some: quantities[some.astype(np.int64)],
    )


def _itself(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return values


def _texts(facts: Facts, pictures: Integers, codes: Integers, names: dict[int, str]) -> _SortColumn:
    """Texts as their ranks. ``codes``: the key in ``names`` for each of ``pictures``."""
    ordered = sorted(set(names.values()))
    ranks = {text: rank for rank, text in enumerate(ordered)}
    of_code = np.full(max(names, default=-1) + 1, np.nan)
    for code, text in names.items():
        of_code[code] = ranks[text]
    there = facts.known(pictures)
    return _SortColumn(facts.slots(pictures), of_code[codes[there]], lambda value: ordered[int(value)])


def _cut(day: str, span: Span) -> str:
    """``1931-02-28`` as ``1931-02``, ``1931`` or ``1930s``; shorter dates are not changed."""
    return day[: _LETTERS[span]] + ("0s" if span == "decade" else "")
