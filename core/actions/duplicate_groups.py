"""Copies of the same picture as groups: the same bytes at several paths, and pictures whose vectors are near.

Every copy that is proposed for removal has the bytes of the one that is kept, or reaches the threshold to it. What a
person has decided is not asked again.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.actions.best_copy import verdicts
from core.actions.definition import Context
from core.actions.scope import Scope, Where, keys_within, scope
from core.catalog.catalog import Catalog
from core.catalog.copies import File, best_first, files_of, reference_folders, repeated, within
from core.catalog.decisions import Decisions
from core.catalog.kept import Choices, choices
from core.errors import VectorsMissing
from core.images.sharpness import sharpness
from core.text import count
from core.vectors.keys import whole_keys
from core.vectors.near_groups import near_groups

# Larger groups (thousands of equal pictures) are compared with their centre only: k x k cosines of 1,000 are 4 MB.
_COMPARED = 1_000
# Where more than one of so many random pairs reaches the threshold, it parts no copies from pictures of one kind.
_RANDOM_PAIRS = 1_000
_SAMPLE = 2_048
_ROUNDING = 1e-6  # as in near_groups: at a threshold of 1 equal rows count


@dataclass(frozen=True, slots=True)
class Copy:
    """A file in a group.

    Attributes:
        file: what is known of it.
        score: cosine to the best copy; 1 for the same bytes; None for the best copy itself.
        keep: whether it stays: what was decided, else what is proposed.
        reason: why it is proposed to stay or to go, in words.
        decided: whether a person has said so.
        reference: whether it lies in a reference folder: it is never proposed for removal.
    """

    file: File
    score: float | None
    keep: bool
    reason: str
    decided: bool
    reference: bool

    @property
    def remark(self) -> str:
        """What is said of it."""
        return f"{'kept' if self.keep else 'marked'}: as you decided" if self.decided else self.reason


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Copies of one picture.

    Attributes:
        copies: at least two, the best first; at least one stays.
    """

    copies: tuple[Copy, ...]

    @property
    def decided(self) -> bool:
        """Whether nothing is left to ask."""
        return all(copy.decided or copy.reference for copy in self.copies)

    @property
    def to_win(self) -> int:
        """Bytes of the copies that do not stay."""
        return sum(copy.file.size for copy in self.copies if not copy.keep)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """All groups.

    Attributes:
        groups: those that are to be decided first, then by the bytes that there are to win. They do not overlap.
        vec_type: the vectors that were used; empty for none.
        note: what the person should know; empty for nothing.
    """

    groups: tuple[CopyGroup, ...]
    vec_type: str
    note: str


def find_duplicates(context: Context, vec_type: str, threshold: float, reference: str, where: Where) -> Duplicates:
    """Groups of copies within ``where``. Where there are no vectors at all, only the same bytes at several paths.

    Args:
        context: the project.
        vec_type: vectors to use; empty for the default ones.
        threshold: cosine that near copies reach, compared unrounded.
        reference: folders whose pictures always stay; ``:`` between several.
        where: as for :func:`core.actions.scope.scope`.

    Raises:
        UsageError: no such vectors, folder or picture. VectorsMissing: those that were asked for are empty.
        StoreDamaged: they cannot be read.
        Cancelled: the person has changed their mind.
    """
    catalog = context.project.catalog
    references = reference_folders(catalog, reference)
    try:
        looked_at = scope(context, vec_type, where)
    except VectorsMissing:
        if vec_type:
            raise
        found: list[_Near] = []
        note = "no vectors yet: only files of the same bytes were looked for"
        used = ""
    else:
        found = _near(context, looked_at, threshold, references)
        advice = _advice(looked_at, threshold)
        note, used = " · ".join(filter(None, (looked_at.note, advice))), looked_at.vec_type.name
    context.check_stop()
    context.say("choosing the best copies")
    found += _same_bytes(context, where, found)
    files = files_of(catalog, (key for near in found for key in near.keys))
    build = _Builder(context, choices(catalog), references, threshold)
    groups = [group for group in (build.group(near, files) for near in found) if group]
    groups.sort(key=lambda group: (group.decided, -group.to_win, group.copies[0].file.path))
    return Duplicates(tuple(groups), used, note)


@dataclass(frozen=True, slots=True)
class _Near:
    """Pictures of a group, the centre first, and their cosines: shape (k, k), or (1, k) to the centre alone."""

    keys: list[bytes]
    cosines: np.ndarray


def _near(context: Context, looked_at: Scope, threshold: float, references: Sequence[bytes]) -> list[_Near]:
    snapshot, catalog = looked_at.snapshot, context.project.catalog
    numbers = looked_at.numbers
    context.say(f"comparing {count(len(numbers), 'picture')}")
    ordered = numbers[best_first(catalog, snapshot.keys[numbers], references)]
    said = -1

    def check(done: float) -> None:
        nonlocal said
        context.check_stop()
        if int(done * 100) > said:
            said = int(done * 100)
            context.say(f"comparing {count(len(numbers), 'picture')}: {said} %")

    found = near_groups(snapshot.rows, ordered, threshold, apart=_apart(catalog, looked_at, numbers), check=check)
    groups = []
    for places in found.groups():
        context.check_stop()
        rows = snapshot.rows[ordered[places]]
        cosines = rows @ rows.T if len(places) <= _COMPARED else rows[:1] @ rows.T
        groups.append(_Near(looked_at.keys_of(ordered[places]), cosines))
    return groups


