"""What ``pictoscope compare`` prints: its tables and the advice."""

from __future__ import annotations

from core.charts.text_bars import interval_bar
from core.comparison.advice import advice
from core.comparison.comparison import Comparison
from core.comparison.greyscale_twins import twin_sentences
from core.comparison.judging import JudgedResult, PairResult
from core.comparison.label_figures import LabelComparison, LabelFigures
from core.comparison.self_retrieval import SelfRetrieval
from core.comparison.text_recall import PLACES, TextComparison, TextRecall
from core.metrics.macro import Estimate
from core.metrics.sequential import Verdict
from core.text import byte_size, count, duration, printable, rate
from tui.commands.common import has_block_characters, print_table, say

_BARS = 40  # cells: beside the names they fit 80 columns


def print_found(found: Comparison) -> None:
    """Print all tables, the advice, and what was left out."""
    _print_facts(found)
    if found.by_labels:
        _print_labels(found.by_labels)
    if found.by_texts:
        _print_texts(found.by_texts)
    if found.by_alterations:
        _print_alterations(found.by_alterations)
    if found.by_judgements:
        _print_judgements(found.by_judgements)
    _print_agreement(found)
    if twins := twin_sentences(found):
        print("\n" + "\n".join(twins))
    print(f"\n{advice(found)}")
    for text in filter(None, (found.note, found.without_labels, found.without_texts)):
        say(text)
    problems = dict(found.by_texts.problems) if found.by_texts else {}
    problems |= found.by_alterations.problems if found.by_alterations else {}
    for name, problem in problems.items():
        say(f"{name} was left out: {problem}")


def _print_facts(found: Comparison) -> None:
    rows = [("vec type", "dim", "text", "pictures", "size", "pictures/s here", "time to create")]
    rows += [
        (
            one.name,
            str(one.dim),
            "yes" if one.text else "–",
            one.coverage,
            byte_size(one.size),
            rate(one.rate) if one.rate else "–",
            duration(one.seconds) if one.seconds else "–",
        )
        for one in found.facts
    ]
    print_table(rows, right=(1, 3, 4, 5, 6))


def _print_labels(found: LabelComparison) -> None:
    labelling = found.labelling
    left_out = f", {count(labelling.left_out)} with fewer than five pictures left out" if labelling.left_out else ""
    copies = f", {found.copies_words}" if found.copies_words else ""
    asked = "" if found.queries == found.labelled else f" {count(found.queries)} of"
    print(
        f"\nAgainst {printable(labelling.source)}: {count(len(labelling.names), 'label')}{left_out};{asked} "
        f"{count(found.labelled, 'labelled picture')}{copies}"
    )
    rows = [("vec type", "10 nearest vote right", "MAP@R", "precision at 10", "against the best")]
    rows += [
        (one.vec_type, _shown(one.vote), _shown(one.average_precision), _shown(one.precision), _against(one))
        for one in found.figures
    ]
    vote, average, precision = found.vote_by_chance, found.average_by_chance, found.precision_by_chance
    rows.append(("by chance", f"{vote:.3f}", f"{average:.3f}", f"{precision:.3f}", ""))
    print_table(rows)
    _print_bars(found)
    for warning in labelling.warnings:
        say(warning)


def _print_bars(found: LabelComparison) -> None:
    """MAP@R of each vec type with its interval."""
    end = max((one.average_precision.high for one in found.figures), default=0.0)
    if not end > 0:
        return
    print(f"\nMAP@R from 0 to {end:.3f}, with its 95 % interval")
    rows = [
        (
            one.vec_type,
            interval_bar(
                one.average_precision.low,
                one.average_precision.value,
                one.average_precision.high,
                end,
                _BARS,
                ascii_only=not has_block_characters(),
            ),
        )
        for one in found.figures
    ]
    print_table(rows)


def _print_texts(found: TextComparison) -> None:
    left_out = f"; {count(found.left_out)} that say nothing to a model left out" if found.left_out else ""
    print(f"\n{found.known.words}{left_out}: share that find one of their pictures among the first")
    rows = [("vec type", *map(str, PLACES), "against the best")]
    rows += [(one.vec_type, *map(_shown, one.recall), _against(one)) for one in found.figures]
    rows.append(("by chance", *(f"{one:.3f}" for one in found.by_chance), ""))
    print_table(rows)


def _print_alterations(found: SelfRetrieval) -> None:
    print(f"\n{count(found.pictures, 'altered picture')}: share that find their original first (copies, not likeness)")
    rows = [("vec type", *found.alterations)]
    rows += [(name, *(f"{one.value:.0%}" for one in shares)) for name, shares in found.shares.items()]
    print_table(rows, right=range(1, len(rows[0])))


def _print_judgements(found: JudgedResult) -> None:
    if not found.questions:
        say("no judged question says which of these is better: add --judge to judge some")
        return
    by = f" by {', '.join(map(printable, found.persons))}"
    print(f"\nJudged{by}: {count(found.questions, 'question')}, {count(found.judgements, 'picture')}")
    rows = [("better", "than", "won", "lost", "ties", "difference of precision at 10", "verdict")]
    rows += [
        (
            pair.first,
            pair.second,
            str(pair.standing.wins),
            str(pair.standing.losses),
            str(pair.standing.ties),
            f"{pair.difference:+.2f} ({max(pair.low, -1):.2f} to {min(pair.high, 1):.2f})",
            _verdict(pair),
        )
        for pair in found.pairs
    ]
    print_table(rows, right=(2, 3, 4))
    scores = [("vec type", "nDCG at 10", "precision at 10 (what was not judged leaves it open)")]
    scores += [
        (name, f"{ndcg.low:.2f} to {ndcg.high:.2f}", f"{precision.low:.2f} to {precision.high:.2f}")
        for name, ndcg, precision in zip(found.names, found.ndcg, found.precision, strict=True)
    ]
    print_table(scores)


def _verdict(pair: PairResult) -> str:
    if pair.standing.verdict is Verdict.OPEN:
        return f"open: about {count(pair.standing.more, 'more decided question')}"
    return "sure" if pair.standing.verdict is Verdict.FIRST else "no difference worth having"


def _print_agreement(found: Comparison) -> None:
    agreed = found.agreement
    by_chance = f", {agreed.chance_note}" if agreed.chance_note else ""
    print(f"\nTen nearest of {count(len(agreed.keys), 'picture')}: share in common{by_chance}")
    rows = [("", *agreed.names, "in nobody's first ten")]
    rows += [
        (
            name,
            *(f"{share:.0%}" if other != name else "–" for other, share in zip(agreed.names, shares, strict=True)),
            f"{hub.orphans:.0%}",
        )
        for name, shares, hub in zip(agreed.names, agreed.shares, agreed.hubs, strict=True)
    ]
    print_table(rows, right=range(1, len(rows[0])))


def _shown(one: Estimate) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def _against(one: LabelFigures | TextRecall) -> str:
    if one.against_best is None:
        return "the best"
    if not one.is_worse:
        what = "texts" if isinstance(one, TextRecall) else "pictures"
        return f"no difference that these {what} can show (p = {one.against_best.p:.2f})"
    p = one.against_best.p
    return f"{one.against_best.value:+.3f} ({'p < 0.001' if p < 0.001 else f'p = {p:.3f}'})"
