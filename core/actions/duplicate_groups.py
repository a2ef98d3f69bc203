"""Search for copies of a picture: the same bytes at several paths, the same pixels, and nearly alike pictures.

Every copy that is proposed for removal has the bytes or the pixels of the kept one: vectors only find candidates.
Nearly alike pictures are separate groups and are never proposed. Decided groups are not shown again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from core.actions.copy_edge import CopyEdge
from core.actions.copy_group_builder import CopyGroupBuilder
from core.actions.copy_groups import DuplicateKind, Duplicates
from core.actions.definition import Context
from core.actions.duplicate_candidates import CandidateFinder, CandidateGroup, default_threshold
from core.actions.naming import at_fault
from core.actions.pair_rules import PairRules, one_per_folder
from core.actions.pixel_check import PixelCheck
from core.actions.scope import Where, keys_within, scope
from core.catalog.copies import files_of, keys_at_several_paths, reference_folders
from core.errors import TooFewVectors, VectorsMissing
from core.images.turns import Also
from core.key_arrays import whole_keys
from core.labels.duplicate_decisions import duplicate_decisions
from core.text import count


@dataclass(frozen=True, slots=True)
class DuplicateSearch:
    """What to look for, and where.

    Attributes:
        vec_type: vectors to use; empty for the default ones.
        threshold: minimum cosine of candidates, compared unrounded. None: the cosine that the model's copies reach, and
            only those nearly alike pictures whose outlines match.
        reference: folders whose pictures are always kept, separated by ``:``.
        where: as for :func:`core.actions.scope.scope`.
        read: also read the bytes of the copies proposed for removal and of the kept ones. Without it the groups are
            good enough for display; marking and moving check :class:`core.removal.permission.RemovalRule` again.
        also: transformations of copies to look for too.
        rules: which pairs are excluded.
    """

    vec_type: str = ""
    threshold: float | None = None
    reference: str = ""
    where: Where = ""
    read: bool = True
    also: Collection[Also] = ()
    rules: PairRules = PairRules()  # noqa: RUF009  immutable


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Groups of pictures to compare, and what they were found with.

    Attributes:
        groups: they do not overlap.
        check: of their pixels; None without vectors.
        vec_type: the vectors that were used; empty for none.
        threshold: minimum cosine; 0 without vectors.
        notes: for the user; entries may be empty.
    """

    groups: list[CandidateGroup]
    check: PixelCheck | None
    vec_type: str
    threshold: float
    notes: list[str]


def find_duplicates(context: Context, search: DuplicateSearch) -> Duplicates:
    """Groups of copies within ``search.where``. Without any vectors, only the same bytes at several paths.

    Raises:
        UsageError: no such vectors, folder or picture. VectorsMissing: the requested vectors have no rows.
        StoreDamaged: they cannot be read. CannotDecode: no decoder can be started.
        Cancelled: the user cancelled.
    """
    catalog = context.project.catalog
    with at_fault("reference"):
        references = reference_folders(catalog, search.reference)
    found = _find_candidates(context, search, references)
    context.check_stop()
    context.say("choosing the best copies")
    candidates = [*found.groups, *_same_bytes(context, search.where, found.groups)]
    files = files_of(catalog, (key for candidate in candidates for key in candidate.keys))
    if search.rules.same_folder:
        files = {key: one_per_folder(listed) for key, listed in files.items()}
    builder = CopyGroupBuilder(
        context,
        duplicate_decisions(catalog),
        references,
        CopyEdge(found.check),
        read=search.read,
        unread=len(found.check.unread) if found.check else 0,
    )
    groups = [group for group in (builder.group(candidate, files) for candidate in candidates) if group]
    order = list(DuplicateKind)
    groups.sort(
        key=lambda group: (group.decided, order.index(group.kind), -group.bytes_to_free, group.copies[0].file.path)
    )
    notes = " · ".join(filter(None, [*found.notes, *builder.notes()]))
    return Duplicates(tuple(groups), found.vec_type, notes, found.threshold)


def _find_candidates(context: Context, search: DuplicateSearch, references: Sequence[bytes]) -> _Candidates:
    try:
        looked_at = scope(context, search.vec_type, search.where)
    except VectorsMissing as error:
        if search.vec_type:
            raise
        some = isinstance(error, TooFewVectors)
        note = f"{error.message if some else 'no vectors yet'}: files were compared by bytes only"
        return _Candidates([], None, "", 0.0, [f"{note} · {error.hint}" if some else note])
    finder = CandidateFinder(context, looked_at, references, search.also, search.rules)
    threshold = search.threshold or default_threshold(looked_at, search.also)
    groups = finder.find(threshold, every=search.threshold is not None)
    notes = [looked_at.note]
    if finder.empty:
        notes.append(f"{count(finder.empty, 'picture')} of a single colour or unreadable: compared by bytes only")
    return _Candidates(groups, finder.pixels, looked_at.vec_type.name, threshold, notes)


def _same_bytes(context: Context, where: Where, candidates: Sequence[CandidateGroup]) -> list[CandidateGroup]:
    """Pictures at several paths that are in no group yet."""
    keys = set(keys_at_several_paths(context.project.catalog))
    if where:
        keys &= set(whole_keys(keys_within(context, where)))
    keys -= {key for candidate in candidates for key in candidate.keys}
    return [CandidateGroup([key], np.ones((1, 1), np.float32)) for key in sorted(keys)]
