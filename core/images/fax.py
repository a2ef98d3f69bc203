"""CCITT group 3 and 4: whether the data of a strip is complete.

The decoder stops at an invalid code and leaves the rest white, without an error. So data is complete if replacing its
last codes changes pixels: if the decoder has stopped before them, it does not. Also, either the end mark is present, or
codes appended to the data change nothing; zeros in their place satisfy neither.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_END_OF_LINE = 0b000000000001
_TAIL = 24  # bytes in which codes are replaced
_LONGEST_CODE = 13  # bits
_MOST_PADDING = 2  # bytes
# A run in horizontal mode (group 4) or plain (group 3), starting with black or white, then ends of rows.
_OTHERS = ("001" + "00110101" + "11", "001" + "0111" + "0000110111", "00110101" + "11", "0111" + "0000110111")


def is_whole(data: bytes, decode: Callable[[bytes], Pixels]) -> bool:
    """Whether a strip has data for all its rows.

    Args:
        data: of the strip, most significant bit first.
        decode: returns the pixels; raises ``RuntimeError`` or ``ValueError`` if it cannot.
    """
    pixels = decode(data).tobytes()
    bare = data.rstrip(b"\0")
    front, tail = bare[:-_TAIL], _bits(bare[-_TAIL:]).rstrip("0")
    end = f"{_END_OF_LINE:012b}"
    ended = tail.endswith((end, end + "1"))
    while tail.endswith((end, end + "1")):
        tail = tail[: -len(end) - (not tail.endswith(end))].rstrip("0")

    def gives(bits: str) -> bytes | None:
        try:
            return decode(front + _bytes(bits)).tobytes()
        except (RuntimeError, ValueError):
            return None

    enough = ended or (
        len(data) - len(bare) <= _MOST_PADDING
        and any(all(gives(tail + "0" * zeros + other) == pixels for other in _OTHERS) for zeros in range(_LONGEST_CODE))
    )
    return enough and any(
        gives(tail[: len(tail) - cut] + other + "1" * 64) not in (pixels, None)
        for cut in range(min(2 * _LONGEST_CODE, len(tail)))
        for other in _OTHERS
    )


def _bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def _bytes(bits: str) -> bytes:
    padded = bits + "0" * (-len(bits) % 8)
    return int(padded, 2).to_bytes(len(padded) // 8, "big")
