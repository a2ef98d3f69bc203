"""When to stop judging: tests and intervals that stay valid though one looks after every query.

The sign test bets on each query that is not a tie. Its capital is the mean of two likelihood ratios against a coin: for
a model that wins 70 % of the queries, and for one that loses as many. The limit that decides is the lowest one that
equal models reach within 40 decided queries with probability ``alarm`` at most; it is computed exactly, over all orders
of wins and losses, so looking after each query costs nothing. Bets of a coin against 65 % and 35 % say that no
difference worth having is left.

Sources: Wald 1945, "Sequential Tests of Statistical Hypotheses"; truncated at 40 as in Pocock 1977, "Group Sequential
Methods"; the interval is the hedged capital of Waudby-Smith and Ramdas 2024, "Estimating Means of Bounded Random
Variables by Betting", with bets from a fixed grid.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import Enum
from functools import cache
from math import log

import numpy as np
import numpy.typing as npt

WORTH_HAVING = 0.65  # share of decided queries that the better model wins; a smaller difference is not worth having
FALSE_ALARM = 0.05
MOST_QUERIES = 40  # decided queries after which the answer is "no difference worth having"

_BET = 0.7  # share of queries won that the bets are for: of 65 to 90 %, what finds differences soonest on the whole
_GRID = 201  # values of the mean that the interval tries: steps of 0.01 of a difference from -1 to 1
_BETS = np.linspace(0.1, 0.9, 9)  # shares of the capital that are bet; at 1 one lost bet would end the game


class Verdict(Enum):
    """What the judgements say so far."""

    FIRST = "first"
    SECOND = "second"
    NO_DIFFERENCE = "no difference"
    OPEN = "open"


@dataclass(frozen=True)
class Standing:
    """Two models after some queries.

    Attributes:
        wins: queries that the first model won.
        losses: queries that the second one won.
        ties: the others.
        verdict: who is better.
        more: how many more decided queries the answer will take, if it goes on as until now; 0 once it is there.
    """

    wins: int
    losses: int
    ties: int
    verdict: Verdict
    more: int


def standing(wins: int, losses: int, ties: int = 0, *, alarm: float = FALSE_ALARM) -> Standing:
    """What wins and losses say; valid at any time one looks.

    Only the counts matter, not their order. What was sure may become unsure again when more is judged: the promise
    holds for the first time that it was sure.

    Args:
        wins: queries that the first model won.
        losses: queries that the second one won.
        ties: the others; they do not count.
        alarm: how often at most two equal models are called different.
    """
    limit = decisive(alarm)
    if _evidence_of_difference(wins, losses) >= limit:
        verdict = Verdict.FIRST if wins > losses else Verdict.SECOND
    elif wins + losses >= MOST_QUERIES or _evidence_of_none(wins, losses) >= log(1 / alarm):
        verdict = Verdict.NO_DIFFERENCE
    else:
        verdict = Verdict.OPEN
    return Standing(
        wins, losses, ties, verdict, _more(wins, losses, limit, log(1 / alarm)) if verdict is Verdict.OPEN else 0
    )


def mean_interval(
    values: npt.NDArray[np.float64], alarm: float = FALSE_ALARM, span: float = 1.0
) -> tuple[float, float]:
    """An interval of the mean difference that holds at all times at once.

    Args:
        values: a difference for each query, from -span to span, shape (q,).
        alarm: how often at most the true mean is ever outside.
        span: the largest possible difference.

    Returns:
        Lower and upper end, to 1 % of the span.
    """
    unit = (np.asarray(values, np.float64) / span + 1) / 2
    means = np.linspace(0, 1, _GRID)
    with np.errstate(divide="ignore"):
        above = _capital(unit, means, 1 / np.maximum(means, 1e-9), +1)
        below = _capital(unit, means, 1 / np.maximum(1 - means, 1e-9), -1)
    kept = means[np.maximum(above, below) - log(2) < log(1 / alarm)]  # each side starts with half of the capital
    if not len(kept):
        middle = float(unit.mean())
        return (2 * middle - 1) * span, (2 * middle - 1) * span
    return float(2 * kept[0] - 1) * span, float(2 * kept[-1] - 1) * span


def _capital(
    unit: npt.NDArray[np.float64], means: npt.NDArray[np.float64], most: npt.NDArray[np.float64], sign: int
) -> npt.NDArray[np.float64]:
    """Logarithm of the largest capital that the mean of the bets ever had, for each mean, shape (means,)."""
    total = np.zeros((len(_BETS), len(means)))
    peak = np.zeros(len(means))
    for value in unit:
        total += np.log1p(np.maximum(sign * _BETS[:, None] * most * (value - means), -1 + 1e-12))
        highest = total.max(axis=0)
        peak = np.maximum(peak, highest + np.log(np.exp(total - highest).mean(axis=0)))
    return peak


@cache
def decisive(alarm: float) -> float:
    """The lowest capital, as a logarithm, that equal models reach with probability ``alarm`` at most, see above."""
    capitals = sorted(
        {
            _evidence_of_difference(wins, decided - wins)
            for decided in range(1, MOST_QUERIES + 1)
            for wins in range(decided // 2, decided + 1)
        }
    )
    return capitals[bisect_left(capitals, True, key=lambda limit: false_alarms(limit) <= alarm)]


def false_alarms(limit: float) -> float:
    """How likely equal models reach a capital (as a logarithm) within 40 decided queries: exact, over all orders."""
    playing, stopped = np.ones(1), 0.0  # probability of each number of wins
    for decided in range(1, MOST_QUERIES + 1):
        playing = np.convolve(playing, [0.5, 0.5])
        decides = [_evidence_of_difference(wins, decided - wins) >= limit for wins in range(decided + 1)]
        stopped += float(playing[decides].sum())
        playing[decides] = 0
    return stopped


def _evidence_of_difference(wins: int, losses: int) -> float:
    """Logarithm of the capital of the bets against a coin."""
    won, lost = log(_BET / 0.5), log((1 - _BET) / 0.5)
    return float(np.logaddexp(wins * won + losses * lost, losses * won + wins * lost)) - log(2)


def _evidence_of_none(wins: int, losses: int) -> float:
    """Logarithm of the capital of the bets against 65 % and against 35 %: the smaller one, both must be refuted."""
    none = (wins + losses) * log(0.5)
    best = wins * log(WORTH_HAVING) + losses * log(1 - WORTH_HAVING)
    worst = losses * log(WORTH_HAVING) + wins * log(1 - WORTH_HAVING)
    return none - max(best, worst)


def _more(wins: int, losses: int, limit: float, limit_of_none: float) -> int:
    """Decided queries until one of the limits is reached, with the share of wins as until now, slightly shrunk."""
    decided = wins + losses
    share = (max(wins, losses) + 1) / (decided + 2)
    for extra in range(1, MOST_QUERIES - decided):
        won = max(wins, losses) + round(extra * share)
        lost = decided + extra - won
        if _evidence_of_difference(won, lost) >= limit or _evidence_of_none(won, lost) >= limit_of_none:
            return extra
    return MOST_QUERIES - decided
