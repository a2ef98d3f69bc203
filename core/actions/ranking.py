"""Ranks pictures by a query and builds the answer. Shared by all ranking actions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.answer import Answer, Group
from core.actions.definition import Context
from core.actions.naming import called, fault
from core.actions.scope import Scope, matches, without_examples
from core.actions.score_distribution import distribution
from core.arrays import Rows

# The constant k of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
_RRF = 60
_FUSED_DEPTH = 1_000  # minimum depth of each fused list; five times the number shown if that is more


@dataclass(frozen=True)
class Search:
    """The query in one vec type.

    Attributes:
        scope: the rows to rank.
        query: shape (dim,), float32, normalised.
    """

    scope: Scope
    query: Rows


@dataclass(frozen=True)
class RankingLimits:
    """Limits of a ranking.

    Attributes:
        top: maximum number of pictures.
        at_least: minimum cosine; -1 for no limit.
        without: keys to leave out.
    """

    top: int
    at_least: float = -1.0
    without: Collection[bytes] = ()


def ranked(context: Context, action: str, searches: Sequence[Search], limits: RankingLimits, title: str) -> Answer:
    """The pictures nearest to the query; with several vec types, fused by the reciprocals of their ranks.

    Raises:
        UsageError: a minimum cosine for several vec types, whose cosines are not comparable; a vec type given twice.
        TooFewVectors: only the examples have vectors yet.
    """
    searches = [Search(without_examples(search.scope, limits.without), search.query) for search in searches]
    name = " + ".join(search.scope.vec_type.name for search in searches)
    note = " · ".join(dict.fromkeys(search.scope.note for search in searches if search.scope.note))
    if len(searches) == 1:
        return _by_cosine(context, Answer(action, name, title, (), note), searches[0], limits)
    if limits.at_least > -1:
        hint = f"leave it or {called('also')} out"
        raise fault("at_least", "the cosines of several vec types cannot be compared", hint)
    twice = _twice([search.scope.vec_type.name for search in searches])
    if twice:
        raise fault("also", f"{twice} is already used", "name other vectors, or leave it out")
    return _fused(context, Answer(action, name, title, (), note), searches, limits)


def _by_cosine(context: Context, answer: Answer, search: Search, limits: RankingLimits) -> Answer:
    scope = search.scope
    found, scores = scope.snapshot.nearest(search.query, limits.top, scope.allowed)
    enough = found.scores >= limits.at_least if limits.at_least > -1 else np.ones(len(found.scores), bool)
    shown = matches(context, scope.keys_of(found.numbers[enough]), found.scores[enough].tolist())
    spread = distribution(scores[scope.allowed])
    groups = (Group(answer.title, shown),)
    found_all = Answer(answer.action, answer.vec_type, answer.title, groups, answer.note, spread)
    return found_all if scope.allowed.any() else found_all.with_note("there are no other pictures")


def _fused(context: Context, answer: Answer, searches: Sequence[Search], limits: RankingLimits) -> Answer:
    depth = max(_FUSED_DEPTH, 5 * limits.top)
    fused: dict[bytes, float] = {}
    for search in searches:
        context.check_stop()
        found, _ = search.scope.snapshot.nearest(search.query, depth, search.scope.allowed)
        for key, share in zip(search.scope.keys_of(found.numbers), _shares(len(found.numbers)), strict=True):
            fused[key] = fused.get(key, 0.0) + share
    order = sorted(fused, key=lambda key: (-fused[key], key))[: limits.top]
    shown = matches(context, order, [fused[key] for key in order])
    return Answer(answer.action, answer.vec_type, answer.title, (Group(answer.title, shown),), answer.note)


def _twice(names: Sequence[str]) -> str:
    return next((name for index, name in enumerate(names) if name in names[:index]), "")


def _shares(count: int) -> list[float]:
    ranks: npt.NDArray[np.float64] = np.arange(1, count + 1, dtype=np.float64)
    return (1.0 / (_RRF + ranks)).tolist()  # type: ignore[no-any-return]
