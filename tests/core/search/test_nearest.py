"""Exact search: the same as sorting everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.search import nearest as module
from core.search.nearest import nearest


def brute(rows: np.ndarray, query: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[int]:
    """Every allowed row by falling score, equal ones in their order."""
    scores = rows @ query
    numbers = range(len(rows)) if allowed is None else np.flatnonzero(allowed).tolist()
    return sorted(numbers, key=lambda number: (-scores[number], number))[: max(0, k)]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 7)


@pytest.mark.parametrize("k", [0, 1, 5, 100, 1000, 5000])
def test_the_best_k_of_many_blocks_are_those_of_sorting_everything(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 128)
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((1000, 16)).astype(np.float32)
    query = rng.standard_normal(16).astype(np.float32)
    found = nearest(rows, query, k)
    assert found.numbers.tolist() == brute(rows, query, k)
    np.testing.assert_allclose(found.scores, (rows @ query)[found.numbers], rtol=1e-5, atol=1e-6)
    assert (found.numbers.dtype, found.scores.dtype) == (np.int64, np.float32)


@pytest.mark.parametrize("k", [-1, 0, 3])
def test_no_rows_give_no_answer(k: int) -> None:
    assert nearest(np.zeros((0, 4), np.float32), np.ones(4, np.float32), k).numbers.tolist() == []


@pytest.mark.parametrize("k", [1, 10, 30, 40])
def test_equal_scores_come_in_the_order_of_the_rows_across_blocks(k: int, small_blocks: None) -> None:
    found = nearest(np.ones((30, 4), np.float32), np.ones(4, np.float32), k)
    assert found.numbers.tolist() == list(range(min(k, 30)))


def test_rows_that_are_not_allowed_never_appear(small_blocks: None) -> None:
    rows = np.arange(40, dtype=np.float32).reshape(40, 1)
    allowed = np.zeros(40, bool)
    assert nearest(rows, np.ones(1, np.float32), 5, allowed).numbers.size == 0
    allowed[[3, 17, 39]] = True
    assert nearest(rows, np.ones(1, np.float32), 5, allowed).numbers.tolist() == [39, 17, 3]


def test_a_mapped_file_is_searched_as_it_is(tmp_path, small_blocks: None) -> None:
    rng = np.random.default_rng(4)
    rows = rng.integers(-9, 9, (50, 8)).astype("<f4")
    rows.tofile(tmp_path / "rows.f32")
    mapped = np.memmap(tmp_path / "rows.f32", "<f4", "r", shape=(50, 8))
    assert nearest(mapped, rows[7], 9).numbers.tolist() == brute(rows, rows[7], 9)


# Small whole numbers: their products are exact, so that ties are ties whatever the order of the additions.
@settings(max_examples=150, deadline=None)
@given(data=st.data(), n=st.integers(0, 40), k=st.integers(-1, 45), block=st.integers(1, 45))
def test_any_rows_any_k_any_mask_any_block(data: st.DataObject, n: int, k: int, block: int) -> None:
    value = st.integers(-2, 2)
    rows = np.array(data.draw(st.lists(st.lists(value, min_size=3, max_size=3), min_size=n, max_size=n)), np.float32)
    rows = rows.reshape(n, 3)
    query = np.array(data.draw(st.lists(value, min_size=3, max_size=3)), np.float32)
    allowed = data.draw(
        st.none() | st.lists(st.booleans(), min_size=n, max_size=n).map(lambda mask: np.array(mask, bool))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)
        assert nearest(rows, query, k, allowed).numbers.tolist() == brute(rows, query, k, allowed)
