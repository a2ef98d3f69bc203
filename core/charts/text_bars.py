"""Bars made of characters.

Our own, since a bar is a dozen lines: libraries that draw charts in terminals draw on a canvas of a fixed size, with
colours and an axis of their own, and measure labels in characters, not in cells.
"""

from __future__ import annotations

_EIGHTHS = " ▏▎▍▌▋▊▉"


def text_bar(share: float, width: int, *, ascii_only: bool = False) -> str:
    """A bar of blocks, exact to an eighth of a cell; what is more than nothing shows.

    Args:
        share: length, from 0 to 1.
        width: cells of a bar of length 1.
        ascii_only: for outputs without block characters; then exact to a cell.
    """
    if share <= 0:
        return ""
    if ascii_only:
        return "#" * max(1, round(share * width))
    eighths = max(1, round(share * width * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def interval_bar(low: float, value: float, high: float, end: float, width: int, *, ascii_only: bool = False) -> str:
    """A line from 0 to a figure, with its interval: ``━━━━━├──●──┤``. Exact to a cell.

    Args:
        low: lower end of the interval.
        value: the figure.
        high: upper end of the interval.
        end: value at the right end of the scale, above 0.
        width: cells of the scale, at least 4.
        ascii_only: for outputs without these characters.
    """
    line, left, dot, right, between = "=[o]-" if ascii_only else "━├●┤─"
    first, middle, last = (min(max(round(one / end * (width - 1)), 0), width - 1) for one in (low, value, high))
    cells = [line] * first + [between] * (last - first + 1)
    cells[first], cells[last] = left, right
    cells[middle] = dot
    return "".join(cells)
