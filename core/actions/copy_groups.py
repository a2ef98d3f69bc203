"""Copies of a picture and their groups: what is proposed, what is decided, and for whom a copy may be removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.catalog.copies import File


class DuplicateKind(StrEnum):
    """The relation of the pictures in a group, in the order of the groups."""

    BYTES = "same bytes"
    COPIES = "copies"  # the same pixels, but for compression, size and the like
    ALIKE = "nearly alike"


@dataclass(frozen=True, slots=True)
class Copy:
    """A file in a group.

    Attributes:
        file: the file.
        score: cosine to the best copy; 1 for the same bytes; None for the best copy.
        keep: whether it is kept: as decided, else as proposed.
        reason: of the proposal, in words.
        decided: whether a person has decided.
        reference: whether it is in a reference folder, and so never proposed for removal.
        is_distinct_file: whether the file exists and is not in this group under another name: if not, it is kept, and
            no other copy is removed for it.
        labels: its labels that the kept copy lacks and that are carried over, in words.
        removable_for: keys of the other pictures for which it may be removed.
        alike: whether its group is only nearly alike.
        stacked: its position in a stack, from 1 (top); 0 if it is in none.
    """

    file: File
    score: float | None
    keep: bool
    reason: str
    decided: bool
    reference: bool
    is_distinct_file: bool = True
    labels: str = ""
    removable_for: frozenset[bytes] = field(default=frozenset(), repr=False)
    alike: bool = False
    stacked: int = 0

    @property
    def remark(self) -> str:
        """The remark for the answer."""
        if self.decided and self.keep and self.stacked:
            return "kept: on top of its stack" if self.stacked == 1 else "kept: behind the top of its stack"
        if self.decided:
            return f"{'kept' if self.keep else 'marked'}: as you decided"
        return f"{self.reason}; the kept copy gets {self.labels}" if self.labels else self.reason


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Copies of one picture.

    Attributes:
        copies: at least two, the best first; at least one is kept.
    """

    copies: tuple[Copy, ...]

    @property
    def kind(self) -> DuplicateKind:
        """The relation of its pictures."""
        if any(copy.alike for copy in self.copies):
            return DuplicateKind.ALIKE
        return DuplicateKind.BYTES if len({copy.file.key for copy in self.copies}) == 1 else DuplicateKind.COPIES

    @property
    def decided(self) -> bool:
        """Whether nothing is left to decide."""
        return all(copy.decided or copy.reference or not copy.is_distinct_file for copy in self.copies)

    @property
    def bytes_to_free(self) -> int:
        """Total size of the copies that are not kept."""
        return sum(copy.file.size for copy in self.copies if not copy.keep)

    def kept_for(self, copy: Copy) -> list[File]:
        """The other kept copies that this one is a copy of, the best first."""
        return kept_for(copy, self.copies)


def kept_for(copy: Copy, among: Iterable[Copy]) -> list[File]:
    """The files among the kept copies ``among`` that this copy is a copy of, in their order."""
    return [
        other.file
        for other in among
        if other.keep
        and other.is_distinct_file
        and other.file.path != copy.file.path
        and (other.file.key == copy.file.key or other.file.key in copy.removable_for)
    ]


def changed_group(before: Sequence[CopyGroup], on_show: CopyGroup | None, now: Sequence[CopyGroup]) -> int | None:
    """Index of the first group now of which something is decided otherwise, else of the one on show; None if gone."""
    known = {_decisions(group) for group in before}
    shown = {copy.file.path for copy in on_show.copies} if on_show else set()
    changed = next((at for at, group in enumerate(now) if _decisions(group) not in known), None)
    if changed is not None:
        return changed
    return next((at for at, group in enumerate(now) if shown.intersection(c.file.path for c in group.copies)), None)


def _decisions(group: CopyGroup) -> frozenset[tuple[bytes, bool, bool]]:
    return frozenset((copy.file.path, copy.decided, copy.keep) for copy in group.copies)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """All groups.

    Attributes:
        groups: undecided ones first, then by kind, then by the bytes to free. They do not
            overlap.
        threshold: minimum cosine of candidates; 0 without vectors.
        vec_type: the vectors that were used; empty for none.
        note: for the user; may be empty.
    """

    groups: tuple[CopyGroup, ...]
    vec_type: str
    note: str
    threshold: float = 0.0
