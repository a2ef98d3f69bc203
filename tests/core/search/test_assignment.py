"""Rows to their nearest centres: the same as all pairs, whatever the size of the blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.arrays import normalise
from core.search import assignment as module
from core.search.assignment import UNASSIGNED, assign, centres_of, members_of, scores_of


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 7)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), total=st.integers(1, 60), k=st.integers(1, 9), dim=st.integers(1, 8))
def test_the_nearest_centre_is_that_of_all_pairs(seed: int, total: int, k: int, dim: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(-3, 4, (total, dim)).astype(np.float32)  # whole numbers: products are exact, ties happen
    centres = rng.integers(-3, 4, (k, dim)).astype(np.float32)
    numbers = np.flatnonzero(rng.random(total) < 0.7)
    found = assign(rows, numbers, centres, with_second=True)
    products = rows[numbers] @ centres.T
    assert found.labels.tolist() == [int(np.argmax(line)) for line in products]
    assert found.scores.tolist() == [max(line) for line in products.tolist()]
    assert found.seconds.tolist() == [sorted(line)[-2] if k > 1 else -1 for line in products.tolist()]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), total=st.integers(1, 60), k=st.integers(1, 6))
def test_a_groups_centre_is_the_direction_of_its_mean(seed: int, total: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    rows = normalise(rng.standard_normal((total, 5)))
    labels = rng.integers(UNASSIGNED, k, total).astype(np.int32)
    numbers = np.arange(total)
    centres = centres_of(rows, numbers, labels, k)
    for group in range(k):
        mine = rows[labels == group]
        expected = normalise(mine.sum(axis=0)) if len(mine) else np.zeros(5)
        np.testing.assert_allclose(centres[group], expected, atol=1e-5)
    scores = scores_of(rows, numbers, labels, centres)
    expected = [rows[n] @ centres[labels[n]] if labels[n] >= 0 else -1 for n in range(total)]
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert [places.tolist() for places in members_of(labels, k)] == [
        np.flatnonzero(labels == group).tolist() for group in range(k)
    ]


def test_between_blocks_it_can_be_stopped() -> None:
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        assign(np.ones((70, 2), np.float32), np.arange(70), np.ones((1, 2), np.float32), check)
    assert len(asked) == 3
