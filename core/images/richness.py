"""The content of a picture file according to its header, to decide which copy contains more."""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass

# Values of `colour`. Grey can be represented in both of the others; RGB and CMYK cannot be represented in each other.
GREY, RGB, CMYK = 0, 1, 2
# Values of `quality`: 1 to 100 as in libjpeg; lossy, but not known from the header; lossless.
UNKNOWN_LOSS, LOSSLESS = 0, 1_000
# Bits of `notes`: kinds of metadata whose presence alone is compared.
MAKER_NOTE, XMP, IPTC = 1, 2, 4

_FIELDS = struct.Struct("<19I")
PACKED_BYTES = _FIELDS.size


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

    def pack(self) -> bytes:
        """Serialise it in ``PACKED_BYTES`` bytes, never all zero."""
        return _FIELDS.pack(*(min(value, 0xFFFFFFFF) for value in astuple(self)))

    @classmethod
    def unpack(cls, content: bytes) -> Richness | None:
        """The inverse of :meth:`pack`; None for zeros."""
        values = _FIELDS.unpack(content)
        return cls(*values) if values[0] else None
