"""Scores of rankings with judgements: precision at ten, nDCG with bounds for what was not judged, recall of texts.

Source: Järvelin and Kekäläinen 2002, "Cumulated Gain-Based Evaluation of IR Techniques"; binary gains, logarithm to
base 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

UNJUDGED = -1

Judgements = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest value that a score can have, whatever the pictures not judged are.

    Attributes:
        low: least value.
        high: greatest value; equal to ``low`` where all are judged.
    """

    low: float
    high: float


def ndcg_bounds(judged: Judgements, relevant: int, unjudged_elsewhere: int = 0, depth: int = 10) -> Bounds:
    """nDCG of one ranking, within what pictures that nobody judged leave open; 0 where nothing is relevant.

    Args:
        judged: 1 relevant, 0 not, -1 not judged, for each place, shape (depth,) or longer.
        relevant: how many pictures of the pool were judged relevant; those in ``judged`` included.
        unjudged_elsewhere: pictures of the pool that nobody judged and that do not stand in ``judged``.
        depth: places that count.
    """
    judged = judged[:depth]
    discounts = 1 / np.log2(np.arange(2, len(judged) + 2))
    known = float(discounts[judged == 1].sum())
    open_gains = discounts[judged == UNJUDGED]  # largest first
    chosen = range(len(open_gains) + 1)  # how many of them are relevant: at best the first ones, at worst the last
    lows = [
        _share(known + _sum(open_gains[len(open_gains) - n :]), relevant + n + unjudged_elsewhere, depth)
        for n in chosen
    ]
    highs = [_share(known + _sum(open_gains[:n]), relevant + n, depth) for n in chosen]
    return Bounds(min(lows), max(highs))


def recall_at(ranks: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.float64]:
    """1 for each query whose first relevant picture stands among the first ``k``, else 0.

    Args:
        ranks: place of the first relevant picture of each query, from 1, shape (q,).
        k: how many places.
    """
    return np.asarray(ranks <= k, np.float64)


def _sum(values: npt.NDArray[np.float64]) -> float:
    return float(values.sum())


def _share(gain: float, relevant: int, depth: int) -> float:
    ideal = _ideal(relevant, depth)
    return gain / ideal if ideal else 0.0


def _ideal(relevant: int, depth: int) -> float:
    return float((1 / np.log2(np.arange(2, min(relevant, depth) + 2))).sum())
