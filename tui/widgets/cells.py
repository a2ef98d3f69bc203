"""Text in terminal cells: Chinese characters and emoji take two, accents that are characters of their own none.

Text is cut between whole characters as people see them: a letter keeps its accents, an emoji what changes its look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text

_NAME = " Pictoscope  "
_ENDING = 5  # characters of a file name's ending
_JOINER = "\u200d"  # what follows is drawn together with what comes before


def fit(text: str, width: int) -> str:
    """The text cut or filled to exactly ``width`` cells."""
    return set_cell_size(text, width)


def shorten(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells, with an ellipsis in the middle: both ends of a file name carry meaning."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    tail = (width - 1) // 2
    return _head(text, width - 1 - tail) + "…" + _tail(text, tail)


def shorten_name(name: str, width: int) -> str:
    """A file name in at most ``width`` cells. The ending goes first: it is nearly the same everywhere."""
    return name if cell_len(name) <= width else shorten(stem_of(name), width)


def stem_of(name: str) -> str:
    """A file name without its ending; all of it where it has none."""
    stem, _, ending = name.rpartition(".")
    return stem if stem and len(ending) <= _ENDING else name


def shorten_left(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells; the end of a path tells more than its beginning."""
    if cell_len(text) <= width:
        return text
    return "…"[: max(0, width)] + _tail(text, width - 1)


def shorten_right(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells; the beginning of a sentence tells more than its end."""
    if cell_len(text) <= width:
        return text
    return _head(text, width - 1) + "…"[: max(0, width)]


def first_that_fits(lines: Iterable[Iterable[str]], width: int) -> str:
    """The first line of at most ``width`` cells, else the last one: each given as parts, joined by dots.

    Args:
        lines: from the longest to the shortest; empty parts are left out.
        width: cells.
    """
    line = ""
    for parts in lines:
        line = " · ".join(filter(None, parts))
        if cell_len(line) <= width:
            return line
    return line


def in_lines(parts: Iterable[str], width: int, between: str = " · ") -> list[str]:
    """Parts joined by ``between``, as many in a line as fit ``width`` cells; only a part that is longer is cut."""
    lines: list[str] = []
    for part in parts:
        if lines and cell_len(longer := f"{lines[-1]}{between}{part}") <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(part, width))
    return lines


def texts_in_lines(parts: Iterable[Text], width: int, between: str = " · ") -> list[Text]:
    """Styled parts as :func:`in_lines` joins plain ones; a part that is longer than a line is cut at its end."""
    lines: list[Text] = []
    for part in parts:
        if lines and lines[-1].cell_len + cell_len(between) + part.cell_len <= width:
            lines[-1].append(between).append_text(part)
        else:
            lines.append(part.copy())
            lines[-1].truncate(width, overflow="ellipsis")
    return lines


def enumerated(names: Sequence[str], room: int = 0) -> str:
    """All names if they fit ``room`` cells (0: no limit), else the first one and how many more."""
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


def wrapped(text: str, width: int) -> list[str]:
    """Lines of whole words, each of at most ``width`` cells; what is longer goes on in the next line."""
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(longer := f"{lines[-1]} {word}") <= width:
            lines[-1] = longer
            continue
        while cell_len(word) > width and (part := _head(word, width)):
            lines.append(part)
            word = word[len(part) :]
        lines.append(word)
    return lines


def centred_line(text: str, line: int, width: int, height: int) -> str:
    """One line of a block of ``height`` lines and ``width`` cells with ``text`` wrapped in its centre."""
    lines = wrapped(text, max(1, width - 4))
    number = line - (height - len(lines)) // 2
    shown = lines[number] if 0 <= number < len(lines) else ""
    spare = width - cell_len(shown)
    return fit(" " * (spare // 2 + (spare & width & 1)) + shown, width)  # as str.center parts it


def whole_character(text: str, at: int) -> int:
    """Where the character that people see at ``at`` begins; ``at`` itself where one begins, or the text ends."""
    while 0 < at < len(text) and (not cell_len(text[at]) or text[at - 1] == _JOINER):
        at -= 1
    return at


def _head(text: str, width: int) -> str:
    """The longest beginning of ``text`` that fits ``width`` cells."""
    if text.isascii():
        return text[: max(0, width)]
    return max((text[:at] for at in _beginnings(text) if cell_len(text[:at]) <= width), key=len, default="")


def _tail(text: str, width: int) -> str:
    """The longest end of ``text`` that fits ``width`` cells."""
    return next((text[at:] for at in _beginnings(text) if cell_len(text[at:]) <= width), "")


def _beginnings(text: str) -> list[int]:
    """Where what people see as characters begins, and the end of the text."""
    return [at for at in range(len(text) + 1) if whole_character(text, at) == at]
