"""Outlines: mirroring and quarter turns do not change them, other pictures have others."""

from __future__ import annotations

import numpy as np
import pytest

from core.images.outline import DIM, NEAR, outline
from tests.filled_projects import draw
from tests.planted_copies import TURNED


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("way", TURNED)
def test_a_turned_copy_has_nearly_the_same_outline(number: int, way: str) -> None:
    picture = draw(number)
    assert outline(np.asarray(picture)) @ outline(np.asarray(TURNED[way](picture))) >= NEAR


def test_different_pictures_have_different_outlines() -> None:
    rows = np.stack([outline(np.asarray(draw(number))) for number in range(12)])
    assert rows.shape == (12, DIM)
    assert np.triu(rows @ rows.T, 1).max() < NEAR


def test_a_blank_picture_is_near_to_nothing() -> None:
    assert not outline(np.full((40, 60, 3), 200, np.uint8)).any()
