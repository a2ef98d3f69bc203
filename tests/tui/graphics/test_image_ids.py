"""Ids of the pictures that the terminal keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.graphics.image_ids import MOST, ImageIds, parts_of


@pytest.mark.parametrize("begin", [0, 255])
def test_all_ids_are_different_and_survive_256_colours(begin: int) -> None:
    ids = ImageIds(begin)
    taken = [ids.take() for _ in range(MOST)]
    assert ids.take() is None
    assert len(set(taken)) == MOST
    assert taken[0] == begin << 24 | 1
    for image_id in taken:
        assert image_id is not None
        low, high = parts_of(image_id)
        assert 1 <= low <= 255 and 0 <= high <= 255
        assert high << 24 | low == image_id


@given(st.lists(st.integers(0, 30), max_size=60))
def test_an_id_is_given_to_one_picture_at_a_time(freed_after: list[int]) -> None:
    ids, given_out = ImageIds(), []
    for place in freed_after:
        image_id = ids.take()
        assert image_id is not None
        assert image_id not in given_out
        given_out.append(image_id)
        if place < len(given_out):
            ids.free(given_out.pop(place))


def test_the_id_freed_longest_ago_comes_first() -> None:
    ids = ImageIds()
    taken = [ids.take() for _ in range(MOST)]
    for image_id in (taken[7], taken[3], taken[5]):
        assert image_id is not None
        ids.free(image_id)
    assert [ids.take() for _ in range(4)] == [taken[7], taken[3], taken[5], None]
