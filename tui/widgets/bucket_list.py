"""The groups that Browse divides the pictures into, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.message import Message

from core.text import count, printable
from tui.widgets.cells import fit, shorten, shorten_left
from tui.widgets.line_list import LineList

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.filters.arrange import PictureGroup


SWATCHES = {
    "black": "#101010",
    "grey": "#808080",
    "white": "#f8f8f8",
    "brown": "#8b5a2b",
    "red": "#d02020",
    "orange": "#f08020",
    "yellow": "#f0d020",
    "green": "#30a030",
    "cyan": "#30c0c0",
    "blue": "#3060d0",
    "purple": "#9040c0",
    "pink": "#f090b0",
}


class BucketList(LineList["PictureGroup"]):
    """Name of each group and its number of pictures."""

    BINDINGS = [Binding("enter", "open", "Open", show=False)]  # the footer of Browse has no room for it

    COMPONENT_CLASSES = {"buckets--cursor", "buckets--count"}

    class Moved(Message):
        """The cursor has moved to another bucket (or none)."""

    class Opened(Message):
        """The pictures of the bucket under the cursor are to get the focus."""

    _coloured = False  # whether the groups are named by colours

    def show(self, entries: Sequence[PictureGroup], *, cursor: int = 0) -> None:
        """Show other groups, the cursor on one of them. Those that are named by colours get swatches."""
        names = {entry.name for entry in entries} - {None}
        self._coloured = bool(names) and names <= SWATCHES.keys()
        super().show(entries, cursor=cursor)

    def moved(self) -> None:
        self.post_message(self.Moved())

    def opened(self) -> None:
        self.post_message(self.Opened())

    def segments(self, entry: PictureGroup, *, at_cursor: bool) -> list[Segment]:
        """Mark, name, number of pictures. A folder's path is shortened at its beginning."""
        pictures = count(len(entry.ids))
        swatch = [self._swatch(entry.name)] if self._coloured else []
        room = max(0, self.room - 3 - cell_len(pictures) - sum(cell_len(part.text) for part in swatch))
        style, dim = Style(), self.get_component_rich_style("buckets--count", partial=True)
        name, italic = bucket_name(entry), Style(italic=entry.name is None)
        name = (shorten_left if "/" in name else shorten)(name, room)
        if at_cursor:
            style = self.get_component_rich_style("buckets--cursor", partial=True) + Style(bold=True)
            style = dim = style + Style(reverse=self.has_focus)
        return [
            Segment("▌ " if at_cursor else "  ", style),
            *swatch,
            Segment(fit(name, room), style + italic),
            Segment(f" {pictures}", dim),
        ]

    @staticmethod
    def _swatch(name: str | None) -> Segment:
        return Segment("██ ", Style(color=SWATCHES[name])) if name else Segment("   ")


def bucket_name(bucket: PictureGroup) -> str:
    """Printable name; ``none`` for pictures that have no value to group by."""
    return "none" if bucket.name is None else printable(bucket.name)
