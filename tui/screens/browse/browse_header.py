"""The line above the pictures of Browse: where we are, and how many there are; as much of it as there is room for."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from core.text import count, printable
from tui.widgets.cells import header, header_room, shorten_left

_LEAST = 8  # cells of a path that still tell something


@dataclass(frozen=True)
class BrowseHeader:
    """What is to be said.

    Attributes:
        where: filter, group or folders.
        order: of the pictures, in words; empty where none was chosen.
        shown: how many pictures are, with those behind stacks; None for all of them.
        total: pictures of the project; None while that is not known.
        behind: of those that are shown, behind the tops of stacks.
        selected: pictures that are selected.
        vec_type: by which actions look; empty for none yet.
    """

    where: str
    order: str
    shown: int | None
    total: int | None
    behind: int
    selected: int
    vec_type: str

    def line(self, width: int) -> Text:
        """As wide as the screen."""
        some = f"{count(self.shown)} of " if self.shown is not None else ""
        facts = some + count(self.total, "picture") if self.total is not None else ""
        if self.behind:
            facts += f", {count(self.behind)} behind stacks"
        if self.selected:
            facts = f"{count(self.selected)} selected · {facts}"
        with_vec_type = f"{facts}{' · ' if facts else ''}vec type {printable(self.vec_type or 'none yet')}"
        if cell_len(self.order) <= header_room(with_vec_type, width):  # the vectors are in Settings too
            facts = with_vec_type
        where = self.where
        if self.order:
            roomy = cell_len(self.order) + _LEAST < header_room(facts, width)
            where = f"{where} · {self.order}" if roomy else self.order
        return header(Text(shorten_left(where, header_room(facts, width)), "dim"), facts, width)
