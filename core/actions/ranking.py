"""A query's nearest pictures as an answer. Shared by every action that ranks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.answer import Answer, Group
from core.actions.definition import Context
from core.actions.scope import Scope, matches
from core.actions.spread import distribution
from core.errors import UsageError
from core.models.backend import Rows
from core.vectors.nearest import best, cosines

# Of reciprocal rank fusion: how far down a list still counts (Cormack, Clarke and Büttcher, SIGIR 2009).
_RRF = 60
_FUSED_DEPTH = 1_000  # pictures of each list that are fused, or five times as many as are shown


@dataclass(frozen=True)
class Search:
    """One vec type's part of a question.

    Attributes:
        scope: the rows to rank.
        query: their direction, shape (dim,), float32, normalised.
    """

    scope: Scope
    query: Rows


@dataclass(frozen=True)
class Limits:
    """How much of a ranking is wanted.

    Attributes:
        top: at most so many pictures.
        at_least: and none below this cosine; -1 for no limit.
        without: keys that are not shown.
    """

    top: int
    at_least: float = -1.0
    without: Collection[bytes] = ()


def ranked(context: Context, action: str, searches: Sequence[Search], limits: Limits, title: str) -> Answer:
    """The pictures nearest to the query; with several vec types, fused by the reciprocals of their ranks.

    Raises:
        UsageError: a least cosine for several vec types, whose cosines cannot be compared.
    """
    searches = [Search(search.scope.without(limits.without), search.query) for search in searches]
    name = " + ".join(search.scope.vec_type.name for search in searches)
    note = " · ".join(dict.fromkeys(search.scope.note for search in searches if search.scope.note))
    if len(searches) == 1:
        return _by_cosine(context, Answer(action, name, title, (), note), searches[0], limits)
    if limits.at_least > -1:
        raise UsageError("at least: the cosines of several vec types cannot be compared", "leave one of them out")
    return _fused(context, Answer(action, name, title, (), note), searches, limits)


def _by_cosine(context: Context, answer: Answer, search: Search, limits: Limits) -> Answer:
    scope = search.scope
    scores = cosines(scope.snapshot.rows, search.query)
    allowed = scope.allowed & (scores >= limits.at_least) if limits.at_least > -1 else scope.allowed
    found = best(scores, limits.top, allowed)
    shown = matches(context, scope.keys_of(found.numbers), found.scores.tolist())
    spread = distribution(scores[scope.allowed])
    return Answer(answer.action, answer.vec_type, answer.title, (Group(answer.title, shown),), answer.note, spread)


def _fused(context: Context, answer: Answer, searches: Sequence[Search], limits: Limits) -> Answer:
    depth = max(_FUSED_DEPTH, 5 * limits.top)
    fused: dict[bytes, float] = {}
    for search in searches:
        context.check_stop()
        found = best(cosines(search.scope.snapshot.rows, search.query), depth, search.scope.allowed)
        for key, share in zip(search.scope.keys_of(found.numbers), _shares(len(found.numbers)), strict=True):
            fused[key] = fused.get(key, 0.0) + share
    order = sorted(fused, key=lambda key: (-fused[key], key))[: limits.top]
    shown = matches(context, order, [fused[key] for key in order])
    return Answer(answer.action, answer.vec_type, answer.title, (Group(answer.title, shown),), answer.note)


def _shares(count: int) -> list[float]:
    ranks: npt.NDArray[np.float64] = np.arange(1, count + 1, dtype=np.float64)
    return (1.0 / (_RRF + ranks)).tolist()  # type: ignore[no-any-return]
