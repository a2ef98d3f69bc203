"""Hubs and orphans: pictures that are everybody's neighbour, and those that are nobody's.

Source: Radovanović, Nanopoulos and Ivanović 2010, "Hubs in Space". A diagnosis, not a ranking of models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.search.assignment import Numbers


@dataclass(frozen=True)
class Hubs:
    """How evenly pictures occur among the neighbours of others.

    Attributes:
        skewness: of the occurrences; 0 for an even spread, 1 and more where few pictures come up everywhere.
        orphans: share of pictures among nobody's neighbours, from 0 to 1.
        largest: number of the picture that occurs most.
        occurrences: of that picture.
    """

    skewness: float
    orphans: float
    largest: int
    occurrences: int


def hubs(neighbours: Numbers) -> Hubs:
    """Count how often each row is a neighbour of another.

    Args:
        neighbours: of each row, shape (n, k), k at least 1.
    """
    counts = np.bincount(neighbours.ravel(), minlength=len(neighbours)).astype(np.float64)
    spread = counts.std()
    skewness = float(((counts - counts.mean()) ** 3).mean() / spread**3) if spread > 0 else 0.0
    largest = int(counts.argmax())
    return Hubs(skewness, float(np.mean(counts == 0)), largest, int(counts[largest]))
