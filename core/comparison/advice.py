"""One sentence from the figures: which vectors to use, how sure that is, and what speaks for another."""

from __future__ import annotations

from core.comparison.comparison import Comparison
from core.comparison.judged_words import advice_by_judgements, beside_labels, best_by_judgements
from core.comparison.label_figures import LabelComparison
from core.comparison.label_origins import LabelOrigins
from core.comparison.text_recall import PLACES, TextComparison
from core.text import count, printable

_NOTABLY_FASTER = 1.5
_SAME = 0.9  # share of common neighbours, beyond chance, from which choosing hardly matters


def advice(comparison: Comparison) -> str:
    """What to use, from the figures alone.

    For example: ``dinov2 finds your tags best (MAP@R 0.71, +0.09 over clip: sure); clip is 4 times as fast; for text
    clip.``
    """
    parts = [_by_labels(comparison.by_labels) if comparison.by_labels else _without_labels(comparison)]
    judged = comparison.by_judgements
    used = best_by_judgements(judged) if judged else ""
    if comparison.by_labels:
        used = comparison.by_labels.best.vec_type
        parts += comparison.by_labels.labelling.caveats
        parts.append(_faster(comparison, used) if comparison.by_labels.beats_chance else "")
        parts.append(beside_labels(judged, comparison.by_labels) if judged else "")
    parts.append(_for_text(comparison, used))
    return "; ".join(filter(None, parts)) + "."


def _by_labels(found: LabelComparison) -> str:
    best, others = found.best, found.figures[1:]
    value = f"MAP@R {best.average_precision.value:.2f}"
    what = _what(found.labelling.source)
    if not found.beats_chance:
        who = "no vec type is shown" if others else f"{best.vec_type} is not shown"
        figures = _beside_chance("MAP@R", best.average_precision.value, found.average_by_chance)
        return f"{who} to find your {what} better than chance ({figures})"
    if not others:
        return f"{best.vec_type} finds your {what} with {value}"
    tied = [one.vec_type for one in found.tied_with_best]
    if len(tied) > 1:
        shown = f"as far as {count(found.queries, 'picture')} can show"
        biased = _and([name for name in tied if found.labelling.origins.favour(name)])
        but = f", but some of these {what} come from answers of {biased}" if biased else ""
        return f"{_and(tied)} find your {what} equally well, {shown} ({value}){but}"
    gain = best.average_precision.value - others[0].average_precision.value
    how_sure = _how_sure(found.labelling.origins, best.vec_type, what)
    return f"{best.vec_type} finds your {what} best ({value}, {gain:+.2f} over {others[0].vec_type}{how_sure}"


def _without_labels(comparison: Comparison) -> str:
    agreed = comparison.agreement
    if comparison.by_judgements and (judged := advice_by_judgements(comparison.by_judgements)):
        return judged
    if len(comparison.facts) < 2:
        return f"only {comparison.facts[0].name} was measured"
    share, (one, other) = min((float(shares.mean()), pair) for pair, shares in agreed.changed.items())
    if agreed.by_chance >= 1:
        return f"{count(len(agreed.keys), 'picture')} are too few to say whether choosing matters"
    by_chance = f" ({agreed.chance_note})" if agreed.chance_note else ""
    if agreed.beyond_chance(share) >= _SAME:
        return f"these vec types agree on {share:.0%} of the neighbours{by_chance}: choosing hardly matters here"
    return (
        f"{one} and {other} have {share:.0%} of their neighbours in common{by_chance}, so choosing matters; "
        "which is better, only labels or judgements can say"
    )


def _faster(comparison: Comparison, used: str) -> str:
    """Which one is notably faster than the one used, by speeds of one job: at another time the machine was as busy as
    it was."""
    own = next(one for one in comparison.facts if one.name == used)
    if comparison.by_labels is None or not own.rate or not own.measured_by:
        return ""
    fastest = max((one for one in comparison.facts if one.measured_by == own.measured_by), key=lambda one: one.rate)
    times = fastest.rate / own.rate
    if fastest.name == used or times < _NOTABLY_FASTER:
        return ""
    return f"{fastest.name} is {times:.1f} times as fast"


def _for_text(comparison: Comparison, used: str) -> str:
    if comparison.by_texts and comparison.by_texts.figures:
        return _by_texts(comparison.by_texts)
    readers = [one for one in comparison.facts if one.text]
    if not readers or len(readers) == len(comparison.facts) or any(one.name == used for one in readers):
        return ""
    names = [one.name for one in readers]
    if len(names) == 1:
        return f"for text {names[0]}"
    return f"for text {_or(names)}: --texts measures which finds more"


def _by_texts(found: TextComparison) -> str:
    best, others = found.figures[0], found.figures[1:]
    value = f"recall at {PLACES[-1]} {best.recall[-1].value:.2f}"
    source = printable(found.known.source)
    if not found.texts:
        return f"the texts from {source} say nothing to a model that reads text"
    if not found.beats_chance:
        figures = _beside_chance(f"recall at {PLACES[-1]}", best.recall[-1].value, found.by_chance[-1])
        return f"no model is shown to find pictures by their {source} better than chance ({figures})"
    if not others:
        return f"for text {best.vec_type} ({value})"
    tied = [one.vec_type for one in found.figures if not one.is_worse]
    if len(tied) > 1:
        shown = f"as far as {count(found.texts, 'text')} can show"
        return f"for text {_and(tied)} find pictures by their {source} equally well, {shown} ({value})"
    gain = best.recall[-1].value - others[0].recall[-1].value
    how_sure = _how_sure(found.known.origins, best.vec_type, source)
    against = f"{value}, {gain:+.2f} over {others[0].vec_type}{how_sure}"
    return f"for text {best.vec_type} finds pictures by their {source} best ({against}"


def _beside_chance(measure: str, value: float, by_chance: float) -> str:
    return f"{measure} {value:.3f}, by chance {by_chance:.3f}"


def _how_sure(origins: LabelOrigins, best: str, source: str) -> str:
    """The end of a parenthesis on a tested difference: sure, unless the labels come from the winner's own answers."""
    if not origins.favour(best):
        return ": sure)"
    return f"), but some of these {source} come from its own answers: judge (--judge) to be sure"


def _what(source: str) -> str:
    return source if source in ("tags", "groups", "folders") else f"values of {printable(source)}"


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _or(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
