"""Scores of neighbours by labels, against scikit-learn and against rankings written down by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.neighbors import KNeighborsClassifier

from core.arrays import normalise
from core.metrics import label_retrieval
from core.metrics.label_retrieval import average_precision, average_precision_by_chance, label_scores


def single(labels: np.ndarray) -> csr_array:
    return csr_array((np.ones(len(labels), bool), (np.arange(len(labels)), labels)))


def around(labels: np.ndarray, noise: float, seed: int = 1) -> np.ndarray:
    """Rows near a direction for each label."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(labels.max() + 1, 16))
    return normalise(centres[labels] + noise * random.normal(size=(len(labels), 16)))


def test_votes_are_those_of_scikit_learn_where_no_vote_is_tied() -> None:
    labels = np.random.default_rng(0).integers(0, 2, 120)
    rows = around(labels, 2.5)
    scores = label_scores(rows, single(labels), np.arange(120))
    for query in range(120):
        others = np.delete(np.arange(120), query)
        model = KNeighborsClassifier(10, metric="cosine").fit(rows[others], labels[others])
        share = model.predict_proba(rows[[query]])[0]
        if share[0] != share[1]:
            assert scores.vote[query] == (share.argmax() == labels[query])
        else:
            assert scores.vote[query] == 0.5
        assert scores.precision[query] == pytest.approx(share[labels[query]])


def test_average_precision_stops_at_r() -> None:
    hits = np.array([True, False, True, True])
    assert average_precision(hits, 3) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision(np.array([True, True]), 2) == 1
    assert average_precision(np.array([False, False]), 2) == 0


def test_map_at_r_of_a_small_case_worked_out_by_hand() -> None:
    angles = np.radians([0, 10, 25, 45])
    rows = normalise(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    labels = single(np.array([0, 1, 0, 0]))
    scores = label_scores(rows, labels, np.array([0, 1, 2, 3]))
    # 0 sees 1, 2, 3; 2 sees 1, 3, 0; 3 sees 2, 1, 0. Each of them has two relevant pictures; 1 has none.
    assert scores.average_precision[[0, 2, 3]] == pytest.approx([0.25, 0.25, 0.5])
    assert np.isnan(scores.average_precision[1]) and np.isnan(scores.vote[1])
    assert scores.chance[[0, 2, 3]] == pytest.approx([2 / 3] * 3)


def test_a_picture_with_several_labels_is_relevant_through_any_of_them() -> None:
    rows = normalise(np.eye(3, 4) + 0.1)
    labels = csr_array(np.array([[True, True], [True, False], [False, True]]))
    scores = label_scores(rows, labels, np.array([0, 1]))
    assert scores.precision[0] == 1
    assert scores.precision[1] == 0.5  # shares nothing with the third


def test_copies_are_never_seen_and_lift_nobody() -> None:
    labels = np.repeat(np.arange(20), 3)
    random = np.random.default_rng(3)
    rows = normalise(random.normal(size=(60, 32)))
    copies = np.arange(60).reshape(20, 3)
    for first, second, _ in copies:  # of each label two pictures are near copies, the third is unlike
        rows[second] = normalise(rows[first] + 0.001)
    pairs = [(a, b) for a, b, _ in copies] + [(b, a) for a, b, _ in copies]
    excluded = csr_array((np.ones(len(pairs), bool), tuple(zip(*pairs, strict=True))), (60, 60))
    with_copies = label_scores(rows, single(labels), np.arange(60))
    without = label_scores(rows, single(labels), np.arange(60), excluded)
    assert np.nanmean(with_copies.average_precision) > 0.3
    assert np.nanmean(without.average_precision) < 0.15
    assert without.chance[0] == pytest.approx(1 / 58)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.random.default_rng(0).integers(0, 4, 70)
    rows = around(labels, 1.0)
    whole = label_scores(rows, single(labels), np.arange(70))
    monkeypatch.setattr(label_retrieval, "_SCORES", 210)
    parts = label_scores(rows, single(labels), np.arange(70))
    for one, other in zip(vars(whole).values(), vars(parts).values(), strict=True):
        np.testing.assert_allclose(one, other)


def test_equal_rows_rank_in_their_order() -> None:
    rows = normalise(np.ones((30, 4)))
    labels = np.zeros(30, np.int64)
    labels[20:] = 1
    scores = label_scores(rows, single(labels), np.array([25]))
    assert scores.precision[0] == 0  # the first ten of the other label come first


def test_fewer_rows_than_neighbours() -> None:
    rows = normalise(np.eye(3) + 0.2)
    scores = label_scores(rows, single(np.zeros(3, np.int64)), np.arange(3))
    assert scores.precision.tolist() == scores.vote.tolist() == scores.average_precision.tolist() == [1, 1, 1]


def test_it_can_be_stopped() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label_scores(normalise(np.eye(3)), single(np.zeros(3, np.int64)), np.arange(3), check=stop)


@pytest.mark.parametrize(("wanted", "candidates"), [(1, 1), (1, 6), (2, 6), (3, 7), (6, 6)])
def test_map_at_r_by_chance_is_the_mean_over_all_orders(wanted: int, candidates: int) -> None:
    found = []
    for places in combinations(range(candidates), wanted):
        hits = np.zeros(candidates, bool)
        hits[list(places)] = True
        found.append(average_precision(hits, wanted))
    assert average_precision_by_chance(wanted, candidates) == pytest.approx(np.mean(found))


def test_random_rows_score_what_chance_gives() -> None:
    random = np.random.default_rng(8)
    rows = normalise(random.normal(size=(400, 64)))
    labels = csr_array(np.eye(2, dtype=bool)[random.integers(0, 2, 400)])
    scores = label_scores(rows, labels, np.arange(400))
    assert np.mean(scores.average_precision) == pytest.approx(np.mean(scores.average_by_chance), abs=0.02)
