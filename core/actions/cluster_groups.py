"""Builds an answer's groups from cluster labels: centres, scores, order, names. Shared by all clustering actions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.answer import LIKE_ONE, Group, Match
from core.actions.cluster_words import words_for
from core.actions.definition import Context
from core.actions.scope import Scope, matches
from core.errors import ModelError
from core.search.assignment import UNASSIGNED, Labels, Numbers, centres_of, members_of, scores_of
from core.text import count, printable
from core.vectors.vec_types import reads_text

_SLICE = 20_000  # pictures looked up between two checks for cancellation


@dataclass(frozen=True)
class Parts:
    """The cluster of each row of a scope.

    Attributes:
        labels: cluster of each of ``scope.numbers``, from 0; UNASSIGNED for none.
        total: number of clusters.
        rest: name of the last group, of unassigned pictures; empty if there are none.
    """

    labels: Labels
    total: int
    rest: str = ""


def grouped(context: Context, within: Scope, parts: Parts, *, words: bool) -> tuple[tuple[Group, ...], str]:
    """The groups, the tightest first (by mean cosine to the centre), each with its most typical picture first.

    The picture nearest to the centre is also the one with the largest mean cosine to all others: the medoid.

    Returns the groups, and why they could not be named by words (else empty).
    """
    rows, numbers, check = within.snapshot.rows, within.numbers, context.check_stop
    centres = centres_of(rows, numbers, parts.labels, parts.total, check)
    scores = scores_of(rows, numbers, parts.labels, centres, check)
    members = [where[_best_first(scores[where], numbers[where])] for where in members_of(parts.labels, parts.total)]
    tightness = [float(scores[where].mean(dtype=np.float64)) for where in members]
    order = [number for number in _descending(tightness) if len(members[number])]
    found, trouble = [], ""
    named: list[list[str]] = [[] for _ in order]
    if words and order and reads_text(context.project.vectors_folder, within.vec_type):
        try:
            named = words_for(context, within, centres[order] * np.array(tightness, np.float32)[order, None])
        except ModelError as error:
            trouble = f"not named by words: {error.message}"
    taken: set[str] = set()
    for number, known in zip(order, named, strict=True):
        pictures = listed(context, within, numbers[members[number]], scores[members[number]])
        if pictures:
            name = _name(known, pictures[0], taken)
            found.append(Group(name, pictures, tightness[number]))
    rest = np.flatnonzero(parts.labels == UNASSIGNED)
    if (parts.rest and rest.size) or not found:
        found.append(Group(parts.rest, listed(context, within, numbers[rest], None)))
    return tuple(found), trouble


def ranked_groups(
    context: Context,
    within: Scope,
    names: Sequence[str],
    members: Sequence[tuple[Numbers, npt.NDArray[np.float32]]],
    rest: Numbers,
) -> tuple[Group, ...]:
    """Named groups, the largest mean score first, without empty ones; the rest comes last."""
    means = [float(scores.mean(dtype=np.float64)) if len(scores) else 0.0 for _, scores in members]
    groups = []
    for number in _descending(means):
        rows, scores = members[number]
        if pictures := listed(context, within, rows, scores):
            groups.append(Group(names[number], pictures, means[number]))
    if rest.size or not groups:
        groups.append(Group("the rest", listed(context, within, rest, None)))
    return tuple(groups)


def listed(
    context: Context, within: Scope, numbers: Numbers, scores: npt.NDArray[np.float32] | None
) -> tuple[Match, ...]:
    """Rows as pictures of an answer, in this order."""
    context.say(f"listing {count(len(numbers), 'picture')}")
    found: list[Match] = []
    for start in range(0, len(numbers), _SLICE):
        context.check_stop()
        keys = within.keys_of(numbers[start : start + _SLICE])
        found += matches(context, keys, None if scores is None else scores[start : start + _SLICE].tolist())
    return tuple(found)


def _best_first(scores: npt.NDArray[np.float32], numbers: Numbers) -> Numbers:
    return np.lexsort((numbers, -scores))


def _descending(values: Sequence[float]) -> list[int]:
    return sorted(range(len(values)), key=lambda number: -values[number])


def _name(words: Sequence[str], typical: Match, taken: set[str]) -> str:
    """Two words, more if another cluster has the same ones; without words the name of the most typical picture."""
    like = f"{LIKE_ONE}{printable(os.path.basename(typical.path))}"
    names = [", ".join(words[:many]) for many in range(2, len(words) + 1)] or [like]
    name = next((name for name in names if name not in taken), f"{names[0]}, {like}")
    taken.add(name)
    return name
