"""Anchors of zero-shot clusters: a direction for each phrase or tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.cluster_choices import COMBINE, USE
from core.actions.definition import Context
from core.actions.queries import read_phrases
from core.actions.references import check_words
from core.actions.scope import Scope
from core.actions.score_distribution import bulk
from core.arrays import Rows, normalise
from core.errors import UsageError
from core.key_arrays import Keys, is_in
from core.labels.tags import Tag, Tags
from core.names import no_such_error
from core.search.assignment import UNASSIGNED, Numbers, assign, blocks, members_of
from core.text import count, printable

_BATCH = 32  # phrases encoded between two checks for cancellation
_MOST = 2_000
_SCORES = 50_000_000  # cosines in memory: 200 MB; a million pictures are read once per 50 phrases

Members = tuple[Numbers, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Anchors:
    """Named directions.

    Attributes:
        names: as given.
        rows: shape (len(names), dim), float32, normalised.
        note: what could not be used; may be empty.
    """

    names: tuple[str, ...]
    rows: Rows
    note: str = ""


def of_texts(context: Context, within: Scope, names: Sequence[str], texts: Sequence[str]) -> Anchors:
    """The directions of phrases, displayed as ``names``.

    Raises:
        UsageError: too many; one is a path, a URL, or unknown to the model.
    """
    if len(texts) > _MOST:
        raise UsageError(f"{count(len(texts))} are too many", f"at most {_MOST:,}")
    for text in texts:
        check_words(text)
    rows, notes = [], []
    for start in range(0, len(texts), _BATCH):
        context.check_stop()
        context.say(f"encoding phrases: {count(start)} of {count(len(texts))}")
        read = read_phrases(context, within.snapshot, texts[start : start + _BATCH])
        rows.append(read.rows)
        notes += [read.note] if read.note else []
    return Anchors(tuple(names), np.concatenate(rows), " · ".join(notes))


def of_tags(context: Context, within: Scope, names: Sequence[str], *, parents: str, by_name: bool) -> Anchors:
    """The directions of tags: the mean of their pictures with vectors, or their name encoded as a text.

    A parent tag is used like all others (its pictures include those of its child tags), combined (its name is put
    before theirs, its own pictures are added to theirs) or ignored.

    Raises:
        UsageError: there are no such tags, or none has a picture with vectors.
    """
    tags = Tags(context.project.catalog)
    every = {tag.id: tag for tag in tags.all()}
    above = {tag.parent for tag in every.values()}
    chosen = _chosen(every, names)
    if parents != USE:
        chosen = [tag for tag in chosen if tag.id not in above]
    if not chosen:
        raise UsageError("there are no such tags", "tag some pictures first, or cluster by texts")
    lines = [_line(tag, every) if parents == COMBINE else [tag] for tag in chosen]
    shown = [tag.name for tag in chosen]
    if by_name:
        return of_texts(context, within, shown, [" ".join(tag.name for tag in line) for line in lines])
    anchors = [_mean(context, within, tags, line, below=parents == USE) for line in lines]
    known = [number for number, row in enumerate(anchors) if row is not None]
    if not known:
        raise UsageError("no tag has a picture with vectors", "tag some pictures, or use the tags' names")
    without = [printable(name) for number, name in enumerate(shown) if number not in known]
    note = f"no pictures with vectors: {', '.join(without[:5])}{' …' if len(without) > 5 else ''}" if without else ""
    return Anchors(
        tuple(shown[number] for number in known), np.stack([row for row in anchors if row is not None]), note
    )


def nearest_members(
    context: Context, within: Scope, anchors: Rows, minimum: float | None
) -> tuple[list[Members], Numbers]:
    """The rows nearest to each anchor, best first, with their cosines; and the unassigned rows.

    Args:
        context: for cancellation.
        within: the rows to assign.
        anchors: shape (k, dim).
        minimum: minimum cosine of members; None for no limit.
    """
    numbers = within.numbers
    found = assign(within.snapshot.rows, numbers, anchors, context.check_stop)
    labels = found.labels
    if minimum is not None:
        labels = np.where(found.scores >= minimum, labels, np.int32(UNASSIGNED))
    members = [_best_first(numbers, indices, found.scores[indices]) for indices in members_of(labels, len(anchors))]
    return members, numbers[labels == UNASSIGNED]


def fitting_members(
    context: Context, within: Scope, anchors: Rows, minimum: float | None
) -> tuple[list[Members], Numbers]:
    """Like :func:`nearest_members`, but a row may have several anchors.

    Without ``minimum`` it gets those in whose scores it stands out; see :func:`core.actions.score_distribution.bulk`.
    """
    numbers = within.numbers
    members: list[Members] = []
    outside = np.ones(len(numbers), bool)
    at_once = max(1, _SCORES // max(1, len(numbers)))
    for start in range(0, len(anchors), at_once):
        some = anchors[start : start + at_once]
        scores = np.empty((len(some), len(numbers)), np.float32)
        for span, block in blocks(within.snapshot.rows, numbers, context.check_stop):
            scores[:, span] = some @ block.T
        for line in scores:
            indices = np.flatnonzero(line >= (bulk(line).cut if minimum is None else minimum))
            members.append(_best_first(numbers, indices, line[indices]))
            outside[indices] = False
    return members, numbers[outside]


def _best_first(numbers: Numbers, indices: Numbers, scores: npt.NDArray[np.float32]) -> Members:
    order = np.argsort(-scores, kind="stable")
    return numbers[indices[order]], scores[order]


def _chosen(every: dict[int, Tag], names: Sequence[str]) -> list[Tag]:
    by_name = {tag.name: tag for tag in every.values()}
    unknown = next((name for name in names if name not in by_name), None)
    if unknown is not None:
        raise no_such_error("tag", unknown, by_name)
    return [by_name[name] for name in names] or list(by_name.values())


def _line(tag: Tag, every: dict[int, Tag]) -> list[Tag]:
    """A tag with its ancestors, the root first."""
    line = [tag]
    while (parent := line[0].parent) is not None:
        line.insert(0, every[parent])
    return line


def _mean(context: Context, within: Scope, tags: Tags, line: Sequence[Tag], *, below: bool) -> Rows | None:
    """The mean direction of the pictures of these tags; None if none has vectors."""
    context.check_stop()
    keys: Keys = np.unique(np.concatenate([tags.keys(tag.name, below) for tag in line]))
    covered = context.project.rows_of(within.vec_type)
    numbers = np.flatnonzero(covered.present & is_in(covered.snapshot.keys, keys))
    if not numbers.size:
        return None
    total = np.zeros(covered.snapshot.rows.shape[1], np.float64)
    for _, block in blocks(covered.snapshot.rows, numbers, context.check_stop):
        total += block.sum(axis=0, dtype=np.float64)
    return normalise(total)
