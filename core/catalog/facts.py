"""The data of all pictures that filters and sorting use, as arrays: comparing a million pictures takes a millisecond.

Cached by the catalog and rebuilt when files have changed. Columns are read at their first use. For a million
pictures: 30 MB, and 4 to 20 MB for each column used.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.catalog.folded_names import FoldedNames
from core.images.colour_names import name_codes
from core.keys import KEY, KEY_BYTES, whole_key

if TYPE_CHECKING:
    from core.catalog.catalog import Catalog

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_QUARTER_NS = 900 * 10**9  # every offset from UTC in use is a number of quarters of an hour
_MOST_COLUMNS = 4  # of labels that are kept
_MOST_VALUES = 10_000  # different ones of a column that is kept


class Facts:
    """The pictures that have a file, and their files. A picture's index in these arrays is its slot.

    Args:
        catalog: read now, and again for each column.
        age: version of the catalog's files; see :meth:`Catalog.version`.

    Attributes:
        age: as given.
        ids: picture numbers ordered by their first path, shape (n,).
        file_slots: for each file, in the order of paths, the slot of its picture, shape (m,), int32.
        file_folders: the folder number of each file, shape (m,).
        first_files: the index of each picture's first file, shape (n,).
        folders: by folder number: location of the root, number of the root, path relative to it.
    """

    def __init__(self, catalog: Catalog, age: int) -> None:
        self._catalog = catalog
        self.age = age
        self._appearances: tuple[int, Appearances] | None = None
        self._labels: dict[tuple[str, tuple[object, ...]], _LabelColumn] = {}  # the last used one is the last
        self._lock = threading.Lock()  # of these
        self.folders: dict[int, tuple[bytes, int, bytes]] = {
            row[0]: (catalog.absolute(row[1]), row[2], row[3])
            for row in catalog.query(
                """SELECT d.id, r.location, d.root, d.path FROM folders d JOIN roots r ON r.id = d.root
                   ORDER BY d.root, d.path"""
            )
        }
        ids, folders, pictures = _files_by_name(catalog)
        there = np.isin(folders, list(self.folders))  # a folder that a scan has just added is not known yet
        ranks = np.zeros(max(self.folders, default=0) + 1, np.int64)
        ranks[list(self.folders)] = np.arange(len(self.folders))
        order = np.flatnonzero(there)[np.argsort(ranks[folders[there]], kind="stable")]
        self.file_folders: Integers = folders[order]
        self._file_index = _index_table(ids[order])
        pictures = pictures[order]
        _, first = np.unique(pictures, return_index=True)
        self.first_files: Integers = np.sort(first)
        self.ids: Integers = pictures[self.first_files]
        self._slots = _index_table(self.ids)
        self.file_slots: npt.NDArray[np.int32] = self._slots[pictures]

    def mask(self, pictures: Integers) -> Mask:
        """Shape (n,): whether each picture is one of these numbers. Unknown numbers are ignored."""
        mask = np.zeros(len(self.ids), bool)
        mask[self.slots(pictures)] = True
        return mask

    def slots(self, pictures: Integers) -> npt.NDArray[np.int32]:
        """The slots of picture numbers, in their order, without unknown numbers."""
        slots = _look_up(self._slots, pictures)
        return slots[slots >= 0]

    def known(self, pictures: Integers) -> Mask:
        """Which of these picture numbers are known; same shape."""
        return _look_up(self._slots, pictures) >= 0

    def by_value(self, select: str, values: Sequence[object] = ()) -> tuple[list[Any], Integers, Integers]:
        """Labels of pictures: the different values, the pictures of each one after the other, and whose value each is.

        The last of them are kept until labels change: 8 bytes for each picture of each value. The database groups them:
        rows that Python reads one by one take four times as long.

        Args:
            select: of a value and of the numbers of its pictures with commas, grouped by value.
            values: for its question marks.

        Returns values; pictures, shape (k,), int64; indices among the values, ascending, shape (k,), int64.
        """
        age, name = self._catalog.labels_age(), (select, tuple(values))
        with self._lock:
            found = self._labels.pop(name, None)
        if age is None or found is None or found.age != age:
            found = _LabelColumn.read(age, self._catalog.query(select, values))
        if age is not None and len(found.values) <= _MOST_VALUES:
            with self._lock:  # several threads order and group
                self._labels[name] = found
                while len(self._labels) > _MOST_COLUMNS:
                    del self._labels[next(iter(self._labels))]
        codes = np.repeat(np.arange(len(found.values)), found.lengths)
        return found.values, found.pictures, codes

    def of_files(self, files: Mask) -> Mask:
        """Shape (n,): whether any file of a picture is set in ``files``, shape (m,)."""
        mask = np.zeros(len(self.ids), bool)
        mask[self.file_slots[files]] = True
        return mask

    @cached_property
    def dimensions(self) -> Integers:
        """Width and height in pixels, shape (n, 2); 0 if unreadable."""
        return _aligned(self._slots, self._catalog.integers(("id", "width", "height"), "FROM pictures"), len(self.ids))

    @cached_property
    def size(self) -> Integers:
        """Size of each picture in bytes, shape (n,)."""
        return self._of_first_files("size")

    @cached_property
    def moments(self) -> Integers:
        """When each picture was taken, else when its first file was changed: nanoseconds since 1970, shape (n,)."""
        moments = self._of_first_files("mtime_ns")
        rows = self._catalog.query("SELECT picture, taken FROM exif WHERE taken <> ''")
        taken = [int(datetime.fromisoformat(row[1]).timestamp()) * 10**9 for row in rows]
        pictures = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        moments[self.slots(pictures)] = np.array(taken, np.int64)[self.known(pictures)]
        return moments

    @cached_property
    def days(self) -> Integers:
        """The local day of each of :attr:`moments`, counted from 1 January of the year 1, shape (n,)."""
        quarters, codes = np.unique(self.moments // _QUARTER_NS, return_inverse=True)
        days = [datetime.fromtimestamp(quarter * 900).toordinal() for quarter in quarters.tolist()]
        return np.array(days, np.int64)[codes]

    @cached_property
    def formats(self) -> tuple[list[str], Integers]:
        """The names of formats, the empty one first, and for each picture the index of its format, shape (n,)."""
        names = [row[0] for row in self._catalog.query("SELECT DISTINCT format FROM pictures WHERE format <> ''")]
        places = np.zeros(len(self.ids), np.int64)
        for place, name in enumerate(names, 1):
            pictures = self._catalog.integers(("id",), "FROM pictures WHERE format = ?", (name,))[:, 0]
            places[self.slots(pictures)] = place
        return ["", *names], places

    @property
    def appearances(self) -> Appearances:
        """The measurements. Read again when there are more: jobs measure without changing files."""
        measured = self._catalog.query("SELECT count(*) FROM appearance")[0][0]
        if self._appearances is None or self._appearances[0] != measured:
            rows = self._catalog.integers(("picture", "colour", "sharpness"), "FROM appearance")
            there = self.known(rows[:, 0])
            slots, (colours, sharpness) = self.slots(rows[:, 0]), rows[there, 1:].T
            self._appearances = measured, Appearances(slots, colours, name_codes(colours), sharpness)
        return self._appearances[1]

    @cached_property
    def keys(self) -> npt.NDArray[np.bytes_]:
        """The key of each picture, shape (n,), dtype S20."""
        ids, keys = self._catalog.query("SELECT group_concat(id), group_concat(hex(key), '') FROM pictures")[0]
        slots = _look_up(self._slots, np.fromstring(ids or "", np.int64, sep=","))
        aligned = np.zeros(len(self.ids), KEY)
        aligned[slots[slots >= 0]] = np.frombuffer(bytes.fromhex(keys or ""), KEY)[slots >= 0]
        return aligned

    def with_keys(self, keys: npt.NDArray[np.bytes_]) -> Mask:
        """Shape (n,): whether each picture's key is in ``keys``, shape (k,), dtype S20, in any order."""
        known, order = self._key_heads
        wanted = np.asarray(keys, KEY)
        place = np.searchsorted(known, _heads(wanted))
        place[place == len(known)] = 0
        mask = np.zeros(len(self.ids), bool)
        if len(known):
            slots = order[place]
            mask[slots[self.keys[slots] == wanted]] = True
        return mask

    def known_ids(self, pictures: Sequence[int]) -> array[int]:
        """These picture numbers, in their order, without unknown ones."""
        numbers = np.array(pictures, np.int64)
        return array("q", numbers[self.known(numbers)].tobytes())

    def keys_of(self, pictures: Integers | Sequence[int]) -> list[bytes]:
        """The keys of picture numbers, in their order, without unknown numbers."""
        return [whole_key(key) for key in self.keys[self.slots(np.asarray(pictures, np.int64))].tolist()]

    def ids_of(self, keys: Sequence[bytes]) -> Integers:
        """The picture number of each key, shape (k,); 0, which no picture has, for unknown keys."""
        known, order = self._key_heads
        wanted = np.array(keys, KEY)
        if not len(known) or not len(wanted):
            return np.zeros(len(wanted), np.int64)
        slots = order[np.minimum(np.searchsorted(known, _heads(wanted)), len(known) - 1)]
        return np.where(self.keys[slots] == wanted, self.ids[slots], 0)

    def in_names(self, piece: str, beginning: bool = False) -> Mask:
        """Shape (m,): whether a file's name contains ``piece``, or begins with it, ignoring case."""
        places, texts = self._names
        mask = np.zeros(len(self.file_slots), bool)
        mask[places[texts.holding(piece, beginning) & (places >= 0)]] = True
        return mask

    @cached_property
    def name_ranks(self) -> Integers:
        """The rank of each picture's first file by its name, ignoring case, shape (n,); equal names have one."""
        return self._names[1].ranks[self._first_names]

    def name_of_rank(self, rank: int) -> str:
        """The folded name with a rank of :attr:`name_ranks`."""
        ranks, pictures = self._ranked_names
        return self._names[1].text(int(self._first_names[pictures[np.searchsorted(ranks, rank)]]))

    @cached_property
    def _ranked_names(self) -> tuple[Integers, Integers]:
        """Each rank once, ascending, and the slot of a picture that has it."""
        ranks, pictures = np.unique(self.name_ranks, return_index=True)
        return ranks, pictures

    @cached_property
    def _first_names(self) -> Integers:
        """Where the name of each picture's first file is among the names, shape (n,)."""
        places, _ = self._names
        of_file = np.zeros(len(self.file_slots), np.int64)
        of_file[places[places >= 0]] = np.flatnonzero(places >= 0)
        return of_file[self.first_files]

    @cached_property
    def _names(self) -> tuple[npt.NDArray[np.int32], FoldedNames]:
        ids, names = self._catalog.query("SELECT group_concat(id), CAST(group_concat(name, '/') AS BLOB) FROM files")[0]
        return _look_up(self._file_index, np.fromstring(ids or "", np.int64, sep=",")), FoldedNames(names)

    @cached_property
    def _key_heads(self) -> tuple[npt.NDArray[np.uint64], Integers]:
        # Eight bytes of a SHA-1 distinguish a million pictures; the whole key is compared afterwards.
        heads = _heads(self.keys)
        order = np.argsort(heads)
        return heads[order], order

    def _of_first_files(self, column: str) -> Integers:
        rows = self._catalog.integers(("id", column), "FROM files")
        by_file = _aligned(self._file_index, rows, len(self.file_slots))[:, 0]
        return by_file[self.first_files].copy()


