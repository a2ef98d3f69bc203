"""Going through duplicates: what a person keeps, marks, tells apart; each remembered at once, each undone."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.actions.duplicate_groups import Copy, CopyGroup
from core.catalog.catalog import Catalog
from core.catalog.copies import File
from core.catalog.history import History
from core.catalog.kept import decide, tell_apart
from core.errors import UsageError
from core.files import modified_ns
from core.text import count, printable


@dataclass(frozen=True, slots=True)
class _Before:
    """How it stood before a decision.

    Attributes:
        groups: all.
        position: of the group that was on show.
        step: number of the step in the history; None where nothing new was remembered.
        name: what was done, in words.
        journal: of the move, where files were moved.
    """

    groups: tuple[CopyGroup, ...]
    position: int
    step: int | None
    name: str
    journal: Path | None = None


class Review:
    """The groups as they stand, and the decisions made on them.

    Args:
        catalog: where decisions are remembered.
        groups: as found.
    """

    def __init__(self, catalog: Catalog, groups: Sequence[CopyGroup]) -> None:
        self._catalog = catalog
        self._groups = tuple(groups)
        self._before: list[_Before] = []

    @property
    def groups(self) -> tuple[CopyGroup, ...]:
        """All groups, in the order in which they were found."""
        return self._groups

    @property
    def undecided(self) -> int:
        """How many groups are still to be decided."""
        return sum(not group.decided for group in self._groups)

    def marked(self) -> list[File]:
        """Files that a person has marked, group by group."""
        return [copy.file for group in self._groups for copy in group.copies if copy.decided and not copy.keep]

    def movable(self) -> list[File]:
        """Marked files of whose group one that stays is on the disk, unchanged since it was last looked at."""
        return [
            copy.file
            for group in self._groups
            if any(copy.keep and is_unchanged(copy.file) for copy in group.copies)
            for copy in group.copies
            if copy.decided and not copy.keep
        ]

    def next_undecided(self, position: int) -> int | None:
        """The first group after ``position`` that is to be decided, from the beginning after the end; None for none."""
        places = [*range(position + 1, len(self._groups)), *range(min(position + 1, len(self._groups)))]
        return next((place for place in places if not self._groups[place].decided), None)

    def toggle(self, position: int, number: int) -> None:
        """Mark a copy that stays, or keep one that is marked or proposed to go.

        Raises:
            UsageError: it lies in a reference folder, or it is the last one that stays.
        """
        group = self._groups[position]
        copy = group.copies[number]
        if copy.reference:
            raise UsageError("it lies in a reference folder: it stays")
        if copy.keep and sum(other.keep for other in group.copies) == 1:
            raise UsageError("one of them stays", "keep another one first: space or b on it")
        self._decide(position, {number: not copy.keep}, "mark" if copy.keep else "keep")

    def make_best(self, position: int, number: int) -> int:
        """Keep this copy and mark the one that was the best. Returns where it stands now: first."""
        group = self._groups[position]
        if number == 0:
            self._decide(position, {0: True}, "keep")
            return 0
        best, chosen = group.copies[0], group.copies[number]
        rest = [copy for place, copy in enumerate(group.copies) if place not in (0, number)]
        turned = CopyGroup((replace(chosen, score=None), replace(best, score=chosen.score), *rest))
        self._decide(position, {0: True} if best.reference else {0: True, 1: False}, "keep", turned)
        return 0

    def accept(self, position: int) -> None:
        """Decide the whole group as it stands."""
        copies = self._groups[position].copies
        self._decide(
            position,
            {number: copy.keep for number, copy in enumerate(copies) if not copy.reference},
            f"decide {count(len(copies), 'copy', 'copies')}",
        )

    def tell_apart(self, position: int, number: int) -> None:
        """This picture is no duplicate of the others: it leaves the group, for ever.

        Raises:
            UsageError: all copies have the same bytes.
        """
        group = self._groups[position]
        key = group.copies[number].file.key
        apart = tuple(copy for copy in group.copies if copy.file.key == key)
        rest = tuple(copy for copy in group.copies if copy.file.key != key)
        if not rest:
            raise UsageError("they have the same bytes", "to keep them all: space on each, then enter")
        name = f"not a duplicate: {printable(os.path.basename(apart[0].file.path))}"
        step = self._step(lambda: tell_apart(self._catalog, name, key, sorted({copy.file.key for copy in rest})))
        left = [_alone(part) for part in (rest, apart) if len(part) > 1]
        self._change(position, (*self._groups[:position], *left, *self._groups[position + 1 :]), step, name)

    @property
    def last_journal(self) -> Path | None:
        """Where the last thing that was done is a move: its journal. Move the files back before :meth:`undo`."""
        return self._before[-1].journal if self._before else None

    def without(self, position: int, gone: Collection[bytes], name: str, journal: Path | None) -> None:
        """Files were moved away; groups of which fewer than two are left go too."""
        kept = (tuple(copy for copy in group.copies if copy.file.path not in gone) for group in self._groups)
        self._change(position, tuple(CopyGroup(copies) for copies in kept if len(copies) > 1), None, name, journal)

    def undo(self) -> tuple[str, int] | None:
        """Take the last decision back. Returns what it was and the group it was about, or None where there is none.

        Raises:
            UsageError: something else was changed since: undo that first.
        """
        if not self._before:
            return None
        before = self._before[-1]
        if before.step is not None:
            history = History(self._catalog)
            if self._newest(history) != before.step:
                raise UsageError("something else was decided since", "undo that first, where it was done")
            history.undo()
        self._before.pop()
        self._groups = before.groups
        return before.name, before.position

    def _decide(self, position: int, choice: dict[int, bool], name: str, group: CopyGroup | None = None) -> None:
        group = group or self._groups[position]
        copies = list(group.copies)
        told = []
        for number, keep in choice.items():
            file = copies[number].file
            paths = sum(copy.file.key == file.key for copy in copies)
            told.append((file, paths, keep))
            copies[number] = replace(copies[number], keep=keep, decided=True)
        if len(told) == 1:
            name = f"{name} {printable(os.path.basename(told[0][0].path))}"
        step = self._step(lambda: decide(self._catalog, name, told))
        decided = CopyGroup(tuple(copies))
        self._change(position, (*self._groups[:position], decided, *self._groups[position + 1 :]), step, name)

    def _step(self, work: Callable[[], None]) -> int | None:
        history = History(self._catalog)
        before = self._newest(history)
        work()
        after = self._newest(history)
        return after if after != before else None

    @staticmethod
    def _newest(history: History) -> int | None:
        return next((step.number for step in history.steps(50) if not step.undone), None)

    def _change(
        self,
        position: int,
        groups: tuple[CopyGroup, ...],
        step: int | None,
        name: str,
        journal: Path | None = None,
    ) -> None:
        self._before.append(_Before(self._groups, position, step, name, journal))
        self._groups = groups


def is_unchanged(file: File) -> bool:
    """Whether a file is on the disk as it was when it was last looked at."""
    try:
        status = os.stat(file.path, follow_symlinks=True)
    except OSError:
        return False
    return (status.st_size, modified_ns(status)) == (file.size, file.mtime_ns)


def _alone(copies: tuple[Copy, ...]) -> CopyGroup:
    """A group of its own, of which at least one stays."""
    if any(copy.keep for copy in copies):
        return CopyGroup(copies)
    return CopyGroup((replace(copies[0], keep=True, decided=False, reason="kept: the first one left"), *copies[1:]))
