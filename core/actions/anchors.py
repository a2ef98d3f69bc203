"""What pictures are put to: a direction for each phrase, or for each tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.cluster_by import COMBINE, USE
from core.actions.definition import Context
from core.actions.scope import Scope
from core.catalog.tags import Tag, Tags
from core.errors import UsageError
from core.models.backend import Rows, normalise
from core.text import count, printable
from core.vectors.assignment import NOWHERE, Numbers, assign, blocks, members_of
from core.vectors.keys import Keys, is_in
from core.vectors.text_cache import text_rows

_BATCH = 32  # phrases that the model reads between two questions whether to stop
_MOST = 2_000
_SCORES = 50_000_000  # cosines at once: 200 MB; a million pictures are read again for every 50 phrases
_STANDS_OUT = 3.0  # robust standard deviations above the median
_TO_SIGMA = 1.4826  # of a normal distribution, from its median absolute deviation

Members = tuple[Numbers, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Anchors:
    """Directions with names.

    Attributes:
        names: as given.
        rows: shape (len(names), dim), float32, normalised.
        note: what could not be used, in words.
    """

    names: tuple[str, ...]
    rows: Rows
    note: str = ""


def of_texts(context: Context, within: Scope, names: Sequence[str], texts: Sequence[str]) -> Anchors:
    """The directions of phrases, shown under ``names``.

    Raises:
        UsageError: too many.
    """
    if len(texts) > _MOST:
        raise UsageError(f"names: {count(len(texts))} are too many", f"at most {_MOST:,}")
    rows = []
    for start in range(0, len(texts), _BATCH):
        context.check_stop()
        context.say(f"reading phrases: {count(start)} of {count(len(texts))}")
        rows.append(text_rows(context.encoder, within.snapshot.manifest, texts[start : start + _BATCH]).rows)
    return Anchors(tuple(names), np.concatenate(rows))


def of_tags(context: Context, within: Scope, names: Sequence[str], *, parents: str, by_name: bool) -> Anchors:
    """The directions of tags: the mean of their pictures that have vectors, or their name read as a text.

    A tag above others is used like them (its pictures are also those of the tags below), combined (its name stands
    before theirs, its own pictures count among theirs) or ignored.

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
        raise UsageError("names: there are no such tags", "put tags on some pictures first, or cluster by texts")
    lines = [_line(tag, every) if parents == COMBINE else [tag] for tag in chosen]
    shown = [tag.name for tag in chosen]
    if by_name:
        return of_texts(context, within, shown, [" ".join(tag.name for tag in line) for line in lines])
    found = [_mean(context, within, tags, line, below=parents == USE) for line in lines]
    known = [number for number, row in enumerate(found) if row is not None]
    if not known:
        raise UsageError("names: no tag has a picture with vectors", "tag some pictures, or take the tags' names")
    without = [printable(name) for number, name in enumerate(shown) if number not in known]
    note = f"no pictures with vectors: {', '.join(without[:5])}{' …' if len(without) > 5 else ''}" if without else ""
    return Anchors(tuple(shown[number] for number in known), np.stack([row for row in found if row is not None]), note)


def nearest_members(
    context: Context, within: Scope, anchors: Rows, minimum: float | None
) -> tuple[list[Members], Numbers]:
    """The rows that are nearest to each anchor, best first, with their cosines; and the rows of none.

    Args:
        context: asked whether to stop.
        within: the rows that are put somewhere.
        anchors: shape (k, dim).
        minimum: cosine that a member reaches; None for no limit.
    """
    numbers = within.numbers
    found = assign(within.snapshot.rows, numbers, anchors, context.check_stop)
    labels = found.labels
    if minimum is not None:
        labels = np.where(found.scores >= minimum, labels, np.int32(NOWHERE))
    members = [_best_first(numbers, places, found.scores[places]) for places in members_of(labels, len(anchors))]
    return members, numbers[labels == NOWHERE]


def fitting_members(
    context: Context, within: Scope, anchors: Rows, minimum: float | None
) -> tuple[list[Members], Numbers]:
    """As :func:`nearest_members`, but a row may have several anchors.

    Without ``minimum`` it has those in whose scores it stands out; see :func:`standing_out`.
    """
    numbers = within.numbers
    members: list[Members] = []
    outside = np.ones(len(numbers), bool)
    at_once = max(1, _SCORES // max(1, len(numbers)))
    for start in range(0, len(anchors), at_once):
        some = anchors[start : start + at_once]
        scores = np.empty((len(some), len(numbers)), np.float32)
        for place, block in blocks(within.snapshot.rows, numbers, context.check_stop):
            scores[:, place] = some @ block.T
        for line in scores:
            places = np.flatnonzero(line >= (standing_out(line) if minimum is None else minimum))
            members.append(_best_first(numbers, places, line[places]))
            outside[places] = False
    return members, numbers[outside]


def standing_out(scores: npt.NDArray[np.float32]) -> float:
    """The score from which on pictures are unlike most of the collection; robust, as half of it may fit."""
    median = float(np.median(scores))
    return median + _STANDS_OUT * _TO_SIGMA * float(np.median(np.abs(scores - median)))


def _best_first(numbers: Numbers, places: Numbers, scores: npt.NDArray[np.float32]) -> Members:
    order = np.argsort(-scores, kind="stable")
    return numbers[places[order]], scores[order]


def _chosen(every: dict[int, Tag], names: Sequence[str]) -> list[Tag]:
    by_name = {tag.name: tag for tag in every.values()}
    unknown = [printable(name) for name in names if name not in by_name]
    if unknown:
        raise UsageError(f"names: no tag is called {unknown[0]}", "leave it out for all tags")
    return [by_name[name] for name in names] or list(by_name.values())


def _line(tag: Tag, every: dict[int, Tag]) -> list[Tag]:
    """A tag with those above it, the topmost first."""
    line = [tag]
    while (parent := line[0].parent) is not None:
        line.insert(0, every[parent])
    return line


def _mean(context: Context, within: Scope, tags: Tags, line: Sequence[Tag], *, below: bool) -> Rows | None:
    """The mean direction of the pictures of these tags; None where none has vectors."""
    context.check_stop()
    keys: Keys = np.unique(np.concatenate([tags.keys(tag.name, below) for tag in line]))
    covered = context.project.covered(within.vec_type)
    numbers = np.flatnonzero(covered.present & is_in(covered.snapshot.keys, keys))
    if not numbers.size:
        return None
    total = np.zeros(covered.snapshot.rows.shape[1], np.float64)
    for _, block in blocks(covered.snapshot.rows, numbers, context.check_stop):
        total += block.sum(axis=0, dtype=np.float64)
    return normalise(total)
