"""The pictures of a report: the same questions for all vec types, and what greyscale changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.comparison.common_rows import CommonRows
from core.comparison.comparison import Comparison
from core.comparison.judging import first_ten
from core.comparison.near_copies import Outline, near_copies
from core.search.assignment import Check, Numbers, no_check

MOST_DIFFERENT, AT_RANDOM = 4, 2
CHANGED = 6  # pictures for each model with a greyscale twin


@dataclass(frozen=True)
class Answer:
    """The first ten of one vec type.

    Attributes:
        vec_type: its name.
        pictures: indices of the compared pictures, best first.
        alone: those of them that no other vec type of the question finds.
        alike: those of them that share a label with the question.
    """

    vec_type: str
    pictures: tuple[int, ...]
    alone: frozenset[int]
    alike: frozenset[int]


@dataclass(frozen=True)
class Example:
    """One question, and what each vec type answers.

    Attributes:
        picture: index of the compared picture that is the question.
        share: of neighbours in common, the mean over the pairs of vec types; NaN for one vec type.
        drawn: whether it was drawn at random; else the vec types differ most here.
        answers: one of each vec type.
    """

    picture: int
    share: float
    drawn: bool
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class GreyscaleChange:
    """A model with and without greyscale, and the pictures whose neighbours change most.

    Attributes:
        colour: name of its vec type.
        grey: name of the twin.
        share: mean share of neighbours in common.
        examples: the most changed first, each with the answers of the two.
    """

    colour: str
    grey: str
    share: float
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Examples:
    """All pictures of a report.

    Attributes:
        questions: asked of all vec types.
        greyscale: one entry for each model of which both twins were compared.
    """

    questions: tuple[Example, ...]
    greyscale: tuple[GreyscaleChange, ...]


@dataclass(frozen=True)
class _Asked:
    picture: int
    share: float
    drawn: bool = False


def examples(found: Comparison, outline: Outline, *, seed: int = 0, check: Check = no_check) -> Examples:
    """Choose questions and answer them. Near copies of a question are left out of its answers.

    Args:
        found: the comparison.
        outline: see :func:`core.comparison.near_copies.near_copies`.
        seed: of the questions that are drawn.
        check: called often; may raise to stop.
    """
    asked = _questions(found, seed)
    twins = _twins(found.common)
    changed = {pair: _changed(found, pair) for pair in twins}
    every = sorted({one.picture for group in (asked, *changed.values()) for one in group})
    queries = np.array(every, np.int64)
    copies = near_copies(found.common, queries, outline, check).pairs
    nearest: dict[str, dict[int, tuple[int, ...]]] = {}
    for one in found.common.of:
        lists = first_ten(one.rows(), queries, copies, check)
        nearest[one.vec_type.name] = {query: tuple(line.tolist()) for query, line in zip(every, lists, strict=True)}
    names = [one.vec_type.name for one in found.common.of]
    return Examples(
        tuple(_example(found, one, names, nearest) for one in asked),
        tuple(
            GreyscaleChange(
                *pair, found.agreement.share(*pair), tuple(_example(found, one, pair, nearest) for one in changed[pair])
            )
            for pair in twins
        ),
    )


def _questions(found: Comparison, seed: int) -> list[_Asked]:
    """Those on which the vec types differ most, then some of the others at random."""
    agreed = found.agreement
    places = _places(found)
    if agreed.changed:
        shares = np.mean(list(agreed.changed.values()), axis=0)
        order = np.argsort(shares, kind="stable")[:MOST_DIFFERENT]
    else:
        shares, order = np.full(len(places), np.nan), np.zeros(0, np.int64)
    rest = np.setdiff1d(np.arange(len(places)), order)
    number = min(AT_RANDOM if agreed.changed else AT_RANDOM + MOST_DIFFERENT, len(rest))
    drawn = np.random.default_rng(seed).choice(rest, number, replace=False)
    return [
        _Asked(int(places[place]), float(shares[place]), at_random)
        for which, at_random in ((order, False), (drawn, True))
        for place in which.tolist()
    ]


def _twins(common: CommonRows) -> list[tuple[str, str]]:
    """Names of the vec types of one model in colour and in greyscale."""
    colour = {one.vec_type.model: one.vec_type.name for one in common.of if not one.vec_type.greyscale}
    return [
        (colour[one.vec_type.model], one.vec_type.name)
        for one in common.of
        if one.vec_type.greyscale and one.vec_type.model in colour
    ]


def _changed(found: Comparison, pair: tuple[str, str]) -> list[_Asked]:
    agreed, places = found.agreement, _places(found)
    shares = agreed.changed[pair] if pair in agreed.changed else agreed.changed[pair[::-1]]
    return [_Asked(int(places[index]), float(shares[index])) for index in agreed.most_changed(*pair, CHANGED)]


def _places(found: Comparison) -> Numbers:
    """Indices of the compared pictures that the agreement looked at."""
    return np.searchsorted(found.common.keys, found.agreement.keys).astype(np.int64)


def _example(
    found: Comparison, asked: _Asked, names: Sequence[str], nearest: dict[str, dict[int, tuple[int, ...]]]
) -> Example:
    lists = [nearest[name][asked.picture] for name in names]
    answers = []
    for place, (name, own) in enumerate(zip(names, lists, strict=True)):
        others = {picture for other, pictures in enumerate(lists) if other != place for picture in pictures}
        alone = frozenset(own) - others if len(names) > 1 else frozenset()
        answers.append(Answer(name, own, frozenset(alone), _alike(found, asked.picture, own)))
    return Example(asked.picture, asked.share, asked.drawn, tuple(answers))


def _alike(found: Comparison, picture: int, others: Sequence[int]) -> frozenset[int]:
    """Those of ``others`` that share a label with the picture."""
    if found.by_labels is None or not others:
        return frozenset()
    labels = found.by_labels.labelling.labels
    own = set(labels[[picture]].indices.tolist())
    return frozenset(one for one in others if own & set(labels[[one]].indices.tolist()))
