"""Covering regions of a picture, and what that says."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.explain.occlusion import CELLS, COVERS, box_of, covered, importance, place_in_words


def test_each_cell_is_covered_and_nothing_else() -> None:
    picture = Image.new("RGB", (83, 41), "white")
    picture.paste("black", (0, 0, 40, 41))
    pixels = np.asarray(picture)
    copies = [np.asarray(one) for one in covered(picture)]
    assert len(copies) == COVERS
    changed = np.stack([(copy != pixels).any(axis=2) for copy in copies])
    assert changed.any(axis=0).all()
    left, top, right, bottom = box_of(picture.size, 0, 0, 2)
    assert changed[0, top:bottom, left:right].all()
    assert changed[0].sum() == (right - left) * (bottom - top)
    assert len(np.unique(np.concatenate([copy[mask] for copy, mask in zip(copies, changed, strict=True)]), axis=0)) == 1


def test_the_boxes_of_the_cells_fill_the_picture() -> None:
    areas = [box_of((83, 41), row, column) for row in range(CELLS) for column in range(CELLS)]
    assert sum((right - left) * (bottom - top) for left, top, right, bottom in areas) == 83 * 41


def test_the_cell_that_is_missed_matters_most() -> None:
    without = np.full((CELLS - 1, CELLS - 1), 0.9)
    without[0, 0] = 0.4
    found = importance(0.9, without.ravel())
    assert found[0, 0] == 1.0  # only one square holds the corner
    assert found[1, 1] == pytest.approx(0.25)  # one of four squares
    assert not found[2:, 2:].any()
    assert place_in_words(found) == "upper left"


def test_what_lowers_nothing_does_not_matter() -> None:
    found = importance(0.5, np.full(COVERS, 0.6))
    assert not found.any()
    assert place_in_words(found) == ""


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [(0, 0, "upper left"), (0, 7, "upper right"), (7, 0, "lower left"), (4, 4, "middle"), (0, 4, "upper middle")],
)
def test_places_are_named(row: int, column: int, words: str) -> None:
    found = np.zeros((CELLS, CELLS))
    found[row, column] = 1
    assert place_in_words(found) == words
