"""Membership of keys."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.vectors.keys import is_in

# Few different bytes: equal heads with different tails, and trailing zeros, come up often.
keys = st.lists(
    st.binary(min_size=20, max_size=20) | st.builds(lambda a, b: bytes([a] * 8 + [b] * 12), *[st.integers(0, 2)] * 2)
)


@given(keys, keys)
def test_it_says_what_a_set_says(some: list[bytes], others: list[bytes]) -> None:
    among = np.array(sorted(set(others)), "S20")
    assert is_in(np.array(some, "S20"), among).tolist() == [key in set(others) for key in some]
