"""HEIC and AVIF: checks that their decoders do not make: whether the coded data is present, and the clean aperture.

The decoders accept zeros without an error. Coded data never contains many consecutive zeros: in HEVC three are
forbidden, in AV1 flat colours produce at most five.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from core.errors import UnreadablePicture

_ZEROS = bytes(32)
_HEVC_ALPHA = b"urn:mpeg:hevc:2015:auxid:1"
_CODED = (b"hvc1", b"av01", b"hev1", b"avc1")

Box = tuple[int, int, int, int]


@dataclass
class _Item:
    """One item of a file: its kind, the location of its data, and its properties."""

    kind: bytes = b""
    in_meta: bool = False
    extents: list[tuple[int, int]] = field(default_factory=list)
    properties: list[int] = field(default_factory=list)


@dataclass
class Container:
    """The relevant part of a file's structure.

    Attributes:
        primary: number of the main picture.
        items: by number.
        made_of: by item, the items that it is composed of, or that are its alpha channel.
        thumbnails: items that show another one smaller.
        properties: kind and content of each.
        data: the content of the box ``idat``.
    """

    primary: int = 0
    items: dict[int, _Item] = field(default_factory=dict)
    made_of: dict[int, list[int]] = field(default_factory=dict)
    thumbnails: set[int] = field(default_factory=set)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    data: bytes = b""


def check(content: bytes) -> None:
    """Check that the data of the picture is present.

    Raises:
        UnreadablePicture: it extends beyond the end of the file, or contains zeros.
    """
    container = parse(content)
    for number in _parts(container):
        item = container.items.get(number, _Item())
        if item.kind not in _CODED:
            continue
        source = container.data if item.in_meta else content
        for start, length in item.extents:
            data = source[start : start + length]
            if len(data) < length:
                raise UnreadablePicture("truncated: the file ends before the picture does")
            if _ZEROS in data:
                raise UnreadablePicture("damaged: a part of its pixels is missing (zeros are in its place)")


def clean_aperture(content: bytes, size: tuple[int, int]) -> Box | None:
    """The visible part of the picture: left, top, right, bottom; None for all of it.

    ISO/IEC 14496-12, 12.1.4: offsets are from the picture's centre to the aperture's.
    """
    container = parse(content)
    item = container.items.get(container.primary, _Item())
    for number in item.properties:
        if not 0 < number <= len(container.properties):
            continue
        kind, value = container.properties[number - 1]
        if kind == b"clap" and len(value) >= 32:
            return _aperture(struct.unpack_from(">IIIIiIiI", value), size)
    return None


def _aperture(numbers: tuple[int, ...], size: tuple[int, int]) -> Box | None:
    """The aperture, rounded like libheif; None if it is not inside the picture."""
    if not all(numbers[1::2]):
        return None
    width, height, right, down = (Fraction(*numbers[at : at + 2]) for at in (0, 2, 4, 6))
    left = right + Fraction(size[0] - 1, 2) - (width - 1) / 2
    top = down + Fraction(size[1] - 1, 2) - (height - 1) / 2
    box = (round(left), round(top), round(left) + round(width), round(top) + round(height))
    inside = 0 <= box[0] < box[2] <= size[0] and 0 <= box[1] < box[3] <= size[1]
    return box if inside and box != (0, 0, *size) else None


def parse(content: bytes) -> Container:
    """Parse the box ``meta``. For a broken file or one without it: as much as possible."""
    found = Container()
    try:
        for kind, body in boxes(content, 0, len(content)):
            if kind == b"meta":
                for inner, part in boxes(content, body.start + 4, body.stop):
                    _take(found, inner, content[part.start : part.stop])
                break
    except (struct.error, IndexError):
        pass  # the decoder reports the error
    return found


def _parts(container: Container) -> set[int]:
    """The items that the primary one is composed of, including itself."""
    found, pending = set[int](), [container.primary]
    while pending:
        number = pending.pop()
        if number not in found:
            found.add(number)
            pending += container.made_of.get(number, [])
    return found


def primary_bytes(container: Container) -> int:
    """Bytes of the coded data of the main picture, and of its alpha channel."""
    parts = (
        container.items.get(number, _Item()) for number in _parts(container) if not _is_auxiliary(container, number)
    )
    return sum(length for item in parts if item.kind in _CODED for _, length in item.extents)


def pictures_beside(container: Container) -> set[int]:
    """The items that are neither a part of the primary one nor a thumbnail: a burst, a gain map, a depth map."""
    parts = {number for number in _parts(container) if not _is_auxiliary(container, number)}
    return set(container.items) - parts - container.thumbnails


def _is_auxiliary(container: Container, number: int) -> bool:
    """Whether an item accompanies the picture and is not its alpha channel. ISO/IEC 23008-12, 6.5.8."""
    known = container.items.get(number, _Item()).properties
    kinds = [container.properties[place - 1] for place in known if 0 < place <= len(container.properties)]
    return any(
        kind == b"auxC" and b"alpha" not in value and value[4:].rstrip(b"\0") != _HEVC_ALPHA for kind, value in kinds
    )


def _take(found: Container, kind: bytes, body: bytes) -> None:
    if kind == b"pitm":
        found.primary = int.from_bytes(body[4:6] if not body[0] else body[4:8], "big")
    elif kind == b"idat":
        found.data = body
    elif take := {b"iinf": _kinds, b"iloc": _locations, b"iref": _references, b"iprp": _properties}.get(kind):
        take(found, body)


def _kinds(found: Container, body: bytes) -> None:
    for kind, part in boxes(body, 6 if not body[0] else 8, len(body)):
        if kind == b"infe" and body[part.start] >= 2:
            wide = 2 if body[part.start] == 2 else 4
            number = int.from_bytes(body[part.start + 4 : part.start + 4 + wide], "big")
            _item(found, number).kind = body[part.start + 6 + wide : part.start + 10 + wide]


def _properties(found: Container, body: bytes) -> None:
    for kind, part in boxes(body, 0, len(body)):
        if kind == b"ipco":
            places = boxes(body, part.start, part.stop)
            found.properties = [(name, body[place.start : place.stop]) for name, place in places]
        elif kind == b"ipma":
            _associations(found, body[part.start : part.stop])


def _item(found: Container, number: int) -> _Item:
    return found.items.setdefault(number, _Item())


def _locations(found: Container, body: bytes) -> None:
    version, sizes = body[0], (body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15 if body[0] else 0)
    wide = 2 if version < 2 else 4
    numbers = _Numbers(body, 6)
    for _ in range(numbers.next(wide)):
        item = _item(found, numbers.next(wide))
        item.in_meta = bool(version) and numbers.next(2) & 15 == 1
        numbers.next(2)
        base = numbers.next(sizes[2])
        extents = numbers.next(2)
        for _ in range(extents if sizes[1] else 0):  # without a length the extent is the whole file
            numbers.next(sizes[3])
            offset = numbers.next(sizes[0])
            item.extents.append((base + offset, numbers.next(sizes[1])))


def _references(found: Container, body: bytes) -> None:
    wide = 4 if body[0] else 2
    for kind, part in boxes(body, 4, len(body)):
        numbers = _Numbers(body, part.start)
        source = numbers.next(wide)
        targets = [numbers.next(wide) for _ in range(numbers.next(2))]
        if kind == b"thmb":
            found.thumbnails.add(source)
        elif kind == b"dimg":
            found.made_of.setdefault(source, []).extend(targets)
        elif kind == b"auxl":
            for target in targets:
                found.made_of.setdefault(target, []).append(source)


def _associations(found: Container, body: bytes) -> None:
    numbers, wide = _Numbers(body, 4), 2 if body[3] & 1 else 1
    for _ in range(numbers.next(4)):
        item = _item(found, numbers.next(4 if body[0] else 2))
        for _ in range(numbers.next(1)):
            item.properties.append(numbers.next(wide) & (0x7FFF if wide == 2 else 0x7F))


class _Numbers:
    """Reads consecutive big-endian numbers.

    Raises:
        IndexError: the data has ended.
    """

    def __init__(self, body: bytes, at: int) -> None:
        self._body, self._at = body, at

    def next(self, wide: int) -> int:
        """The next number of ``wide`` bytes."""
        if self._at + wide > len(self._body):
            raise IndexError
        self._at += wide
        return int.from_bytes(self._body[self._at - wide : self._at], "big")


def boxes(content: bytes, at: int, stop: int) -> Iterator[tuple[bytes, range]]:
    """The boxes from ``at`` to ``stop``: name and range of the content."""
    while at + 8 <= stop:
        length, start = int.from_bytes(content[at : at + 4], "big"), at + 8
        if length == 1:
            length, start = int.from_bytes(content[at + 8 : at + 16], "big"), at + 16
        end = min(stop, at + length) if length else stop
        if end < start:
            return
        yield content[at + 4 : at + 8], range(start, end)
        at = end
