"""Pictures as half blocks: exact size, exact colours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from textual.strip import Strip

from tui.graphics.half_blocks import fitted_size, half_blocks

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def picture_of(rows: list[list[tuple[int, int, int]]]) -> Image.Image:
    """A picture by its pixels."""
    picture = Image.new("RGB", (len(rows[0]), len(rows)))
    picture.putdata([pixel for row in rows for pixel in row])
    return picture


def cells(strip: Strip) -> list[tuple[str, tuple[int, ...] | None, tuple[int, ...] | None]]:
    """Each cell's character, colour and background."""
    found = []
    for segment in strip:
        style = segment.style
        upper = tuple(style.color.get_truecolor()) if style and style.color else None
        lower = tuple(style.bgcolor.get_truecolor()) if style and style.bgcolor else None
        found += [(character, upper, lower) for character in segment.text]
    return found


def test_a_cell_shows_two_pixels_one_above_the_other():
    lines = half_blocks(picture_of([[RED, GREEN], [BLUE, WHITE]]), 2, 1)
    assert [cells(line) for line in lines] == [[("▀", RED, BLUE), ("▀", GREEN, WHITE)]]


def test_every_pixel_arrives_when_the_size_is_right():
    rows = [[(x * 16, y * 16, (x * y) % 256) for x in range(16)] for y in range(16)]
    lines = half_blocks(picture_of(rows), 16, 8)
    shown = [[cell[1] for cell in cells(line)] for line in lines], [[cell[2] for cell in cells(line)] for line in lines]
    assert shown[0] == rows[0::2]
    assert shown[1] == rows[1::2]


def test_a_wide_picture_stands_in_the_middle_with_empty_lines_above_and_below():
    lines = half_blocks(Image.new("RGB", (80, 20), RED), 8, 5)
    assert [line.text for line in lines] == [" " * 8, " " * 8, "▀" * 8, " " * 8, " " * 8]
    assert cells(lines[2]) == [("▀", RED, RED)] * 8


def test_a_high_picture_stands_in_the_middle_with_room_at_both_sides():
    lines = half_blocks(Image.new("RGB", (10, 40), GREEN), 9, 4)
    assert [line.text for line in lines] == ["   ▀▀    "] * 4


def test_neighbours_of_equal_colour_are_one_segment():
    (line,) = half_blocks(picture_of([[RED, RED, BLUE, BLUE], [RED, RED, BLUE, BLUE]]), 4, 1)
    assert [segment.text for segment in line] == ["▀▀", "▀▀"]


def test_the_reduced_colour_is_the_mean_of_what_it_stands_for():
    black_and_white = picture_of([[(0, 0, 0), (200, 100, 50)] * 50] * 100)
    (line,) = half_blocks(black_and_white, 2, 1)
    assert {cell[1:] for cell in cells(line)} == {((100, 50, 25), (100, 50, 25))}


@given(width=st.integers(1, 300), height=st.integers(1, 300), columns=st.integers(0, 60), rows=st.integers(0, 40))
def test_the_box_is_always_filled_exactly(width: int, height: int, columns: int, rows: int):
    lines = half_blocks(Image.new("RGB", (width, height), RED), columns, rows)
    assert len(lines) == rows
    assert all(line.cell_length == columns == sum(len(segment.text) for segment in line) for line in lines)


@given(
    width=st.integers(1, 10_000), height=st.integers(1, 10_000), columns=st.integers(1, 300), rows=st.integers(1, 100)
)
def test_the_fitted_size_touches_the_box_and_keeps_the_proportions(width: int, height: int, columns: int, rows: int):
    wide, high = fitted_size(width, height, columns, rows)
    assert 1 <= wide <= columns
    assert 1 <= high <= rows
    assert wide == columns or high == rows
    # Half a cell is what rounding may take; a side of one cell is as small as it gets.
    if wide > 1 and high > 1:
        assert abs(wide / width - 2 * high / height) <= 0.5 / width + 1.0 / height + 1e-9


@pytest.mark.parametrize(
    ("width", "height", "columns", "rows"), [(0, 5, 9, 9), (5, 0, 9, 9), (5, 5, 0, 9), (5, 5, 9, 0)]
)
def test_nothing_fits_into_nothing(width: int, height: int, columns: int, rows: int):
    assert fitted_size(width, height, columns, rows) == (0, 0)


def test_a_line_of_pixels_is_still_seen():
    lines = half_blocks(Image.new("RGB", (60_000, 1), RED), 20, 5)
    assert [line.text for line in lines] == [" " * 20, " " * 20, "▀" * 20, " " * 20, " " * 20]
