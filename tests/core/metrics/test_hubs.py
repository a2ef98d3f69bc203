"""Hubs and orphans."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew

from core.metrics.hubs import hubs


def test_a_ring_has_neither_hubs_nor_orphans() -> None:
    ring = np.array([[(n + 1) % 8, (n - 1) % 8] for n in range(8)])
    assert (hubs(ring).skewness, hubs(ring).orphans) == (0, 0)


def test_one_picture_that_is_everybodys_neighbour() -> None:
    star = np.array([[1]] + [[0]] * 9)
    found = hubs(star)
    assert (found.largest, found.occurrences, found.orphans) == (0, 9, 0.8)
    assert found.skewness == pytest.approx(skew([9, 1, 0, 0, 0, 0, 0, 0, 0, 0]))
