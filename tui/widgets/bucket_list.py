"""The groups that the pictures of Browse are parted into: a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.message import Message

from core.text import count, printable
from tui.widgets.cells import fit, shorten, shorten_left
from tui.widgets.line_list import LineList

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.catalog.arrange import Bucket


class BucketList(LineList["Bucket"]):
    """Name and number of pictures of each."""

    COMPONENT_CLASSES = {"buckets--cursor", "buckets--count"}  # noqa: RUF012  Textual's way

    class Moved(Message):
        """The cursor stands on another bucket (or none)."""

    class Opened(Message):
        """On to the pictures of the bucket under the cursor."""

    def moved(self) -> None:
        """Tell."""
        self.post_message(self.Moved())

    def opened(self) -> None:
        """Tell."""
        self.post_message(self.Opened())

    def segments(self, entry: Bucket, *, at_cursor: bool) -> list[Segment]:
        """Mark, name, number of pictures. Of a folder's path the end tells more than the beginning."""
        pictures = count(len(entry.ids))
        room = max(0, self.room - 3 - cell_len(pictures))
        style, dim = Style(), self.get_component_rich_style("buckets--count", partial=True)
        name, italic = bucket_name(entry), Style(italic=entry.name is None)
        name = (shorten_left if "/" in name else shorten)(name, room)
        if at_cursor:
            style = self.get_component_rich_style("buckets--cursor", partial=True) + Style(bold=True)
            style = dim = style + Style(reverse=self.has_focus)
        return [
            Segment("▌ " if at_cursor else "  ", style),
            Segment(fit(name, room), style + italic),
            Segment(f" {pictures}", dim),
        ]


def bucket_name(bucket: Bucket) -> str:
    """Fit to be shown; ``none`` for the pictures that have nothing in common with others."""
    return "none" if bucket.name is None else printable(bucket.name)
