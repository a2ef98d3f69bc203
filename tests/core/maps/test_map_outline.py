"""Which pictures a box and a lasso hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.maps.outline import Box, Lasso, in_box, in_polygon, within_view
from tests.patience import little_work

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
number = st.integers(-20, 20)
place = st.tuples(number.map(float), number.map(float))


def points(*places: tuple[float, float]) -> np.ndarray:
    return np.array(places, np.float32).reshape(-1, 2)


def plainly(point: tuple[float, float], corners: list[tuple[float, float]]) -> bool:
    """Even-odd for one point: how many edges a ray to the right crosses."""
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (ay <= y) != (by <= y) and x < ax + (y - ay) * ((bx - ax) / (by - ay)):
            odd = not odd
    return odd


def test_a_square_holds_what_is_in_it_whichever_way_it_is_drawn() -> None:
    found = points((2, 2), (5, 2), (-1, 2), (2, 5), (2, -1), (3.9, 0.1))
    for corners in (SQUARE, SQUARE[::-1], SQUARE[2:] + SQUARE[:2]):
        assert in_polygon(found, corners).tolist() == [True, False, False, False, False, True]


def test_a_bay_is_outside() -> None:
    shape = [(0.0, 0.0), (6.0, 0.0), (6.0, 6.0), (4.0, 6.0), (4.0, 2.0), (2.0, 2.0), (2.0, 6.0), (0.0, 6.0)]  # a U
    assert in_polygon(points((1, 5), (3, 5), (5, 5), (3, 1)), shape).tolist() == [True, False, True, True]


def test_what_is_enclosed_twice_is_outside() -> None:
    star = [(np.sin(turn), np.cos(turn)) for turn in np.arange(5) * 4 * np.pi / 5]
    assert in_polygon(points((0, 0), (0, 0.8)), star).tolist() == [False, True]


@pytest.mark.parametrize("corners", [[], [(0.0, 0.0)], [(0.0, 0.0), (4.0, 4.0)], [(1.0, 1.0)] * 5])
def test_what_has_no_area_holds_nothing(corners: list[tuple[float, float]]) -> None:
    assert not in_polygon(points((0, 0), (1, 1), (2, 2)), corners).any()


def test_of_no_points_none_lie_in_it() -> None:
    assert in_polygon(points(), SQUARE).shape == (0,) and in_box(points(), (0, 0), (1, 1)).shape == (0,)


def test_points_at_one_place_are_held_together() -> None:
    assert in_polygon(points(*[(1, 1)] * 4), SQUARE).tolist() == [True] * 4


@given(st.lists(place, max_size=12), st.lists(place, min_size=3, max_size=9))
def test_it_is_the_even_odd_rule(found: list[tuple[float, float]], corners: list[tuple[float, float]]) -> None:
    assert in_polygon(points(*found), corners).tolist() == [plainly(one, corners) for one in found]


@given(st.lists(place, max_size=12), number, number, number)
def test_of_two_that_share_a_border_one_has_a_point_on_it(
    found: list[tuple[float, float]], left: int, between: int, right: int
) -> None:
    def strip(one: int, other: int) -> np.ndarray:
        low, high = sorted((one, other))
        return in_polygon(points(*found), [(low, -30.0), (high, -30.0), (high, 30.0), (low, 30.0)])

    low, middle, high = sorted((left, between, right))
    assert ((strip(low, middle) ^ strip(middle, high)) == strip(low, high)).all()


def test_a_long_lasso_over_many_pictures_takes_little_time() -> None:
    """A million pictures and 2,000 corners: not two thousand million comparisons."""
    turn = np.linspace(0, 2 * np.pi, 2_000, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    many = np.random.default_rng(0).uniform(-1, 1, (1_000_000, 2)).astype(np.float32)
    with little_work(5.0):
        found = in_polygon(many, [(x, y) for x, y in ring.tolist()])
    assert found.mean() == pytest.approx(np.pi / 4, abs=0.01)


def test_a_box_holds_its_border_whichever_corner_came_first() -> None:
    box = Box([(4.0, 0.0)])
    assert box.holds(points((0, 4), (4, 0), (2, 2), (5, 2)), (0.0, 4.0)).tolist() == [True, True, True, False]
    assert sorted(box.path((0.0, 4.0))) == sorted(SQUARE)


def test_a_lasso_ends_at_the_cursor() -> None:
    lasso = Lasso(SQUARE[:2])
    assert lasso.path((4.0, 4.0)) == SQUARE[:3] and lasso.path(SQUARE[1]) == SQUARE[:2]
    assert lasso.is_enough((4.0, 4.0)) and not lasso.is_enough(SQUARE[0]) and not Lasso([]).is_enough((1.0, 1.0))
    assert lasso.holds(points((3, 1), (1, 3)), (4.0, 4.0)).tolist() == [True, False]


def test_what_lies_outside_the_view_is_cut_off() -> None:
    around = [(-1e9, 2.0), (1e9, 2.0), (1e9, 1e9), (-1e9, 1e9)]
    ((left, right),) = within_view(around, 10, 5)
    assert left == pytest.approx((0, 2), abs=1e-6) and right == pytest.approx((10, 2), abs=1e-6)
    assert within_view(SQUARE, 10, 10) == list(zip(SQUARE, SQUARE[1:] + SQUARE[:1], strict=True))
    assert within_view([(20.0, 0.0), (20.0, 9.0)], 10, 10) == []
    assert within_view([(1.0, 1.0), (2.0, 2.0)], 10, 10) == [((1.0, 1.0), (2.0, 2.0))]
    assert within_view([(1.0, 1.0)], 10, 10) == [((1.0, 1.0), (1.0, 1.0))] and within_view([], 10, 10) == []


@given(st.lists(place, min_size=1, max_size=8))
def test_what_is_seen_lies_in_the_view(path: list[tuple[float, float]]) -> None:
    for end in (end for edge in within_view(path, 9, 7) for end in edge):
        assert -1e-9 <= end[0] <= 9 + 1e-9 and -1e-9 <= end[1] <= 7 + 1e-9
