"""Drawings are kept while they may be seen again; the newest is never dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.graphics.drawing import Drawing, Overlay, Transmission
from tui.widgets.drawings import Cell, Drawings, part_shown

SIDES = st.integers(1, 5_000)
CELLS = [Cell(bytes([number]), 20, 10) for number in range(6)]  # 200 character cells each


@pytest.mark.parametrize(
    ("most", "at_least", "kept"),
    [(10_000, 0, 6), (500, 0, 2), (200, 0, 1), (60, 0, 1), (0, 0, 1), (0, 500, 2), (500, 10_000, 6)],
)
def test_the_newest_drawings_are_kept_and_the_last_one_always(most: int, at_least: int, kept: int) -> None:
    drawings = Drawings(most)
    for cell in CELLS:
        drawings.add(cell, "drawn", at_least=at_least)
        assert cell in drawings
    assert list(drawings) == CELLS[-kept:]


@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES))
def test_what_is_shown_of_a_picture_lies_in_it_and_is_not_too_little(
    size: tuple[int, int], box: tuple[int, int]
) -> None:
    left, top, right, bottom = part_shown(size, box)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    assert right - left == size[0] or bottom - top == size[1]
    assert (right - left) * 2 >= size[0] or right - left == 1
    assert (bottom - top) * 2 >= size[1] or bottom - top == 1


def test_a_picture_of_about_the_proportions_of_the_box_fills_it() -> None:
    assert part_shown((300, 200), (100, 100)) == (50, 0, 250, 200)
    assert part_shown((200, 300), (100, 100)) == (0, 25, 200, 225)  # a head is above the middle
    assert part_shown((200, 200), (100, 100)) == (0, 0, 200, 200)


def test_a_long_picture_keeps_most_of_its_length() -> None:
    left, _, right, _ = part_shown((1000, 100), (100, 100))
    assert right - left == 650


SENT = Drawing((), Transmission(1, "x" * 10_000))
OVER = Drawing((), overlay=Overlay(0, 0, 1, 1, "y" * 10_000))


@pytest.mark.parametrize(("most_bytes", "at_least", "kept"), [(100_000, 0, 6), (30_000, 0, 2), (1, 0, 1), (1, 800, 4)])
def test_data_that_is_sent_counts_and_what_the_screen_shows_stays(most_bytes: int, at_least: int, kept: int) -> None:
    """3,200 bytes of characters and 10,000 of pixels each; cells of many pixels must not fill the memory."""
    dropped: list[Drawing | str] = []
    drawings = Drawings(10_000, dropped.append, most_bytes)
    for number, cell in enumerate(CELLS):
        drawings.add(cell, (SENT, OVER)[number % 2], at_least=at_least)
    assert list(drawings) == CELLS[-kept:]
    assert (drawings.held_bytes, len(dropped)) == (kept * 13_200, 6 - kept)
    drawings.clear()
    assert drawings.held_bytes == 0
