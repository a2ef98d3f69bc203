"""A comparison as JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.comparison.agreement import Agreement
from core.comparison.comparison import Comparison
from core.comparison.judging import JudgedResult
from core.comparison.label_figures import LabelComparison
from core.comparison.self_retrieval import SelfRetrieval
from core.comparison.text_recall import PLACES, TextComparison
from core.metrics.gains import Bounds
from core.metrics.macro import Difference, Estimate
from core.metrics.sequential import Verdict


def comparison_json(found: Comparison) -> dict[str, Any]:
    """All figures of a comparison for ``--json``; undefined ones are null."""
    return {
        "pictures": found.pictures,
        "note": found.note,
        "vec_types": [
            {
                "name": one.name,
                "dim": one.dim,
                "bytes": one.size,
                "coverage": one.coverage,
                "text": one.text,
                "pictures_per_second": _number(one.rate or math.nan),
                "seconds_to_create": _number(one.seconds or math.nan),
            }
            for one in found.facts
        ],
        "labels": _labels_json(found.by_labels) if found.by_labels else None,
        "without_labels": found.without_labels,
        "texts": found.by_texts and _texts_json(found.by_texts),
        "without_texts": found.without_texts,
        "alterations": found.by_alterations and _alterations_json(found.by_alterations),
        "judgements": found.by_judgements and judged_json(found.by_judgements),
        "agreement": _agreement_json(found.agreement),
    }


def _labels_json(found: LabelComparison) -> dict[str, Any]:
    return {
        "source": found.labelling.source,
        "labels": len(found.labelling.names),
        "labels_left_out": found.labelling.left_out,
        "labelled": found.labelled,
        "queries": found.queries,
        "near_copies_hidden": found.copies,
        "near_copies_not_looked_at": found.unseen,
        "warnings": list(found.labelling.warnings),
        "vote_by_chance": _number(found.vote_by_chance),
        "map_at_r_by_chance": _number(found.average_by_chance),
        "precision_by_chance": _number(found.precision_by_chance),
        "vec_types": [
            {
                "name": one.vec_type,
                "vote": _estimate(one.vote),
                "map_at_r": _estimate(one.average_precision),
                "precision_at_10": _estimate(one.precision),
                "against_best": one.against_best and _difference(one.against_best),
                "worse_than_best": one.is_worse,
            }
            for one in found.figures
        ],
    }


def _texts_json(found: TextComparison) -> dict[str, Any]:
    return {
        "source": found.known.source,
        "texts": found.texts,
        "texts_there": found.known.there,
        "texts_left_out": found.left_out,
        "problems": found.problems,
        **{f"recall_at_{k}_by_chance": _number(one) for k, one in zip(PLACES, found.by_chance, strict=True)},
        "vec_types": [
            {
                "name": one.vec_type,
                **{f"recall_at_{k}": _estimate(value) for k, value in zip(PLACES, one.recall, strict=True)},
                "against_best": one.against_best and _difference(one.against_best),
                "worse_than_best": one.is_worse,
            }
            for one in found.figures
        ],
    }


def _alterations_json(found: SelfRetrieval) -> dict[str, Any]:
    return {
        "pictures": found.pictures,
        "problems": found.problems,
        "vec_types": [
            {"name": name, **{what: _estimate(one) for what, one in zip(found.alterations, shares, strict=True)}}
            for name, shares in found.shares.items()
        ],
    }


def judged_json(found: JudgedResult) -> dict[str, Any]:
    """What judgements say, for ``--json``; differences are of precision at ten, from -1 to 1."""
    return {
        "persons": list(found.persons),
        "questions": found.questions,
        "judgements": found.judgements,
        "decided": found.decided,
        "more_questions": found.more,
        "pairs": [
            {
                "vec_types": [pair.first, pair.second],
                "verdict": {Verdict.FIRST: pair.first, Verdict.SECOND: pair.second}.get(pair.standing.verdict)
                or pair.standing.verdict.value,
                "wins": pair.standing.wins,
                "losses": pair.standing.losses,
                "ties": pair.standing.ties,
                "difference": _number(pair.difference),
                "low": _number(max(pair.low, -1)),
                "high": _number(min(pair.high, 1)),
            }
            for pair in found.pairs
        ],
        "vec_types": [
            {"name": name, "precision_at_10": _bounds(precision), "ndcg_at_10": _bounds(ndcg)}
            for name, precision, ndcg in zip(found.names, found.precision, found.ndcg, strict=True)
        ],
    }


def _bounds(one: Bounds) -> dict[str, Any]:
    return {"low": _number(one.low), "high": _number(one.high)}


def _agreement_json(found: Agreement) -> dict[str, Any]:
    return {
        "pictures": len(found.keys),
        "by_chance": _number(found.by_chance),
        "common_neighbours": [
            {"vec_types": list(pair), "share": _number(float(np.mean(shares)))}
            for pair, shares in found.changed.items()
        ],
        "hubs": [
            {"name": name, "skewness": _number(one.skewness), "in_nobodys_first_ten": _number(one.orphans)}
            for name, one in zip(found.names, found.hubs, strict=True)
        ],
    }


def _estimate(one: Estimate) -> dict[str, Any]:
    return {"value": _number(one.value), "low": _number(one.low), "high": _number(one.high)}


def _difference(one: Difference) -> dict[str, Any]:
    return {"value": _number(one.value), "low": _number(one.low), "high": _number(one.high), "p": _number(one.p)}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
