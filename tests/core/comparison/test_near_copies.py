"""Near copies are hidden from each other, and lift nobody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from core.actions.definition import Context
from core.arrays import normalise
from core.comparison import near_copies as module
from core.comparison.comparison import compare
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.compared_projects import keys_in_order, make_project, store_rows, tag_by_label

PAIRS = 30
LABELS = [number // 2 % 6 for number in range(2 * PAIRS)]


def with_copies(folder: Path) -> Project:
    """30 pictures, each followed by a brighter, smaller copy, with six labels that mean nothing."""
    with make_project(folder, PAIRS) as made:
        names = sorted(folder.glob("*.png"))
        made.close()
    for name in names:
        copy = ImageEnhance.Brightness(Image.open(name)).enhance(1.1).resize((48, 48))
        copy.save(name.with_stem(f"{name.stem}b"))
    project = Project.open_or_create(folder)
    project.scan()
    return project


def test_a_model_that_only_finds_copies_is_no_better_than_one_that_finds_nothing(tmp_path: Path) -> None:
    with with_copies(tmp_path / "pictures") as project:
        keys = keys_in_order(project)
        tag_by_label(project, keys, LABELS)
        random = np.random.default_rng(1)
        one_each = random.normal(size=(PAIRS, 24))
        finds_copies = normalise(np.repeat(one_each, 2, axis=0) + 0.05 * random.normal(size=(2 * PAIRS, 24)))
        store_rows(project, "effnet-lite0", keys, finds_copies)
        store_rows(project, "conse", keys, normalise(random.normal(size=(2 * PAIRS, 24))))
        found = compare(Context(project, LocalEncoder())).by_labels
        assert found is not None
        assert found.copies == PAIRS
        assert not any(one.is_worse for one in found.figures)
        for one in found.figures:
            assert one.precision.low < found.precision_by_chance < one.precision.high


def test_pictures_that_only_one_model_calls_alike_are_no_copies(tmp_path: Path) -> None:
    with make_project(tmp_path / "pictures", 40) as project:
        keys = keys_in_order(project)
        labels = [number % 4 for number in range(40)]
        tag_by_label(project, keys, labels)
        store_rows(project, "effnet-lite0", keys, normalise(np.ones((40, 24)) + 0.01 * np.eye(40, 24)))
        store_rows(project, "conse", keys, normalise(np.random.default_rng(0).normal(size=(40, 24))))
        found = compare(Context(project, LocalEncoder())).by_labels
        assert found is not None and found.copies == 0


def test_of_too_many_candidates_the_nearest_go_first_and_the_others_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LOOKED_AT", 20)
    monkeypatch.setattr(module, "_AT_ONCE", 4)
    with with_copies(tmp_path / "pictures") as project:
        keys = keys_in_order(project)
        tag_by_label(project, keys, LABELS)
        random = np.random.default_rng(1)
        rows = np.repeat(random.normal(size=(PAIRS, 24)), 2, axis=0) + 0.05 * random.normal(size=(2 * PAIRS, 24))
        for name in ("effnet-lite0", "conse"):
            store_rows(project, name, keys, normalise(rows))
        said: list[str] = []
        found = compare(Context(project, LocalEncoder(), say=said.append), by="tags").by_labels
        assert found is not None
        assert found.copies == 10 and found.unseen == 20  # ten pairs are twenty pictures
        assert found.copies_words == (
            "10 pairs of near copies hidden from each other, 20 pairs that may be near copies not looked at"
        )
        assert "looking at near copies: 16 of 20 pictures" in said


def test_a_nearer_candidate_goes_before_a_farther_one() -> None:
    pairs = np.array([[0, 1], [0, 2], [0, 3], [4, 5], [1, 3]])
    kept, ranks = module._each_once(pairs[[0, 1, 2, 3, 4, 1]], np.array([0, 5, 2, 0, 1, 1]))
    assert dict(zip(map(tuple, kept.tolist()), ranks.tolist(), strict=True)) == {
        (0, 1): 0,
        (0, 2): 1,
        (0, 3): 2,
        (1, 3): 1,
        (4, 5): 0,
    }
    ordered = kept[np.argsort(ranks, kind="stable")]
    assert ordered[:2].tolist() == [[0, 1], [4, 5]]


@pytest.mark.parametrize(("most", "kept"), [(1, 0), (2, 1), (3, 1), (4, 3), (5, 4), (9, 4)])
def test_no_more_pictures_are_looked_at_than_can_be(monkeypatch: pytest.MonkeyPatch, most: int, kept: int) -> None:
    monkeypatch.setattr(module, "MOST_LOOKED_AT", most)
    pairs = np.array([[0, 1], [2, 3], [1, 3], [0, 4]])
    found = module._affordable(pairs)
    assert len(found) == kept and len(np.unique(found)) <= most
