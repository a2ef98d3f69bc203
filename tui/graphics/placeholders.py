"""The characters in whose place the terminal draws a picture that it keeps (kitty's Unicode placeholders).

Such a character says its row and column of the picture by two diacritics and the picture's id by a third one and its
colour. Textual and Rich change colours: they tint what is under a modal and know terminals of 16 colours. So within
the app the low byte of the id is a fourth diacritic; :func:`visible`, last of all, makes it a colour.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from re import Match, Pattern

from rich.segment import Segment
from rich.style import Style

from tui.graphics.image_ids import parts_of

PLACEHOLDER = "\U0010eeee"
# Tells ours from those in the names of files. Nothing else has this attribute, terminals ignore it, and unlike ``meta``
# it remains when Textual tints what is under a modal.
PICTURE = Style(encircle=True)
MOST_CELLS = 297  # in either direction: there are no more diacritics


@lru_cache(maxsize=1024)
def _cells_of_row(row: int, columns: int) -> tuple[str, ...]:
    """The cells of a row without the id."""
    from tui.graphics.upstream import DIACRITICS

    return tuple(f"{PLACEHOLDER}{DIACRITICS[row]}{DIACRITICS[column]}" for column in range(columns))


def placeholder_rows(image_id: int, columns: int, rows: int) -> list[Segment]:
    """A segment a row, ``columns`` cells wide, for the app; every cell says its row, its column and the id."""
    from tui.graphics.upstream import DIACRITICS

    low, high = parts_of(image_id)
    ids = DIACRITICS[high] + DIACRITICS[low]
    return [Segment(ids.join(_cells_of_row(row, columns)) + ids, PICTURE) for row in range(rows)]


def visible(text: str) -> str:
    """Text for the terminal, in which each run of cells of one picture has the colour that says the id's low byte.

    A placeholder without its four diacritics is not ours and becomes a space. The foreground colour after a run is the
    terminal's own: where text follows, its style comes with it.
    """
    if PLACEHOLDER not in text:
        return text
    return _runs().sub(_coloured, text)


@cache
def _runs() -> Pattern[str]:
    from tui.graphics.upstream import DIACRITICS

    any_one = "[" + "".join(DIACRITICS) + "]"
    a_byte = "[" + "".join(DIACRITICS[:256]) + "]"
    low_byte = "[" + "".join(DIACRITICS[1:256]) + "]"
    cell = PLACEHOLDER + any_one * 2 + a_byte
    return re.compile(f"{cell}({low_byte})(?:{cell}\\1)*|{PLACEHOLDER}")


def _coloured(run: Match[str]) -> str:
    low = run[1]
    if low is None:
        return " "
    return f"\x1b[38;5;{_numbers()[low]}m{run[0].replace(low + PLACEHOLDER, PLACEHOLDER)[:-1]}\x1b[39m"


@cache
def _numbers() -> dict[str, int]:
    from tui.graphics.upstream import DIACRITICS

    return {diacritic: number for number, diacritic in enumerate(DIACRITICS)}
