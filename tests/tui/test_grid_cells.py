"""The lines of a cell of the grid."""

from __future__ import annotations

from rich.style import Style
from textual.strip import Strip

from tui.widgets.grid_cells import GridCell


def caption(*, at_cursor: bool) -> str:
    """Of a picture whose name has not been read yet."""
    cell = GridCell(
        item=None,
        drawing=None,
        columns=12,
        rows=8,
        at_cursor=at_cursor,
        focused=True,
        selected=False,
        style=lambda name: Style(),
        picture_line=lambda drawing, line: Strip([]),
        caption=lambda name, width: name,
    )
    return cell.line(6).text


def test_the_cursor_is_shown_before_the_name_is_known() -> None:
    assert caption(at_cursor=True) == "▌          ▐"
    assert caption(at_cursor=False) == " " * 12
