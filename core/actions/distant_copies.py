"""Pairs that may be copies though their vectors are far apart: one is much smaller, or one has no colour.

A network sees a picture of 80 pixels enlarged, as a blurred one, and a grey one without what it tells many things by:
of 20 photographs, the cosines of copies at a quarter of the size were 0.56 to 0.84, of grey ones 0.58 to 0.99. A
threshold that low would make half of a collection one group of candidates. The catalog knows which pictures are small
or grey; their proportions and mean colour say which few others they can be copies of, and vectors rank those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.catalog.measures import Measures

Numbers = npt.NDArray[np.int64]

# Longer side below which enlarging for a network blurs. Copies of 120 pixels and more reached the cosine of copies.
SMALL = 160
_LARGER = 1.5  # times as large: below it both are as blurred
# Levels by which a channel's mean, or the luma of a grey copy, may differ: as much as the pixel check allows to change.
_COLOUR, _LUMA = 16.0, 8.0
_PROPORTIONS = 0.03  # of the ratio of the sides, and twice half a pixel of the smaller picture
_NEAREST = 8  # of those that are left: of 194 originals of photographs and drawings 193 were first or second
# Pictures of nearly one shape and brightness are compared at once with all they may be copies of: 160,000 small ones
# among a million, each with 20,000 others, take minutes as products of matrices, hours one by one.
_BLOCK, _CHUNK = 256, 2_048  # rows of such a product: what is computed of its pairs stays in the processor's cache
_SHAPE = 0.06  # of the logarithm of the ratio of the sides: a class


def distant_pairs(
    rows: Rows, numbers: Numbers, measures: Measures, check: Callable[[], None]
) -> Iterator[tuple[int, list[int]]]:
    """Small and grey pictures, each with the few others whose copy it may be, the nearest first.

    Args:
        rows: of all pictures, shape (count, dim), float32, normalised.
        numbers: row numbers of the pictures to compare, shape (n,).
        measures: of these, in their order.
        check: called now and then; may raise to stop.
    """
    possible = _Possible(measures)
    found: dict[int, Numbers] = {}
    for block in possible.blocks():
        nearest = _Nearest(rows, numbers, block)
        for others in possible.others(block):
            check()
            nearest.offer(others, possible.may_be_copies(block, others))
        found.update(nearest.best())
    for one in sorted(found):
        yield int(numbers[one]), numbers[found[one]].tolist()


class _Possible:
    """Which pictures can be small or grey copies of which, by the catalog alone; by their places in the measures."""

    def __init__(self, measures: Measures) -> None:
        known = (measures.sides > 0).all(axis=1) & ~np.isnan(measures.colours[:, 0])
        self._longer, self._colourless = measures.longer().astype(np.int32), measures.colourless
        # The mean of a picture with colours may have none. A file that holds none may be a copy of any that holds some.
        grey = measures.grey()
        self._coloured, self._perhaps = ~grey, ~grey | ~measures.colourless
        faded_beside = np.where(measures.colourless, self._perhaps[known].any(), self._coloured[known].any())
        self._faded = known & grey & faded_beside  # not where all pictures are grey: there is nothing to look for
        self._colours = np.where(known[:, None], measures.colours, 0).astype(np.int16)
        self._luma = measures.colours @ np.array([0.299, 0.587, 0.114], np.float32)
        sides = np.maximum(measures.sides, 1)
        self._ratios = (sides[:, 0] / sides[:, 1]).astype(np.float32)
        self._slack = (_PROPORTIONS + 1 / sides.min(axis=1)).astype(np.float32)
        # In a collection of thumbnails alone there is nothing to look for.
        small = (self._longer < SMALL) & (self._longer * _LARGER <= self._longer[known].max(initial=0))
        self._small = known & small
        self._asked = np.flatnonzero(self._small | self._faded)
        self._classes = _shape_class(self._ratios)
        there = np.flatnonzero(known)
        self._arranged = there[np.lexsort((self._luma[there], self._classes[there]))]
        self._shapes, starts = np.unique(self._classes[self._arranged], return_index=True)
        self._ends = np.append(starts, len(there))

    def blocks(self) -> Iterator[Numbers]:
        """The small and the grey ones, at most 256 at once, of one class of shapes and in the order of their luma."""
        slack = np.floor(self._slack[self._asked] / _PROPORTIONS)  # tiny ones, whose shape says little, apart
        kind = np.stack([self._small[self._asked], slack, self._classes[self._asked]]).astype(np.int64)
        order = np.lexsort((self._luma[self._asked], *kind))
        changes = np.flatnonzero(np.diff(kind[:, order]).any(axis=0)) + 1
        for part in np.split(self._asked[order], changes):
            for start in range(0, len(part), _BLOCK):
                yield part[start : start + _BLOCK]

    def others(self, block: Numbers) -> Iterator[Numbers]:
        """All that those of the block may be copies of, and more, at most 2,048 at once."""
        slack, far = self._slack[block].max(), _COLOUR if self._small[block].any() else _LUMA
        lowest = _shape_class(self._ratios[block].min() * max(1 - slack, 1e-9))
        highest = _shape_class(self._ratios[block].max() * (1 + slack))
        first, last = np.searchsorted(self._shapes, (lowest, highest + 1))
        near = []
        for start, end in zip(self._ends[first:last], self._ends[first + 1 : last + 1], strict=True):
            luma = self._luma[self._arranged[start:end]]
            low = np.searchsorted(luma, self._luma[block].min() - far)
            high = np.searchsorted(luma, self._luma[block].max() + far, "right")
            near.append(self._arranged[start + low : start + high])
        candidates = np.concatenate(near)
        smallest = self._longer[block].min()
        may = (self._longer[candidates] >= _LARGER * smallest) & (smallest < SMALL)
        if self._faded[block].any():
            may |= self._perhaps[candidates]
        candidates = candidates[may]
        for start in range(0, len(candidates), _CHUNK):
            yield candidates[start : start + _CHUNK]

    def may_be_copies(self, block: Numbers, others: Numbers) -> npt.NDArray[np.bool_]:
        """Whether each of the block may be a copy of each of the others, shape (len(block), len(others))."""
        mine = self._longer[block][:, None]
        may: npt.NDArray[np.bool_] = (mine < SMALL) & (self._longer[others] >= _LARGER * mine)
        if may.any():
            for channel in self._colours.T:
                may &= np.abs(channel[others] - channel[block][:, None]) <= _COLOUR
        if self._faded[block].any():
            coloured = np.where(self._colourless[block][:, None], self._perhaps[others], self._coloured[others])
            luma = np.abs(self._luma[others] - self._luma[block][:, None]) <= _LUMA
            may |= luma & coloured & self._faded[block][:, None]
        ratios = self._ratios[block][:, None]
        may &= np.abs(self._ratios[others] - ratios) <= self._slack[block][:, None] * ratios
        return may


class _Nearest:
    """The nearest by their vectors that were offered to those of a block."""

    def __init__(self, rows: Rows, numbers: Numbers, block: Numbers) -> None:
        self._rows, self._numbers, self._block = rows, numbers, block
        self._mine = np.asarray(rows[numbers[block]])
        self._cosines = np.full((len(block), _NEAREST), -np.inf, np.float32)
        self._places = np.zeros((len(block), _NEAREST), np.int64)

    def offer(self, others: Numbers, may: npt.NDArray[np.bool_]) -> None:
        """Take what is nearer than what there is. ``may``: which of the block and of the others count together."""
        cosines = self._mine @ np.asarray(self._rows[self._numbers[others]]).T
        row, column = np.nonzero(may & (cosines > self._cosines[:, -1:]))
        if not len(row):
            return
        rows = np.concatenate([row, np.repeat(np.arange(len(self._block)), _NEAREST)])
        near = np.concatenate([cosines[row, column], self._cosines.ravel()])
        places = np.concatenate([others[column], self._places.ravel()])
        order = np.lexsort((places, -near, rows))
        starts = np.searchsorted(rows[order], np.arange(len(self._block)))
        best = order[starts[:, None] + np.arange(_NEAREST)]
        self._cosines, self._places = near[best], places[best]

    def best(self) -> Iterator[tuple[int, Numbers]]:
        """Those of the block that have any, with the nearest first."""
        for one, places, cosines in zip(self._block, self._places, self._cosines, strict=True):
            if cosines[0] > -np.inf:
                yield int(one), places[cosines > -np.inf]


def _shape_class(ratio: npt.ArrayLike) -> Numbers:
    """A number for each ratio of width to height, equal for nearly equal ones."""
    classes: Numbers = np.floor(np.log(ratio) / _SHAPE).astype(np.int64)
    return classes
