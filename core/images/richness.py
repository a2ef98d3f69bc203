"""The content of a picture file according to its header, to decide which copy contains more."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

# Values of `colour`. Grey can be represented in both of the others; RGB and CMYK cannot be represented in each other.
GREY, RGB, CMYK = 0, 1, 2
# Values of `quality`: 1 to 100 as in libjpeg; lossy, but not known from the header; lossless.
UNKNOWN_LOSS, LOSSLESS = 0, 1_000
# Bits of `notes`: kinds of metadata whose presence alone is compared.
MAKER_NOTE, XMP, IPTC = 1, 2, 4

_HASH, _MOST_FIELDS, _UNKNOWN = 3, 80, 0xFF  # bytes of a hash; EXIF fields that are told apart; their number then
_NUMBERS = struct.Struct("<23I")
PACKED_BYTES = _NUMBERS.size + 1 + _HASH * _MOST_FIELDS


@dataclass(frozen=True, slots=True)
class Richness:
    """The data in a header. Hashes have 32 bits; 0 only if there is nothing.

    Attributes:
        frames: number of frames, pages or pictures in the file; at least 1.
        depth: bits per channel; the maximum of all channels.
        colour: ``GREY``, ``RGB`` or ``CMYK``.
        palette: 1 if the pixels have at most 256 colours from a palette.
        alpha: 1 if pixels may be transparent.
        quality: of the compression: ``UNKNOWN_LOSS``, 1 to 100, ``LOSSLESS``.
        icc: hash of the colour profile; 0 for none, and for sRGB, which is equivalent to none.
        exif: number of EXIF fields about the photograph.
        notes: bits of other metadata.
        camera: hash of maker and model.
        taken: hash of the date and time.
        place: hash of the GPS position.
        words: hash of description, author, copyright and comment.
        xmp: hash of the XMP entries, except those that every program writes.
        iptc: hash of the IPTC block.
        texts: hash of comments, texts of a PNG, and the title, keywords and rating written by Windows.
        settings: hash of the values of the EXIF fields about the photograph.
        more: hash of other data in the file: an appended video, thermal data, layers, map coordinates.
        later: hash of the pictures after the first: pages, frames, a gain map; of an MPO they are in ``more``.
        extra: number of channels that are neither colour nor transparency, as of other wavelengths.
        chroma: pixels that share a sample of colour: 1 to 4 (4:2:0) and more; 0 if not known, or there is no colour.
        colour_quality: ``quality`` of the colours, which have a table of their own; 0 if not known.
        coded: bytes of the coded pixels of the first picture, without what lies beside them; 0 if not known.
        each: a hash of each EXIF field about the photograph, in order, 3 bytes each; one for all if there are more than
            80. None if not known: the catalog does not keep them.
    """

    frames: int = 1
    depth: int = 8
    colour: int = RGB
    palette: int = 0
    alpha: int = 0
    quality: int = UNKNOWN_LOSS
    icc: int = 0
    exif: int = 0
    notes: int = 0
    camera: int = 0
    taken: int = 0
    place: int = 0
    words: int = 0
    xmp: int = 0
    iptc: int = 0
    texts: int = 0
    settings: int = 0
    more: int = 0
    later: int = 0
    extra: int = 0
    chroma: int = 0
    colour_quality: int = 0
    coded: int = 0
    each: bytes | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        """All but ``each``, in order."""
        return tuple(getattr(self, name) for name in NUMBERS)

    def lacks_fields_of(self, other: Richness) -> bool:
        """Whether ``other`` has an EXIF field, or a value of one, that this has not. False if that is not known."""
        return self.each is not None and other.each is not None and not _apart(other.each) <= _apart(self.each)

    def pack(self) -> bytes:
        """Serialise it in ``PACKED_BYTES`` bytes, never all zero."""
        numbers = _NUMBERS.pack(*(min(value, 0xFFFFFFFF) for value in self.numbers))
        each = b"" if self.each is None else self.each
        count = _UNKNOWN if self.each is None else len(each) // _HASH
        return numbers + bytes([count]) + each.ljust(_HASH * _MOST_FIELDS, b"\0")

    @classmethod
    def unpack(cls, content: bytes) -> Richness | None:
        """The inverse of :meth:`pack`; None for zeros."""
        values, count = _NUMBERS.unpack_from(content), content[_NUMBERS.size]
        start = _NUMBERS.size + 1
        each = None if count == _UNKNOWN else content[start : start + _HASH * count]
        return replace(cls(*values), each=each) if values[0] else None


NUMBERS = tuple(field.name for field in fields(Richness) if field.name != "each")


def hashes_of(texts: Iterable[bytes]) -> bytes:
    """``each`` of :class:`Richness`, of EXIF fields with their values."""
    found = sorted({_hash(text) for text in texts})
    return b"".join(found) if len(found) <= _MOST_FIELDS else _hash(b"".join(found))


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_HASH).digest()


def _apart(each: bytes) -> set[bytes]:
    return {each[start : start + _HASH] for start in range(0, len(each), _HASH)}
