"""The cover of a group: where its typical pictures are in a box of cells."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 4  # pictures of a cover
_BETWEEN = 2, 1  # columns and rows between two pictures: about the same length
_TALL = 18  # rows from which three small pictures stand at the side of the large one


@dataclass(frozen=True, slots=True)
class Place:
    """Of a picture, in cells from the left upper corner of the box."""

    column: int
    row: int
    columns: int
    rows: int


def places(pictures: int, columns: int, rows: int, smallest: tuple[int, int]) -> list[Place]:
    """One large picture with smaller ones in a column at its right, or two beside each other.

    Args:
        pictures: of the group; no more than :data:`MOST` are shown.
        columns, rows: of the box.
        smallest: columns and rows that a picture needs at least; where the smaller ones have less there is one picture.

    Returns:
        A place for each picture that is shown, the most typical first. They fill the box and do not overlap.
    """
    beside = min(pictures - 1, 3 if rows >= _TALL else 2)
    if beside < 1:
        return [Place(0, 0, columns, rows)] if pictures else []
    space = columns - _BETWEEN[0]
    small = space // 2 if beside == 1 else space // 3
    heights = _parts(rows - (beside - 1) * _BETWEEN[1], beside)
    if small < smallest[0] or heights[0] < smallest[1]:
        return [Place(0, 0, columns, rows)]
    found, row = [Place(0, 0, space - small, rows)], 0
    for height in heights:
        found.append(Place(columns - small, row, small, height))
        row += height + _BETWEEN[1]
    return found


def _parts(length: int, number: int) -> list[int]:
    """A length in parts that differ by one at most, the smaller first."""
    return [(length + at) // number for at in range(number)]
