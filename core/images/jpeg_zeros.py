"""Zeros in the midst of a JPEG's coded data: what a disk or a download left out.

Zeros are valid codes, and where they happen to take as many blocks as what they replaced, no decoder notices. What they
mean depends on the Huffman tables: flat blocks, if the code of zeros only ends a block; else coefficients that repeat
without end, which no picture has.
"""

from __future__ import annotations

from collections.abc import Sequence

_HUFFMAN_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_TABLES, _SCAN = 0xC4, 0xDA
_ZEROS = bytes(32)  # more than the flat blocks of one unit take before one that is not follows
_COUNTS = 16  # bytes: the number of codes of each length
_END_OF_BLOCK = 0


def has_hole(parts: Sequence[bytes]) -> bool:
    """Whether a scan holds zeros that no encoder has written.

    Args:
        parts: the segments of the file in order; scans include their data.
    """
    of_zeros: dict[int, int] = {}  # by class and number of the table: the symbol whose code is zeros
    huffman = False
    for part in parts:
        marker = part[1]
        if marker in _HUFFMAN_FRAMES:
            huffman = True
        elif marker == _TABLES:
            of_zeros |= _symbols_of_zeros(part[4:])
        elif marker == _SCAN and huffman and _ZEROS in part.rstrip(b"\0") and not _may_be_flat(part, of_zeros):
            return True
    return False


def _symbols_of_zeros(tables: bytes) -> dict[int, int]:
    """The first symbol of each table: its code is zeros (ITU-T T.81, C.2)."""
    found = {}
    while len(tables) > 1 + _COUNTS:
        symbols = sum(tables[1 : 1 + _COUNTS])
        if symbols:
            found[tables[0]] = tables[1 + _COUNTS]
        tables = tables[1 + _COUNTS + symbols :]
    return found


def _may_be_flat(scan: bytes, of_zeros: dict[int, int]) -> bool:
    """Whether zeros mean flat blocks in a scan: always where it holds no frequencies, or refines what is known."""
    components = scan[4]
    choices = scan[6 : 5 + 2 * components : 2]
    last, bits = scan[6 + 2 * components], scan[7 + 2 * components]
    if not last or bits >> 4:
        return True
    return all(of_zeros.get(0x10 | choice & 15, _END_OF_BLOCK) == _END_OF_BLOCK for choice in choices)
