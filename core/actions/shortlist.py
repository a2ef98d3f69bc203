"""Which pairs of a group of candidates to compare, and in which order.

Vectors and thumbnails rank differently: for a drawing among a thousand of its series, the compressed copy is first by
its thumbnail and tenth by its vector, the cropped copy first by its vector and fiftieth by its thumbnail. So each
ranking contributes its best candidates, which are interleaved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
Score = Callable[[Sequence[int], Sequence[int]], Plane]

# In a large group each picture is compared with this many of the best others by each ranking.
_BEST = 24
_ALL = 64  # in smaller groups all pairs are compared
# Block of scores: 128 heads x 4,096 others are 2 MB.
_HEADS, _REACH = 128, 4_096


def shortlists(group: Sequence[int], rankings: Sequence[Score]) -> Iterator[tuple[int, list[int]]]:
    """Each member of a group with the later members most similar to it by any ranking; all later ones in small groups.

    Args:
        group: row numbers, best first.
        rankings: similarity of some members and others, shape (some, others).
    """
    for start in range(0, len(group), _HEADS):
        heads, others = group[start : start + _HEADS], group[start : start + _REACH]
        scores = [ranking(heads, others) for ranking in rankings] if len(others) > _ALL + 1 else []
        for index, head in enumerate(heads):
            after = np.arange(index + 1, len(others))
            if scores and len(after) > _ALL:
                best = [after[np.argpartition(-of[index, after], _BEST)[:_BEST]] for of in scores]
                after = np.unique(np.concatenate(best))
            yield head, [others[one] for one in after.tolist()]


def interleaved(*scores: npt.NDArray[np.floating]) -> list[int]:
    """Indices ordered by taking the best of each score in turn, each index once."""
    orders = [np.argsort(-score, kind="stable").tolist() for score in scores]
    return list(dict.fromkeys(index for indices in zip(*orders, strict=True) for index in indices))
