"""Text in terminal cells: Chinese characters and emoji take two."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.cells import cell_len, set_cell_size
from rich.text import Text

_NAME = " Pictoscope  "


def fit(text: str, width: int) -> str:
    """Exactly ``width`` cells."""
    return set_cell_size(text, width)


def shorten(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells, an ellipsis in its middle: both ends of a file name carry meaning."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    tail = (width - 1) // 2
    return _head(text, width - 1 - tail) + "…" + _head(text[::-1], tail)[::-1]


def shorten_left(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells; the end of a path tells more than its beginning."""
    if cell_len(text) <= width:
        return text
    return "…"[: max(0, width)] + _head(text[::-1], width - 1)[::-1]


def shorten_right(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells; the beginning of a sentence tells more than its end."""
    if cell_len(text) <= width:
        return text
    return _head(text, width - 1) + "…"[: max(0, width)]


def enumerated(names: Sequence[str], room: int = 0) -> str:
    """All names if ``room`` cells hold them (0: whatever they take), else the first one and how many more."""
    joined = ", ".join(names)
    if not room or cell_len(joined) <= room:
        return joined
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return shorten(names[0], room - len(more)) + more


def header(title: Text, facts: str, width: int) -> Text:
    """The line at the head of a screen: the name, a title (already short enough), and facts at the right."""
    line = Text.assemble((_NAME, "bold"), title, no_wrap=True, overflow="ellipsis")
    line.append(" " * (width - line.cell_len - cell_len(facts) - 1))
    return line.append(facts)


def header_room(facts: str, width: int) -> int:
    """Cells that :func:`header` has for a title."""
    return max(0, width - cell_len(_NAME) - cell_len(facts) - 3)


def centred_line(text: str, line: int, width: int, height: int) -> str:
    """One of ``height`` lines of ``width`` cells in whose middle ``text`` stands, wrapped."""
    lines = wrap(text, max(1, width - 4))
    number = line - (height - len(lines)) // 2
    return fit((lines[number] if 0 <= number < len(lines) else "").center(width), width)


def _head(text: str, width: int) -> str:
    """As much of ``text`` as ``width`` cells hold, no character cut in two."""
    taken = 0
    for number, character in enumerate(text):
        taken += cell_len(character)
        if taken > width:
            return text[:number]
    return text
