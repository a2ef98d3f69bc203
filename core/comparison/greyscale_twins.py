"""Vec types with and without colour: was colour the criterion?"""

from __future__ import annotations

import math

from core.comparison.comparison import Comparison
from core.comparison.label_figures import LabelFigures
from core.vectors.vec_type import VecType

_HARDLY = 0.8  # share of common neighbours, beyond chance, from which colour hardly changes who is near whom


def greyscale_twins(comparison: Comparison) -> list[tuple[str, str]]:
    """Names of the vec types that were compared in colour and in greyscale, each with its greyscale twin."""
    names = [one.name for one in comparison.facts]
    twins = []
    for name in names:
        vec_type = VecType.parse(name)
        twin = VecType(vec_type.model, greyscale=True).name
        if not vec_type.greyscale and twin in names:
            twins.append((name, twin))
    return twins


def twin_sentences(comparison: Comparison) -> list[str]:
    """What the twins say about colour, a sentence or two for each pair."""
    return [_sentence(comparison, *pair) for pair in greyscale_twins(comparison)]


def _sentence(comparison: Comparison, colour: str, grey: str) -> str:
    agreed = comparison.agreement
    share = agreed.share(colour, grey)
    by_chance = f" ({agreed.chance_note})" if agreed.chance_note else ""
    meant = _meaning(agreed.beyond_chance(share))
    text = f"Without colour ({grey}), {colour} keeps {share:.0%} of its neighbours{by_chance}: {meant}"
    if comparison.by_labels is None:
        return f"{text}."
    figures = {one.vec_type: one for one in comparison.by_labels.figures}
    with_colour, without = figures[colour], figures[grey]
    values = f"{with_colour.average_precision.value:.2f} with colour, {without.average_precision.value:.2f} without"
    return f"{text}. MAP@R is {values}{_how_sure(with_colour, without)}."


def _meaning(beyond_chance: float) -> str:
    if math.isnan(beyond_chance):
        return "of so few pictures all are neighbours"
    hardly = beyond_chance >= _HARDLY
    return "colour hardly matters to this model here" if hardly else "colour decides much of what is alike"


def _how_sure(one: LabelFigures, other: LabelFigures) -> str:
    """Only against the best of all was it tested."""
    if one.against_best is not None and other.against_best is not None:
        return ""
    worse = other if one.against_best is None else one
    return ": sure" if worse.is_worse else ": no difference that these pictures can show"
