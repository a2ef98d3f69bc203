"""The rows of a file, matched with pictures and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.catalog.catalog import Catalog
from core.importing.matching import Matcher, Miss
from core.importing.options import By
from core.importing.report import LISTED, Problems
from core.importing.vectors.block import Block, VectorsFile
from core.importing.vectors.existing import Existing, Standing
from core.importing.vectors.unit_rows import bad_rows, unit_rows
from core.key_arrays import Keys
from core.keys import KEY
from core.text import display_path

_CHUNK = 500  # below SQLite's least limit of bound variables


@dataclass(frozen=True)
class MatchedRows:
    """Which rows of a file are imported, one for each picture.

    Attributes:
        numbers: of the rows, from 0, ascending, shape (n,).
        keys: of their pictures, shape (n,), dtype S20.
        rows: all rows of the file.
        lines: rows that name a picture of the project.
        unmatched: rows that name none, or several.
        refused: rows that cannot be imported.
        scaled: rows among ``lines`` that do not have length 1.
        new: how many of ``keys`` have no row yet.
        same: how many have this row already.
        other: how many have another row.
    """

    numbers: npt.NDArray[np.int64]
    keys: Keys
    rows: int
    lines: int
    unmatched: Problems
    refused: Problems
    scaled: int
    new: int
    same: int
    other: int


def match_rows(
    catalog: Catalog,
    file: VectorsFile,
    existing: Existing,
    near: Path,
    folders: Sequence[Path],
    by: By,
    progress: Callable[[int], None],
) -> MatchedRows:
    """Match and check all rows of a file: 36 bytes a row are kept.

    Args:
        catalog: of the pictures; gets temporary tables.
        file: read once.
        existing: what the vec type has already.
        near: the first base for relative paths.
        folders: picture folders, the next bases.
        by: how rows refer to pictures.
        progress: is told how many rows were read.

    Raises:
        UsageError: the rest of the file cannot be read.
    """
    matching = _Matching(catalog, existing)
    with catalog.one_moment() as database:
        matcher = Matcher(catalog, database, near, folders, by)
        for block in file.blocks():
            matching.take(block, matcher.match(block.references))
            progress(matching.rows)
    return matching.result()


class _Matching:
    """What has been read so far."""

    def __init__(self, catalog: Catalog, existing: Existing) -> None:
        self._catalog = catalog
        self._existing = existing
        self._numbers: list[npt.NDArray[np.int64]] = []
        self._pictures: list[npt.NDArray[np.int64]] = []
        self._digests: list[npt.NDArray[np.uint64]] = []
        self._standings: list[npt.NDArray[np.int8]] = []
        self._unmatched, self._refused = Problems(), Problems()
        self._lines = self._scaled = self.rows = 0

    def take(self, block: Block, found: Sequence[int | Miss]) -> None:
        """Take the rows of a block; ``found`` says which picture each is of."""
        reasons = dict(bad_rows(block.rows))
        usable: list[int] = []
        for place, picture in enumerate(found):
            key, path = block.references[place]
            number = block.first + place + 1
            if place in reasons:
                self._refused.add(number, path or key, reasons[place])
            elif isinstance(picture, Miss):
                self._unmatched.add(number, path or key, picture.reason)
            else:
                usable.append(place)
        self.rows += len(found)
        self._lines += sum(not isinstance(picture, Miss) for picture in found)
        if not usable:
            return
        rows, scaled = unit_rows(block.rows[usable])
        pictures = np.array([found[place] for place in usable], np.int64)
        self._scaled += scaled
        self._numbers.append(block.first + np.array(usable, np.int64))
        self._pictures.append(pictures)
        digests = b"".join(hashlib.blake2b(row, digest_size=8).digest() for row in rows)
        self._digests.append(np.frombuffer(digests, np.uint64))
        self._standings.append(self._existing.standings(keys_of(self._catalog, pictures), rows))

    def result(self) -> MatchedRows:
        """What was found in the whole file."""
        numbers, pictures = _joined(self._numbers, np.int64), _joined(self._pictures, np.int64)
        digests, standings = _joined(self._digests, np.uint64), _joined(self._standings, np.int8)
        _, first, which = np.unique(pictures, return_index=True, return_inverse=True)
        conflicts = np.flatnonzero(digests != digests[first[which]])
        self._refuse_conflicts(numbers, pictures, first[which], conflicts)
        kept = np.sort(np.setdiff1d(first, first[which][conflicts]))
        by_standing = np.bincount(standings[kept], minlength=len(Standing))
        self._refused.first.sort(key=lambda problem: problem.line)
        return MatchedRows(
            numbers=numbers[kept],
            keys=keys_of(self._catalog, pictures[kept]),
            rows=self.rows,
            lines=self._lines,
            unmatched=self._unmatched,
            refused=self._refused,
            scaled=self._scaled,
            new=int(by_standing[Standing.NEW]),
            same=int(by_standing[Standing.SAME]),
            other=int(by_standing[Standing.OTHER]),
        )

    def _refuse_conflicts(
        self,
        numbers: npt.NDArray[np.int64],
        pictures: npt.NDArray[np.int64],
        first: npt.NDArray[np.int64],
        conflicts: npt.NDArray[np.int64],
    ) -> None:
        """Refuse rows that are not equal to the first of their picture: it cannot be known which is meant."""
        listed = conflicts[:LISTED]
        paths = {one.id: one.path for one in self._catalog.pictures(np.unique(pictures[listed]).tolist())}
        for place in listed.tolist():
            path = display_path(paths.get(int(pictures[place]), b""))
            reason = f"row {numbers[first[place]] + 1:,} is another one of the same picture (the same bytes)"
            self._refused.add(int(numbers[place]) + 1, path, reason)
        self._refused.count += len(conflicts) - len(listed)


def keys_of(catalog: Catalog, pictures: npt.NDArray[np.int64]) -> Keys:
    """The keys of picture numbers, in their order, shape (n,), dtype S20."""
    found: dict[int, bytes] = {}
    wanted = np.unique(pictures).tolist()
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        found.update(catalog.query(f"SELECT id, key FROM pictures WHERE id IN ({marks})", chunk))  # noqa: S608
    return np.array([found[number] for number in pictures.tolist()], KEY)


def _joined(parts: Sequence[npt.NDArray[Any]], kind: type[np.generic]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)
