"""How well each vec type finds pictures with the same label: figures with intervals and tests against the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.comparison.common_rows import CommonRows
from core.comparison.labelling import Labelling
from core.comparison.near_copies import Outline, Say, near_copies
from core.metrics.label_retrieval import LabelScores, PerQuery, label_scores
from core.metrics.macro import Difference, Estimate, difference, estimate
from core.search.assignment import Check, Numbers, no_check
from core.text import count

MOST_QUERIES = 3_000  # the interval of a share of one half is 3.6 points wide then; 100,000 x 512 take 3 s on 2 cores
SURE = 0.05


@dataclass(frozen=True)
class LabelFigures:
    """What one vec type scored.

    Attributes:
        vec_type: its name.
        vote: leave-one-out accuracy of the vote of the ten nearest, macro-averaged over labels.
        average_precision: MAP@R, macro-averaged.
        precision: precision at ten, macro-averaged.
        against_best: MAP@R minus that of the best vec type; None for the best one itself.
    """

    vec_type: str
    vote: Estimate
    average_precision: Estimate
    precision: Estimate
    against_best: Difference | None

    @property
    def is_worse(self) -> bool:
        """Whether these pictures show that the best vec type is better."""
        return self.against_best is not None and self.against_best.p <= SURE


@dataclass(frozen=True)
class LabelComparison:
    """All vec types against the labels.

    Attributes:
        labelling: the labels.
        queries: pictures that were asked about.
        labelled: pictures that have a label.
        copies: pairs of near copies that were hidden from each other.
        unseen: pairs that may be near copies and were not looked at, because there were too many.
        vote_by_chance: accuracy of guessing a label.
        average_by_chance: MAP@R of a random ranking, macro-averaged.
        precision_by_chance: precision at ten of a random ranking, macro-averaged.
        figures: of each vec type, the best MAP@R first.
    """

    labelling: Labelling
    queries: int
    labelled: int
    copies: int
    unseen: int
    vote_by_chance: float
    average_by_chance: float
    precision_by_chance: float
    figures: tuple[LabelFigures, ...]

    @property
    def best(self) -> LabelFigures:
        """The vec type with the highest MAP@R."""
        return self.figures[0]

    @property
    def beats_chance(self) -> bool:
        """Whether these pictures show that the best vec type finds more than a random order does."""
        return self.best.average_precision.low > self.average_by_chance

    @property
    def copies_words(self) -> str:
        """What became of near copies; empty if there are none."""
        hidden = f"{count(self.copies, 'pair')} of near copies hidden from each other" if self.copies else ""
        unseen = f"{count(self.unseen, 'pair')} that may be near copies not looked at" if self.unseen else ""
        return ", ".join(filter(None, (hidden, unseen)))

    @property
    def tied_with_best(self) -> tuple[LabelFigures, ...]:
        """The vec types that these pictures cannot tell from the best, itself first."""
        return tuple(one for one in self.figures if not one.is_worse)


def compare_by_labels(
    common: CommonRows,
    labelling: Labelling,
    outline: Outline,
    *,
    seed: int = 0,
    check: Check = no_check,
    say: Say = lambda text: None,
) -> LabelComparison:
    """Measure each vec type.

    Of more than 3,000 labelled pictures as many are drawn, evenly over the labels.

    Args:
        common: the compared pictures.
        labelling: their labels.
        outline: see :func:`core.comparison.near_copies.near_copies`.
        seed: of the draw, the intervals and the tests.
        check: called often; may raise to stop.
        say: is told how far it is.
    """
    queries, strata = _draw(labelling, seed)
    copies = near_copies(common, queries, outline, check, say)
    scores = []
    for one in common.of:
        say(f"comparing with {labelling.source}: {one.vec_type}")
        scores.append(label_scores(one.rows(), labelling.labels, queries, copies.pairs, check))
    names = [one.vec_type.name for one in common.of]
    means = [_mean(one.average_precision, strata) for one in scores]
    order = sorted(range(len(names)), key=lambda index: (-means[index], names[index]))
    best = scores[order[0]]
    figures = tuple(
        _figures(names[index], scores[index], None if place == 0 else best, strata, seed, check)
        for place, index in enumerate(order)
    )
    return LabelComparison(
        labelling=labelling,
        queries=len(queries),
        labelled=len(labelling.labelled),
        copies=copies.count,
        unseen=copies.unseen,
        vote_by_chance=_vote_by_chance(labelling),
        average_by_chance=_mean(best.average_by_chance, strata),
        precision_by_chance=_mean(best.chance, strata),
        figures=figures,
    )


def _figures(
    name: str, scores: LabelScores, best: LabelScores | None, strata: Numbers, seed: int, check: Check
) -> LabelFigures:
    return LabelFigures(
        name,
        estimate(scores.vote, strata, seed, check),
        estimate(scores.average_precision, strata, seed, check),
        estimate(scores.precision, strata, seed, check),
        difference(scores.average_precision, best.average_precision, strata, seed, check) if best else None,
    )


def _draw(labelling: Labelling, seed: int) -> tuple[Numbers, Numbers]:
    """The queries, ascending, and the label for which each was drawn (a picture may have several), shapes (q,)."""
    random = np.random.default_rng(seed)
    by_label = labelling.labels.T.tocsr()
    pools = [random.permutation(by_label[[label]].indices).tolist() for label in range(by_label.shape[0])]
    drawn: dict[int, int] = {}
    for label in _in_turn(pools):
        while pools[label]:
            picture = pools[label].pop()
            if picture not in drawn:
                drawn[picture] = label
                break
        if len(drawn) >= MOST_QUERIES:
            break
    queries = np.array(sorted(drawn), np.int64)
    return queries, np.array([drawn[query] for query in queries.tolist()], np.int64)


def _in_turn(pools: Sequence[Sequence[int]]) -> list[int]:
    """Labels in rounds, each as often as it has pictures: small labels are used up before large ones go on."""
    rounds = [(turn, label) for label, pool in enumerate(pools) for turn in range(len(pool))]
    return [label for _, label in sorted(rounds)]


def _vote_by_chance(labelling: Labelling) -> float:
    """Macro-averaged accuracy of naming a label at random: a picture with several of them is right more often."""
    by_label = labelling.labels.T.tocsr()
    own = np.diff(labelling.labels.indptr)
    each = [own[by_label[[label]].indices].mean() / by_label.shape[0] for label in range(by_label.shape[0])]
    return float(np.mean(each))


def _mean(values: PerQuery, strata: Numbers) -> float:
    return estimate(values, strata).value
