"""Search through 8-bit codes: exactly the rows that comparing all bits finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.arrays import Rows, normalise
from core.search import codes as module
from core.search.codes import Codes, encode, nearest_through
from core.search.nearest import nearest


def _rows(seed: int, count: int, dim: int, *, spread: float = 1.0) -> Rows:
    """Rows of length one around a common direction, as those of most models are, one dimension much larger."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal(dim) + spread * rng.standard_normal((count, dim))
    rows[:, 0] += 5
    return normalise(rows)


def _codes(rows: Rows, count: int | None = None) -> Codes:
    mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    return Codes(mean, encode(rows[:count], mean))


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 300),
    dim=st.integers(1, 70),
    spread=st.sampled_from([0.0, 1e-3, 0.3, 3.0]),
    k=st.integers(0, 40),
    coded=st.floats(0, 1),
    share=st.floats(0, 1),
    length=st.sampled_from([1e-6, 1.0, 1e4]),
)
@settings(max_examples=150, deadline=None)
def test_the_nearest_are_those_of_the_full_rows(
    seed: int, count: int, dim: int, spread: float, k: int, coded: float, share: float, length: float
) -> None:
    rng = np.random.default_rng(seed)
    rows = _rows(seed, count, dim, spread=spread)
    query = (rng.standard_normal(dim) * length).astype(np.float32)
    allowed = rng.random(count) < share
    expected = nearest(rows, query, k, allowed)
    found, scores = nearest_through(_codes(rows, round(coded * count)), rows, query, k, allowed)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-4, atol=1e-5 * length)
    # Rows may change places only if their scores differ by less than rounding.
    np.testing.assert_allclose(
        (rows[found.numbers] @ query), (rows[expected.numbers] @ query), rtol=1e-4, atol=1e-5 * length
    )
    assert allowed[found.numbers].all()
    np.testing.assert_allclose(scores, rows @ query, rtol=0, atol=0.05 * length)


@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(1, 300), spread=st.sampled_from([0.0, 0.01, 1.0]))
@settings(max_examples=60, deadline=None)
def test_no_product_is_further_from_the_true_one_than_its_bound(seed: int, dim: int, spread: float) -> None:
    rows = _rows(seed, 50, dim, spread=spread)
    query = np.random.default_rng(seed + 1).standard_normal(dim).astype(np.float32)
    scores, bounds = _codes(rows).scores(query)
    true = rows.astype(np.float64) @ query.astype(np.float64)
    assert (np.abs(scores - true) <= bounds).all()


def test_few_rows_are_compared_by_all_their_bits() -> None:
    rows = _rows(5, 20_000, 256, spread=0.8)
    codes = _codes(rows)
    scores, bounds = codes.scores(rows[7])
    candidates = scores + bounds >= np.sort(scores - bounds)[-10]
    assert 10 <= np.count_nonzero(candidates) < 1_000


def test_the_blocks_of_the_threads_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows(6, 1_000, 32)
    whole = _codes(rows).scores(rows[3])
    monkeypatch.setattr(module, "_BLOCK", 64)
    for one, other in zip(_codes(rows).scores(rows[3]), whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_rows_that_are_not_finite_are_never_ruled_out_and_do_no_harm_to_others() -> None:
    rows = _rows(7, 100, 8)
    rows[4, 2], rows[9, 1] = np.nan, np.inf
    mean = np.zeros(8, np.float32)
    records = encode(rows, mean)
    assert np.isinf(records["error"][[4, 9]]).all()
    others = np.delete(np.arange(100), [4, 9])
    assert np.isfinite(records["error"][others]).all()


def test_changed_codes_are_found() -> None:
    rows = _rows(8, 40, 16)
    codes = _codes(rows)
    assert not codes.wrong(rows, 0).any()
    assert not codes.wrong(rows[10:20], 10).any()
    codes.records["code"][13, 5] ^= 0x40
    codes.records["error"][20] = np.nan
    codes.records["scale"][30] *= 2
    assert np.flatnonzero(codes.wrong(rows, 0)).tolist() == [13, 20, 30]


@pytest.mark.parametrize("field", ["scale", "error", "length"])
def test_numbers_that_are_none_in_codes_hide_no_row(field: str) -> None:
    rows = _rows(9, 200, 16)
    codes = _codes(rows)
    codes.records[field][::7] = np.nan
    allowed = np.ones(200, bool)
    expected = nearest(rows, rows[0], 5, allowed)
    assert nearest_through(codes, rows, rows[0], 5, allowed)[0].numbers.tolist() == expected.numbers.tolist()
