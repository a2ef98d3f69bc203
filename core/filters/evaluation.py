"""Find the pictures that match a filter.

Data from files and headers is compared in arrays (:mod:`core.catalog.facts`), labels come from the
database as lists of pictures: a million pictures take a tenth of a second with any filter.
"""

from __future__ import annotations

import os
import unicodedata
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import reduce
from operator import and_, or_
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.catalog.catalog import Catalog
from core.catalog.facts import Facts, Mask
from core.catalog.folded_names import fold
from core.catalog.property_types import PropertyType
from core.errors import UsageError
from core.fields import COLOURS, interval
from core.filters.contradiction import check_satisfiable
from core.filters.parser import parse
from core.filters.property_conditions import pictures_by_camera, pictures_with
from core.filters.syntax import (
    And,
    DateCondition,
    Everything,
    Filter,
    FilterError,
    FlagCondition,
    NameCondition,
    Not,
    NumberCondition,
    Or,
    PropertyCondition,
)
from core.images.colour_names import alike
from core.images.formats import format_named
from core.labels.stack_table import StackTable
from core.names import clean_name, no_such_error, short_name
from core.paths import is_inside

# Given "covered" or "failed" and a vec type: the keys of these pictures, dtype S20, in any order. Raises UsageError.
Coverage = Callable[[Literal["covered", "failed"], str], npt.NDArray[np.bytes_]]
_DEEPEST = 20  # levels of saved filters that refer to each other
_FOREVER = np.iinfo(np.int64)
_COMPARISONS: dict[str, Callable[..., Mask]] = {
    "<": np.less,
    "<=": np.less_equal,
    "=": np.equal,
    ">=": np.greater_equal,
    ">": np.greater,
    "!=": np.not_equal,
}


def ids_where(
    catalog: Catalog, filter_: Filter | str, coverage: Coverage | None = None, folder: int | None = None
) -> array[int]:
    """The ids of the pictures that match a filter, ordered by first path like ``catalog.picture_ids``.

    Args:
        catalog: read only.
        filter_: a parsed filter, or a line.
        coverage: evaluates ``covered:`` and ``failed:``; the catalog has no data on vectors.
        folder: only pictures in this folder and below it.

    Raises:
        FilterError: the line is not a filter, or refers to unknown names.
        CatalogError: the catalog cannot be read.
    """
    facts, mask = _evaluate(catalog, filter_, coverage, folder)
    return array("q", facts.ids[mask].tobytes())


def keys_where(
    catalog: Catalog, filter_: Filter | str, coverage: Coverage | None = None, folder: int | None = None
) -> npt.NDArray[np.bytes_]:
    """As :func:`ids_where`, but the sorted keys. Shape (n,), dtype S20."""
    facts, mask = _evaluate(catalog, filter_, coverage, folder)
    return np.sort(facts.keys[mask])


def check_usable(catalog: Catalog, line: str, coverage: Coverage | None = None, *, name: str = "") -> None:
    """Evaluate a line that is to be used later.

    Args:
        catalog: read only.
        line: of the filter.
        coverage: see :func:`ids_where`.
        name: under which the line will be saved, so that it cannot refer to itself.

    Raises:
        FilterError: the same as when the line is used.
        CatalogError: the catalog cannot be read.
    """
    _Evaluation(catalog, catalog.facts(), coverage, [name] if name else []).mask(parse(line))


def _evaluate(
    catalog: Catalog, filter_: Filter | str, coverage: Coverage | None, folder: int | None
) -> tuple[Facts, Mask]:
    parsed = parse(filter_) if isinstance(filter_, str) else filter_
    facts = catalog.facts()
    mask = _Evaluation(catalog, facts, coverage).mask(parsed)
    return facts, mask if folder is None else mask & facts.mask(np.array(catalog.picture_ids(folder), np.int64))


