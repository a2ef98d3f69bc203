"""Builds a group of copies from its candidates: files, best copy, decisions, and which files may be removed now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.actions.best_copy import Verdict, verdicts
from core.actions.copy_edge import CopyEdge
from core.actions.copy_groups import Copy, CopyGroup, kept_for
from core.actions.definition import Context
from core.actions.duplicate_candidates import CandidateGroup
from core.catalog.copies import File, within
from core.labels.duplicate_decisions import DuplicateDecisions
from core.removal.permission import OTHER_NAME, DistinctFiles, PathState, RemovalRule
from core.text import count

# In larger groups, pixels are compared with the best copy only.
_ALL_PAIRS = 12


class CopyGroupBuilder:
    """Builds groups one after another, and remembers which files are in none.

    Args:
        context: of the search.
        chosen: what was decided before.
        references: folders whose pictures are always kept.
        edge: says which pictures are copies of each other.
        read: whether the bytes of the files are read, to permit removal.
        unread: pictures that the search could not read.
    """

    def __init__(
        self,
        context: Context,
        chosen: DuplicateDecisions,
        references: Sequence[bytes],
        edge: CopyEdge,
        *,
        read: bool,
        unread: int,
    ) -> None:
        self._context = context
        self._chosen = chosen
        self._references = references
        self._edge = edge
        self._read = read
        self._removal = RemovalRule(context.project.catalog)
        self._names = 0
        self._gone = unread  # number of missing or changed files

    def notes(self) -> list[str]:
        """Notes on files that are not in a group."""
        names = f"{count(self._names, 'path')} {'is' if self._names == 1 else 'are'} another name of a file (a link)"
        gone = f"{count(self._gone, 'file')} changed or were deleted since the scan: run `pictoscope add` to rescan"
        return [*([names] if self._names else []), *([gone] if self._gone else [])]

    def group(self, candidate: CandidateGroup, files: dict[bytes, list[File]]) -> CopyGroup | None:
        self._context.check_stop()
        listed = [(index, file) for index, key in enumerate(candidate.keys) for file in files.get(key, [])]
        if len(listed) < 2:
            return None
        paths = {key: len(files.get(key, [])) for key in candidate.keys}
        alone = len(paths) == 1
        kept = {file.path: self._chosen.of(file, paths[file.key], alone=alone) for _, file in listed}
        there, others = self._split_existing(listed, kept)
        if len(there) < 2:
            return None
        copies = self._copies(candidate, there, kept)
        return CopyGroup((*self._keep_unless_permitted(copies), *others))

    def _split_existing(
        self, listed: Sequence[tuple[int, File]], kept: dict[bytes, bool | None]
    ) -> tuple[list[tuple[int, File]], list[Copy]]:
        """The distinct existing files; and the other paths, which are kept."""

        def preference(entry: tuple[int, File]) -> tuple[bool, bool, bytes]:
            path = entry[1].path
            return not within(path, self._references), not kept[path], path

        present: set[bytes] = set()
        met = DistinctFiles()
        others: list[Copy] = []
        for _, file in sorted(listed, key=preference):
            status = self._removal.status(file)
            is_other_name = status.state == PathState.UNCHANGED and met.is_known(status)
            if status.state == PathState.UNCHANGED and not is_other_name:
                met.meet(status)
                present.add(file.path)
                continue
            if is_other_name or status.state == PathState.LINK:
                self._names += 1
            else:
                self._gone += 1
            problem = OTHER_NAME if is_other_name else status.problem
            reference = within(file.path, self._references)
            others.append(Copy(file, None, True, f"kept: {problem}", False, reference, is_distinct_file=False))
        there = [(index, file) for index, file in listed if file.path in present]
        if len({file.key for _, file in there}) > 1:
            known = self._removal.with_facts([file for _, file in there])
            there = [(index, file) for (index, _), file in zip(there, known, strict=True)]
        return there, others

    def _copies(
        self, candidate: CandidateGroup, there: Sequence[tuple[int, File]], decided: dict[bytes, bool | None]
    ) -> list[Copy]:
        """The copies with proposals and decisions, the best first."""
        members, files = [index for index, _ in there], [file for _, file in there]
        kept = [decided[file.path] for file in files]
        references = [within(file.path, self._references) for file in files]
        possible = self._tops_of_stacks(candidate, files)
        if not possible:
            possible = self._possible_best(candidate, members, files, self._decided_alone(kept, files))
        best, proposed = verdicts(files, references, possible)
        copies = []
        for index, file in enumerate(files):
            verdict = self._checked(proposed[index], candidate, files[best], file, reference=references[index])
            decision = None if references[index] else kept[index]
            copies.append(
                Copy(
                    file,
                    None if index == best else self._score(candidate, members[best], members[index]),
                    verdict.keep if decision is None else decision,
                    verdict.reason,
                    decision is not None,
                    references[index],
                    removable_for=self._removable_for(candidate, members, files, index, best),
                    alike=candidate.alike,
                    stacked=0 if len(candidate.keys) == 1 else self._chosen.stacked.get(file.key, 0),
                )
            )
        if not any(copy.keep for copy in copies):  # decided one by one, in several groups: one stays all the same
            copies[best] = replace(copies[best], keep=True, decided=False)
        first = copies.pop(best)
        copies.sort(key=lambda copy: (not copy.keep, -(copy.score or 0.0), copy.file.path))
        return [first, *copies]

    def _checked(
        self, proposed: Verdict, candidate: CandidateGroup, best: File, file: File, *, reference: bool
    ) -> Verdict:
        """The proposal for a file; it is kept if it is not a copy of the best one."""
        if candidate.alike and not reference:
            return Verdict(True, "kept: similar, not the same: compare them yourself")
        if not proposed.keep and (why := self._edge.why_not(best, file)):
            return Verdict(True, f"kept: {why}")
        return proposed

    def _tops_of_stacks(self, candidate: CandidateGroup, copies: Sequence[File]) -> list[int]:
        """Indices of the copies that are highest in their stacks; empty if not all copies are in stacks."""
        positions = [self._chosen.stacked.get(file.key, 0) for file in copies]
        if len(candidate.keys) == 1 or 0 in positions:
            return []
        return [position for position, level in enumerate(positions) if level == min(positions)]

    def _decided_alone(self, kept: Sequence[bool | None], copies: Sequence[File]) -> list[bool | None]:
        """The decisions without those implied by a stack: a kept picture is not necessarily the best one."""
        stacked = self._chosen.stacked
        return [None if keep and file.key in stacked else keep for keep, file in zip(kept, copies, strict=True)]

    def _removable_for(
        self, candidate: CandidateGroup, members: Sequence[int], copies: Sequence[File], index: int, best: int
    ) -> frozenset[bytes]:
        distinct = dict(zip(members, copies, strict=True))
        if len(candidate.keys) > _ALL_PAIRS and index != best and not candidate.alike:
            distinct = {members[best]: copies[best]}
        file, mine = copies[index], members[index]
        return frozenset(
            other.key
            for member, other in distinct.items()
            if member != mine and (candidate.alike or not self._edge.why_not(other, file))
        )

    def _keep_unless_permitted(self, copies: list[Copy]) -> list[Copy]:
        """Keep copies that may not be removed now, with the reason."""
        found = list(copies)
        stay = [copy for copy in copies if copy.keep]
        for index, copy in enumerate(copies):
            if copy.keep:
                continue
            self._context.check_stop()
            permission = self._removal.permission(copy.file, kept_for(copy, stay), read=self._read, labels_follow=True)
            if permission.reason:
                found[index] = replace(copy, keep=True, decided=False, reason=f"kept: {permission.reason}")
                stay.append(found[index])
            else:
                found[index] = replace(copy, labels=permission.labels)
        return [found[0], *sorted(found[1:], key=lambda copy: not copy.keep)]

    @staticmethod
    def _score(candidate: CandidateGroup, best: int, other: int) -> float:
        if best == other:
            return 1.0
        if len(candidate.cosines) > 1:
            return float(candidate.cosines[best, other])
        return float(candidate.cosines[0, other if best == 0 else best]) if 0 in (best, other) else 0.0

    def _possible_best(
        self, candidate: CandidateGroup, members: Sequence[int], copies: Sequence[File], kept: Sequence[bool | None]
    ) -> list[int]:
        """Indices of the copies that may be the best: by decision first, then those that are copies of all others."""
        distinct = dict(zip(members, copies, strict=True))
        central = {0}
        if len(distinct) <= _ALL_PAIRS and not candidate.alike:
            central |= {
                member
                for member, file in distinct.items()
                if all(self._edge.same(other, file) for other in distinct.values())
            }
        hubs = [position for position, member in enumerate(members) if member in central]
        decided = [position for position, choice in enumerate(kept) if choice]
        undecided = [position for position, choice in enumerate(kept) if choice is None]
        among = decided or undecided or hubs
        return [position for position in among if position in hubs] or among
