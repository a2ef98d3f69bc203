"""Finds copies among pictures: vectors give the candidates, the pixel check decides.

Candidates are searched at decreasing cosines. A copy is near its original; at a low cosine alone it could join
another picture of a series, whose group would hide it from its original. Copies that were found stay with the best
of their group and are not compared again. One picture and many others are first compared at low resolution in one
call, which costs a fiftieth of the full comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.actions.shortlist import Plane, Score, interleaved, shortlists
from core.arrays import Rows
from core.search.near_duplicates import near_groups

Numbers = npt.NDArray[np.int64]
# Cosines above the requested one that are tried first.
_STEPS = (0.99, 0.96, 0.93)
# In a large group each picture is compared with at most this many others.
_TRIED = 64
# In groups of more than 16, compared in order of likelihood: after this many misses in a row the rest are not copies
# either.
_MISSES, _SMALL_GROUP = 4, 16
Asked = Callable[[int, Sequence[int]], Sequence[bool]]


def _all(one: int, others: Sequence[int]) -> Plane:
    return np.ones(len(others), np.float32)


@dataclass
class CopySearch:
    """Finds groups of copies among rows, and groups of pictures that are only similar.

    Attributes:
        rows: shape (count, dim), float32, normalised.
        same: whether two row numbers are copies.
        alike: which of the other row numbers a person should compare with the first.
        apart: pairs of row numbers that are never put in one group.
        check: called with the progress, 0 to 1; may raise to stop.
        likeness: how well each of the other row numbers matches the first; those with 0 are not passed to ``same``.
        glance: quick similarity of some row numbers and others, shape (some, others); None
            if only vectors can tell.
        begin: called with the groups of row numbers that are compared next.
        group: called with the number of those groups that are done.
        looked_at: called before each pair is compared; may raise to stop.
        distant: called with the row numbers that are left; pictures of these, each with others of these whose copy it
            may be though their cosine is below the threshold.
    """

    rows: Rows
    same: Callable[[int, int], bool]
    alike: Asked
    apart: Collection[tuple[int, int]] = ()
    check: Callable[[float], None] = lambda done: None
    likeness: Callable[[int, Sequence[int]], Plane] = _all
    glance: Score | None = None
    begin: Callable[[Sequence[Sequence[int]]], None] = lambda groups: None
    group: Callable[[int], None] = lambda done: None
    looked_at: Callable[[], None] = lambda: None
    distant: Callable[[Numbers], Iterable[tuple[int, Sequence[int]]]] = lambda left: ()
    _members: dict[int, list[int]] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)

    def run(self, ordered: Numbers, threshold: float) -> tuple[list[list[int]], list[list[int]]]:
        """Disjoint groups of at least two row numbers, the best first: copies, then pictures that are only similar.

        Args:
            ordered: row numbers to compare, best first.
            threshold: minimum cosine of candidates.
        """
        steps = [*(step for step in _STEPS if step > threshold), threshold]
        left, last = ordered, []
        for number, step in enumerate(steps):
            found = near_groups(
                self.rows,
                left,
                step,
                apart=self.apart,
                check=self._part(number, len(steps)),
            )
            last = [left[indices].tolist() for indices in found.groups()]
            self.gather_all(last)
            left = left[~np.isin(left, np.fromiter(self._gone, np.int64, len(self._gone)))]
        self._gather_distant(left)
        return self.copies(), [alike for group in last for alike in self._alike(group)]

    def _part(self, number: int, steps: int) -> Callable[[float], None]:
        return lambda done: self.check((number + done) / steps)

    def copies(self) -> list[list[int]]:
        """The groups of copies found so far."""
        return [[head, *members] for head, members in self._members.items()]

    def gather_all(self, groups: Sequence[Sequence[int]]) -> None:
        """Find copies in groups of candidates, each sorted best first."""
        self.begin(groups)
        for done, group in enumerate(groups):
            self.group(done)
            self._gather(group)

    def _gather_distant(self, left: Numbers) -> None:
        """Compare each picture with the few it may be a copy of; the better one of a pair is the head."""
        asked = [[one, *others] for one, others in self.distant(left)]
        if not asked:
            return
        self.begin(asked)
        ranks = {number: rank for rank, number in enumerate(left.tolist())}
        for done, (one, *others) in enumerate(asked):
            self.group(done)
            likeness = self.likeness(one, others)
            for index in np.argsort(-likeness, kind="stable").tolist():
                if one in self._gone or likeness[index] <= 0:
                    break
                head, number = sorted((one, others[index]), key=ranks.__getitem__)
                if others[index] not in self._gone:
                    self.looked_at()
                    self._pair(head, number)

    def _gather(self, group: Sequence[int]) -> None:
        rankings = [self._cosines, self.glance] if self.glance else [self._cosines]
        patience = _MISSES if len(group) > _SMALL_GROUP else len(group)
        taken: set[int] = set()
        for head, others in shortlists([number for number in group if number not in self._gone], rankings):
            if head not in taken:
                taken |= self._joined(head, [number for number in others if number not in taken], patience)

    def _cosines(self, some: Sequence[int], others: Sequence[int]) -> Plane:
        cosines: Plane = self.rows[np.array(some, np.int64)] @ self.rows[np.array(others, np.int64)].T
        return cosines

    def _joined(self, head: int, others: Sequence[int], patience: int) -> set[int]:
        """The others that are copies of the head; stops after ``patience`` misses in a row."""
        likeness = self.likeness(head, others)
        likely = [number for number, like in zip(others, likeness, strict=True) if like > 0]
        joined: set[int] = set()
        misses = 0
        for index in interleaved(likeness[likeness > 0], self._cosines([head], likely)[0]) if likely else ():
            self.looked_at()
            if self._pair(head, likely[index]):
                joined.add(likely[index])
                misses = 0
                continue
            misses += 1
            if misses >= patience:
                break
        return joined

    def _pair(self, head: int, number: int) -> bool:
        if self._is_apart(head, number) or not self.same(head, number):
            return False
        self._gone.add(number)
        mine = self._members.setdefault(head, [])
        mine.append(number)
        # Each member must be a copy of its head: members of the other group join only if they are copies of this head.
        strangers = [other for other in self._members.pop(number, ()) if not self._joins(head, other)]
        self._gone.difference_update(strangers)
        return True

    def _joins(self, head: int, other: int) -> bool:
        if self._is_apart(head, other) or not self.same(head, other):
            return False
        self._members[head].append(other)
        return True

    def _is_apart(self, one: int, other: int) -> bool:
        return (one, other) in self.apart or (other, one) in self.apart

    def _alike(self, group: Sequence[int]) -> Iterator[list[int]]:
        left = [number for number in group if number not in self._gone and number not in self._members]
        while len(left) > 1:
            head, *others = left
            near = [number for number in others[:_TRIED] if not self._is_apart(head, number)]
            near = [number for number, alike in zip(near, self.alike(head, near), strict=True) if alike]
            if near:
                yield [head, *near]
            taken = {head, *near}
            left = [number for number in left if number not in taken]