class _Evaluation:
    """The evaluation of one filter on one state of the catalog. Masks have an entry for each picture, shape (n,).

    ``within``: names of the saved filters that the filter is a part of.
    """

    def __init__(self, catalog: Catalog, facts: Facts, coverage: Coverage | None, within: Sequence[str] = ()) -> None:
        self._catalog = catalog
        self._facts = facts
        self._coverage = coverage
        self._saved_masks: dict[str, Mask] = {}
        self._evaluating = list(within)  # names of the saved filters that are being evaluated

    def mask(self, part: Filter) -> Mask:
        """The pictures that match ``part``; shape (n,)."""
        match part:
            case Everything():
                return np.ones(len(self._facts.ids), bool)
            case Not():
                return ~self.mask(part.part)
            case And():
                check_satisfiable([*part.parts, *map(self._of_saved, part.parts)], self._type_of)
                return reduce(and_, map(self.mask, part.parts))
            case Or():
                return reduce(or_, map(self.mask, part.parts))
            case FlagCondition():
                return self._flag(part)
            case NumberCondition():
                check_satisfiable([part], self._type_of)
                return self._measure(part)
            case DateCondition():
                return self._dated(part)
            case PropertyCondition():
                return self._facts.mask(pictures_with(self._catalog, part))
            case NameCondition():
                return self._named(part)

    def _of_saved(self, part: Filter) -> Filter:
        """The filter that a reference to a saved one stands for, at its position; else the part itself."""
        if not isinstance(part, NameCondition) or part.field != "saved":
            return part
        lines = dict(self._catalog.query("SELECT name, line FROM saved_filters"))
        try:
            return _moved(parse(lines.get(clean_name(part.value, "filter"), "")), part.at)
        except UsageError:  # said when it is evaluated
            return part

    def _type_of(self, name: str) -> PropertyType | None:
        rows = self._catalog.query("SELECT type FROM properties WHERE name = ?", (unicodedata.normalize("NFC", name),))
        return PropertyType(rows[0][0]) if rows else None

    def _named(self, part: NameCondition) -> Mask:
        handlers: dict[str, Callable[[NameCondition], Mask]] = {
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
        return handlers[part.field](part)

    def _tag(self, part: NameCondition) -> Mask:
        return self._mask_of_query(
            """FROM picture_tags WHERE tag IN (WITH RECURSIVE branch(id) AS
               (SELECT ? UNION SELECT t.id FROM tags t JOIN branch b ON t.parent = b.id) SELECT id FROM branch)""",
            (self._id(part, "tag", "tags"),),
        )

    def _group(self, part: NameCondition) -> Mask:
        row_id = self._id(part, "group", "saved_groups")
        return self._mask_of_query("FROM saved_group_pictures WHERE saved_group = ?", (row_id,))

    def _has(self, part: NameCondition) -> Mask:
        row_id = self._id(part, "property", "properties")
        return self._mask_of_query("FROM property_values WHERE property = ?", (row_id,))

    def _saved(self, part: NameCondition) -> Mask:
        """The pictures that match a saved filter. It is evaluated once, even if referred to several times."""
        lines = dict(self._catalog.query("SELECT name, line FROM saved_filters"))
        try:
            name = clean_name(part.value, "filter")
            if name not in lines:
                raise no_such_error("filter", name, lines)
            if name in self._evaluating or len(self._evaluating) >= _DEEPEST:
                chain = " → ".join((*self._evaluating[-3:], name))
                raise UsageError(
                    f"the filter {short_name(name)} refers to itself, or is nested too deeply: {short_name(chain)}",
                    "change one of them",
                )
            if name not in self._saved_masks:
                self._evaluating.append(name)
                self._saved_masks[name] = self.mask(parse(lines[name]))
                self._evaluating.pop()
        except FilterError as error:  # its position refers to the saved line
            raise FilterError(
                f"in the filter {short_name(part.value)}: {error.message}", part.at, error.hint
            ) from error
        except UsageError as error:
            raise FilterError(error.message, part.at, error.hint) from error
        return self._saved_masks[name]

    def _folder(self, part: NameCondition) -> Mask:
        chosen = [
            folder_id
            for folder_id, (root, _, path) in self._facts.folders.items()
            if _is_in_folder(root, path, os.fsencode(part.value))
        ]
        if not chosen:
            raise FilterError(
                f"there is no folder {short_name(part.value)}", part.at, "give folders as in 1931/january"
            )
        return self._facts.of_files(np.isin(self._facts.file_folders, chosen))

    def _in_path(self, piece: str) -> Mask:
        """Files whose path, from the name of the picture folder on, contains ``piece``; shape (m,)."""
        piece = fold(piece)
        head, slash, tail = piece.rpartition("/")
        paths = {
            folder_id: fold(os.fsdecode(_from_root(root, path)))
            for folder_id, (root, _, path) in self._facts.folders.items()
        }
        folders = [folder_id for folder_id, path in paths.items() if piece in path]
        matching = np.isin(self._facts.file_folders, folders) | self._facts.in_names(piece)
        if slash:  # a piece that begins in the path of the folder and ends in the name of the file
            folders = [folder_id for folder_id, path in paths.items() if path.endswith(head)]
            matching |= np.isin(self._facts.file_folders, folders) & self._facts.in_names(tail, beginning=True)
        return matching

    def _format(self, part: NameCondition) -> Mask:
        wanted = format_named(part.value)
        names, indices = self._facts.formats  # the names, and for each picture the index of its name
        chosen = [index for index, name in enumerate(names) if name and name.lower() == wanted]
        return np.isin(indices, chosen)

    def _orientation(self, part: NameCondition) -> Mask:
        width, height = self._facts.dimensions.T
        comparison = {"portrait": np.less, "landscape": np.greater, "square": np.equal}[part.value]
        mask: Mask = comparison(width, height) & (width > 0)
        return mask

    def _colour(self, part: NameCondition) -> Mask:
        measured = self._facts.appearances
        if part.value.startswith("#"):
            chosen = alike(measured.colours, int(part.value[1:], 16))
        else:
            chosen = measured.names == COLOURS.index(part.value)
        return measured.where(chosen, len(self._facts.ids))

    def _measure(self, part: NumberCondition) -> Mask:
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
        mask = _compare(values[part.field](), part.operator, part.value)
        return mask if part.field == "size" else mask & (width > 0)

    def _dated(self, part: DateCondition) -> Mask:
        first, after = (_moment(day) for day in interval(part.value))
        return compare_with_interval(self._facts.moments, part.operator, first, after)

    def _covered(self, part: NameCondition) -> Mask:
        if self._coverage is None:
            raise FilterError(f"{part.field}: not available here", part.at, "leave it out")
        try:
            keys = self._coverage("covered" if part.field == "covered" else "failed", part.value)
        except UsageError as error:
            raise FilterError(error.message, part.at, error.hint) from error
        return self._facts.with_keys(keys)

    def _flag(self, part: FlagCondition) -> Mask:
        handlers = {"untagged": self._untagged, "duplicates": self._duplicates, "stacked": self._stacked}
        return handlers[part.field]()

    def _stacked(self) -> Mask:
        return self._facts.mask(StackTable(self._catalog).pictures)

    def _untagged(self) -> Mask:
        return ~self._mask_of_query("FROM (SELECT DISTINCT picture FROM picture_tags)")

    def _duplicates(self) -> Mask:
        counts: Mask = np.bincount(self._facts.file_slots, minlength=len(self._facts.ids)) > 1
        return counts

    def _mask_of_query(self, from_clause: str, values: Sequence[object] = ()) -> Mask:
        """The pictures in the column ``picture`` of what an SQL clause ``FROM …`` selects; shape (n,)."""
        return self._facts.mask(self._catalog.integers(("picture",), from_clause, values)[:, 0])

    def _id(self, part: NameCondition, what: str, table: str) -> int:
        """The id of the row whose name is in a condition."""
        try:
            name = clean_name(part.value, what)
            ids = {row[0]: row[1] for row in self._catalog.query(f"SELECT name, id FROM {table}")}  # noqa: S608  ours
            if name not in ids:
                raise no_such_error(what, name, ids)
        except UsageError as error:
            raise FilterError(error.message, part.at, error.hint) from error
        return int(ids[name])


def _moved(part: Filter, at: int) -> Filter:
    """The filter with all its conditions at one position of a line."""
    match part:
        case And() | Or():
            return replace(part, parts=tuple(_moved(one, at) for one in part.parts))
        case Not():
            return Not(_moved(part.part, at))
        case NameCondition() | NumberCondition() | DateCondition() | PropertyCondition():
            return replace(part, at=at)
    return part


def compare_with_interval(values: npt.NDArray[np.generic], operator: str, first: int, after: int) -> Mask:
    """Compare with a time interval from ``first`` (inclusive) to ``after`` (exclusive); shape of ``values``."""
    comparisons: dict[str, Callable[[], Mask]] = {
        "<": lambda: _compare(values, "<", first),
        "<=": lambda: _compare(values, "<", after),
        ">": lambda: _compare(values, ">=", after),
        ">=": lambda: _compare(values, ">=", first),
        "=": lambda: _compare(values, ">=", first) & _compare(values, "<", after),
        "!=": lambda: _compare(values, "<", first) | _compare(values, ">=", after),
    }
    return comparisons[operator]()


def _compare(values: npt.NDArray[np.generic], operator: str, value: float) -> Mask:
    return _COMPARISONS[operator](values, value)


def _moment(day: date | None) -> int:
    """The start of a local day in nanoseconds since 1970, clipped to 64 bits (the years 1678 to 2262)."""
    if day is None:
        return int(_FOREVER.max)
    try:
        seconds = int(datetime(day.year, day.month, day.day).timestamp())
    except (OverflowError, OSError, ValueError):
        seconds = int(_FOREVER.min if day.year < 1970 else _FOREVER.max)
    return max(int(_FOREVER.min), min(int(_FOREVER.max), seconds * 10**9))


def _is_in_folder(root: bytes, path: bytes, wanted: bytes) -> bool:
    """Whether a folder is ``wanted`` or below it: an absolute path, or consecutive folder names."""
    if wanted.startswith(b"/"):
        return is_inside(os.path.join(root, path).rstrip(b"/"), os.path.normpath(wanted))
    stripped = fold(os.fsdecode(wanted.strip(b"/")))
    return bool(stripped) and f"/{stripped}/" in f"/{fold(os.fsdecode(_from_root(root, path)))}/"


def _from_root(root: bytes, path: bytes) -> bytes:
    """The path of a folder from the name of its picture folder on."""
    return os.path.join(os.path.basename(root), path).rstrip(b"/")
