"""The app's last line of defence: no control character within a text reaches the terminal, wherever it came from."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

# In place of these the terminal draws a picture, or keeps what stands: in a name they are nobody's picture.
_PICTURES = {"\U0010eeee", "\U0010eeef"}
# Control, format (bidirectional overrides, zero width), surrogates (which cannot even be encoded), line separators.
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class HarmlessLines(LineFilter):
    """Takes out of every line that is drawn what could steer the terminal. What is outside is made printable before,
    where it is shown; this holds for what is forgotten."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments where there is nothing to take out; widths stay."""
        if all(text.isprintable() or control for text, _, control in segments):
            return segments
        return [
            segment
            if segment.control or segment.text.isprintable() or _is_picture(segment.style)
            else Segment(_harmless(segment.text), segment.style)
            for segment in segments
        ]


def _is_picture(style: Style | None) -> bool:
    """Whether a segment is of a drawing: text from outside never has this mark."""
    return style is not None and bool(style.encircle)


def _harmless(text: str) -> str:
    clean = "".join(
        character
        for character in text
        if unicodedata.category(character) not in _STEERING and character not in _PICTURES
    )
    return set_cell_size(clean, cell_len(text))
