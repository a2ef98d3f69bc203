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
_BLOCK = 64  # pictures between two checks


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
    longer, grey = measures.longer(), measures.grey()
    known = (measures.sides > 0).all(axis=1) & ~np.isnan(measures.colours[:, 0])
    ratios = measures.sides[:, 0] / np.maximum(measures.sides[:, 1], 1)
    # The mean of a picture with colours may have none. If its file holds none, it may be a copy of any that holds some.
    colours, perhaps = ~grey, ~grey | ~measures.colourless
    faded = grey & np.where(measures.colourless, perhaps[known].any(), colours[known].any())
    luma = measures.colours @ np.array([0.299, 0.587, 0.114], np.float32)
    by_luma = np.flatnonzero(known)[np.argsort(luma[known], kind="stable")]  # means near in colour are near in luma
    ordered = luma[by_luma]
    # In a collection of thumbnails alone, or of grey pictures, there is nothing to look for.
    small = (longer < SMALL) & (longer * _LARGER <= longer[known].max(initial=0))
    for done, one in enumerate(np.flatnonzero(known & (small | faded)).tolist()):
        if done % _BLOCK == 0:
            check()
        first, last = np.searchsorted(ordered, (luma[one] - _COLOUR, luma[one] + _COLOUR), "left")
        others = by_luma[first:last]
        near = np.abs(measures.colours[others] - measures.colours[one]).max(axis=1) <= _COLOUR
        larger = (longer[one] < SMALL) & (longer[others] >= _LARGER * longer[one]) & near
        coloured = (perhaps if measures.colourless[one] else colours)[others] & faded[one]
        coloured &= np.abs(luma[others] - luma[one]) <= _LUMA
        slack = _PROPORTIONS + 1 / measures.sides[one].min()
        others = others[(larger | coloured) & (np.abs(ratios[others] / ratios[one] - 1) <= slack)]
        if len(others):
            cosines = np.asarray(rows[numbers[others]]) @ np.asarray(rows[numbers[one]])
            best = np.argsort(-cosines, kind="stable")[:_NEAREST]
            yield int(numbers[one]), numbers[others[best]].tolist()
