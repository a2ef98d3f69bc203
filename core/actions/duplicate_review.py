"""The review of duplicates: keep, mark and separate copies; each decision is stored at once and can be undone."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.actions.copy_groups import Copy, CopyGroup
from core.catalog.catalog import Catalog
from core.catalog.copies import File
from core.errors import UsageError
from core.key_hints import with_keys
from core.labels.duplicate_decisions import decide, mark_distinct
from core.labels.stacks import Stacks
from core.labels.undo import PROGRAM, History
from core.removal.permission import Permission, RemovalRule
from core.text import count, printable


@dataclass(frozen=True, slots=True)
class _Before:
    """The state before a decision.

    Attributes:
        groups: all.
        position: index of the displayed group.
        step: number of the step in the history; None if nothing new was stored.
        name: of the decision, in words.
        journal: of the move, if files were moved.
    """

    groups: tuple[CopyGroup, ...]
    position: int
    step: int | None
    name: str
    journal: Path | None = None


class Review:
    """The groups in their current state, and the decisions on them.

    Args:
        catalog: stores the decisions.
        groups: as found.
    """

    def __init__(self, catalog: Catalog, groups: Sequence[CopyGroup]) -> None:
        self._catalog = catalog
        self._groups = tuple(groups)
        self._before: list[_Before] = []
        self._removal = RemovalRule(catalog)

    @property
    def groups(self) -> tuple[CopyGroup, ...]:
        """All groups, in the order in which they were found."""
        return self._groups

    @property
    def undecided(self) -> int:
        """Number of undecided groups."""
        return sum(not group.decided for group in self._groups)

    def marked(self) -> list[File]:
        """Files that a person has marked, group by group."""
        return [copy.file for group in self._groups for copy in group.copies if copy.decided and not copy.keep]

    def movable(self) -> list[File]:
        """Marked files that may be removed now. Reads them and the kept copies."""
        return [file for file, reason in self.removable() if not reason]

    def removable(self) -> list[tuple[File, str]]:
        """Marked files, and why each may not be removed now (empty if it may). Reads all of them."""
        allowed = self.allowed()
        return [(file, allowed(file)) for file in self.marked()]

    def allowed(self) -> Callable[[File], str]:
        """A function that checks, at the time of the call, why a marked file may not be removed (empty if it may).

        It uses the current groups: later decisions have no effect.
        """
        kept = {
            copy.file.path: group.kept_for(copy)
            for group in self._groups
            for copy in group.copies
            if copy.decided and not copy.keep
        }
        return lambda file: (
            self._removal.reason_against(file, kept[file.path]) if file.path in kept else "it is not marked"
        )

    def prepare(self, position: int, wanted: Callable[[], bool] = lambda: True) -> None:
        """Read the files of a group in advance, so that deciding it need not wait for the disk.

        Args:
            position: of the group.
            wanted: called between files; returns False to stop.
        """
        if position < len(self._groups):
            group = self._groups[position]
            for number, copy in enumerate(group.copies):
                if not copy.keep and wanted():
                    self._permission(group, number)

    def next_undecided(self, position: int) -> int | None:
        """Index of the next undecided group after ``position``, wrapping around; None if all are decided."""
        positions = [*range(position + 1, len(self._groups)), *range(min(position + 1, len(self._groups)))]
        return next((at for at in positions if not self._groups[at].decided), None)

    def toggle(self, position: int, number: int) -> None:
        """Mark a kept copy, or keep one that is marked or proposed for removal.

        Raises:
            UsageError: it is in a reference folder, is the last kept copy, or may not be removed.
        """
        group = self._groups[position]
        copy = group.copies[number]
        if copy.reference:
            raise UsageError("it is in a reference folder and is always kept")
        if not copy.is_distinct_file:
            raise UsageError(f"it must be kept: {copy.reason.removeprefix('kept: ')}")
        if copy.keep and sum(other.keep for other in group.copies) == 1:
            raise UsageError("one copy must stay: keep another one first")
        self._decide(position, {number: not copy.keep}, "mark" if copy.keep else "keep")

    def make_best(self, position: int, number: int) -> int:
        """Make this copy the best, and mark the former best if it may be removed. Returns its new index, 0.

        In a stack it is put on top, and nothing is marked.

        Raises:
            UsageError: its file cannot be the kept copy.
        """
        group = self._groups[position]
        if group.copies[number].stacked:
            return self._on_top(position, number)
        if number == 0:
            self._decide(position, {0: True}, "keep")
            return 0
        best, chosen = group.copies[0], group.copies[number]
        if not chosen.is_distinct_file:
            raise UsageError(f"it cannot be the best copy: {chosen.reason.removeprefix('kept: ')}")
        rest = [copy for at, copy in enumerate(group.copies) if at not in (0, number)]
        turned = CopyGroup(
            (replace(chosen, score=None, keep=True), replace(best, score=chosen.score, keep=False), *rest)
        )
        permission = self._permission(turned, 1)
        if best.reference or permission.reason:
            why = best.reason if best.reference else f"kept: {permission.reason}"
            turned = CopyGroup((turned.copies[0], replace(best, score=chosen.score, keep=True, reason=why), *rest))
        self._decide(position, {0: True} if turned.copies[1].keep else {0: True, 1: False}, "keep", turned)
        return 0

    def accept(self, position: int) -> list[str]:
        """Decide the whole group as shown; copies that may not be removed now are kept.

        Returns the file name and the reason for each of those.
        """
        group = self._groups[position]
        refused = {
            number: permission.reason
            for number, copy in enumerate(group.copies)
            if not copy.keep and (permission := self._permission(group, number)).reason
        }
        group = CopyGroup(
            tuple(
                replace(copy, keep=True, reason=f"kept: {refused[number]}") if number in refused else copy
                for number, copy in enumerate(group.copies)
            )
        )
        self._decide(
            position,
            {
                number: copy.keep
                for number, copy in enumerate(group.copies)
                if not copy.reference and copy.is_distinct_file
            },
            f"decide {count(len(group.copies), 'copy', 'copies')}",
            group,
        )
        return [f"{_name(group.copies[number].file)}: {reason}" for number, reason in refused.items()]

    def mark_distinct(self, position: int, number: int) -> None:
        """Mark a picture as different from the others: it leaves the group permanently.

        Raises:
            UsageError: all copies have the same bytes.
        """
        group = self._groups[position]
        key = group.copies[number].file.key
        apart = tuple(copy for copy in group.copies if copy.file.key == key)
        rest = tuple(copy for copy in group.copies if copy.file.key != key)
        if not rest:
            raise UsageError(
                "they have the same bytes",
                with_keys("to keep them all: {duplicates.remove} on each, then {duplicates.accept}"),
            )
        name = f"not a duplicate: {_name(apart[0].file)}"
        step = self._step(lambda: mark_distinct(self._catalog, name, key, sorted({copy.file.key for copy in rest})))
        left = [_alone(part) for part in (rest, apart) if len(part) > 1]
        self._change(position, (*self._groups[:position], *left, *self._groups[position + 1 :]), step, name)

    def stack(self, position: int) -> int:
        """Keep all pictures of a group as a stack with the best on top. Returns its number of pictures.

        One step of the history, and the group is decided.

        Raises:
            UsageError: they are one picture, or fewer than two have existing files.
        """
        group = self._groups[position]
        keys = list(dict.fromkeys(copy.file.key for copy in group.copies if copy.is_distinct_file))
        if len(keys) < 2:
            raise UsageError(
                "they are one picture: the same bytes",
                with_keys("a stack needs two pictures; {duplicates.accept} decides files"),
            )
        name = f"stack {count(len(keys), 'picture')}"

        def work() -> None:
            # Files of the same bytes are asked about where other pictures are not looked at: these are decided too.
            copies = [copy for copy in group.copies if copy.is_distinct_file and not copy.reference]
            several = [(copy.file, many, True) for copy in copies if (many := _paths(group, copy)) > 1]
            with History(self._catalog).step(name):
                decide(self._catalog, name, several)
                Stacks(self._catalog).stack(keys)

        step = self._step(work)
        positions = {key: at for at, key in enumerate(Stacks(self._catalog).of(keys[0]), 1)}
        stacked = CopyGroup(
            tuple(
                replace(copy, keep=True, decided=not copy.reference, labels="", stacked=positions.get(copy.file.key, 0))
                if copy.is_distinct_file
                else copy
                for copy in group.copies
            )
        )
        self._change(position, (*self._groups[:position], stacked, *self._groups[position + 1 :]), step, name)
        return len(positions)

    @property
    def last_journal(self) -> Path | None:
        """The journal of the last change, if it was a move. Move the files back before :meth:`undo`."""
        return self._before[-1].journal if self._before else None

    def without(self, position: int, gone: Collection[bytes], name: str, journal: Path | None) -> None:
        """Remove moved files from the groups, and groups with fewer than two files."""
        kept = (tuple(copy for copy in group.copies if copy.file.path not in gone) for group in self._groups)
        self._change(position, tuple(CopyGroup(copies) for copies in kept if len(copies) > 1), None, name, journal)

    def undo(self) -> tuple[str, int] | None:
        """Undo the last decision. Returns its name and the index of its group; None if there is none.

        Raises:
            UsageError: something else was changed since, which must be undone first.
        """
        if not self._before:
            return None
        before = self._before[-1]
        if before.step is not None and History(self._catalog).undo(PROGRAM, (before.step,)) is None:
            raise UsageError("another decision was made since", "undo that decision first, where it was made")
        self._before.pop()
        self._groups = before.groups
        return before.name, before.position

    def _decide(self, position: int, choice: dict[int, bool], name: str, group: CopyGroup | None = None) -> None:
        """Store a decision. Labels of marked copies are carried over to a kept copy in the same step.

        Raises:
            UsageError: one of them may not be removed.
        """
        group = group or self._groups[position]
        copies = list(group.copies)
        about = f" {_name(copies[next(iter(choice))].file)}" if len(choice) == 1 else ""
        if not all(choice.values()):  # the other pictures keep the decision of their stack when it is dissolved
            choice = {at: True for at, copy in enumerate(copies) if copy.stacked and copy.decided} | choice
        decisions = []
        turned = CopyGroup(tuple(replace(copy, keep=choice.get(at, copy.keep)) for at, copy in enumerate(copies)))
        carried = self._carried(turned, [number for number, keep in choice.items() if not keep])
        for number, keep in choice.items():
            file = copies[number].file
            decisions.append((file, _paths(group, copies[number]), keep))
            copies[number] = replace(copies[number], keep=keep, decided=True, labels="")
        name += about
        step = self._step(lambda: decide(self._catalog, name, decisions, carried))
        decided = CopyGroup(self._as_stacked(copies))
        self._change(position, (*self._groups[:position], decided, *self._groups[position + 1 :]), step, name)

    def _on_top(self, position: int, number: int) -> int:
        group = self._groups[position]
        best, chosen = group.copies[0], group.copies[number]
        rest = [copy for at, copy in enumerate(group.copies) if at not in (0, number)]
        turned = [replace(chosen, score=None), replace(best, score=chosen.score), *rest] if number else group.copies
        name = f"put {_name(chosen.file)} on top of its stack"

        def work() -> None:
            with History(self._catalog).step(name):
                Stacks(self._catalog).stack([chosen.file.key])

        step = self._step(work)
        ordered = CopyGroup(self._as_stacked(turned))
        self._change(position, (*self._groups[:position], ordered, *self._groups[position + 1 :]), step, name)
        return 0

    def _as_stacked(self, copies: Sequence[Copy]) -> tuple[Copy, ...]:
        """The copies with their current positions in stacks."""
        if not any(copy.stacked for copy in copies):
            return tuple(copies)
        stacks = Stacks(self._catalog)
        placed = []
        for copy in copies:
            stack = stacks.of(copy.file.key)
            placed.append(replace(copy, stacked=stack.index(copy.file.key) + 1 if stack else 0))
        return tuple(placed)

    def _carried(self, group: CopyGroup, going: Sequence[int]) -> list[tuple[bytes, bytes]]:
        """Pairs of keys (from, to) to carry labels over from marked copies."""
        pairs = []
        for number in going:
            permission = self._permission(group, number)
            if permission.replaced_by is None:
                raise UsageError(
                    f"{_name(group.copies[number].file)} is kept: {permission.reason}",
                    "a copy that has more than the kept ones, or whose kept copies are gone, cannot be marked",
                )
            pairs.append((group.copies[number].file.key, permission.replaced_by.key))
        return [pair for pair in pairs if pair[0] != pair[1]]

    def _permission(self, group: CopyGroup, number: int) -> Permission:
        copy = group.copies[number]
        return self._removal.permission(copy.file, group.kept_for(copy), labels_follow=True)

    def _step(self, work: Callable[[], None]) -> int | None:
        with History(self._catalog).step() as step:
            work()
        return step.number

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


def _name(file: File) -> str:
    return printable(os.path.basename(file.path))


def _paths(group: CopyGroup, copy: Copy) -> int:
    """Number of paths of a copy's picture in the group."""
    return sum(other.file.key == copy.file.key for other in group.copies)


def _alone(copies: tuple[Copy, ...]) -> CopyGroup:
    """A separate group with at least one kept copy."""
    if any(copy.keep for copy in copies):
        return CopyGroup(copies)
    return CopyGroup(
        (replace(copies[0], keep=True, decided=False, reason="kept: the first one remaining"), *copies[1:])
    )
