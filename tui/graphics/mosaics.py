"""Block characters that divide a cell into two shapes, one of each colour of the cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tui.graphics.terminal import Glyphs

SPACE = " "


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """Ways to divide a cell of ``across`` x ``down`` equal parts between two colours.

    Each way is there once: which of its two shapes is the foreground is the character's matter.

    Attributes:
        across, down: parts of a cell.
        patterns: bool, ways x parts in reading order: which parts the foreground fills. The first way has none.
        characters: one a way.
    """

    across: int
    down: int
    patterns: NDArray[np.bool_]
    characters: str


def mosaics(glyphs: Glyphs) -> tuple[Mosaic, ...]:
    """All that a terminal with these glyphs can draw.

    The eighths stand in the same Unicode block as the quadrants, so a font that has the ones has the others. Together
    they show more than sextants alone.
    """
    eighths = (_lower_eighths(), _left_eighths())
    if glyphs is Glyphs.QUADRANTS:
        return (_quadrants(), *eighths)
    if glyphs is Glyphs.SEXTANTS:
        return (_quadrants(), *eighths, _sextants())
    return (_octants(), *eighths, _sextants())  # quadrants are octants


_QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"  # by number: upper left 1, upper right 2, lower left 4, lower right 8


@lru_cache(maxsize=1)
def _quadrants() -> Mosaic:
    return _every_way(2, 2, _QUADRANTS)


@lru_cache(maxsize=1)
def _lower_eighths() -> Mosaic:
    filled = np.arange(8)[:, None] + np.arange(8)[None, :] >= 8  # n eighths from below
    return Mosaic(1, 8, filled, SPACE + "▁▂▃▄▅▆▇")


@lru_cache(maxsize=1)
def _left_eighths() -> Mosaic:
    filled = np.arange(8)[:, None] > np.arange(8)[None, :]  # n eighths from the left
    return Mosaic(8, 1, filled, SPACE + "▏▎▍▌▋▊▉")


_OLDER_SEXTANTS = {0: SPACE, 0b010101: "▌", 0b101010: "▐", 0b111111: "█"}


@lru_cache(maxsize=1)
def _sextants() -> Mosaic:
    return _every_way(2, 3, _numbered(64, _OLDER_SEXTANTS, 0x1FB00))


# Octants that other characters draw. A bit an octant, the lowest is the upper left, row by row.
_OLDER_OCTANTS = {
    **{
        sum(0b0101 << (quadrant // 2 * 4) << quadrant % 2 for quadrant in range(4) if number >> quadrant & 1): character
        for number, character in enumerate(_QUADRANTS)
    },
    0b00000001: "\U0001cea8",
    0b00000010: "\U0001ceab",
    0b01000000: "\U0001cea3",
    0b10000000: "\U0001cea0",
    0b00000011: "\U0001fb82",
    0b00111111: "\U0001fb85",
    0b11000000: "▂",
    0b11111100: "▆",
    0b00010100: "\U0001fbe6",
    0b00101000: "\U0001fbe7",
}
# Terminals that draw octants may leave these to the font. The same two shapes with the colours exchanged are surer.
_RARE = set("\U0001cea8\U0001ceab\U0001cea3\U0001cea0\U0001fb82\U0001fb85\U0001fbe6\U0001fbe7")


@lru_cache(maxsize=1)
def _octants() -> Mosaic:
    return _every_way(2, 4, _numbered(256, _OLDER_OCTANTS, 0x1CD00))


def _numbered(count: int, older: dict[int, str], first: int) -> str:
    """A character a number: those that were there before, and between them those from ``first`` on."""
    new = iter(range(first, first + count - len(older)))
    return "".join(older.get(number) or chr(next(new)) for number in range(count))


def _every_way(across: int, down: int, characters: str) -> Mosaic:
    """Characters by the number whose bits are the parts: half of them, for the others exchange the colours."""
    parts = across * down
    last = 2**parts - 1
    numbers = [last - number if characters[number] in _RARE else number for number in range(2 ** (parts - 1))]
    patterns = (np.array(numbers)[:, None] >> np.arange(parts) & 1).astype(np.bool_)
    return Mosaic(across, down, patterns, "".join(characters[number] for number in numbers))