@dataclass(frozen=True, slots=True)
class _LabelColumn:
    """The pictures of each value of a label, as of an age; those of one value after those of the one before."""

    age: tuple[int, ...] | None
    values: list[Any]
    lengths: list[int]
    pictures: npt.NDArray[np.int64]

    @classmethod
    def read(cls, age: tuple[int, ...] | None, rows: Sequence[tuple[Any, ...]]) -> _LabelColumn:
        """From rows of a value and the numbers of its pictures, with commas."""
        groups = [np.fromstring(pictures, np.int64, sep=",") for _, pictures in rows]
        pictures = np.concatenate([np.zeros(0, np.int64), *groups])
        return cls(age, [value for value, _ in rows], list(map(len, groups)), pictures)


@dataclass(frozen=True, slots=True)
class Appearances:
    """Measurements of pictures. 25 MB for a million.

    Attributes:
        slots: slots of the measured pictures, shape (k,), in any order.
        colours: their mean colours, ``0xRRGGBB``, shape (k,).
        names: codes of the colours' names, see :func:`core.images.colour_names.name_codes`, shape (k,).
        sharpness: shape (k,).
    """

    slots: npt.NDArray[np.int32]
    colours: Integers
    names: Integers
    sharpness: Integers

    def where(self, chosen: Mask, pictures: int) -> Mask:
        """Shape (pictures,): whether each picture is measured and set in ``chosen``, shape (k,)."""
        mask = np.zeros(pictures, bool)
        mask[self.slots[chosen]] = True
        return mask


