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
    coded = rows[:count]
    return Codes(mean, encode(coded, mean)[None], len(coded))


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
    some = np.arange(0, 50, 3)
    again, nearer = _codes(rows).scores_of(some, query)
    assert (np.abs(again - true[some]) <= nearer).all()
    assert (nearer <= bounds[some]).all()


def test_few_rows_are_compared_by_all_their_bits() -> None:
    rows = _rows(5, 20_000, 256, spread=0.8)
    codes = _codes(rows)
    scores, bounds = codes.scores(rows[7])
    candidates = scores + bounds >= np.sort(scores - bounds)[-10]
    assert 10 <= np.count_nonzero(candidates) < 1_000


def _in_groups(whole: Codes, rows: Rows, size: int) -> Codes:
    groups = [encode(rows[start : start + size], whole.mean, size) for start in range(0, len(rows), size)]
    return Codes(whole.mean, np.stack(groups), len(rows))


def test_groups_belong_together() -> None:
    rows = _rows(6, 1_000, 32)
    whole = _codes(rows)
    parts = _in_groups(whole, rows, 64)  # the last of them is not full
    numbers = np.array([0, 63, 64, 700, 999])
    for one, other in zip(parts.scores(rows[3]), whole.scores(rows[3]), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(parts.scores_of(numbers, rows[3]), whole.scores_of(numbers, rows[3]), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not parts.wrong(rows[50:], 50).any()
    assert parts.nbytes == whole.nbytes == 1_000 * (32 + 16)


def test_numbers_that_one_product_cannot_hold_are_multiplied_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows(6, 100, 70)
    whole = _codes(rows).scores(rows[3])
    monkeypatch.setattr(module, "_MOST_NUMBERS", 32)
    for one, other in zip(_codes(rows).scores(rows[3]), whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_largest_codes_of_the_longest_rows_do_not_overflow() -> None:
    rows = np.full((3, 40_000), 1 / 200, np.float32)
    rows[1] *= -1
    codes = Codes(np.zeros(40_000, np.float32), encode(rows, np.zeros(40_000, np.float32))[None], 3)
    np.testing.assert_allclose(codes.scores(rows[0])[0], [1, -1, 1], rtol=1e-5)


def test_rows_that_are_not_finite_are_never_ruled_out_and_do_no_harm_to_others() -> None:
    rows = _rows(7, 100, 8)
    rows[4, 2], rows[9, 1] = np.nan, np.inf
    mean = np.zeros(8, np.float32)
    encoded = encode(rows, mean)
    assert np.isinf(encoded["error"][[4, 9]]).all()
    others = np.delete(np.arange(100), [4, 9])
    assert np.isfinite(encoded["error"][others]).all()


def test_changed_codes_are_found() -> None:
    rows = _rows(8, 40, 16)
    codes = _codes(rows)
    assert not codes.wrong(rows, 0).any()
    assert not codes.wrong(rows[10:20], 10).any()
    codes.groups["code"][0, 13, 5] ^= 0x40
    codes.groups["error"][0, 20] = np.nan
    codes.groups["scale"][0, 30] *= 2
    codes.groups["sum"][0, 35] += 1
    assert np.flatnonzero(codes.wrong(rows, 0)).tolist() == [13, 20, 30, 35]


@pytest.mark.parametrize("field", ["scale", "error", "length"])
def test_numbers_that_are_none_in_codes_hide_no_row(field: str) -> None:
    rows = _rows(9, 200, 16)
    codes = _codes(rows)
    codes.groups[field][0, ::7] = np.nan
    allowed = np.ones(200, bool)
    expected = nearest(rows, rows[0], 5, allowed)
    assert nearest_through(codes, rows, rows[0], 5, allowed)[0].numbers.tolist() == expected.numbers.tolist()
