"""The distribution of all scores of a query as bars, with the cut in it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.style import Style
from rich.text import Text

from core.actions.answer import Distribution
from core.text import count

_BARS = " ▁▂▃▄▅▆▇█"
_STEPS = len(_BARS) - 1  # of a bar in one line


def histogram(distribution: Distribution, cut: float, width: int, height: int = 1, accent: str | Style = "") -> Text:
    """``height`` lines of ``width`` cells: bars of logarithmic height, dim below the cut, which is a stroke.

    Logarithmic, because the few pictures that stand out would not be seen beside the many that do not.

    Args:
        distribution: of the scores.
        cut: where the stroke stands.
        width: cells.
        height: lines.
        accent: of the stroke and of the bars from it on; they are bold too.
    """
    bars = max(1, width - 1)
    counts = _rebinned(distribution.counts, bars)
    highest = math.log1p(max(counts))
    span = distribution.high - distribution.low
    at = max(0, min(bars, round((cut - distribution.low) / span * bars) if span > 0 else 0))
    steps = [_steps(number, highest, height) for number in counts]
    bold = Style(bold=True) + (accent if isinstance(accent, Style) else Style.parse(accent))
    lines = []
    for line in reversed(range(height)):
        shown = "".join(_BARS[max(0, min(_STEPS, number - line * _STEPS))] for number in steps)
        lines.append(Text.assemble((shown[:at], "dim"), ("│", bold), (shown[at:], bold)))
    return Text("\n").join(lines)


def cut_in_words(distribution: Distribution, cut: float, above: int, *, more: bool, far: bool, accent: Style) -> Text:
    """What the cut means: how many pictures stand out, from which score on, and how far that is from the median.

    Args:
        distribution: of the scores.
        cut: the lowest score of those.
        above: number of the listed pictures that reach it.
        more: whether pictures that are not listed may reach it too.
        far: whether to say how far.
        accent: of the words.
    """
    stand = "stands" if above == 1 and not more else "stand"
    words = Text(f"{count(above)}{'+' if more else ''} {stand} out, score ≥ {cut:.2f}", accent + Style(bold=True))
    spreads = distribution.z_score(cut)
    side = "above" if spreads >= 0 else "below"
    return Text.assemble(words, f", {abs(spreads):.1f} σ {side} the median" if far else "")


def between(bars: Text, low: str, high: str) -> Text:
    """The lines of a histogram with the scores of its ends beside the last one."""
    *upper, last = bars.split("\n")
    lines = [Text(" " * (len(low) + 1)).append_text(line).append(" " * (len(high) + 1)) for line in upper]
    lines.append(Text.assemble(f"{low} ", last, f" {high}"))
    return Text("\n").join(lines)


def beside(bars: Text, words: Sequence[Text]) -> Text:
    """The lines of a histogram with words at the right of its last lines."""
    lines = [Text(" ").append_text(bar) for bar in bars.split("\n")]
    for line, said in zip(lines[-len(words) :], words, strict=True):
        line.append("  ").append_text(said)
    return Text("\n").join(lines)


def _rebinned(counts: tuple[int, ...], bars: int) -> list[int]:
    """As many bins as there is room for; each count goes whole into the one it begins in."""
    bins = [0] * bars
    for number, pictures in enumerate(counts):
        bins[number * bars // len(counts)] += pictures
    return bins


def _steps(pictures: int, highest: float, height: int) -> int:
    """Height of a bar in eighths of a line; at least one where there is a picture."""
    if not pictures:
        return 0
    return 1 + int(math.log1p(pictures) / highest * (height * _STEPS - 1) + 0.5)
