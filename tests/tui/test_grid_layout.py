"""Cells of a grid: they fill the window, pictures are about square whatever the font, nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.graphics.terminal import CellSize
from tui.widgets.grid_layout import GridLayout

LAYOUTS = st.builds(
    GridLayout,
    count=st.integers(0, 5_000),
    width=st.integers(6, 400),
    height=st.integers(5, 120),
    in_row=st.integers(0, 8),
    character=st.sampled_from([CellSize(), CellSize(6, 13), CellSize(18, 36), CellSize(16, 16)]),
)


@given(LAYOUTS)
def test_whole_rows_fill_the_window(layout: GridLayout) -> None:
    wide, high = layout.cell
    assert layout.columns * wide <= layout.width
    assert layout.width - layout.columns * wide < layout.columns
    assert layout.rows * high <= layout.height
    assert min(layout.picture) >= 1


@given(LAYOUTS, st.data())
def test_the_cursor_is_in_the_window_which_begins_with_a_whole_row(layout: GridLayout, data: st.DataObject) -> None:
    if not layout.count:
        return
    position = data.draw(st.integers(0, layout.count - 1))
    before = data.draw(st.integers(0, max(0, layout.total_height - layout.height)))
    top = layout.top(position, before)
    region = layout.region(position)
    assert top % layout.cell[1] == 0
    assert top <= region.y
    assert region.bottom <= top + layout.height
    assert position in layout.visible(top)
    assert layout.top(position, top) == top
    assert top <= max(0, layout.total_height - layout.height)


@given(LAYOUTS)
def test_pages_ahead_do_not_overlap_what_is_visible(layout: GridLayout) -> None:
    visible = layout.visible(0)
    assert not set(visible) & set(layout.ahead(visible, up=False))
    assert not layout.ahead(visible, up=True)


def test_a_square_picture_fills_its_box_about_whatever_the_font() -> None:
    for character in (CellSize(), CellSize(6, 13), CellSize(16, 16)):
        columns, rows = GridLayout(500, 120, 60, 4, character=character).picture
        assert 0.6 < columns * character.width / (rows * character.height) < 1.6
