"""How all scores of a query lie, in one line of text, with the cut in it."""

from __future__ import annotations

import math

from rich.text import Text

from core.actions.answer import Distribution

_BARS = "▁▂▃▄▅▆▇█"


def histogram(distribution: Distribution, cut: float, width: int) -> Text:
    """A line of ``width`` cells: bars of logarithmic height, those from the cut on in bold, the cut as a stroke.

    Logarithmic, because the few pictures that stand out would not be seen beside the many that do not.
    """
    bars = max(1, width - 1)
    counts = _rebinned(distribution.counts, bars)
    highest = math.log1p(max(counts))
    span = distribution.high - distribution.low
    place = round((cut - distribution.low) / span * bars) if span > 0 else 0
    place = max(0, min(bars, place))
    shown = "".join(_bar(number, highest) for number in counts)
    return Text.assemble((shown[:place], "dim"), ("│", "bold"), (shown[place:], "bold"))


def _rebinned(counts: tuple[int, ...], bars: int) -> list[int]:
    """As many bins as there is room for; each count goes whole into the one it begins in."""
    found = [0] * bars
    for number, count in enumerate(counts):
        found[number * bars // len(counts)] += count
    return found


def _bar(count: int, highest: float) -> str:
    if not count:
        return " "
    return _BARS[min(len(_BARS) - 1, int(math.log1p(count) / highest * (len(_BARS) - 1) + 0.5))]
