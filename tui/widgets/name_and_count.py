"""A line of a list with a name and a number: where there is little room the name is cut, never the number."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

from tui.widgets.cells import shorten


class NameAndCount(Visual):
    """One line, drawn for the width that the list has at that moment.

    Args:
        mark: before the name; its beginning, blanks that say how deep the name lies, may be cut.
        name: printable; cut in its middle.
        number: behind the name; empty for none.
    """

    def __init__(self, mark: Text, name: str, number: str) -> None:
        self._mark = mark
        self._name = name
        self._number = f" {number}" if number else ""

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        mark = self._mark[max(0, len(self._mark) - width // 2) :]  # however deep a name lies, half of the line is left
        room = max(1, width - mark.cell_len - cell_len(self._number))
        line = Text.assemble(mark, shorten(self._name, room), (self._number, "dim"))
        line.no_wrap = True
        return Content.from_rich_text(line).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Cells of the whole line."""
        return self._mark.cell_len + cell_len(self._name) + cell_len(self._number)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Always one line."""
        return 1