def _files_by_name(catalog: Catalog) -> tuple[Integers, Integers, Integers]:
    """Numbers of all files, of their folders and of their pictures, shape (m,) each, ordered by folder and name.

    Two queries, each of which reads what lies side by side: that of names is answered by their index alone, which has
    no pictures. Looking for the pictures one after another would take the database twice as long. What another program
    changes in between is left out until the facts are read again.
    """
    # SQLite concatenates the rows of a sorted subquery in their order, and tests hold that it does.
    ordered = catalog.integers(("id",), "FROM (SELECT id FROM files ORDER BY folder, name)")[:, 0]
    rows = catalog.integers(("id", "folder", "picture"), "FROM files")
    where = _look_up(_index_table(rows[:, 0]), ordered)
    rows = rows[where[where >= 0]]
    return rows[:, 0], rows[:, 1], rows[:, 2]


def _heads(keys: npt.NDArray[np.bytes_]) -> npt.NDArray[np.uint64]:
    whole = np.ascontiguousarray(keys).view(np.uint8).reshape(-1, KEY_BYTES)
    return np.ascontiguousarray(whole[:, :8]).view(np.uint64)[:, 0]


def _index_table(numbers: Integers) -> npt.NDArray[np.int32]:
    """Lookup table: the index in ``numbers`` of each number, -1 for others; shape (largest number + 1,), int32."""
    places = np.full(int(numbers.max(initial=0)) + 1, -1, np.int32)
    places[numbers] = np.arange(len(numbers), dtype=np.int32)
    return places


def _look_up(places: npt.NDArray[np.int32], numbers: Integers) -> npt.NDArray[np.int32]:
    inside = np.clip(numbers, 0, len(places) - 1)
    return np.where(inside == numbers, places[inside], np.int32(-1))


def _aligned(places: npt.NDArray[np.int32], rows: Integers, length: int) -> Integers:
    """Rows of (number, value…) reordered by ``places``, shape (length, values); zeros for missing rows."""
    aligned = np.zeros((length, rows.shape[1] - 1), np.int64)
    where = _look_up(places, rows[:, 0])
    aligned[where[where >= 0]] = rows[where >= 0, 1:]
    return aligned
