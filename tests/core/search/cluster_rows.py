"""Rows around planted directions."""

from __future__ import annotations

import numpy as np

from core.arrays import Rows, normalise


def planted(groups: int, each: int, *, dim: int = 32, spread: float = 0.3, seed: int = 0) -> tuple[Rows, np.ndarray]:
    """``each`` rows around each of ``groups`` directions, mixed; and the group of each row."""
    rng = np.random.default_rng(seed)
    centres = normalise(rng.standard_normal((groups, dim)))
    labels = rng.permutation(np.repeat(np.arange(groups), each))
    noise = rng.standard_normal((len(labels), dim)) / dim**0.5
    return normalise(centres[labels] + spread * noise), labels


def partition(labels: np.ndarray) -> set[frozenset[int]]:
    """The groups as sets of places, whatever their numbers; noise (-1) is one group more."""
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}
