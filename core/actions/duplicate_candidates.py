"""Finds copies and nearly alike pictures of a project by vectors, outlines and pixels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.actions.copy_edge import blank_pictures
from core.actions.copy_search import CopySearch
from core.actions.definition import Context
from core.actions.distant_copies import distant_pairs
from core.actions.pair_rules import PairRules
from core.actions.pixel_check import PixelCheck
from core.actions.scope import Scope
from core.arrays import Rows
from core.catalog.catalog import Catalog, Picture
from core.catalog.copies import FilesOnDemand, best_first
from core.catalog.measures import measures_of
from core.images.outline import DIM as OUTLINE_DIM
from core.images.outline import NEAR
from core.images.turns import Also
from core.labels.decisions import Decisions
from core.search.near_duplicates import near_groups
from core.text import count
from core.vectors.vec_type import VecType

# Larger groups (thousands of equal pictures) are compared with their centre only: 1,000 x 1,000 cosines are 4 MB.
_COMPARED = 1_000
# For models without a measured threshold.
_RANDOM_PAIRS = 10_000
_SAMPLE = 2_048
_LEAST, _MOST = 0.8, 0.95


@dataclass(frozen=True, slots=True)
class CandidateGroup:
    """Pictures of a group, the centre first, and their cosines: shape (k, k), or (1, k) to the centre only."""

    keys: list[bytes]
    cosines: np.ndarray
    alike: bool = False


def default_threshold(looked_at: Scope, also: Collection[Also] = ()) -> float:
    """The minimum cosine of candidates for copies: as measured for the model, else estimated from the collection."""
    numbers = looked_at.numbers
    sample = np.random.default_rng(0).choice(numbers, min(_SAMPLE, len(numbers)), replace=False)
    known = looked_at.vec_type.spec.parts_cosine if Also.CROPPED in also else 0.0
    return known or copies_cosine(looked_at.vec_type, looked_at.snapshot.rows[np.sort(sample)])


def copies_cosine(vec_type: VecType, rows: Rows) -> float:
    """The minimum cosine of candidates for copies: as measured for the model, else estimated from the collection.

    The estimate is the cosine that one random pair in 10,000 reaches, limited to 0.8 to 0.95: two pictures
    drawn at random are not copies, and too many candidates only cost time, as pixels decide.

    Args:
        vec_type: of the rows.
        rows: of the collection or a sample of it, shape (n, dim), float32, normalised; the first 2,048 count.
    """
    if vec_type.spec.copies_cosine:
        return vec_type.spec.copies_cosine
    rows = rows[:_SAMPLE]
    pairs = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    return float(np.clip(np.quantile(pairs, 1 - 1 / _RANDOM_PAIRS) if len(pairs) else _LEAST, _LEAST, _MOST))


class CandidateFinder:
    """Finds groups of copies and of nearly alike pictures among the pictures with vectors.

    Attributes:
        empty: number of blank candidates.
        pixels: compares pictures.
    """

    def __init__(
        self,
        context: Context,
        looked_at: Scope,
        references: Sequence[bytes],
        also: Collection[Also],
        rules: PairRules,
    ) -> None:
        self._context = context
        self._looked_at = looked_at
        self._also = frozenset(also)
        self._rules = rules
        self._catalog = context.project.catalog
        numbers = looked_at.numbers
        self._ordered = numbers[best_first(self._catalog, looked_at.snapshot.keys[numbers], references)]
        self._files = FilesOnDemand(self._catalog)
        self._pictures = _Pictures(self._catalog)
        self.pixels = PixelCheck(context.project.thumbnails, self._files, also)
        self.empty = 0
        self._blank: dict[bytes, bool] = {}
        self._said = ""
        self._pairs = 0
        self._members: list[int] = []

    def find(self, threshold: float, *, every: bool) -> list[CandidateGroup]:
        """The groups. ``every``: non-copies that reach the threshold are nearly alike regardless of their outlines."""
        snapshot = self._looked_at.snapshot
        self._keys = snapshot.keys
        apart = _apart(self._catalog, self._looked_at, self._looked_at.numbers)
        search = CopySearch(
            snapshot.rows,
            self._same,
            lambda one, others: self._alike(one, others, every),
            apart,
            self._check,
            self._likeness,
            None if Also.CROPPED in self._also else self._glance,
            self._begin,
            self._group,
            self._compared,
            (lambda left: ()) if every else self._distant,
        )
        self._check(0.0)
        copies, alike = search.run(self._ordered, threshold)
        if self._also & {Also.MIRRORED, Also.ROTATED}:
            copies, alike = self._with_turned(search, alike)
        self.empty = sum(self._blank.values())
        return [self._near(group, False) for group in copies] + [self._near(group, True) for group in alike]

    def _distant(self, left: np.ndarray) -> Iterator[tuple[int, list[int]]]:
        measures = measures_of(self._catalog, self._keys[left])
        return distant_pairs(self._looked_at.snapshot.rows, left, measures, self._context.check_stop)

    def _with_turned(self, search: CopySearch, alike: list[list[int]]) -> tuple[list[list[int]], list[list[int]]]:
        """Vectors of a turned picture are elsewhere: its outline finds it."""
        outlines = np.zeros((len(self._ordered), OUTLINE_DIM), np.float32)
        for index, number in enumerate(self._ordered.tolist()):
            if index % 64 == 0:
                self._context.check_stop()
                self._context.say(f"looking at outlines: {count(index)} of {count(len(self._ordered))}")
            outlines[index] = self.pixels.outline(self._key(number))
        found = near_groups(outlines, np.arange(len(outlines)), NEAR, check=self._check)
        search.gather_all([self._ordered[indices].tolist() for indices in found.groups()])
        copies = search.copies()
        taken = {number for group in copies for number in group}
        left = [[number for number in group if number not in taken] for group in alike]
        return copies, [group for group in left if len(group) > 1]

    def _near(self, numbers: Sequence[int], alike: bool) -> CandidateGroup:
        self._context.check_stop()
        rows = self._looked_at.snapshot.rows[np.array(numbers)]
        cosines = rows @ rows.T if len(numbers) <= _COMPARED else rows[:1] @ rows.T
        return CandidateGroup(self._looked_at.keys_of(np.array(numbers)), cosines, alike)

    def _check(self, done: float) -> None:
        self._context.check_stop()
        self._say(f"comparing {count(len(self._ordered), 'picture')}" + (f": {int(done * 100)} %" if done > 0 else ""))

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._context.say(text)

    def _begin(self, groups: Sequence[Sequence[int]]) -> None:
        """Read the thumbnails of all candidates, creating missing ones on all cores."""
        self._members = [len(group) for group in groups]
        self.pixels.prepare([self._key(number) for group in groups for number in group], self._prepared)

    def _prepared(self, done: int, total: int) -> None:
        self._context.check_stop()
        self._say(f"looking at thumbnails: {count(done)} of {count(total)}")

    def _group(self, done: int) -> None:
        self._context.check_stop()
        looked_at, total = sum(self._members[:done]), sum(self._members)
        self._say(f"comparing pixels: {count(looked_at)} of {count(total, 'candidate')}, {count(self._pairs, 'pair')}")

    def _compared(self) -> None:
        self._context.check_stop()
        self._pairs += 1

    def _likeness(self, one: int, others: Sequence[int]) -> np.ndarray:
        return self.pixels.likeness(self._key(one), [self._key(other) for other in others])

    def _glance(self, some: Sequence[int], others: Sequence[int]) -> np.ndarray:
        return self.pixels.glance([self._key(one) for one in some], [self._key(other) for other in others])

    def _key(self, number: int) -> bytes:
        return self._looked_at.keys_of(np.array([number]))[0]

    def _pair(self, one: int, other: int) -> tuple[bytes, bytes] | None:
        """Keys of two pictures; None if they are not to be compared."""
        first, second = self._key(one), self._key(other)
        if self._rules and self._rules.ignores(first, second, self._files, self._pictures):
            return None
        blanks = [self._is_blank(first), self._is_blank(second)]  # both are counted
        return None if any(blanks) else (first, second)

    def _is_blank(self, key: bytes) -> bool:
        if key not in self._blank:
            self._blank[key] = not self.pixels.shows_something(key) and bool(
                blank_pictures({key: self._files[key]}, self._context.check_stop)
            )
        return self._blank[key]

    def _same(self, one: int, other: int) -> bool:
        pair = self._pair(one, other)
        return pair is not None and self.pixels.same(*pair)

    def _alike(self, one: int, others: Sequence[int], every: bool) -> list[bool]:
        self._context.check_stop()
        found = [self._pair(one, other) is not None for other in others]
        keys = [self._key(other) for other in others]
        alike = self.pixels.alike(self._key(one), keys)
        unread = self.pixels.unread
        readable = [every and self._key(one) not in unread and key not in unread for key in keys]
        return [pair and (is_alike or may) for pair, is_alike, may in zip(found, alike, readable, strict=True)]


class _Pictures(dict[bytes, Picture]):
    """Pictures by key, loaded from the catalog on demand."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._catalog = catalog

    def get(self, key: bytes, default: object = None) -> Picture | None:  # type: ignore[override]
        """The picture; None if there is none."""
        if key not in self:
            picture = self._catalog.by_keys([key]).get(key)
            if picture is None:
                return None
            self[key] = picture
        return self[key]


def _apart(catalog: Catalog, looked_at: Scope, numbers: np.ndarray) -> set[tuple[int, int]]:
    """Row numbers of the pairs that were marked as different."""
    pairs = Decisions(catalog).not_duplicate_pairs()
    if not len(pairs):
        return set()
    keys = looked_at.snapshot.keys[numbers]
    order = np.argsort(keys)
    index = np.minimum(np.searchsorted(keys, pairs, sorter=order), len(keys) - 1)
    row = order[index]
    there = (keys[row] == pairs).all(axis=1)
    return {(int(numbers[one]), int(numbers[other])) for one, other in row[there].tolist()}
