"""How well a vec type finds pictures by the words that people gave them: recall of one's own tags or captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.actions.definition import Context
from core.actions.queries import read_phrases
from core.arrays import Rows
from core.comparison.common_rows import CommonRows, RowsOfVecType
from core.comparison.known_texts import KnownTexts
from core.comparison.label_figures import SURE
from core.errors import ModelChanged, ModelError, UsageError
from core.metrics.gains import recall_at
from core.metrics.macro import Difference, Estimate, difference, share
from core.project import Project
from core.search.assignment import Numbers
from core.vectors.vec_types import reads_text

PLACES = (1, 5, 10)
_AT_ONCE = 16  # texts between two looks at whether to stop; their scores are one product


@dataclass(frozen=True)
class TextRecall:
    """What one vec type finds by texts.

    Attributes:
        vec_type: its name.
        recall: at 1, 5 and 10: share of texts of which a picture stands among the first places.
        against_best: recall at 10 minus that of the best vec type; None for the best itself.
    """

    vec_type: str
    recall: tuple[Estimate, ...]
    against_best: Difference | None

    @property
    def is_worse(self) -> bool:
        """Whether these texts show that the best vec type is better."""
        return self.against_best is not None and self.against_best.p <= SURE


@dataclass(frozen=True)
class TextComparison:
    """All vec types that read text.

    Attributes:
        known: the texts, and where they come from.
        texts: that were searched for and counted.
        by_chance: recall at 1, 5 and 10 of a random order.
        figures: of each vec type that reads text, the best first.
        left_out: texts that say nothing, or whose words a model does not know at all.
        problems: vec types whose models cannot be used, by name, and why.
    """

    known: KnownTexts
    texts: int
    by_chance: tuple[float, ...]
    figures: tuple[TextRecall, ...]
    left_out: int
    problems: dict[str, str]

    @property
    def beats_chance(self) -> bool:
        """Whether these texts show that the best vec type finds more than a random order does."""
        return self.figures[0].recall[-1].low > self.by_chance[-1]


def text_readers(project: Project, common: CommonRows) -> list[RowsOfVecType]:
    """Those of the compared vec types that read text."""
    return [one for one in common.of if reads_text(project.vectors_folder, one.vec_type)]


def compare_by_texts(context: Context, common: CommonRows, known: KnownTexts, *, seed: int = 0) -> TextComparison:
    """Search for each text in every vec type that reads text: it finds if one of its pictures is among the first.

    Args:
        context: whose encoder reads the texts; ``stop`` is looked at every few texts.
        common: the compared pictures.
        known: their texts.
        seed: of the tests.
    """
    places: dict[str, Numbers] = {}
    problems: dict[str, str] = {}
    for one in text_readers(context.project, common):
        try:
            places[one.vec_type.name] = _ranks(context, one, known)
        except (ModelError, ModelChanged) as error:
            problems[one.vec_type.name] = error.message
    names = list(places)
    ranks = np.array([places[name] for name in names], np.int64).reshape(len(names), len(known.texts))
    read = np.asarray((ranks > 0).all(axis=0))
    ranks, counted = ranks[:, read], [own for own, there in zip(known.pictures, read.tolist(), strict=True) if there]
    strata = np.zeros(ranks.shape[1], np.int64)
    means = recall_at(ranks, PLACES[-1]).mean(axis=1) if ranks.size else np.zeros(len(names))
    order = sorted(range(len(names)), key=lambda index: (-means[index], names[index]))
    figures = [
        TextRecall(
            names[index],
            tuple(share(recall_at(ranks[index], k)) for k in PLACES),
            _against(ranks[index], ranks[order[0]], strata, seed) if place else None,
        )
        for place, index in enumerate(order)
    ]
    by_chance = tuple(_by_chance(counted, len(common.keys), k) for k in PLACES)
    return TextComparison(known, ranks.shape[1], by_chance, tuple(figures), int((~read).sum()), problems)


def _against(ranks: Numbers, best: Numbers, strata: Numbers, seed: int) -> Difference:
    return difference(recall_at(ranks, PLACES[-1]), recall_at(best, PLACES[-1]), strata, seed)


def _ranks(context: Context, one: RowsOfVecType, known: KnownTexts) -> Numbers:
    """Place of the first picture of each text, from 1; 0 for a text that the model does not know."""
    rows = one.rows()
    ranks = np.zeros(len(known.texts), np.int64)
    for start in range(0, len(known.texts), _AT_ONCE):
        context.check_stop()
        context.say(f"searching {one.vec_type} for {known.texts[start]}")
        queries = _queries(context, one, known.texts, range(start, min(start + _AT_ONCE, len(known.texts))))
        if queries:
            products = np.stack(list(queries.values())) @ rows.T
            for index, scores in zip(queries, products, strict=True):
                ranks[index] = 1 + int(np.count_nonzero(scores > scores[known.pictures[index]].max()))
    return ranks


def _queries(context: Context, one: RowsOfVecType, texts: Sequence[str], numbers: Sequence[int]) -> dict[int, Rows]:
    """The rows of some of the texts, by number; without those that the model does not know."""
    queries = {}
    for number in numbers:
        try:
            queries[number] = read_phrases(context, one.snapshot, [texts[number]]).rows[0]
        except UsageError:
            continue
    return queries


def _by_chance(pictures: Sequence[Numbers], there: int, places: int) -> float:
    """Mean probability that at least one of the first pictures of a random order belongs to a text."""
    first = np.arange(min(places, there))
    missed = [np.prod(np.maximum(0, there - len(own) - first) / (there - first)) for own in pictures]
    return float(1 - np.mean(missed)) if missed else float("nan")
