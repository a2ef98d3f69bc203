"""The list of failed pictures: a line each."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.message import Message

from core.text import display_path, printable
from core.vectors.ledger import LedgerEntry
from tui.widgets.cells import fit, shorten, shorten_left, shorten_right
from tui.widgets.line_list import LineList

_GAP = 2
_VEC_TYPES = 26  # cells of that column
_WIDE = 100  # cells from which on it is shown


class FailureList(LineList[LedgerEntry]):
    """Picture and reason of each entry; where there is room, the vec types that lack the picture."""

    COMPONENT_CLASSES = {"failures--cursor", "failures--reason"}

    class Moved(Message):
        """The cursor stands on another entry (or none)."""

        def __init__(self, entry: LedgerEntry | None) -> None:
            super().__init__()
            self.entry = entry

    class Opened(Message):
        """A picture is to be shown."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def moved(self) -> None:
        self.post_message(self.Moved(self.current))

    def opened(self) -> None:
        """Show the picture under the cursor."""
        self.post_message(self.Opened(self.cursor))

    def segments(self, entry: LedgerEntry, *, at_cursor: bool) -> list[Segment]:
        """Mark, picture, reason, vec types."""
        room = max(0, self.room - 2 - _GAP)
        names = _VEC_TYPES if self.room >= _WIDE else 0
        room -= names + _GAP if names else 0
        path, gap = room * 11 // 20, " " * _GAP
        style, dim = Style(), self.get_component_rich_style("failures--reason", partial=True)
        if at_cursor:
            style = self.get_component_rich_style("failures--cursor", partial=True) + Style(bold=True)
            style = dim = style + Style(reverse=self.has_focus)
        segments = [
            Segment("▌ " if at_cursor else "  ", style),
            Segment(fit(shorten_left(display_path(entry.path), path), path) + gap, style),
            Segment(fit(shorten_right(printable(entry.reason), room - path), room - path), dim),
        ]
        if names:
            segments.append(Segment(gap + fit(shorten(", ".join(entry.vec_types) or "–", names), names), dim))
        return segments
