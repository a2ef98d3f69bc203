"""The 256 and the 16 colours of a terminal, and pictures in no others.

Textual hands colours on as red, green and blue, and Rich then takes the nearest that the terminal has. These are the
colours that stay what they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich._palettes import EIGHT_BIT_PALETTE, STANDARD_PALETTE
from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet

_BINS = 32  # levels of a channel that are told apart in looking up the nearest colour


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """Colours that a picture may have.

    Attributes:
        colours: uint8, colours x RGB: as the terminal shows them.
        sent: uint8, colours x RGB: what Rich turns into them. Of bright greys it takes the next darker one for nearest.
        table: uint8, 32 x 32 x 32: the number of the nearest colour in CIE Lab, by 5 bits of red, green and blue.
            Measured, this is nearer after a blur, too, than the nearest in RGB.
    """

    colours: NDArray[np.uint8]
    sent: NDArray[np.uint8]
    table: NDArray[np.uint8]

    def nearest(self, wanted: NDArray[np.float32]) -> NDArray[np.uint8]:
        """For each of ... x RGB, 0 to 255, the number of the nearest colour."""
        red, green, blue = np.moveaxis(wanted.astype(np.uint8) // (256 // _BINS), -1, 0)
        numbers: NDArray[np.uint8] = self.table[red, green, blue]
        return numbers


@lru_cache(maxsize=2)
def palette(colours: int) -> Palette | None:
    """Of a terminal with so many colours: 16, 256, or more, and then None."""
    if colours == 16:
        system, known = ColorSystem.STANDARD, STANDARD_PALETTE
        tried = [known[number] for number in range(16)]
    elif colours == 256:  # the first 16 of them are the user's choice
        system, known = ColorSystem.EIGHT_BIT, EIGHT_BIT_PALETTE
        greys = [ColorTriplet(*[round(step * 255 / 25)] * 3) for step in range(1, 25)]  # the steps that Rich rounds to
        tried = [*(known[number] for number in range(16, 232)), *greys]
    else:
        return None
    by_number = {Color.from_triplet(sent).downgrade(system).number or 0: sent for sent in tried}
    shown = np.array([known[number] for number in by_number], np.uint8)
    return Palette(shown, np.array(list(by_number.values()), np.uint8), _nearest_table(shown))


def _nearest_table(own: NDArray[np.uint8]) -> NDArray[np.uint8]:
    middles = (np.arange(_BINS) + 0.5) * 256 / _BINS
    wanted = _lab(np.stack(np.meshgrid(middles, middles, middles, indexing="ij"), -1).reshape(-1, 3))
    known = _lab(own.astype(np.float64))
    table: NDArray[np.uint8] = ((known**2).sum(1) - 2 * wanted @ known.T).argmin(1).astype(np.uint8)
    table = table.reshape(_BINS, _BINS, _BINS)
    red, green, blue = (own // (256 // _BINS)).T
    table[red, green, blue] = np.arange(len(own))
    return table


_XYZ = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
_WHITE = _XYZ.sum(1)


def _lab(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE Lab, white D65, of n x sRGB, 0 to 255."""
    share = levels / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = light @ _XYZ.T / _WHITE
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (xyz * 24389 / 27 + 16) / 116)
    return np.stack([116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], 1)


# What an error gives to its neighbours: right, lower left, below, lower right. The proportions are those of Floyd and
# Steinberg. A quarter is lost: measured, that is nearer to the picture, and calmer, than if all were handed on.
_HANDED_ON = tuple(
    (down, right, 0.75 * part / 16) for down, right, part in ((0, 1, 7), (1, -1, 3), (1, 0, 5), (1, 1, 1))
)


def dithered(colours: NDArray[np.float32], shares: NDArray[np.float32], own: Palette) -> NDArray[np.uint8]:
    """The colours of each cell in those of the palette, the error of each cell handed on to its neighbours.

    Args:
        colours: rows x columns x colours of a cell x RGB, 0 to 255.
        shares: rows x columns x colours of a cell: what part of the cell has the colour.

    Returns:
        uint8, as ``colours``: those that are sent.
    """
    rows, columns, count = shares.shape
    wanted = np.zeros((rows + 1, columns + 2, count, 3), np.float32)
    wanted[:rows, 1:-1] = colours
    found = np.zeros(colours.shape, np.uint8)
    for step in range(columns + 2 * (rows - 1)):
        # No cell of a step waits for another one of it: each row is two columns behind the row above it.
        row = np.arange(max(0, (step - columns) // 2 + 1), min(rows, step // 2 + 1))
        column = step - 2 * row
        here = wanted[row, column + 1].clip(0, 255)
        chosen = own.nearest(here)
        found[row, column] = own.sent[chosen]
        error = ((here - own.colours[chosen]) * shares[row, column, :, None]).sum(1, keepdims=True)
        for down, right, part in _HANDED_ON:
            wanted[row + down, column + 1 + right] += error * part
    return found
