"""Judging: which of two or more vec types answers better, with as few judgements as possible.

Only pictures that stand among the first ten of one model and not of all others are asked about: common ones cancel in
the difference (see :mod:`core.metrics.interleaving`). Questions that all models answer with the same ten are thus
known to be ties and never asked; their share counts in the mean difference. Of the others half are drawn at random,
half where the models differ most. The models stay hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from core.comparison.common_rows import CommonRows
from core.comparison.near_copies import Outline, near_copies
from core.errors import UsageError
from core.key_arrays import whole_keys
from core.keys import KEY
from core.labels.judgements import JudgedQuestion, Judgement
from core.metrics.gains import UNJUDGED, Bounds, ndcg_bounds
from core.metrics.interleaving import contested, team_draft
from core.metrics.overlap import mutual_neighbours, rank_biased_overlap
from core.metrics.sequential import FALSE_ALARM, Standing, Verdict, mean_interval, standing
from core.search.assignment import Check, Numbers, no_check

DEPTH = 10
_CANDIDATES = 2_000  # pictures that questions are drawn from; their neighbours among 100,000 x 512 take 2 s on 2 cores
_SPARE = 40  # neighbours beyond the first ten that replace near copies of the question
_SCORES = 12_500_000  # of a block: 50 MB
_Opinions = Mapping[bytes, Mapping[bytes, bool]]  # by question and picture


@dataclass(frozen=True)
class PlannedQuestion:
    """One question that may be asked.

    Attributes:
        key: of the picture that is the question.
        rankings: the first ten of each model, keys of 20 bytes, best first.
        weight: how many times as often it would be drawn if all questions, those with the same answers too, were drawn
            evenly; at most 2.
    """

    key: bytes
    rankings: tuple[tuple[bytes, ...], ...]
    weight: float

    @property
    def question(self) -> JudgedQuestion:
        """The question as judgements store it."""
        return JudgedQuestion(picture=self.key)

    def to_judge(self, known: Mapping[bytes, bool], seed: int = 0) -> list[bytes]:
        """What has to be judged still, in an order that is fair to all models.

        Args:
            known: judgements of this question by key.
            seed: of the draft; the order is the same at each call.
        """
        drafted = team_draft(contested(self.rankings), Random(f"{seed}:{self.key.hex()}"))  # noqa: S311  no secret
        return [key for key in drafted if key not in known]

    def is_judged(self, known: Mapping[bytes, bool], pair: tuple[int, int]) -> bool:
        """Whether all that is contested between two models, by number, is judged."""
        first, second = (set(self.rankings[model]) for model in pair)
        return first ^ second <= known.keys()


@dataclass(frozen=True)
class Plan:
    """The questions in the order in which they are asked.

    Attributes:
        names: of the vec types.
        questions: distinct; in each the models differ.
        span: the largest weighted difference of precision at ten that any question which could be drawn can have; at
            most 2. The smaller it is, the narrower are the intervals.
    """

    names: tuple[str, ...]
    questions: tuple[PlannedQuestion, ...]
    span: float


class AnswerAlike(UsageError):
    """There is no question that these vec types answer differently."""


@dataclass(frozen=True)
class PairResult:
    """Two vec types after the questions that are judged.

    Attributes:
        first: name of a vec type.
        second: name of the other.
        standing: wins, losses, ties of the first, and the verdict.
        difference: mean difference of precision at ten, each question weighted as if all were drawn evenly.
        low: lower end of its interval, which holds at all times at once.
        high: upper end.
    """

    first: str
    second: str
    standing: Standing
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class JudgedResult:
    """What the judgements say.

    Attributes:
        names: of the vec types.
        persons: whose judgements were used, ordered.
        questions: judged for two of the vec types at least.
        judgements: that were used.
        pairs: every two vec types, the better one first.
        precision: precision at ten of each vec type among pictures judged, within what is not judged.
        ndcg: nDCG at ten of each, likewise.
    """

    names: tuple[str, ...]
    persons: tuple[str, ...]
    questions: int
    judgements: int
    pairs: tuple[PairResult, ...]
    precision: tuple[Bounds, ...]
    ndcg: tuple[Bounds, ...]

    @property
    def decided(self) -> bool:
        """Whether no pair is open."""
        return all(pair.standing.verdict is not Verdict.OPEN for pair in self.pairs)

    @property
    def more(self) -> int:
        """How many more questions the answer takes, ties included, if it goes on as until now."""
        return max((_with_ties(pair.standing) for pair in self.pairs), default=0)


def too_few_to_judge() -> UsageError:
    """The error for fewer than two vec types."""
    return UsageError("judging needs two vec types or more", "name them: pictoscope compare clip dinov2 --judge")


def plan(
    common: CommonRows,
    outline: Outline,
    judged: Sequence[bytes] = (),
    *,
    most: int = 200,
    seed: int = 0,
    check: Check = no_check,
) -> Plan:
    """Draw questions that the models answer differently: half of them evenly, half the likelier the more they differ.

    Args:
        common: two or more vec types.
        outline: see :func:`core.comparison.near_copies.near_copies`: near copies of the question are not shown.
        judged: keys of pictures that were questions before, for these or other models: they come first. Their weights
            are those of questions drawn for these models, which is exact only if they were. Those that these models
            answer alike are left out.
        most: how many new questions at most.
        seed: of the draw.
        check: called often; may raise to stop.

    Raises:
        UsageError: fewer than two vec types, or too few pictures. AnswerAlike: they answer all questions alike.
    """
    if len(common.of) < 2:
        raise too_few_to_judge()
    count = len(common.keys)
    if count <= DEPTH + 1:
        raise UsageError(
            f"judging needs more than {DEPTH + 1} pictures: of fewer every model finds all", "add pictures, or vectors"
        )
    random = np.random.default_rng(seed)
    drawn = random.choice(count, min(count, _CANDIDATES), replace=False)
    before = np.flatnonzero(np.isin(common.keys, np.array(list(judged), KEY)))
    candidates = np.union1d(drawn, before).astype(np.int64)
    copies = near_copies(common, candidates, outline, check).pairs
    near = [first_ten(one.rows(), candidates, copies, check) for one in common.of]
    chances = _chances(near)
    able = int(np.count_nonzero(chances))
    order = random.choice(len(candidates), min(most + len(before), able), replace=False, p=chances)
    earlier = np.searchsorted(candidates, before)
    earlier = earlier[chances[earlier] > 0]
    order = np.concatenate([earlier, order[~np.isin(order, earlier)][:most]])
    return Plan(
        tuple(one.vec_type.name for one in common.of),
        tuple(
            PlannedQuestion(
                common.keys[candidates[place] : candidates[place] + 1].tobytes(),
                tuple(tuple(whole_keys(common.keys[lists[place]])) for lists in near),
                float(1 / (len(candidates) * chances[place])),
            )
            for place in order.tolist()
        ),
        _span(near, chances),
    )


def result(
    asked: Plan, judgements: Sequence[Judgement], person: str = "", *, alarm: float = FALSE_ALARM
) -> JudgedResult:
    """What the judgements say about the vec types of a plan.

    A question counts for two vec types once everything contested between them is judged, whatever a third one found.
    Several persons who judged the same question count together: a picture is relevant if more of them say so than not.

    Args:
        asked: the questions and what each model answered.
        judgements: of any question; others are ignored.
        person: only those of this person; of all by default.
        alarm: how often at most any two equal models are called different.
    """
    opinions = _opinions(judgements, person)
    pairs = list(combinations(range(len(asked.names)), 2))
    judged = [one for one in asked.questions if one.key in opinions]
    by_pair = [[one for one in judged if one.is_judged(opinions[one.key], pair)] for pair in pairs]
    used = {one.key for complete in by_pair for one in complete}
    complete = [one for one in judged if one.key in used]
    return JudgedResult(
        names=asked.names,
        persons=tuple(sorted({one.person for one in of_person(judgements, person) if one.question.picture in used})),
        questions=len(complete),
        judgements=sum(len(opinions[one.key]) for one in complete),
        pairs=tuple(
            _pair(asked, of_pair, opinions, pair, alarm / max(1, len(pairs)))
            for pair, of_pair in zip(pairs, by_pair, strict=True)
        ),
        precision=tuple(_precision(complete, opinions, model) for model in range(len(asked.names))),
        ndcg=tuple(_ndcg(complete, opinions, model) for model in range(len(asked.names))),
    )


def first_ten(rows: npt.NDArray[np.float32], queries: Numbers, copies: csr_array, check: Check) -> Numbers:
    """The first ten other rows of each query that are no near copies of it, best first, shape (q, k)."""
    k = min(DEPTH, len(rows) - 1)
    depth = min(k + _SPARE, len(rows) - 1)
    numbers = np.empty((len(queries), k), np.int64)
    step = max(1, _SCORES // len(rows))
    for start in range(0, len(queries), step):
        check()
        own = queries[start : start + step]
        scores = rows[own] @ rows.T
        scores[np.arange(len(own)), own] = -np.inf
        for index, query in enumerate(own.tolist()):
            line = scores[index]
            line[copies[[query]].indices] -= 4  # after all others, yet in their own order
            near = np.argpartition(-line, depth - 1)[:depth] if depth < len(line) else np.arange(len(line))
            numbers[start + index] = near[np.argsort(-line[near], kind="stable")][:k]
    return numbers


def _chances(near: Sequence[Numbers]) -> npt.NDArray[np.float64]:
    """How likely each candidate is the next question, shape (q,), sum 1; 0 where all models give the same ten."""
    members = [np.sort(lists, axis=1) for lists in near]
    differ = np.any([np.any(members[0] != other, axis=1) for other in members[1:]], axis=0)
    if not differ.any():
        raise AnswerAlike("these vec types answer every question alike", "compare others: there is nothing to judge")
    apart = np.zeros(len(differ))
    for place in np.flatnonzero(differ).tolist():
        lists = [lists[place] for lists in near]
        overlaps = [rank_biased_overlap(lists[one], lists[other]) for one in range(len(lists)) for other in range(one)]
        apart[place] = 1 - min(overlaps)
    return np.asarray(0.5 * differ / differ.sum() + 0.5 * apart / apart.sum(), np.float64)


def _span(near: Sequence[Numbers], chances: npt.NDArray[np.float64]) -> float:
    """See :class:`Plan`: what stands in both lists of a pair cannot make a difference."""
    able = chances > 0
    weights = 1 / (len(chances) * chances[able])
    apart = [
        (1 - mutual_neighbours(near[one][able], near[other][able])) * near[one].shape[1] / DEPTH
        for one in range(len(near))
        for other in range(one)
    ]
    return float((np.max(apart, axis=0) * weights).max())


def of_person(judgements: Sequence[Judgement], person: str) -> list[Judgement]:
    """Those of one person about pictures as questions; of all where ``person`` is empty."""
    return [one for one in judgements if one.question.picture and (not person or one.person == person)]


def _opinions(judgements: Sequence[Judgement], person: str) -> dict[bytes, dict[bytes, bool]]:
    """By question and picture, what most persons say; a tie counts as not relevant."""
    votes: dict[bytes, dict[bytes, int]] = {}
    for one in of_person(judgements, person):
        counts = votes.setdefault(one.question.picture, {})
        counts[one.key] = counts.get(one.key, 0) + (1 if one.relevant else -1)
    return {question: {key: votes > 0 for key, votes in counts.items()} for question, counts in votes.items()}


def _with_ties(found: Standing) -> int:
    decided = found.wins + found.losses
    return round(found.more * (decided + found.ties) / decided) if decided else found.more


def _relevant(ranking: Sequence[bytes], opinions: Mapping[bytes, bool]) -> int:
    return sum(opinions.get(key, False) for key in ranking)


def _pair(
    asked: Plan, complete: Sequence[PlannedQuestion], opinions: _Opinions, pair: tuple[int, int], alarm: float
) -> PairResult:
    names, (first, second) = asked.names, pair
    relevant = [[_relevant(one.rankings[model], opinions[one.key]) for model in pair] for one in complete]
    differences = np.array([(one - other) / DEPTH for one, other in relevant])
    wins, losses = int(np.count_nonzero(differences > 0)), int(np.count_nonzero(differences < 0))
    if losses > wins or (losses == wins and names[second] < names[first]):
        first, second, wins, losses, differences = second, first, losses, wins, -differences
    weighted = differences * np.array([one.weight for one in complete])
    low, high = mean_interval(weighted, alarm, span=asked.span)
    return PairResult(
        names[first],
        names[second],
        standing(wins, losses, len(differences) - wins - losses, alarm=alarm),
        float(weighted.mean()) if len(weighted) else float("nan"),
        low,
        high,
    )


def _precision(
    complete: Sequence[PlannedQuestion], opinions: Mapping[bytes, Mapping[bytes, bool]], model: int
) -> Bounds:
    """Mean precision at ten; what all models found was not asked about, and may be relevant or not."""
    lows, highs = [], []
    for one in complete:
        known = opinions.get(one.key, {})
        relevant = _relevant(one.rankings[model], known)
        lows.append(relevant / DEPTH)
        highs.append((relevant + sum(key not in known for key in one.rankings[model])) / DEPTH)
    return Bounds(_mean(lows), _mean(highs))


def _ndcg(complete: Sequence[PlannedQuestion], opinions: _Opinions, model: int) -> Bounds:
    bounds = []
    for one in complete:
        known = opinions.get(one.key, {})
        ranking = one.rankings[model]
        judged = np.array([known.get(key, UNJUDGED) for key in ranking], np.int8)
        pool = {key for other in one.rankings for key in other}
        elsewhere = sum(key not in known and key not in ranking for key in pool)
        bounds.append(ndcg_bounds(judged, sum(known.get(key, False) for key in pool), elsewhere))
    return Bounds(_mean([one.low for one in bounds]), _mean([one.high for one in bounds]))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
