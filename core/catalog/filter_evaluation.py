"""Finds the pictures that a filter means.

What files and headers say is compared in arrays (:mod:`core.catalog.facts`), what people decided comes from the
database as lists of pictures: a million pictures are answered in a tenth of a second whichever way the filter goes.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import reduce
from operator import and_, or_
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.catalog.catalog import Catalog
from core.catalog.facts import Facts, Mask, fold
from core.catalog.filter import (
    Alone,
    And,
    Dated,
    Everything,
    Filter,
    FilterError,
    Measure,
    Named,
    Not,
    Or,
    Property,
    interval,
    parse,
)
from core.catalog.names import clean_name, shown, unknown
from core.catalog.property_values import pictures_by_camera, pictures_with
from core.errors import UsageError
from core.images.colour_names import alike
from core.images.colour_terms import COLOURS

# Given "covered" or "failed" and a vec type: the keys of those pictures, dtype S20, in any order. Raises UsageError.
Coverage = Callable[[Literal["covered", "failed"], str], npt.NDArray[np.bytes_]]
_FORMATS = {"jpg": "jpeg", "tif": "tiff", "heic": "heif", "jp2": "jpeg2000"}
_DEEPEST = 20  # saved filters that name each other
_FOREVER = np.iinfo(np.int64)


def ids_where(
    catalog: Catalog, filter_: Filter | str, coverage: Coverage | None = None, folder: int | None = None
) -> array[int]:
    """The numbers of the pictures that a filter means, ordered by their first path like ``catalog.picture_ids``.

    Args:
        catalog: is read.
        filter_: read already, or the line.
        coverage: answers ``covered:`` and ``failed:``; the catalog knows nothing of vectors.
        folder: only pictures in this folder and below.

    Raises:
        FilterError: it is no filter, or names what is not there.
        CatalogError: the catalog cannot be read.
    """
    facts, mask = _found(catalog, filter_, coverage, folder)
    return array("q", facts.ids[mask].tobytes())


def keys_where(
    catalog: Catalog, filter_: Filter | str, coverage: Coverage | None = None, folder: int | None = None
) -> npt.NDArray[np.bytes_]:
    """As :func:`ids_where`, the keys, sorted. Shape (n,), dtype S20."""
    facts, mask = _found(catalog, filter_, coverage, folder)
    return np.sort(facts.keys[mask])


def _found(
    catalog: Catalog, filter_: Filter | str, coverage: Coverage | None, folder: int | None
) -> tuple[Facts, Mask]:
    parsed = parse(filter_) if isinstance(filter_, str) else filter_
    facts = catalog.facts()
    mask = _Evaluation(catalog, facts, coverage).mask(parsed)
    return facts, mask if folder is None else mask & facts.mask(np.array(catalog.picture_ids(folder), np.int64))


class _Evaluation:
    """One filter on one state of the catalog. Masks have a place for each picture, shape (n,)."""

    def __init__(self, catalog: Catalog, facts: Facts, coverage: Coverage | None) -> None:
        self._catalog = catalog
        self._facts = facts
        self._coverage = coverage
        self._saved_masks: dict[str, Mask] = {}
        self._within: list[str] = []  # names of the saved filters that are being evaluated

    def mask(self, part: Filter) -> Mask:
        """Which pictures ``part`` means."""
        match part:
            case Everything():
                return np.ones(len(self._facts.ids), bool)
            case Not():
                return ~self.mask(part.part)
            case And():
                return reduce(and_, map(self.mask, part.parts))
            case Or():
                return reduce(or_, map(self.mask, part.parts))
            case Alone():
                return self._untagged() if part.field == "untagged" else self._duplicates()
            case Measure():
                return self._measure(part)
            case Dated():
                return self._dated(part)
            case Property():
                return self._facts.mask(pictures_with(self._catalog, part))
            case Named():
                return self._named(part)

    def _named(self, part: Named) -> Mask:
        answers: dict[str, Callable[[Named], Mask]] = {
            "tag": self._tag,
            "group": self._group,
            "folder": self._folder,
            "path": lambda part: self._facts.of_files(self._in_path(part.value)),
            "name": lambda part: self._facts.of_files(self._facts.in_names(part.value)),
            "format": self._format,
            "orientation": self._orientation,
            "colour": self._colour,
            "covered": self._covered,
            "failed": self._covered,
            "has": self._has,
            "saved": self._saved,
            "camera": lambda part: self._facts.mask(pictures_by_camera(self._catalog, part.value)),
        }
        return answers[part.field](part)

    def _tag(self, part: Named) -> Mask:
        return self._pictures(
            """FROM picture_tags WHERE tag IN (WITH RECURSIVE branch(id) AS
               (SELECT ? UNION SELECT t.id FROM tags t JOIN branch b ON t.parent = b.id) SELECT id FROM branch)""",
            (self._number(part, "tag", "tags"),),
        )

    def _group(self, part: Named) -> Mask:
        number = self._number(part, "group", "saved_groups")
        return self._pictures("FROM saved_group_pictures WHERE saved_group = ?", (number,))

    def _has(self, part: Named) -> Mask:
        number = self._number(part, "property", "properties")
        return self._pictures("FROM property_values WHERE property = ?", (number,))

    def _saved(self, part: Named) -> Mask:
        """What a saved filter means. One that is named several times is evaluated once."""
        lines = dict(self._catalog.query("SELECT name, line FROM saved_filters"))
        try:
            name = clean_name(part.value, "filter")
            if name not in lines:
                raise unknown("filter", name, lines)
            if name in self._within or len(self._within) >= _DEEPEST:
                chain = " → ".join((*self._within[-3:], name))
                raise UsageError(
                    f"the filter {shown(name)} leads to itself, or too deep: {shown(chain)}", "change one of them"
                )
            if name not in self._saved_masks:
                self._within.append(name)
                self._saved_masks[name] = self.mask(parse(lines[name]))
                self._within.pop()
        except FilterError as error:  # its place lies in the saved line
            raise FilterError(f"in the filter {shown(part.value)}: {error.message}", part.at, error.hint) from error
        except UsageError as error:
            raise FilterError(error.message, part.at, error.hint) from error
        return self._saved_masks[name]

    def _folder(self, part: Named) -> Mask:
        chosen = [
            number
            for number, (root, _, path) in self._facts.folders.items()
            if _lies_in(root, path, os.fsencode(part.value))
        ]
        if not chosen:
            raise FilterError(f"there is no folder {shown(part.value)}", part.at, "give folders as in 1931/january")
        return self._facts.of_files(np.isin(self._facts.file_folders, chosen))

    def _in_path(self, piece: str) -> Mask:
        """Files whose path, from the name of the picture folder on, holds ``piece``."""
        piece = fold(piece)
        head, slash, tail = piece.rpartition("/")
        paths = {
            number: fold(os.fsdecode(_from_root(root, path))) for number, (root, _, path) in self._facts.folders.items()
        }
        within = [number for number, path in paths.items() if piece in path]
        found = np.isin(self._facts.file_folders, within) | self._facts.in_names(piece)
        if slash:
            before = [number for number, path in paths.items() if path.endswith(head)]
            found |= np.isin(self._facts.file_folders, before) & self._facts.in_names(tail, beginning=True)
        return found

    def _format(self, part: Named) -> Mask:
        wanted = part.value.lower().lstrip(".")
        names, places = self._facts.formats
        chosen = [place for place, name in enumerate(names) if name.lower() in (wanted, _FORMATS.get(wanted, wanted))]
        return np.isin(places, chosen)

    def _orientation(self, part: Named) -> Mask:
        width, height = self._facts.dimensions.T
        holds = {"portrait": np.less, "landscape": np.greater, "square": np.equal}[part.value]
        found: Mask = holds(width, height) & (width > 0)
        return found

    def _colour(self, part: Named) -> Mask:
        measured = self._facts.appearances
        if part.value.startswith("#"):
            chosen = alike(measured.colours, int(part.value[1:], 16))
        else:
            chosen = measured.names == COLOURS.index(part.value)
        return measured.where(chosen, len(self._facts.ids))

    def _measure(self, part: Measure) -> Mask:
        if part.field == "sharpness":
            measured = self._facts.appearances
            return measured.where(_compare(measured.sharpness, part.operator, part.value), len(self._facts.ids))
        width, height = self._facts.dimensions.T
        values: dict[str, Callable[[], npt.NDArray[np.generic]]] = {
            "width": lambda: width,
            "height": lambda: height,
            "megapixels": lambda: width * height / 1e6,
            "size": lambda: self._facts.size,
        }
        found = _compare(values[part.field](), part.operator, part.value)
        return found if part.field == "size" else found & (width > 0)

    def _dated(self, part: Dated) -> Mask:
        first, after = (_moment(day) for day in interval(part.value))
        return between(self._facts.moments, part.operator, first, after)

    def _covered(self, part: Named) -> Mask:
        if self._coverage is None:
            raise FilterError(f"{part.field}: cannot be asked here", part.at, "leave it out")
        try:
            keys = self._coverage("covered" if part.field == "covered" else "failed", part.value)
        except UsageError as error:
            raise FilterError(error.message, part.at, error.hint) from error
        return self._facts.with_keys(keys)

    def _untagged(self) -> Mask:
        return ~self._pictures("FROM (SELECT DISTINCT picture FROM picture_tags)")

    def _duplicates(self) -> Mask:
        counts: Mask = np.bincount(self._facts.file_slots, minlength=len(self._facts.ids)) > 1
        return counts

    def _pictures(self, source: str, values: Sequence[object] = ()) -> Mask:
        return self._facts.mask(self._catalog.integers(("picture",), source, values)[:, 0])

    def _number(self, part: Named, what: str, table: str) -> int:
        """The number of the row that a condition names."""
        try:
            name = clean_name(part.value, what)
            numbers = {row[0]: row[1] for row in self._catalog.query(f"SELECT name, id FROM {table}")}  # noqa: S608  ours
            if name not in numbers:
                raise unknown(what, name, numbers)
        except UsageError as error:
            raise FilterError(error.message, part.at, error.hint) from error
        return int(numbers[name])


def between(values: npt.NDArray[np.generic], operator: str, first: int, after: int) -> Mask:
    """Compare with a span of time, from ``first`` up to, not including, ``after``."""
    found: dict[str, Callable[[], Mask]] = {
        "<": lambda: _compare(values, "<", first),
        "<=": lambda: _compare(values, "<", after),
        ">": lambda: _compare(values, ">=", after),
        ">=": lambda: _compare(values, ">=", first),
        "=": lambda: _compare(values, ">=", first) & _compare(values, "<", after),
        "!=": lambda: _compare(values, "<", first) | _compare(values, ">=", after),
    }
    return found[operator]()


def _compare(values: npt.NDArray[np.generic], operator: str, value: float) -> Mask:
    compare: dict[str, Callable[..., Mask]] = {
        "<": np.less,
        "<=": np.less_equal,
        "=": np.equal,
        ">=": np.greater_equal,
        ">": np.greater,
        "!=": np.not_equal,
    }
    return compare[operator](values, value)


def _moment(day: date | None) -> int:
    """Nanoseconds since 1970 of the beginning of a local day, as far as 64 bits go (the years 1678 to 2262)."""
    if day is None:
        return int(_FOREVER.max)
    try:
        seconds = int(datetime(day.year, day.month, day.day).timestamp())
    except (OverflowError, OSError, ValueError):
        seconds = int(_FOREVER.min if day.year < 1970 else _FOREVER.max)
    return max(int(_FOREVER.min), min(int(_FOREVER.max), seconds * 10**9))


def _lies_in(root: bytes, path: bytes, wanted: bytes) -> bool:
    """Whether a folder is ``wanted`` or lies below it: an absolute path, or folders as they follow each other."""
    if wanted.startswith(b"/"):
        absolute, inside = os.path.normpath(wanted), os.path.join(root, path).rstrip(b"/")
        return absolute == b"/" or inside == absolute or inside.startswith(absolute + b"/")
    stripped = fold(os.fsdecode(wanted.strip(b"/")))
    return bool(stripped) and f"/{stripped}/" in f"/{fold(os.fsdecode(_from_root(root, path)))}/"


def _from_root(root: bytes, path: bytes) -> bytes:
    """A folder from the name of its picture folder on."""
    return os.path.join(os.path.basename(root), path).rstrip(b"/")
