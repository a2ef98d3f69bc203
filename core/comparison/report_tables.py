"""The tables of a report: figures as bars with their intervals, costs, agreement. All as HTML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from core.comparison.agreement import Agreement
from core.comparison.comparison import VecTypeFacts
from core.comparison.judged_words import difference_words
from core.comparison.judging import JudgedResult
from core.comparison.label_figures import LabelComparison, LabelFigures
from core.comparison.self_retrieval import SelfRetrieval
from core.comparison.text_recall import PLACES, TextComparison, TextRecall
from core.export.page import escaped
from core.metrics.macro import Estimate
from core.metrics.sequential import Verdict
from core.text import byte_size, count, duration, rate

_VERDICTS = {
    Verdict.OPEN: "open",
    Verdict.FIRST: "the first finds better: sure",
    Verdict.SECOND: "the other finds better: sure",
    Verdict.NO_DIFFERENCE: "no difference worth having",
}
_WIDTH, _HEIGHT = 200, 16  # of a bar, in pixels
_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0)  # ends of the scale of a column


def facts_table(facts: Sequence[VecTypeFacts]) -> str:
    """What each vec type costs."""
    rows = [
        _row(
            _head(one.name),
            _number(str(one.dim)),
            _cell("yes" if one.text else "no"),
            _number(one.coverage),
            _number(byte_size(one.size)),
            _number(rate(one.rate) if one.rate else "not measured"),
            _number(duration(one.seconds) if one.seconds else "–"),
        )
        for one in facts
    ]
    heads = ("vec type", "dim", "reads text", "pictures", "size", "pictures/s here", "time to create")
    return _table(
        "Dimension, size on disk, and speed where it was measured on this machine", heads, rows, right=(1, 3, 4, 5, 6)
    )


def labels_table(found: LabelComparison) -> str:
    """Figures against the labels, the best vec type first."""
    columns: list[tuple[str, list[Estimate], float]] = [
        ("10 nearest vote right", [one.vote for one in found.figures], found.vote_by_chance),
        ("MAP@R", [one.average_precision for one in found.figures], found.average_by_chance),
        ("precision at 10", [one.precision for one in found.figures], found.precision_by_chance),
    ]
    chances = (found.vote_by_chance, found.average_by_chance, found.precision_by_chance)
    end = _end([*(one.high for _, values, _ in columns for one in values), *chances])
    rows = []
    for place, one in enumerate(found.figures):
        cells = [
            f"<td>{_bar(values[place], end, chance)}{_figure(values[place])}</td>" for _, values, chance in columns
        ]
        best = "" if one.is_worse else ' class="best"'
        rows.append(f"<tr{best}>{_head(one.vec_type)}{''.join(cells)}{_cell(_against(one))}</tr>")
    rows.append(_row(_head("by chance"), *(_cell(f"{chance:.3f}") for chance in chances), _cell("")))
    caption = f"Bars run from 0 to {end:g}. Green: the best, and what cannot be told from it"
    return _table(caption, ("vec type", *(title for title, _, _ in columns), "against the best"), rows)


def texts_table(found: TextComparison) -> str:
    """Recall of tags or captions."""
    rows = []
    for one in found.figures:
        cells = [
            f"<td>{_bar(value, 1.0, chance)}{_figure(value)}</td>"
            for value, chance in zip(one.recall, found.by_chance, strict=True)
        ]
        best = "" if one.is_worse else ' class="best"'
        rows.append(f"<tr{best}>{_head(one.vec_type)}{''.join(cells)}{_cell(_against(one))}</tr>")
    rows.append(_row(_head("by chance"), *(_cell(f"{chance:.3f}") for chance in found.by_chance), _cell("")))
    heads = ("vec type", *(f"among the first {place}" if place > 1 else "first" for place in PLACES))
    return _table(f"{found.known.words} (scale 0 to 1)", (*heads, "against the best"), rows)


def alterations_table(found: SelfRetrieval) -> str:
    """Share of altered pictures that find their original first."""
    rows = [_row(_head(name), *(_shade(one.value) for one in shares)) for name, shares in found.shares.items()]
    return _table(
        f"{count(found.pictures, 'altered picture')}: share that find their original first",
        ("vec type", *found.alterations),
        rows,
        right=range(1, len(found.alterations) + 1),
    )


def judgements_table(found: JudgedResult) -> str:
    """Questions won and lost by every two vec types, the better one first."""
    rows = [
        _row(
            _head(pair.first),
            _cell(pair.second),
            *(_number(str(number)) for number in (pair.standing.wins, pair.standing.losses, pair.standing.ties)),
            _cell(difference_words(pair)),
            _cell(_VERDICTS[pair.standing.verdict]),
        )
        for pair in found.pairs
    ]
    heads = ("vec type", "against", "won", "lost", "ties", "difference of precision at 10", "verdict")
    judged = f"{count(found.questions, 'question')}, {count(found.judgements, 'judged picture')}"
    return _table(f"{judged}, by {', '.join(found.persons)}", heads, rows, right=(2, 3, 4))


def agreement_table(found: Agreement) -> str:
    """The matrix of common neighbours, and hubs."""
    rows = []
    for name, shares, hub in zip(found.names, found.shares.tolist(), found.hubs, strict=True):
        cells = [
            '<td class="n">–</td>' if other == name else _shade(share)
            for other, share in zip(found.names, shares, strict=True)
        ]
        rows.append(_row(_head(name), *cells, _number(f"{hub.orphans:.0%}")))
    heads = ("", *found.names, "in nobody’s first ten")
    caption = f"Ten nearest of {count(len(found.keys), 'picture')}: share in common"
    caption += f" ({found.chance_note})" if found.chance_note else ""
    return _table(caption, heads, rows, right=range(1, len(heads)))


def _bar(one: Estimate, end: float, chance: float) -> str:
    """A bar from 0 to ``end`` with the interval as a line; its figures stand beside it as text."""
    if math.isnan(one.value):
        return ""
    low, high, value = (_to_scale(number, end) for number in (one.low, one.high, one.value))
    middle = _HEIGHT / 2
    parts = [
        f'<rect class="track" width="{_WIDTH}" height="{_HEIGHT}"/>',
        f'<rect class="bar" width="{value}" height="{_HEIGHT}"/>',
        f'<path class="range" fill="none" d="M{low} {middle}H{high}M{low} 4V{_HEIGHT - 4}M{high} 4V{_HEIGHT - 4}"/>',
    ]
    if not math.isnan(chance):
        line = f'd="M{_to_scale(chance, end)} 0V{_HEIGHT}"'
        parts.append(f'<path class="edge" {line}/><path class="chance" {line}/>')
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    return f'<svg {size} aria-hidden="true">{"".join(parts)}</svg>'


def _to_scale(number: float, end: float) -> float:
    return round(min(max(number / end, 0.0), 1.0) * _WIDTH, 1)


def _end(values: Iterable[float]) -> float:
    """The end of a scale that all values fit on."""
    most = max((one for one in values if not math.isnan(one)), default=1.0)
    return next((step for step in _STEPS if step >= most), 1.0)


def _figure(one: Estimate) -> str:
    if math.isnan(one.value):
        return "–"
    return f'<span class="figure">{one.value:.3f} <small>({one.low:.3f} to {one.high:.3f})</small></span>'


def _against(one: LabelFigures | TextRecall) -> str:
    comparison = one.against_best
    if comparison is None:
        return "the best"
    if not one.is_worse:
        what = "texts" if isinstance(one, TextRecall) else "pictures"
        return f"no difference that these {what} can show (p = {comparison.p:.2f})"
    p = "p < 0.001" if comparison.p < 0.001 else f"p = {comparison.p:.3f}"
    return f"{comparison.value:+.3f} ({comparison.low:+.3f} to {comparison.high:+.3f}, {p})"


def _shade(share: float) -> str:
    """A share as text, with a bar behind it: the ink stays readable on it."""
    if math.isnan(share):
        return _number("–")
    style = f"background:linear-gradient(90deg,var(--soft) {share:.0%},transparent {share:.0%})"
    return f'<td class="n" style="{style}">{share:.0%}</td>'


def _table(caption: str, heads: Sequence[str], rows: Sequence[str], right: Iterable[int] = ()) -> str:
    """``rows`` are HTML, the other texts are not."""
    numbers = set(right)
    cells = "".join(
        f'<th scope="col"{" class=n" if place in numbers else ""}>{escaped(head)}</th>'
        for place, head in enumerate(heads)
    )
    return (
        f'<div class="wide"><table><caption>{escaped(caption)}</caption><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def _row(*cells: str) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _head(text: str) -> str:
    return f'<th scope="row">{escaped(text)}</th>'


def _cell(text: str) -> str:
    return f"<td>{escaped(text)}</td>"


def _number(text: str) -> str:
    return f'<td class="n">{escaped(text)}</td>'
