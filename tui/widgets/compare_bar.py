"""A figure and its interval as a bar in terminal cells, readable without colour."""

from __future__ import annotations

from core.metrics.macro import Estimate

_SURE, _INTERVAL, _VALUE, _EMPTY = "█", "▒", "┃", "·"


def interval_bar(figure: Estimate, whole: float, width: int) -> str:
    """A bar from 0 to ``whole``: solid to the lower end of the interval, shaded to the upper one, a line at the value.

    Args:
        figure: what is shown.
        whole: what the full width stands for.
        width: cells.
    """
    if width <= 0:
        return ""
    if whole <= 0:
        return _EMPTY * width

    def cell(value: float) -> int:
        return max(0, min(width, round(value / whole * width)))

    low, high = cell(figure.low), cell(figure.high)
    at = max(0, min(width - 1, int(figure.value / whole * width)))
    bar = [_SURE] * low + [_INTERVAL] * (high - low) + [_EMPTY] * (width - high)
    bar[at] = _VALUE
    return "".join(bar)
