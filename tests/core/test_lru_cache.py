"""The cache with a bound: what was used last stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.lru_cache import LruCache


@given(st.integers(1, 5), st.lists(st.tuples(st.booleans(), st.integers(0, 9))))
def test_it_holds_what_was_set_or_read_last_and_never_more(most: int, uses: list[tuple[bool, int]]) -> None:
    cache: LruCache[int, int] = LruCache(most)
    expected: list[int] = []  # keys, used last at the end
    for reads, key in uses:
        if reads:
            assert cache.get(key) == (-key if key in expected else None)
            if key not in expected:
                continue
        else:
            cache[key] = -key
        expected = [*(other for other in expected if other != key), key][-most:]
        assert len(cache) == len(expected) <= most
        assert all(one in cache for one in expected)
