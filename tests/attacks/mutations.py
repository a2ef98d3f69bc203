"""Wrong bytes for files of known structure: what fuzzing changes in them.

A mutation is a small tuple of numbers, so that hypothesis can shrink it and a seeded random number can draw it. Half
of them know the structure of the file: its chunks, and the fields that say how long or how many.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

# What a field of a length, a count or an offset is never meant to be.
EXTREMES = (0, 1, 2, 3, 4, 7, 8, 12, 255, 256, 2**15, 2**16 - 1, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)


@dataclass(frozen=True)
class Part:
    """A chunk of a file.

    Attributes:
        start: its first byte.
        stop: behind its last one.
        field: where its length (or a count or an offset in it) stands.
        size: bytes of that field.
        big: whether the field is big-endian.
    """

    start: int
    stop: int
    field: int
    size: int
    big: bool


Mutation = tuple[str, float, float, int]

# Not floats: of those hypothesis likes zero best, and what is wrong in its first byte is no picture at all.
_places = st.integers(0, 9_999).map(lambda number: number / 10_000)

mutations = st.lists(
    st.tuples(
        st.sampled_from(["set", "flip", "cut", "repeat", "end", "field", "field", "twice", "drop", "swap", "zeros"]),
        _places,
        _places,
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=5,
)


def mutate(content: bytes, changes: Sequence[Mutation]) -> bytes:
    """``content`` with all of these done to it, one after the other. Never more than four times as long."""
    longest = 4 * len(content) + 64
    for change in changes:
        if not content:
            return content
        content = _mutated(content, *change)[:longest]
    return _with_png_checksums(content) if changes[0][3] % 2 else content


def parts(content: bytes) -> list[Part]:
    """The chunks of a file, as far as they can be found."""
    if content.startswith(b"\x89PNG"):
        return _chunks(content, 8, length_at=0, extra=12, big=True)
    if content.startswith(b"RIFF"):
        return [Part(0, len(content), 4, 4, False), *_chunks(content, 12, length_at=4, extra=8, big=False)]
    if content.startswith(b"\xff\xd8"):
        return _segments(content)
    if content[4:8] in (b"ftyp", b"jP  "):
        return _boxes(content, 0, len(content))
    if content[:2] in (b"II", b"MM"):
        return _entries(content)
    # BMP and GIF: the header is all there is of structure.
    return [Part(at, min(len(content), at + 4), at, size, False) for size in (2, 4) for at in range(2, 50, 2)]


def _mutated(content: bytes, kind: str, first: float, second: float, value: int) -> bytes:
    at, other = sorted((int(first * len(content)), int(second * len(content))))
    if kind == "set":
        return content[:at] + bytes([value]) + content[at + 1 :]
    if kind == "flip":
        return content[:at] + bytes([content[at] ^ (1 << value % 8)]) + content[at + 1 :]
    if kind == "end":
        return content[: int(first * len(content))]
    if kind == "cut":
        return content[:at] + content[min(other, at + value) :]
    if kind == "repeat":
        return content[:other] + content[at:other] + content[other:]
    if kind == "zeros":
        return content[:at] + bytes(other - at) + content[other:]
    return _structured(content, kind, first, second, value)


def _structured(content: bytes, kind: str, first: float, second: float, value: int) -> bytes:
    found = [part for part in parts(content) if part.field + part.size <= len(content)]
    if not found:
        return content
    part, other = found[int(first * len(found))], found[int(second * len(found))]
    if kind == "field":
        number = EXTREMES[value % len(EXTREMES)] % (1 << 8 * part.size)
        field = number.to_bytes(part.size, "big" if part.big else "little")
        return content[: part.field] + field + content[part.field + part.size :]
    if kind == "twice":
        return content[: part.stop] + content[part.start :]
    if kind == "drop":
        return content[: part.start] + content[part.stop :]
    return content[: part.start] + content[other.start : other.stop] + content[part.stop :]


def _chunks(content: bytes, start: int, *, length_at: int, extra: int, big: bool) -> list[Part]:
    found = []
    while start + 8 <= len(content):
        (length,) = struct.unpack_from(">I" if big else "<I", content, start + length_at)
        stop = min(len(content), start + extra + length)
        found.append(Part(start, stop, start + length_at, 4, big))
        start = stop
    return found


def _segments(content: bytes) -> list[Part]:
    found, start = [], 2
    while start + 4 <= len(content) and content[start] == 0xFF:
        stop = min(len(content), start + 2 + int.from_bytes(content[start + 2 : start + 4], "big"))
        found.append(Part(start, stop, start + 2, 2, True))
        start = max(stop, start + 2)
        if content[found[-1].start + 1] == 0xDA:
            break
    # Sizes and counts inside: every 16-bit field of the segments that are short.
    inner = [
        Part(p.start, p.stop, at, 2, True) for p in found if p.stop - p.start < 40 for at in range(p.field, p.stop)
    ]
    return found + inner


def _boxes(content: bytes, start: int, stop: int, depth: int = 0) -> list[Part]:
    found: list[Part] = []
    while start + 8 <= stop:
        length, kind = struct.unpack_from(">I4s", content, start)
        end = min(stop, start + length) if length >= 8 else stop
        found.append(Part(start, end, start, 4, True))
        if kind in (b"meta", b"iprp", b"ipco", b"jp2h", b"iinf", b"moov", b"trak", b"dinf", b"iref") and depth < 6:
            skip = {b"meta": 12, b"iinf": 14, b"iref": 12}.get(kind, 8)
            found += _boxes(content, start + skip, end, depth + 1)
        else:
            found += [Part(start, end, at, 4, True) for at in range(start + 8, min(end, start + 80), 4)]
        start = end
    return found


def _entries(content: bytes) -> list[Part]:
    big = content[:2] == b"MM"
    order = ">" if big else "<"
    if len(content) < 8:
        return []
    (directory,) = struct.unpack_from(order + "I", content, 4)
    if directory + 2 > len(content):
        return []
    (count,) = struct.unpack_from(order + "H", content, directory)
    found = [Part(4, 8, 4, 4, big), Part(directory, directory + 2, directory, 2, big)]
    for at in range(directory + 2, min(len(content) - 12, directory + 2 + 12 * count), 12):
        found += [Part(at, at + 12, at + place, size, big) for place, size in ((0, 2), (2, 2), (4, 4), (8, 4), (8, 2))]
    return found


def _with_png_checksums(content: bytes) -> bytes:
    """Wrong sums would end most of it at the first chunk."""
    if not content.startswith(b"\x89PNG"):
        return content
    mended = bytearray(content)
    for part in _chunks(content, 8, length_at=0, extra=12, big=True):
        if part.stop - part.start >= 12:
            struct.pack_into(">I", mended, part.stop - 4, zlib.crc32(content[part.start + 4 : part.stop - 4]))
    return bytes(mended)
