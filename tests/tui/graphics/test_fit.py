"""Cells that a picture fills where cells have a size in pixels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual_image._geometry import ImageSize
from textual_image._terminal import CellSize as UpstreamCellSize

from tui.graphics.fit import fit
from tui.graphics.terminal import CellSize

SIDES = st.integers(1, 20_000)
CELLS = st.builds(CellSize, st.integers(4, 40), st.integers(6, 80))


@given(SIDES, SIDES, st.integers(1, 400), st.integers(1, 200), CELLS, st.sampled_from([1, 6]))
def test_a_picture_is_as_large_as_the_box_allows_and_keeps_its_proportions(
    width: int, height: int, columns: int, rows: int, cell: CellSize, step: int
) -> None:
    inside = fit(width, height, columns, rows, cell, step=step)
    assert inside is not None
    assert 1 <= inside.columns <= columns
    assert 1 <= inside.rows <= rows
    assert (inside.columns - 1) * cell.width < inside.width <= inside.columns * cell.width
    assert (inside.rows - 1) * cell.height < inside.height <= inside.rows * cell.height
    assert inside.height < step or inside.height % step == 0
    free = columns * cell.width - inside.width, rows * cell.height - inside.height
    assert free[0] == 0 or free[1] < step or free[0] <= step * width / height + 1
    # Proportions: one side is exact, the other is rounded.
    assert (
        abs(inside.width - inside.height * width / height) <= 0.5 + width / height / 2
        or abs(inside.height - inside.width * height / width) <= 0.5 + height / width / 2
        or 1 in (inside.width, inside.height)
    )


@given(st.integers(-1, 1), st.integers(-1, 1), st.integers(-1, 1), st.integers(-1, 1))
def test_what_is_empty_fills_no_cells(width: int, height: int, columns: int, rows: int) -> None:
    inside = fit(width, height, columns, rows, CellSize())
    assert (inside is None) == (min(width, height, columns, rows) <= 0)


@given(st.integers(100, 4000), st.integers(100, 4000), st.integers(10, 200), st.integers(5, 100), CELLS)
def test_the_cells_are_about_those_of_textual_image(
    width: int, height: int, columns: int, rows: int, cell: CellSize
) -> None:
    """It rounds to whole cells, by half a row at most, and stretches the picture; we count all that it touches."""
    inside = fit(width, height, columns, rows, cell)
    theirs = ImageSize(width, height, "auto", "auto").get_cell_size(
        columns, rows, UpstreamCellSize(cell.width, cell.height)
    )
    assert inside is not None
    assert abs(inside.rows - theirs[1]) <= 1
    assert theirs[0] * rows / (rows + 0.5) - 1 <= inside.columns <= theirs[0] + 1
