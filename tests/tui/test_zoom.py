"""Parts of a picture: always within it, of the proportions of the box, as much smaller as it is enlarged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.zoom import MOST, Zoom

SIDE = st.integers(1, 5_000)
KEYS = st.lists(st.sampled_from(["in", "out", (1, 0), (-1, 0), (0, 1), (0, -1)]), max_size=30)


@given(SIDE, SIDE, SIDE, SIDE, KEYS)
def test_a_part_is_within_the_picture_and_not_empty(width: int, height: int, wide: int, high: int, keys: list) -> None:
    zoom = Zoom()
    for key in keys:
        zoom = zoom.by(1 if key == "in" else -1) if isinstance(key, str) else zoom.moved(*key)
        assert 1 <= zoom.factor <= MOST
        left, top, right, bottom = zoom.part((width, height), (wide, high))
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height


def test_enlarged_twice_a_quarter_is_visible_and_one_comes_to_every_edge() -> None:
    zoom = Zoom().by(2)
    assert zoom.part((400, 200), (100, 50)) == (100, 50, 300, 150)
    for _ in range(9):
        zoom = zoom.moved(1, 1)
    assert zoom.part((400, 200), (100, 50)) == (200, 100, 400, 200)
    for _ in range(9):
        zoom = zoom.moved(-1, -1)
    assert zoom.part((400, 200), (100, 50)) == (0, 0, 200, 100)


def test_a_picture_fills_a_box_of_other_proportions_when_enlarged() -> None:
    assert Zoom(2.0).part((400, 100), (100, 100)) == (100, 0, 300, 100)


def test_smaller_ends_with_the_whole_picture() -> None:
    assert Zoom().by(5).moved(1, 0).by(-5) == Zoom()
    assert Zoom().by(-1) == Zoom()


def test_at_actual_size_a_pixel_is_a_pixel_and_a_small_picture_is_whole() -> None:
    zoom = Zoom().at_actual_size((4000, 2000), (1000, 800))
    assert zoom.factor == 4
    left, top, right, bottom = zoom.part((4000, 2000), (1000, 800))
    assert (right - left, bottom - top) == (1000, 800)
    assert Zoom(8.0, 0.1, 0.9).at_actual_size((4000, 2000), (1000, 800)) == Zoom(4.0, 0.125, 0.875)
    assert Zoom(8.0).at_actual_size((100, 80), (1000, 800)) == Zoom()
    assert Zoom().at_actual_size((100_000, 10), (100, 100)).factor == MOST
