"""What Compare says in words: a vec type in full, what was left out, who agrees with whom."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from core.comparison.comparison import FOLDERS_BY_NAME, NO_LABELS, Comparison
from core.comparison.greyscale_twins import twin_sentences
from core.comparison.judged_words import verdict_words
from core.comparison.label_figures import LabelComparison
from core.comparison.text_recall import PLACES, TextComparison
from core.key_hints import with_keys
from core.metrics.macro import Estimate
from core.text import byte_size, count, duration, printable, rate
from core.vectors.vec_types import VecTypeStatus
from tui.widgets.cells import fit

_IN_KEYS = {
    NO_LABELS: "no labels to measure against: tag pictures, or judge ({compare.judge})",
    FOLDERS_BY_NAME: (
        "no labels to measure against: tag pictures, judge ({compare.judge}), or compare by folders ({compare.choose})"
    ),
}
# What the columns are, in a few words: the help of the screen says it in full.
_FIGURES = (
    "MAP@R: the share of the R nearest pictures that have the same label, where R others have it; the nearest count "
    "most. Vote: pictures whose ten nearest vote for one of their labels. Precision: the share of the ten nearest."
)


def in_full(found: Comparison, name: str) -> list[str]:
    """Everything that is known of a vec type, in parts that may stand on one line."""
    facts = next(one for one in found.facts if one.name == name)
    parts = [
        f"{facts.dim:,} dim",
        byte_size(facts.size),
        f"{facts.coverage} pictures",
        f"{rate(facts.rate)} here, {duration(facts.seconds)} for all" if facts.rate else "speed not measured here",
        "reads text" if facts.text else "reads no text",
    ]
    if found.by_labels:
        one = next(one for one in found.by_labels.figures if one.vec_type == name)
        parts += [
            f"MAP@R {_with_interval(one.average_precision)}",
            f"vote {_with_interval(one.vote)}",
            f"precision {_with_interval(one.precision)}",
        ]
        if one.against_best and not one.is_worse:
            parts.append(f"no difference from the best that these pictures can show (p = {one.against_best.p:.2f})")
    if found.by_texts and (words := next((one for one in found.by_texts.figures if one.vec_type == name), None)):
        places = zip(PLACES, words.recall, strict=True)
        parts.append("texts find " + ", ".join(f"{value.value:.2f} at {place}" for place, value in places))
        if words.against_best and not words.is_worse:
            parts.append(f"no difference from the best that these texts can show (p = {words.against_best.p:.2f})")
    if found.by_alterations and name in found.by_alterations.shares:
        shares = zip(found.by_alterations.alterations, found.by_alterations.shares[name], strict=True)
        parts.append("finds " + ", ".join(f"{alteration} {share.value:.0%}" for alteration, share in shares))
    return parts


def measured(found: Comparison) -> tuple[str, str]:
    """What it was measured on, and shorter."""
    if found.by_labels is None:
        pictures = count(found.pictures, "picture")
        return f"{pictures}, no labels", pictures
    labelling = found.by_labels.labelling
    asked, labelled = found.by_labels.queries, found.by_labels.labelled
    some = f"{count(asked)} of {count(labelled, 'labelled picture')}" if asked < labelled else ""
    labels = f"{count(len(labelling.names), 'label')} ({printable(labelling.source)})"
    return f"{labels}, {some or count(labelled, 'labelled picture')}", labels


def notes(found: Comparison) -> list[str]:
    """What was left out, what may mislead, and what greyscale says; a paragraph each."""
    said = [found.note[:1].upper() + found.note[1:] if found.note else ""]
    if found.without_labels:
        said.append(with_keys(_IN_KEYS[found.without_labels]))
    if found.by_labels:
        said += [*found.by_labels.labelling.warnings, _left_out(found.by_labels), _FIGURES, _by_chance(found.by_labels)]
    if altered := found.by_alterations:
        said.append(
            f"{count(altered.pictures, 'altered picture')}: the share that finds its original first. "
            "This says who finds copies, not who finds what is alike."
        )
        said += [f"Left out of this: {name} ({problem})." for name, problem in altered.problems.items()]
    if found.without_texts:
        said.append(f"{found.without_texts}.")
    if texts := found.by_texts:
        said.append(_texts(texts))
        said += [f"Left out of this: {name} ({problem})." for name, problem in texts.problems.items()]
    if (judged := found.by_judgements) and judged.questions:
        said.append(f"Judged, {count(judged.questions, 'question')}: {verdict_words(judged)}")
    said += twin_sentences(found)
    return [text[:1].upper() + text[1:] for text in said if text]


def _texts(found: TextComparison) -> str:
    left_out = f" ({count(found.left_out)} that say nothing to a model left out)" if found.left_out else ""
    return (
        f"Text finds: share of {found.known.words}{left_out} that find one of their pictures among the first ten; "
        f"by chance {found.by_chance[-1]:.2f}."
    )


def _left_out(found: LabelComparison) -> str:
    labelling = found.labelling
    parts = (
        [f"{count(labelling.left_out, 'label')} with fewer than five pictures left out"] if labelling.left_out else []
    )
    if found.copies_words:
        parts.append(found.copies_words)
    return "; ".join(parts) + "." if parts else ""


def _by_chance(found: LabelComparison) -> str:
    return (
        f"By chance MAP@R would be {found.average_by_chance:.2f}, the vote {found.vote_by_chance:.2f} and the "
        f"precision {found.precision_by_chance:.2f}."
    )


def agreement_lines(found: Comparison, names: Sequence[str]) -> list[Text]:
    """Who agrees with whom: a table whose columns have the numbers of the lines, so that it fits any terminal."""
    agreed = found.agreement
    wide = max(cell_len(name) for name in names) + 4
    title = f"Ten nearest of {count(len(agreed.keys), 'picture')}: share in common"
    lines = [Text(f"{title}, {agreed.chance_note}" if agreed.chance_note else title, "bold")]
    heads = "".join(f"{number:>6}" for number in range(1, len(names) + 1))
    lines.append(Text(f"{'':{wide}}{heads}   in nobody's ten", "dim"))
    for number, name in enumerate(names, 1):
        shares = "".join("     –" if other == name else f"{agreed.share(name, other):>6.0%}" for other in names)
        orphans = agreed.hubs[agreed.names.index(name)].orphans
        lines.append(Text.assemble(fit(f"{number} {printable(name)}", wide), shares, f"{orphans:>18.0%}"))
    return lines


def changed_since(found: Comparison, statuses: Sequence[VecTypeStatus], *, labels: bool = False) -> str:
    """What has changed since vec types were compared, in words; empty for nothing.

    Args:
        found: the comparison.
        statuses: of the vec types that there are now.
        labels: whether tags, other labels or judgements have changed.
    """
    now = {one.vec_type.name: one for one in statuses}
    gone = [one.name for one in found.facts if one.name not in now]
    other = [one.name for one in found.facts if one.name in now and now[one.name].coverage != one.coverage]
    parts = [f"{', '.join(gone)} deleted since"] if gone else []
    parts += [f"{', '.join(other)} changed since"] if other else []
    parts += ["labels or judgements changed since"] if labels else []
    return " · ".join(parts)


def _with_interval(figure: Estimate) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
