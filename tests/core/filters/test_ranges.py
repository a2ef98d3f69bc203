"""Ranges of numbers with round limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.filters.ranges import ranges


def test_whole_numbers_have_ranges_that_do_not_overlap():
    places, names = ranges(np.arange(120.0, 1100.0))
    assert names[:2] == ["100 to 149", "150 to 199"]
    assert names[-1] == "1050 to 1099"
    assert places[0] == 0
    assert [int(np.sum(places == one)) for one in (0, 1)] == [30, 50]


def test_a_range_of_one_whole_number_is_that_number():
    assert ranges(np.array([1931.0, 1932.0, 1940.0]))[1] == ["1931", "1932", "1940"]


def test_other_numbers_run_up_to_the_next_limit():
    assert ranges(np.array([0.5, 0.51, 11.9]))[1] == ["0.5 to 1", "11.5 to 12"]


def test_numbers_of_many_sizes_have_growing_ranges():
    places, names = ranges(np.array([101.0, 150.0, 2_500.0, 4_999.0, 5_000.0, 900_000.0]))
    assert names == ["100 to 199", "2000 to 4999", "5000 to 9999", "500,000 to 999,999"]
    assert places.tolist() == [0, 0, 1, 1, 2, 3]


@pytest.mark.parametrize("numbers", [[7.0], [0.0], [-3.25], [-1e300, 1e300], [5e-324, 1.0]])
def test_every_number_has_a_range(numbers: list[float]):
    places, names = ranges(np.array(numbers))
    assert set(places.tolist()) == set(range(len(names)))


@given(st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=1, max_size=60, unique=True))
def test_ranges_keep_the_order_and_are_few(numbers: list[float]):
    ordered = np.sort(np.array(numbers))
    places, names = ranges(ordered)
    assert np.all(np.diff(places) >= 0)
    assert set(places.tolist()) == set(range(len(names)))
    assert len(names) <= 100