def _advice(looked_at: Scope, threshold: float) -> str:
    """What to say of a threshold that many random pairs reach; empty where few do, or too few pictures tell."""
    numbers = looked_at.numbers
    if len(numbers) < _SAMPLE // 2:
        return ""
    sample = np.random.default_rng(0).choice(numbers, min(_SAMPLE, len(numbers)), replace=False)
    rows = looked_at.snapshot.rows[np.sort(sample)]
    pairs = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    reach = int(np.count_nonzero(pairs >= threshold))
    if reach * _RANDOM_PAIRS <= len(pairs):
        return ""
    better = min(0.999, float(np.quantile(pairs, 1 - 1 / (10 * _RANDOM_PAIRS))))
    return (
        f"1 of {count(round(len(pairs) / reach))} random pairs reaches {threshold:g}: try {max(better, threshold):.3f}"
    )


def _apart(catalog: Catalog, looked_at: Scope, numbers: np.ndarray) -> set[tuple[int, int]]:
    """Row numbers of the pairs that are no duplicates."""
    pairs = Decisions(catalog).not_duplicate_pairs()
    if not len(pairs):
        return set()
    keys = looked_at.snapshot.keys[numbers]
    order = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys, pairs, sorter=order), len(keys) - 1)
    row = order[place]
    there = (keys[row] == pairs).all(axis=1)
    return {(int(numbers[one]), int(numbers[other])) for one, other in row[there].tolist()}


def _same_bytes(context: Context, where: Where, near: Sequence[_Near]) -> list[_Near]:
    """Pictures at several paths that are in no group yet."""
    keys = set(repeated(context.project.catalog))
    if where:
        keys &= set(whole_keys(keys_within(context, where)))
    keys -= {key for group in near for key in group.keys}
    return [_Near([key], np.ones((1, 1), np.float32)) for key in sorted(keys)]


class _Builder:
    """Makes a group of what is near: files, best copy, what was decided."""

    def __init__(self, context: Context, chosen: Choices, references: Sequence[bytes], threshold: float) -> None:
        self._context = context
        self._chosen = chosen
        self._references = references
        self._limit = min(threshold, 1.0 - _ROUNDING)
        self._sharpness = functools.lru_cache(None)(lambda file: sharpness(file.path))

    def group(self, near: _Near, files: dict[bytes, list[File]]) -> CopyGroup | None:
        self._context.check_stop()
        listed = [(number, file) for number, key in enumerate(near.keys) for file in files.get(key, [])]
        if len(listed) < 2:
            return None
        members, copies = [number for number, _ in listed], [file for _, file in listed]
        paths = {key: len(files.get(key, [])) for key in near.keys}
        kept = [self._chosen.of(file, paths[file.key]) for file in copies]
        references = [within(file.path, self._references) for file in copies]
        best, proposed = verdicts(copies, references, _candidates(near, members, kept, self._limit), self._sharpness)
        found = []
        for number, file in enumerate(copies):
            score = self._score(near, members[best], members[number])
            keep, reason = proposed[number].keep, proposed[number].reason
            if not keep and score < self._limit:
                keep, reason = True, "kept: not near enough to the best copy"
            decision = None if references[number] else kept[number]
            found.append(
                Copy(
                    file,
                    None if number == best else score,
                    keep if decision is None else decision,
                    reason,
                    decision is not None,
                    references[number],
                )
            )
        if not any(copy.keep for copy in found):  # decided one by one, in several groups: one stays all the same
            found[best] = Copy(copies[best], None, True, proposed[best].reason, False, references[best])
        first = found.pop(best)
        found.sort(key=lambda copy: (not copy.keep, -(copy.score or 0.0), copy.file.path))
        return CopyGroup((first, *found))

    @staticmethod
    def _score(near: _Near, best: int, other: int) -> float:
        if best == other:
            return 1.0
        if len(near.cosines) > 1:
            return float(near.cosines[best, other])
        return float(near.cosines[0, other if best == 0 else best]) if 0 in (best, other) else 0.0


def _candidates(near: _Near, members: Sequence[int], kept: Sequence[bool | None], limit: float) -> list[int]:
    """Positions of the copies of which one is the best: what was decided counts, then who is near to all others."""
    central = {0} if len(near.cosines) == 1 else set(np.flatnonzero((near.cosines >= limit).all(axis=1)).tolist())
    hubs = [position for position, member in enumerate(members) if member in central]
    decided = [position for position, choice in enumerate(kept) if choice]
    undecided = [position for position, choice in enumerate(kept) if choice is None]
    among = decided or undecided or hubs
    return [position for position in among if position in hubs] or among
