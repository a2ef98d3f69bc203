"""Views, dots and thumbnails of a map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.maps.dots import draw_dots, rooms
from core.maps.view import View


@given(count=st.integers(0, 30), seed=st.integers(0, 1000), size=st.floats(1e-6, 1e6))
def test_all_points_are_in_view(count: int, seed: int, size: float) -> None:
    points = (np.random.default_rng(seed).standard_normal((count, 2)) * size + 3).astype(np.float32)
    view = View.of_all(points, 300, 200)
    places = view.pixels(points)
    assert (places >= 0).all() and (places <= (300, 200)).all()


def test_equal_points_are_in_the_middle() -> None:
    points = np.full((4, 2), 7, np.float32)
    assert (View.of_all(points, 300, 200).pixels(points) == (150, 100)).all()


def test_zooming_holds_the_place_under_the_pointer() -> None:
    view = View(300, 200, 1.0, 2.0, 10.0)
    held = view.point(40, 60)
    closer = view.zoomed(3, 40, 60)
    assert closer.scale == 30 and closer.point(40, 60) == pytest.approx(held)
    assert view.moved(10, 20).point(0, 0) == pytest.approx(view.point(10, 20))


def test_dots_are_drawn_where_they_are_and_cut_at_the_edges() -> None:
    canvas = np.zeros((20, 30, 3), np.uint8)
    places = np.array([[10, 5], [0, 0], [29.9, 19.9], [500, 5], [-40, 3]], float)
    draw_dots(canvas, places, np.tile(np.array([[9, 8, 7]], np.uint8), (5, 1)), 1)
    assert canvas[5, 10].tolist() == [9, 8, 7] and canvas[6, 10].any() and canvas[0, 0].any() and canvas[19, 29].any()
    assert not canvas[10:15, 10:25].any()


def test_no_colour_lies_above_all_others() -> None:
    colours = np.repeat(np.array([[255, 0, 0], [0, 0, 255]], np.uint8), 2000, axis=0)
    canvas = np.zeros((40, 40, 3), np.uint8)
    draw_dots(canvas, np.random.default_rng(1).uniform(0, 40, (4000, 2)), colours, 3)
    reds = np.count_nonzero(canvas[..., 0]) / 1600
    assert 0.35 < reds < 0.65


@given(count=st.integers(0, 60), seed=st.integers(0, 1000))
def test_thumbnails_hide_neither_dots_nor_each_other(count: int, seed: int) -> None:
    places = np.random.default_rng(seed).uniform(-20, 320, (count, 2))
    found = rooms(places, 300, 200, (60, 20), 40)
    assert len({room.number for room in found}) == len(found)
    taken = np.zeros((200, 300), int)
    for room in found:
        assert room.left >= 0 and room.top >= 0
        taken[room.top : room.top + room.side, room.left : room.left + room.side] += 1
        inside = (np.floor(places) >= (room.left, room.top)) & (
            np.floor(places) < (room.left + room.side, room.top + room.side)
        )
        assert np.flatnonzero(inside.all(axis=1)).tolist() == [room.number]
    assert taken.max(initial=0) <= 1


def test_lone_pictures_get_the_largest_thumbnails() -> None:
    places = np.array([[50, 50], [200, 100], [215, 100]], float)
    found = rooms(places, 300, 200, (60, 20), 10)
    assert [(room.number, room.side) for room in found] == [(0, 60), (1, 20)]
    assert len(rooms(places, 300, 200, (60, 20), 1)) == 1
