"""Membership of keys, and their places."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.key_arrays import index_in, is_in

# Few different bytes: equal heads with different tails, and trailing zeros, come up often.
keys = st.lists(
    st.binary(min_size=20, max_size=20) | st.builds(lambda a, b: bytes([a] * 8 + [b] * 12), *[st.integers(0, 2)] * 2)
)


@given(keys, keys)
def test_it_says_what_a_set_says(some: list[bytes], others: list[bytes]) -> None:
    among = np.array(sorted(set(others)), "S20")
    assert is_in(np.array(some, "S20"), among).tolist() == [key in set(others) for key in some]


@given(keys, keys)
def test_it_says_where_each_is(some: list[bytes], others: list[bytes]) -> None:
    listed = sorted(set(others))
    expected = [listed.index(key) if key in listed else -1 for key in some]
    assert index_in(np.array(some, "S20"), np.array(listed, "S20")).tolist() == expected
