"""Sorting by value, then by place."""

from __future__ import annotations

import numpy as np
import pytest

from core.filters.value_order import by_value_then_place

NAN = float("nan")


@pytest.mark.parametrize(
    "values",
    [
        [],
        [3.0, 1.0, 2.0, 1.0, 3.0, 0.0],
        [NAN, 2.0, NAN, -5.0, 2.0, 0.0],
        [NAN, NAN, NAN],
        [0.5, 2.0, 0.5, NAN, -1.5],
        [2.0**53 - 1, 0.0, -(2.0**53) + 1, 7.0],
        [1.6e18, 1.7e18, 1.6e18, NAN],
        [float("inf"), 1.0, float("-inf"), 1.0],
        [-0.0, 0.0, -1.0, 0.0],
    ],
)
@pytest.mark.parametrize("largest", [None, 2**31 - 1])
def test_the_order_is_that_of_a_sort_by_both(values: list[float], largest: int | None) -> None:
    given = np.array(values, np.float64)
    places = np.random.default_rng(0).permutation(len(given)).astype(np.int64)
    if largest and len(places):
        places[0] = largest
    order = np.lexsort((places, given))
    sorted_values, sorted_places = by_value_then_place(given, places)
    np.testing.assert_array_equal(sorted_values, given[order])
    np.testing.assert_array_equal(sorted_places, places[order])
