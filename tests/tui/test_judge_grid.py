"""The grid of judging: pictures as large as leaves all in sight."""

from __future__ import annotations

import pytest

from tui.screens.compare.judge_grid import largest
from tui.widgets.grid_layout import SMALL, GridLayout


@pytest.mark.parametrize(("count", "width", "height"), [(8, 120, 55), (1, 80, 20), (12, 48, 40), (20, 120, 55)])
def test_all_pictures_are_in_sight_where_there_is_room(count: int, width: int, height: int) -> None:
    found = largest(GridLayout(count, width, height, usual=SMALL))
    assert found.total_height <= height
    if found.columns > 1:
        larger = GridLayout(count, width, height, found.columns - 1, SMALL)
        assert -(-count // larger.columns) * larger.cell[1] > height


def test_what_does_not_fit_is_as_small_as_usual_and_scrolls() -> None:
    usual = GridLayout(20, 48, 17, usual=SMALL)
    assert largest(usual) == usual


def test_the_size_that_a_person_chose_stays() -> None:
    chosen = GridLayout(8, 120, 55, 7, SMALL)
    assert largest(chosen) == chosen
