"""Covers of groups: the pictures fill the box, the most typical one is the largest, none is too small to be seen."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.cover import MOST, Place, places

BOXES = st.tuples(st.integers(1, 150), st.integers(1, 80))
SMALLEST = st.tuples(st.integers(1, 20), st.integers(1, 10))


@given(st.integers(1, 10), BOXES, SMALLEST)
def test_pictures_lie_in_the_box_and_do_not_overlap(
    pictures: int, box: tuple[int, int], smallest: tuple[int, int]
) -> None:
    found = places(pictures, *box, smallest)
    assert 1 <= len(found) <= min(pictures, MOST)
    for place in found:
        assert min(place.column, place.row) >= 0
        assert min(place.columns, place.rows) >= 1
        assert place.column + place.columns <= box[0]
        assert place.row + place.rows <= box[1]
    for one, other in combinations(found, 2):
        apart = one.column + one.columns < other.column or one.row + one.rows < other.row
        assert apart, (one, other)


@given(st.integers(1, 10), BOXES, SMALLEST)
def test_the_cover_reaches_to_all_sides_of_the_box_and_the_first_picture_is_the_largest(
    pictures: int, box: tuple[int, int], smallest: tuple[int, int]
) -> None:
    found = places(pictures, *box, smallest)
    assert found[0].rows == box[1]
    assert max(place.column + place.columns for place in found) == box[0]
    assert max(place.row + place.rows for place in found) == box[1]
    for small in found[1:]:
        assert small.columns * small.rows <= found[0].columns * found[0].rows
        assert small.columns >= smallest[0]
        assert small.rows >= smallest[1]


def test_a_group_of_one_fills_the_box_and_one_without_pictures_is_empty() -> None:
    assert places(1, 40, 12, (7, 3)) == [Place(0, 0, 40, 12)]
    assert places(0, 40, 12, (7, 3)) == []


def test_two_pictures_stand_beside_each_other_and_more_in_a_column() -> None:
    assert places(2, 42, 12, (7, 3)) == [Place(0, 0, 20, 12), Place(22, 0, 20, 12)]
    assert places(9, 32, 11, (7, 3)) == [Place(0, 0, 20, 11), Place(22, 0, 10, 5), Place(22, 6, 10, 5)]
    assert len(places(9, 60, 20, (7, 3))) == 4


def test_where_the_small_ones_have_no_room_there_is_one_picture() -> None:
    assert places(9, 17, 7, (7, 3)) == [Place(0, 0, 17, 7)]
    assert places(9, 32, 11, (12, 5)) == [Place(0, 0, 32, 11)]
