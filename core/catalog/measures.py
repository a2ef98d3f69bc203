"""The sides and colours of pictures, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.catalog.catalog import Catalog
from core.images.richness import GREY, RGB
from core.keys import KEY

# Spread of the channels of a mean: a picture without colour has none, but for compression.
_GREY = 3


@dataclass(frozen=True)
class Measures:
    """What the catalog knows of pictures, as arrays of one length.

    Attributes:
        sides: width and height in pixels, 0 where unreadable, shape (n, 2).
        colours: mean red, green and blue, 0 to 255; NaN where not measured, shape (n, 3), float32.
        colourless: whether the file holds no colour by its header, whatever it shows, shape (n,).
    """

    sides: npt.NDArray[np.int64]
    colours: Rows
    colourless: npt.NDArray[np.bool_]

    def longer(self) -> npt.NDArray[np.int64]:
        """The longer side of each."""
        longer: npt.NDArray[np.int64] = self.sides.max(axis=1)
        return longer

    def grey(self) -> npt.NDArray[np.bool_]:
        """Which have a mean without colour: some of them show colours. Not those that are not measured."""
        with np.errstate(invalid="ignore"):
            grey: npt.NDArray[np.bool_] = np.ptp(self.colours, axis=1) <= _GREY
        return grey


def measures_of(catalog: Catalog, keys: npt.NDArray[np.bytes_]) -> Measures:
    """Read them for ``keys``, shape (n,), dtype S20; a key that the catalog does not know has neither."""
    rows = catalog.query(
        """SELECT p.key, p.width, p.height, coalesce(a.colour, -1), coalesce(h.colour, ?)
           FROM pictures p LEFT JOIN appearance a ON a.picture = p.id LEFT JOIN richness h ON h.picture = p.id
           ORDER BY p.key""",
        (RGB,),
    )
    known = np.frombuffer(b"".join(row[0] for row in rows), KEY)
    if not len(known):
        unknown = np.full((len(keys), 3), np.nan, np.float32)
        return Measures(np.zeros((len(keys), 2), np.int64), unknown, np.zeros(len(keys), bool))
    table = np.array([row[1:] for row in rows], np.int64)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    there = known[place] == keys
    sides = np.where(there[:, None], table[place, :2], 0)
    colour = table[place, 2]
    channels = (colour[:, None] >> np.array([16, 8, 0])) & 0xFF
    means = np.where((there & (colour >= 0))[:, None], channels, np.nan).astype(np.float32)
    return Measures(sides, means, there & (table[place, 3] == GREY))
