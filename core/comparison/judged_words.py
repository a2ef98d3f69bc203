"""What judgements say, in sentences: how far a session is, who is better, and whether labels say otherwise."""

from __future__ import annotations

import math

from core.comparison.judging import JudgedResult, PairResult
from core.comparison.label_figures import LabelComparison
from core.metrics.sequential import Verdict
from core.text import count

_ESTIMATED_FROM = 10  # decided questions: fewer say nothing of how many more there will be


def standing_words(found: JudgedResult, *, hidden: bool) -> list[str]:
    """How far the judging is: ``7 judged: 3 won by one, 1 by the other, 3 ties; about 9 more``.

    Args:
        found: of the judgements.
        hidden: do not name the vec types.

    Returns:
        From the longest to the shortest, for lines of every width.
    """
    if not found.questions:
        none = "nothing judged yet"
        return [f"{none}; a clear difference takes 10 to 25 questions", f"{none}; it takes 10 to 25 questions", none]
    more = shorter_more = ""
    if not found.decided:
        few = min(pair.standing.wins + pair.standing.losses for pair in found.pairs) < _ESTIMATED_FROM
        more = "; a clear lead takes 10 to 25" if few else f"; about {count(found.more)} more"
        shorter_more = "; it takes 10 to 25" if few else more
    judged = f"{count(found.questions)} judged"  # short: all of it has to fit 80 columns
    if len(found.pairs) > 1:
        sure = sum(pair.standing.verdict is not Verdict.OPEN for pair in found.pairs)
        pairs = f"{judged}, {sure} of {len(found.pairs)} pairs decided"
        whole = f"{count(found.questions, 'question')} judged, {sure} of {len(found.pairs)} pairs of vec types decided"
        return [f"{whole}{more}", f"{pairs}{more}", pairs, judged]
    pair = found.pairs[0]
    first, second = ("one", "the other") if hidden else (pair.first, pair.second)
    stand, ties = pair.standing, count(pair.standing.ties, "tie")
    short = f"{judged}: {first} {stand.wins}, {second} {stand.losses}, {ties}"
    return [
        f"{judged}: {stand.wins} won by {first}, {stand.losses} by {second}, {ties}{more}",
        f"{short}{more}",
        f"{short}{shorter_more}",
        short,
        f"{judged}: {stand.wins} to {stand.losses}, {ties}",
        judged,
    ]


def pair_words(pair: PairResult) -> str:
    """One sentence about two vec types, with the figures that it rests on, without its full stop."""
    stand = pair.standing
    decided, gain = stand.wins + stand.losses, difference_words(pair)
    if stand.verdict is Verdict.OPEN:
        more = f"about {count(stand.more, 'more decided question')} would say which is better"
        won = f"{pair.first} won {stand.wins}, {pair.second} {stand.losses}, {count(stand.ties, 'tie')}"
        return f"{pair.first} or {pair.second} is open: {won}; {more}"
    if stand.verdict is Verdict.NO_DIFFERENCE:
        won = f"{stand.wins} and {stand.losses} of {count(decided, 'decided question')}"
        return f"no difference worth having is left between {pair.first} and {pair.second}: they won {won}; {gain}"
    won = f"{stand.wins} of {count(decided, 'decided question')}"
    return f"{pair.first} finds better than {pair.second}: it won {won}; {gain}"


def difference_words(pair: PairResult) -> str:
    """The difference of precision at ten: ``+0.18 of the first ten, 0.05 to 0.31``."""
    if math.isnan(pair.difference):
        return "nothing judged yet"
    return f"{pair.difference:+.2f} of the first ten, {max(pair.low, -1):.2f} to {min(pair.high, 1):.2f}"


def verdict_words(found: JudgedResult) -> str:
    """All pairs in one line, those that are decided first, with a full stop."""
    ordered = sorted(found.pairs, key=lambda pair: pair.standing.verdict is Verdict.OPEN)
    return "; ".join(map(pair_words, ordered)) + "."


def best_by_judgements(found: JudgedResult) -> str:
    """The vec type that is better than each other; empty if none is."""
    for name in found.names:
        beaten = [p for p in found.pairs if p.first == name and p.standing.verdict is Verdict.FIRST]
        if len(beaten) == len(found.names) - 1:
            return name
    return ""


def advice_by_judgements(found: JudgedResult) -> str:
    """What to use by the judgements alone, without a full stop; empty if no question is judged."""
    if not found.questions:
        return ""
    best = best_by_judgements(found)
    if best and len(found.pairs) > 1:
        others = [pair.second for pair in found.pairs if pair.first == best]
        return f"by your judgements of {count(found.questions, 'question')} {best} finds better than {_and(others)}"
    if len(found.pairs) == 1:
        return f"by your judgements {pair_words(found.pairs[0])}"
    beaten = {pair.second for pair in found.pairs if pair.standing.verdict is Verdict.FIRST}
    left = [name for name in found.names if name not in beaten]
    among = _and(left or list(found.names))
    if not found.decided:
        return f"by your judgements it is open which of {among} finds better; judge about {count(found.more)} more"
    return f"by your judgements no difference worth having is left between {among}"


def beside_labels(found: JudgedResult, labels: LabelComparison) -> str:
    """Whether judgements say the same as labels, without a full stop; empty if they say nothing yet."""
    if not found.questions:
        return ""
    best = labels.best.vec_type
    order = {one.vec_type: one for one in labels.figures}
    against = [
        pair
        for pair in found.pairs
        if pair.standing.verdict is Verdict.FIRST and pair.second == best and order[pair.first].is_worse
    ]
    if against:
        return f"your judgements disagree: {pair_words(against[0])}"
    if best_by_judgements(found) == best:
        return "your judgements agree" if len(labels.tied_with_best) == 1 else f"your judgements prefer {best}"
    tied = [one.vec_type for one in labels.tied_with_best]
    preferred = next(
        (p for p in found.pairs if p.standing.verdict is Verdict.FIRST and {p.first, p.second} <= set(tied)), None
    )
    if preferred:
        return f"your judgements see a difference: {pair_words(preferred)}"
    sure = [p for p in found.pairs if p.standing.verdict is Verdict.NO_DIFFERENCE and best in (p.first, p.second)]
    unseen = next((p for p in sure if order[p.second if p.first == best else p.first].is_worse), None)
    if unseen:
        return f"your judgements do not see it: {pair_words(unseen)}"
    return ""


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
