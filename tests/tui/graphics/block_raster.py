"""Draws the block characters that a program writes, from what their Unicode names say: exact, without a font."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich._palettes import EIGHT_BIT_PALETTE, STANDARD_PALETTE
from rich.color import Color, ColorSystem
from textual.strip import Strip

# Of Unicode 16: Python before 3.14 does not know them.
_NAMES = {
    chr(int(code, 16)): name
    for code, name in (
        line.split(";") for line in (Path(__file__).parent / "octant_names.txt").read_text("utf-8").splitlines()
    )
}
_COUNTS = {"ONE": 1, "THREE": 3, "FIVE": 5, "SEVEN": 7}
_UNITS = {"EIGHTH": 8, "EIGHTHS": 8, "QUARTER": 4, "QUARTERS": 4}
PALETTES = {16: (STANDARD_PALETTE, ColorSystem.STANDARD), 256: (EIGHT_BIT_PALETTE, ColorSystem.EIGHT_BIT)}
_FINE = 24  # rows and columns of a cell: whole numbers of halves, thirds, quarters and eighths


def name_of(character: str) -> str:
    """Its Unicode name."""
    return _NAMES.get(character) or unicodedata.name(character)


@cache
def shape(character: str) -> NDArray[np.bool_]:
    """Which of 24 x 24 parts of the cell the character fills."""
    name = name_of(character)
    filled = np.zeros((_FINE, _FINE), np.bool_)
    if name == "FULL BLOCK":
        filled[:] = True
    elif numbered := re.fullmatch(r"BLOCK (SEXTANT|OCTANT)-(\d+)", name):
        down = {"SEXTANT": 3, "OCTANT": 4}[numbered[1]]
        high = _FINE // down
        for digit in numbered[2]:
            row, column = divmod(int(digit) - 1, 2)
            filled[row * high : (row + 1) * high, column * 12 : (column + 1) * 12] = True
    elif name.startswith("QUADRANT "):
        for place in name.removeprefix("QUADRANT ").split(" AND "):
            filled[_side(place.split()[0]), _side(place.split()[1])] = True
    elif name != "SPACE":
        _fill_sides(filled, name.removesuffix(" BLOCK"))
    return filled


def _side(word: str, part: float = 1 / 2) -> slice:
    length = round(_FINE * part)
    return slice(0, length) if word in {"UPPER", "LEFT"} else slice(_FINE - length, _FINE)


def _fill_sides(filled: NDArray[np.bool_], name: str) -> None:
    """``LOWER THREE QUARTERS``, ``LEFT HALF``, ``RIGHT HALF LOWER ONE QUARTER``, ``MIDDLE LEFT ONE QUARTER``."""
    if middle := re.fullmatch(r"MIDDLE (LEFT|RIGHT) ONE QUARTER", name):
        filled[_FINE // 4 : -_FINE // 4, _side(middle[1])] = True
        return
    place: dict[bool, slice] = {True: slice(None), False: slice(None)}
    for side, part in re.findall(r"(UPPER|LOWER|LEFT|RIGHT) (HALF|[A-Z]+ [A-Z]+)", name):
        count, _, unit = part.partition(" ")
        share = 1 / 2 if part == "HALF" else _COUNTS[count] / _UNITS[unit]
        place[side in {"UPPER", "LOWER"}] = _side(side, share)
    assert place != {True: slice(None), False: slice(None)}, name
    filled[place[True], place[False]] = True


def shown(colour: Color | None, colours: int = 2**24) -> tuple[int, int, int]:
    """What a terminal of so many colours shows when Rich writes this one; black for its own."""
    if colour is None:
        return (0, 0, 0)
    known, system = PALETTES.get(colours, (EIGHT_BIT_PALETTE, ColorSystem.TRUECOLOR))
    written = colour.downgrade(system)
    return tuple(known[written.number] if written.number is not None else written.get_truecolor())


def drawn(lines: Iterable[Strip], width: int, height: int, colours: int = 2**24) -> NDArray[np.uint8]:
    """The pixels of lines in a terminal of so many colours, each cell ``width`` x ``height`` pixels."""
    return np.concatenate([np.concatenate(_cells(line, width, height, colours), 1) for line in lines])


def _cells(line: Strip, width: int, height: int, colours: int) -> list[NDArray[np.uint8]]:
    found = []
    for segment in line:
        front = shown(segment.style.color if segment.style else None, colours)
        back = shown(segment.style.bgcolor if segment.style else None, colours)
        for character in segment.text:
            filled = _scaled(character, width, height)[..., None]
            found.append((filled * np.array(front) + (1 - filled) * np.array(back)).round().astype(np.uint8))
    return found


@cache
def _scaled(character: str, width: int, height: int) -> NDArray[np.float64]:
    """Of each pixel what part is filled."""
    fine = np.kron(shape(character), np.ones((height, width)))
    return fine.reshape(height, _FINE, width, _FINE).mean((1, 3))
