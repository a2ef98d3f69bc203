"""Groups as bars, one line each: as long as they have pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.message import Message

from core.charts.folder_names import below, common_folder
from core.charts.text_bars import text_bar
from core.text import count, printable
from tui.widgets.cells import fit, shorten, shorten_left
from tui.widgets.line_list import LineList

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.charts.bars import Bar

_WIDEST = 0.4  # of the room, for names: the bars are what is compared


class BarList(LineList["Bar"]):
    """Name, number of pictures and bar of each group."""

    COMPONENT_CLASSES = {"bars--bar", "bars--cursor"}

    class Opened(Message):
        """The pictures of the group under the cursor are to be shown."""

    _most = 1  # pictures of the longest bar
    _names = 0  # cells of the longest name
    _root = ""  # the folder that holds all groups, where they are folders
    _numbers = 1

    def show(self, entries: Sequence[Bar], *, cursor: int = 0) -> None:
        """Show other groups, the cursor on one of them."""
        self._most = max((entry.pictures for entry in entries), default=1) or 1
        self._root = common_folder(entry.name for entry in entries)
        self._names = max((cell_len(self._shown_name(entry)) for entry in entries), default=0)
        self._numbers = len(count(self._most))
        super().show(entries, cursor=cursor)

    def opened(self) -> None:
        self.post_message(self.Opened())

    def segments(self, entry: Bar, *, at_cursor: bool) -> list[Segment]:
        """Mark, name, number of pictures, bar. A folder's path is shortened at its beginning."""
        names = min(self._names, int(self.room * _WIDEST))
        room = max(1, self.room - names - self._numbers - 5)
        name = self._shown_name(entry)
        name = (shorten_left if "/" in name else shorten)(name, names)
        style, bar = Style(italic=entry.name is None), self.get_component_rich_style("bars--bar", partial=True)
        if at_cursor:
            cursor = self.get_component_rich_style("bars--cursor")  # whole: a part of it would not be a tint
            style, bar = style + cursor + Style(bold=True), bar + Style(bgcolor=cursor.bgcolor)
        pictures = entry.pictures
        return [
            Segment("▌ " if at_cursor else "  ", style),
            Segment(fit(name, names), style),
            Segment(f" {count(pictures):>{self._numbers}}  ", style),
            Segment(fit(text_bar(pictures / self._most, room), room), bar),
        ]

    def _shown_name(self, entry: Bar) -> str:
        return "none" if entry.name is None else printable(below(entry.name, self._root))
